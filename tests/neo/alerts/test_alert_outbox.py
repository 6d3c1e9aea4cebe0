"""What a channel sends and when: rate, repetitions, retries, bounds, the end.

Method: the outbox is told the time, so a test is a list of moments.
"""

from __future__ import annotations

import math

import pytest
from support.alert_samples import EVERYTHING, RULES, an_alert, rules

from neo.alerts.alert import Alert, AlertEvent, Severity
from neo.alerts.alert_outbox import RETRY_AFTER_MAX_S, WAITING_MAX, AlertOutbox
from neo.alerts.alert_settings import AlertRules, ChannelChoice


def outbox(changed: AlertRules = RULES, choice: ChannelChoice = EVERYTHING) -> AlertOutbox:
    return AlertOutbox(changed, choice)


def sent(box: AlertOutbox, now_s: float) -> list[Alert]:
    """All that leaves at a moment and right after, each delivered at once."""
    found = []
    while (alert := box.due(now_s)) is not None:
        found.append(alert)
        box.delivered(now_s)
        now_s += 1
    return found


def titles(alerts: list[Alert]) -> list[str]:
    return [alert.title for alert in alerts]


def numbered(count: int, severity: Severity = Severity.WARNING) -> list[Alert]:
    return [an_alert(title=f"alert {number}", severity=severity) for number in range(count)]


def test_what_is_not_chosen_is_not_sent() -> None:
    """By event and by severity; what a channel makes of others, and a test, always is."""
    box = outbox(choice=ChannelChoice(Severity.WARNING, frozenset({AlertEvent.HALT})))
    for alert in (
        an_alert(title="grave enough"),
        an_alert(title="too small", severity=Severity.INFO),
        an_alert(title="another event", event=AlertEvent.FILL, severity=Severity.CRITICAL),
        an_alert(title="a test", event=AlertEvent.TEST, severity=Severity.INFO),
    ):
        box.take(alert, 0)
    assert titles(sent(box, 0)) == ["grave enough", "a test"]


def test_alerts_leave_in_their_order_a_second_apart_and_a_critical_one_first() -> None:
    """Who is woken hears of the worst first."""
    box = outbox()
    for alert in [*numbered(2), an_alert(title="worst", severity=Severity.CRITICAL)]:
        box.take(alert, 0)
    assert box.due(0) is box.due(0)
    box.delivered(0)
    assert (box.due(0.5), box.wakes_at_s(0.5)) == (None, 1)
    assert titles(sent(box, 1)) == ["alert 0", "alert 1"]
    assert box.is_done
    assert box.wakes_at_s(9) == math.inf


def test_what_is_more_than_a_minutes_worth_is_told_together_once_there_is_room() -> None:
    """With how many of which kind, and the gravest by name: nothing is swallowed."""
    box = outbox()
    for alert in numbered(5):
        box.take(alert, 0)
    box.take(an_alert(title="a fill", event=AlertEvent.FILL, severity=Severity.INFO), 0)
    assert titles(sent(box, 0)) == ["alert 0", "alert 1", "alert 2"]
    assert box.open_count == 3
    assert box.wakes_at_s(5) == 60
    assert box.due(59) is None
    [summary] = sent(box, 60)
    assert summary.event is AlertEvent.HELD_BACK
    assert summary.severity is Severity.WARNING
    assert summary.title == "3 alerts at once: 2 halt, 1 fill"
    assert summary.detail == "warning: alert 3\nwarning: alert 4\ninfo: a fill"
    assert box.is_done


def test_one_alone_that_was_held_back_is_sent_as_it_is() -> None:
    """A summary of one is the alert with less in it."""
    box = outbox()
    for alert in numbered(4):
        box.take(alert, 0)
    sent(box, 0)
    assert titles(sent(box, 60)) == ["alert 3"]


def test_no_flood_of_small_things_keeps_a_critical_alert_from_leaving() -> None:
    """It has a minute's worth of its own."""
    box = outbox()
    for alert in numbered(100):
        box.take(alert, 0)
    sent(box, 0)
    box.take(an_alert(title="worst", severity=Severity.CRITICAL), 10)
    assert titles(sent(box, 10)) == ["worst"]


