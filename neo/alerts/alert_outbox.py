"""What one channel has yet to send, and when: a state without a clock, which is told the time.

An alert waits here until it is delivered or given up. The same one again is counted for a while, and how often it came
is told then. What is more than a channel may send in a minute is held back and told together, as one; critical alerts
have a minute of their own, so that no flood of small things keeps one of them from leaving. A delivery that failed is
tried again after longer and longer waits, or as the other side says.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from typing import Final

import msgspec

from neo.alerts.alert import Alert, AlertEvent, Severity
from neo.alerts.alert_settings import AlertRules, ChannelChoice

# Alerts that wait for their delivery one by one: more than a telephone shows. Those beyond are told together.
WAITING_MAX: Final = 50
# Of those that are told together so many are named, the gravest first.
_NAMED: Final = 8
# Kinds of alerts whose repetitions are counted; a session has some dozens.
_SUBJECTS_MAX: Final = 500
_MINUTE_S: Final = 60.0
# Between two messages to one place: Slack takes one a second, and nobody reads faster.
_GAP_S: Final = 1.0
# At the end; a burst of a few is no offence anywhere.
_GAP_LAST_S: Final = 0.2
# Before the first retry; each further one waits twice as long.
_BACKOFF_FIRST_S: Final = 2.0
_BACKOFF_MAX_S: Final = 300.0
# What a session's last message is about.
_FIRST: Final = frozenset({AlertEvent.ENDED, AlertEvent.STARTUP_FAILED})
# What makes the other no longer so, of the same subject.
_UNDOES: Final = {
    AlertEvent.ENDPOINT_BACK: AlertEvent.ENDPOINT_LOST,
    AlertEvent.ENDPOINT_LOST: AlertEvent.ENDPOINT_BACK,
}
# What the other side may ask for; more than that is a mistake of its own, or a wish to be left alone for ever.
RETRY_AFTER_MAX_S: Final = 3600.0


class _Repeated(msgspec.Struct):
    """How often the same alert came again since it was sent."""

    since_s: float
    last: Alert
    count: int = 0


class AlertOutbox:
    """The alerts of one channel on their way. Times are seconds of one monotonic clock.

    Args:
        rules: How many, how often, for how long.
        choice: What the channel is told at all.
    """

    def __init__(self, rules: AlertRules, choice: ChannelChoice) -> None:
        self._rules = rules
        self._choice = choice
        self._waiting: deque[Alert] = deque()
        self._held: list[Alert] = []
        self._held_more: Counter[AlertEvent] = Counter()
        self._repeated: dict[tuple[AlertEvent, str], _Repeated] = {}
        self._sent_s: dict[bool, deque[float]] = {True: deque(), False: deque()}
        self._head: Alert | None = None
        self._tried_since_s = 0.0
        self._failures = 0
        self._not_before_s = -math.inf
        self._is_last = False
        self.sent = 0
        self.lost = 0

    # --- In ----------------------------------------------------------------------------------------------------

    def take(self, alert: Alert, now_s: float) -> None:
        """Take in an alert, if it is for this channel."""
        self._settle(alert)
        if not self._choice.takes(alert.event, alert.severity) or self._counted(alert, now_s):
            return
        if self._room(alert, now_s) > 0 and len(self._waiting) < WAITING_MAX:
            self._waiting.append(alert)
        else:
            self._hold(alert)

    def hurry(self, now_s: float) -> None:
        """The session is over: send all that is left, without waiting for a minute to pass, and try again at once.

        How it ended, and what is critical, leaves first; the rest is told together, as there may be no time for more.
        """
        self._is_last = True
        small = [each for each in self._waiting if each.severity is not Severity.CRITICAL and each.event not in _FIRST]
        if len(small) > 1:
            self._waiting = deque(each for each in self._waiting if each not in small)
            for alert in small:
                self._hold(alert)
        self._not_before_s = min(self._not_before_s, now_s)

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be sent."""
        open_counts = self._is_last and any(each.count for each in self._repeated.values())
        return self._head is None and not self._waiting and not self._held and not open_counts

    @property
    def open_count(self) -> int:
        """Alerts that are not delivered yet."""
        return (self._head is not None) + len(self._waiting) + len(self._held) + self._held_more.total()

    @property
    def failures(self) -> int:
        """How often in a row a delivery failed; 0 after one that did not."""
        return self._failures

    # --- Out ---------------------------------------------------------------------------------------------------

    def due(self, now_s: float) -> Alert | None:
        """What is to be sent now; the same one until it is delivered or given up."""
        if now_s < self._not_before_s:
            return None
        if self._head is None:
            self._head = self._next(now_s)
            self._tried_since_s = now_s
        return self._head

    def wakes_at_s(self, now_s: float) -> float:
        """When to ask again if nothing is due now and nothing comes; infinity if never."""
        times = [math.inf]
        if self._head is not None or self._waiting:
            times.append(self._not_before_s)
        if self._held:
            times.append(max(self._not_before_s, self._free_at_s(self._is_grave(self._held), now_s)))
        times += [each.since_s + self._rules.repeat_s for each in self._repeated.values() if each.count]
        return min(times)

    def delivered(self, now_s: float) -> None:
        """The one that was due has arrived."""
        assert self._head is not None, "something was due"
        self._sent_s[self._head.severity is Severity.CRITICAL].append(now_s)
        self._head, self._failures = None, 0
        self._not_before_s = now_s + (_GAP_LAST_S if self._is_last else _GAP_S)
        self.sent += 1

    def failed(self, now_s: float, *, retry_after_s: float | None, is_final: bool) -> bool:
        """The one that was due has not arrived.

        Args:
            now_s: The time.
            retry_after_s: How long the other side wants to be left alone, if it said so.
            is_final: Whether trying again is of no use.

        Returns:
            True if it is given up.
        """
        self._failures += 1
        wait_s = min(_BACKOFF_FIRST_S * 2 ** min(self._failures - 1, 20), _BACKOFF_MAX_S)
        if retry_after_s is not None:
            wait_s = max(wait_s, min(retry_after_s, RETRY_AFTER_MAX_S))
        gives_up = is_final or now_s + wait_s - self._tried_since_s > self._rules.retry_s
        if gives_up:
            self._head = None
            self.lost += 1
        # Of no use for this one is no reason to be hard on the other side with the next.
        self._not_before_s = now_s + (_GAP_S if is_final else wait_s)
        return gives_up

    # --- Repetitions -------------------------------------------------------------------------------------------

    def _counted(self, alert: Alert, now_s: float) -> bool:
        """Whether an alert is the same as one that was sent of late; then it is counted."""
        if not alert.subject or self._rules.repeat_s == 0:
            return False
        key = (alert.event, alert.subject)
        known = self._repeated.get(key)
        if known is not None and (known.count or now_s - known.since_s < self._rules.repeat_s):
            known.count += 1
            known.last = alert
            return True
        if known is None and len(self._repeated) >= _SUBJECTS_MAX:
            del self._repeated[next(iter(self._repeated))]
        self._repeated[key] = _Repeated(now_s, alert)
        return False

    def _settle(self, alert: Alert) -> None:
        """What is over is not told again later, as if it still were so."""
        undone = _UNDOES.get(alert.event)
        known = None if undone is None else self._repeated.get((undone, alert.subject))
        if known is not None:
            known.count = 0

    def _repetition(self, now_s: float) -> Alert | None:
        """One whose repetitions are told alone; what there is no room for now is told together."""
        while (again := self._told_again(now_s)) is not None:
            if self._room(again, now_s) > 0:
                return again
            self._hold(again)
        return None

    def _told_again(self, now_s: float) -> Alert | None:
        """One whose repetitions are to be told now."""
        for key, known in self._repeated.items():
            if known.count and (self._is_last or now_s - known.since_s >= self._rules.repeat_s):
                span_s = now_s - known.since_s
                times = f"{known.count} more time{'s' * (known.count != 1)} in {span_s:.0f} s"
                self._repeated[key] = _Repeated(now_s, known.last)
                last = known.last
                return msgspec.structs.replace(last, title=f"{last.title} ({times})")
        return None

    # --- How many in a minute ----------------------------------------------------------------------------------

    def _room(self, alert: Alert, now_s: float) -> int:
        """How many more of its kind may be sent within the minute."""
        if self._is_last:
            return WAITING_MAX
        is_grave = alert.severity is Severity.CRITICAL
        on_the_way = [*self._waiting, *([self._head] if self._head is not None else [])]
        waiting = sum((each.severity is Severity.CRITICAL) is is_grave for each in on_the_way)
        return self._rules.messages_minute_max - len(self._lately(is_grave, now_s)) - waiting

    def _lately(self, is_grave: bool, now_s: float) -> deque[float]:
        sent_s = self._sent_s[is_grave]
        while sent_s and now_s - sent_s[0] >= _MINUTE_S:
            sent_s.popleft()
        return sent_s

    def _free_at_s(self, is_grave: bool, now_s: float) -> float:
        sent_s = self._lately(is_grave, now_s)
        if self._is_last or len(sent_s) < self._rules.messages_minute_max:
            return now_s
        return sent_s[0] + _MINUTE_S

    def _hold(self, alert: Alert) -> None:
        self._held.append(alert)
        if len(self._held) > WAITING_MAX:
            # The least grave, and of those the oldest, is counted only.
            least = min(self._held, key=lambda each: each.severity.rank)
            self._held.remove(least)
            self._held_more[least.event] += 1

    @staticmethod
    def _is_grave(held: list[Alert]) -> bool:
        return any(each.severity is Severity.CRITICAL for each in held)

    def _next(self, now_s: float) -> Alert | None:
        """The next one to send: a critical one first, then in the order in which they came."""
        for alert in self._waiting:
            if alert.severity is Severity.CRITICAL:
                self._waiting.remove(alert)
                return alert
        if self._waiting:
            return self._waiting.popleft()
        if self._held and self._free_at_s(self._is_grave(self._held), now_s) <= now_s:
            return self._told_together()
        return self._repetition(now_s)

    def _told_together(self) -> Alert:
        held, more = self._held, self._held_more
        self._held, self._held_more = [], Counter()
        if len(held) == 1 and not more:
            return held[0]
        ranked = sorted(held, key=lambda each: -each.severity.rank)
        counts = more + Counter(each.event for each in held)
        told = ", ".join(f"{count} {event}" for event, count in counts.most_common())
        named = [f"{each.severity}: {each.title}" for each in ranked[:_NAMED]]
        unnamed = counts.total() - len(named)
        named += [f"and {unnamed} more"] if unnamed else []
        return msgspec.structs.replace(
            held[-1],
            event=AlertEvent.HELD_BACK,
            severity=ranked[0].severity,
            title=f"{counts.total()} alerts at once: {told}",
            detail="\n".join(named),
            subject="",
        )
