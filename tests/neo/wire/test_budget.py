"""The request budget: what the last minute had, submissions apart, and whether one more keeps within it."""

from __future__ import annotations

from neo.wire.budget import RequestBudget


def test_a_minute_has_what_was_made_within_it() -> None:
    """One at the start falls out as the minute is over, not before."""
    budget = RequestBudget()
    for at_s in (0.0, 30.0, 59.9):
        budget.note(at_s, is_submit=False)
    assert budget.requests_last_minute(59.9) == 3
    assert budget.requests_last_minute(60.0) == 2
    assert budget.requests_last_minute(119.8) == 1
    assert budget.requests_last_minute(500.0) == 0


def test_submissions_are_counted_apart() -> None:
    """Orders never wait for the budget of questions: forty submissions leave all of its room."""
    budget = RequestBudget()
    for _ in range(40):
        budget.note(1.0, is_submit=True)
    assert (budget.requests_last_minute(2.0), budget.submits_last_minute(2.0)) == (0, 40)
    assert budget.has_room(2.0)


def test_there_is_room_for_twelve_in_a_minute() -> None:
    """The thirteenth question within a minute has to wait, so that a public server does not cut us off."""
    budget = RequestBudget()
    for second in range(12):
        assert budget.has_room(float(second))
        budget.note(float(second), is_submit=False)
    assert not budget.has_room(59.9)
    assert budget.has_room(60.0), "the first one is a minute old"