def test_the_outbox_is_bounded_and_the_least_are_counted_only() -> None:
    """Ten thousand alerts at a dead channel take the room of some dozens, and none is forgotten in the count."""
    box = outbox(rules(messages_minute_max=60))
    for alert in numbered(10_000, Severity.INFO):
        box.take(alert, 0)
    box.take(an_alert(title="grave", severity=Severity.WARNING), 0)
    assert len(box._waiting) == len(box._held) == WAITING_MAX
    assert box.open_count == 10_001
    box.hurry(1)
    [summary] = sent(box, 1)
    assert summary.title == "10001 alerts at once: 10001 halt"
    assert summary.detail.startswith("warning: grave\n")
    assert summary.detail.endswith("and 9993 more")


# --- Repetitions -------------------------------------------------------------------------------------------------


def test_the_same_again_is_counted_and_told_with_its_count_once_in_a_while() -> None:
    """What fails each minute for a day rings four times an hour."""
    box = outbox()
    same = an_alert(title="gateway failed", subject="gateway")
    for minute in range(15):
        box.take(same, minute * 60)
    assert titles(sent(box, 840)) == ["gateway failed"]
    assert (box.is_done, box.wakes_at_s(841)) == (True, 900)
    assert titles(sent(box, 900)) == ["gateway failed (14 more times in 900 s)"]
    box.take(same, 1000)
    assert sent(box, 1000) == []


def test_a_loss_that_is_over_is_not_told_again_as_if_it_lasted() -> None:
    """Nor a return after which it went again; to a channel that is not told of returns neither."""
    lost, back = (
        an_alert(event=event, severity=severity, title=event, subject="wss://a.example")
        for event, severity in (
            (AlertEvent.ENDPOINT_LOST, Severity.WARNING),
            (AlertEvent.ENDPOINT_BACK, Severity.INFO),
        )
    )
    grave = ChannelChoice(Severity.WARNING, EVERYTHING.events)
    for choice, first in ((EVERYTHING, ["endpoint_lost", "endpoint_back"]), (grave, ["endpoint_lost"])):
        box = outbox(choice=choice)
        for alert in (lost, lost, lost, back):
            box.take(alert, 0)
        assert titles(sent(box, 0)) == first
        assert sent(box, 950) == []
        box.take(lost, 951)
        box.take(back, 952)
        box.take(lost, 953)
        assert titles(sent(box, 1000))[:1] == ["endpoint_lost"]
        assert titles(sent(box, 1900)) == ["endpoint_lost (1 more time in 949 s)"]


def test_repetitions_of_many_things_leave_no_faster_than_anything_else() -> None:
    """What is more than a minute's worth is told together."""
    box = outbox(rules(messages_minute_max=3))
    for number in range(10):
        for now_s in (20 * number, 20 * number + 1):
            box.take(an_alert(title=f"part {number}", subject=f"part {number}"), now_s)
            sent(box, now_s)
    alone = titles(sent(box, 2000))
    assert [title.partition(" (1 more time")[0] for title in alone] == ["part 0", "part 1", "part 2"]
    assert titles(sent(box, 2100)) == ["7 alerts at once: 7 halt"]
    box.hurry(2200)
    assert box.is_done


def test_another_subject_or_none_is_another_alert() -> None:
    """Each fill is one, and each part of the engine."""
    box = outbox()
    for subject in ("gateway", "risk", "", ""):
        box.take(an_alert(title=f"of {subject}", subject=subject), 0)
    assert len(sent(box, 0)) + len(sent(box, 60)) == 4
    box.take(an_alert(title="much later", subject="gateway"), 2000)
    assert titles(sent(box, 2000)) == ["much later"]


def test_repetitions_can_be_left_alone() -> None:
    """0 seconds: each is sent."""
    box = outbox(rules(repeat_s=0))
    for _ in range(3):
        box.take(an_alert(subject="gateway"), 0)
    assert len(sent(box, 0)) == 3


def test_the_subjects_that_are_remembered_are_bounded() -> None:
    """A name from outside that is another one each time fills no memory."""
    box = outbox()
    for number in range(2000):
        box.take(an_alert(subject=f"server {number}"), 0)
    assert len(box._repeated) == 500


