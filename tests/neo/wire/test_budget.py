"""The request budget: what the last minute had, submissions apart, and whether one more keeps within it."""

from __future__ import annotations

import pickle

from neo.messages import EndpointRequests
from neo.wire.budget import RequestBudget


def test_a_minute_has_what_was_made_within_it() -> None:
    """One at the start falls out as the minute is over, not before."""
    budget = RequestBudget()
    for at_s in (0.0, 30.0, 59.9):
        budget.note(at_s, "one", is_submit=False)
    assert budget.requests_last_minute(59.9) == 3
    assert budget.requests_last_minute(60.0) == 2
    assert budget.requests_last_minute(119.8) == 1
    assert budget.requests_last_minute(500.0) == 0


def test_submissions_are_counted_apart() -> None:
    """Orders never wait for the budget of questions: forty submissions leave all of its room."""
    budget = RequestBudget()
    for _ in range(40):
        budget.note(1.0, "one", is_submit=True)
    assert (budget.requests_last_minute(2.0), budget.submits_last_minute(2.0)) == (0, 40)
    assert budget.has_room(2.0)


def test_what_nobody_asks_about_does_not_pile_up() -> None:
    """A session sends orders for days: of one every two seconds, 30 are kept, and not 50,000."""
    budget = RequestBudget()
    sizes = []
    for second in range(0, 100_000, 2):
        budget.note(float(second), "one", is_submit=True)
        if second in {10_000, 99_998}:
            sizes.append(len(pickle.dumps(budget)))
    assert sizes[1] <= sizes[0]


def test_there_is_room_for_twelve_in_a_minute() -> None:
    """The thirteenth question within a minute has to wait, so that a public server does not cut us off."""
    budget = RequestBudget()
    for second in range(12):
        assert budget.has_room(float(second))
        budget.note(float(second), "one", is_submit=False)
    assert not budget.has_room(59.9)
    assert budget.has_room(60.0), "the first one is a minute old"


def test_what_was_made_is_counted_by_endpoint() -> None:
    """For as long as it lasts, submissions apart: two servers, one of which only was asked how it is."""
    budget = RequestBudget()
    for second in range(100):
        budget.note(float(second), "one", is_submit=second % 4 == 0)
    budget.note(5.0, "two", is_submit=False)
    assert budget.counts() == (EndpointRequests("one", 75, 25), EndpointRequests("two", 1, 0))


def test_the_minute_that_had_the_most_is_remembered() -> None:
    """Any minute, not one of a clock's: five across the full minute, fewer ever since."""
    budget = RequestBudget()
    for at_s in (50.0, 55.0, 61.0, 70.0, 109.9, 110.0, 500.0):
        budget.note(at_s, "one", is_submit=False)
    for at_s in (500.0, 510.0):
        budget.note(at_s, "one", is_submit=True)
    assert budget.requests_minute_most == 5
    assert budget.submits_minute_most == 2


def test_a_minute_in_which_a_connection_is_opened_is_no_steady_one() -> None:
    """Twenty requests of a start, and of a reconnect, are in the one figure and not in the other."""
    budget = RequestBudget()
    for opened_s in (0.0, 300.0):
        budget.note_opening(opened_s)
        for _ in range(20):
            budget.note(opened_s + 1, "one", is_submit=False)
        budget.note_opening(opened_s + 2)
        for later_s in (10.0, 62.0, 70.0):
            budget.note(opened_s + later_s, "one", is_submit=False)
    assert budget.requests_minute_most == 21
    assert budget.steady_minute_most == 2, "those after 62 and 70 seconds: the minute before them had neither opening"