# --- Retries -----------------------------------------------------------------------------------------------------


def test_a_delivery_that_fails_is_tried_after_longer_and_longer_waits() -> None:
    """The same alert, until it arrives; those behind it wait."""
    box = outbox()
    for alert in numbered(2):
        box.take(alert, 0)
    waits, now_s = [], 0.0
    for _ in range(10):
        assert titles([box.due(now_s) or an_alert(title="none")]) == ["alert 0"]
        assert not box.failed(now_s, retry_after_s=None, is_final=False)
        waits.append(box.wakes_at_s(now_s) - now_s)
        now_s += waits[-1]
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]
    assert box.failures == 10
    assert titles(sent(box, now_s)) == ["alert 0", "alert 1"]
    assert (box.failures, box.sent, box.lost) == (0, 2, 0)


@pytest.mark.parametrize(("asked_s", "wait_s"), [(30.0, 30), (0.1, 2), (1e12, RETRY_AFTER_MAX_S)])
def test_the_other_sides_word_on_when_to_come_again_is_kept_within_reason(asked_s: float, wait_s: float) -> None:
    """Not sooner than by our own count, and not in a thousand years."""
    box = outbox(rules(retry_s=86_400))
    box.take(an_alert(), 0)
    box.due(0)
    box.failed(0, retry_after_s=asked_s, is_final=False)
    assert (box.due(wait_s - 0.01), box.wakes_at_s(1)) == (None, wait_s)
    assert box.due(wait_s) is not None


def test_what_is_refused_for_good_is_given_up_at_once_and_the_next_has_its_turn() -> None:
    """It counts as lost; the other side may take another one."""
    box = outbox()
    for alert in numbered(2):
        box.take(alert, 0)
    box.due(0)
    assert box.failed(0, retry_after_s=None, is_final=True)
    assert box.lost == 1
    assert titles(sent(box, 1)) == ["alert 1"]


def test_a_delivery_is_given_up_when_its_time_is_over() -> None:
    """Yesterday's alert wakes nobody."""
    box = outbox(rules(retry_s=10))
    box.take(an_alert(), 0)
    now_s, tries = 0.0, 0
    while box.due(now_s) is not None:
        tries += 1
        box.failed(now_s, retry_after_s=None, is_final=False)
        now_s = box.wakes_at_s(now_s)
    assert (tries, box.lost, box.is_done) == (3, 1, True)


# --- The end -----------------------------------------------------------------------------------------------------


def test_at_the_end_all_that_is_left_leaves_at_once() -> None:
    """What was held back, what was counted, and what waited for another try."""
    box = outbox()
    for alert in numbered(5):
        box.take(alert, 0)
    box.take(an_alert(title="gateway failed", subject="gateway"), 0)
    sent(box, 0)
    for _ in range(2):
        box.take(an_alert(title="gateway failed", subject="gateway"), 5)
    box.hurry(10)
    assert not box.is_done
    box.take(an_alert(title="ended"), 10)
    assert titles(sent(box, 10)) == [
        "ended",
        "3 alerts at once: 3 halt",
        "gateway failed (2 more times in 12 s)",
    ]
    assert box.is_done


def test_at_the_end_how_it_ended_leaves_first_and_small_things_together() -> None:
    """There may be no time for more."""
    box = outbox(rules(messages_minute_max=60))
    for alert in numbered(20):
        box.take(alert, 0)
    box.take(an_alert(title="worst", severity=Severity.CRITICAL), 0)
    box.take(an_alert(title="ended", event=AlertEvent.ENDED, severity=Severity.INFO), 0)
    box.hurry(0)
    assert titles(sent(box, 0)) == ["worst", "ended", "20 alerts at once: 20 halt"]


def test_at_the_end_a_wait_is_cut_short_once() -> None:
    """An hour's pause that the other side asked for would be the end's silence."""
    box = outbox()
    box.take(an_alert(), 0)
    box.due(0)
    box.failed(0, retry_after_s=1800, is_final=False)
    box.hurry(10)
    assert box.due(10) is not None
