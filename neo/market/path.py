"""The reference path: one price for every ledger, through the recorded minutes and, after them, resampled ones.

Streaming: memory doesn't grow with the session. The recording is used once, as it happened. Then the path goes on with
a stationary block bootstrap (D. Politis and J. Romano, "The stationary bootstrap", JASA 89, 1994): blocks of recorded
minutes from random places, as moves relative to the close before, glued to the last price.
"""

from __future__ import annotations

from array import array
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from neo.market.chance import Chance, chance_to_state, restore_chance
from neo.market.minute_bridge import STEPS_MIN, bridge
from neo.market.minutes import MINUTE_S, Bar, Minutes

BLOCK_MEAN_MINUTES = 60
"""Mean block length. In the recording of 2026-01-21, the absolute one-minute return correlates with itself 0.34 after
one minute and still 0.13 after an hour: shorter blocks would break up the calm and the busy hours."""

LEDGER_INTERVAL_S_MAX = MINUTE_S // STEPS_MIN
"""Longest ledger interval, in seconds: a minute needs four steps to show its open, high, low and close."""

ACTIVITY_SHARE_CAP = 8
"""A minute's volume counts up to eight times the mean (the recording's largest is 15 times)."""


class PathStep(NamedTuple):
    """What the world outside shows at one ledger's close.

    ``price_nano`` is in nano-RLUSD per XRP; ``activity_permille`` says how busy the minute is, 1000 is the recording's
    mean; ``is_resampled`` is True once the recording is used up.
    """

    price_nano: int
    activity_permille: int
    is_resampled: bool


class ReferencePath:
    """An endless seeded path through recorded minutes.

    Args:
        bars: recorded minutes, at least one.
        interval_s: seconds from one ledger to the next, 1 to ``LEDGER_INTERVAL_S_MAX``.
        chance: the path's own generator.
    """

    def __init__(self, bars: Sequence[Bar], interval_s: int, chance: Chance) -> None:
        if not bars:
            raise ValueError("a path needs at least one recorded minute")
        if not 1 <= interval_s <= LEDGER_INTERVAL_S_MAX:
            raise ValueError(f"a ledger interval is 1 to {LEDGER_INTERVAL_S_MAX} s, not {interval_s}")
        self._bars = Minutes.of(bars)
        self._interval_s = interval_s
        self._chance = chance
        self._activity_permille = _activity_permille(self._bars)
        self._minute = 0  # minutes begun so far
        self._bar_index = 0  # the bar of the minute in hand
        self._last_close_nano = bars[0].open_nano
        self._prices: list[int] = []  # the minute in hand, last step first

    def next(self) -> PathStep:
        """The next ledger's step. Step k shows the moment k * interval_s; a minute's last step shows its close."""
        if not self._prices:
            self._begin_minute()
        return PathStep(self._prices.pop(), self._activity_permille[self._bar_index], self._minute > len(self._bars))

    def _begin_minute(self) -> None:
        """Choose the minute's bar and draw the prices within it."""
        minute, count = self._minute, len(self._bars)
        if minute < count:
            self._bar_index = minute
            bar = self._bars[minute]
            prices = (bar.open_nano, bar.high_nano, bar.low_nano, bar.close_nano)
        else:
            begins_block = minute == count or self._chance.randrange(BLOCK_MEAN_MINUTES) == 0
            self._bar_index = self._chance.randrange(count) if begins_block else (self._bar_index + 1) % count
            prices = self._moved(self._bar_index)
        first_step = -(-MINUTE_S * minute // self._interval_s)
        next_first_step = -(-MINUTE_S * (minute + 1) // self._interval_s)
        self._prices = bridge(prices, next_first_step - first_step, self._chance)[::-1]
        self._last_close_nano = prices[3]
        self._minute += 1

    def _moved(self, index: int) -> tuple[int, int, int, int]:
        """A recorded bar's moves from the close before it, applied to the path's last close."""
        bar = self._bars[index]
        # The first row has no row before it: its own open stands in, which only leaves out its opening gap.
        base_nano = self._bars[index - 1].close_nano if index else bar.open_nano

        def moved(price_nano: int) -> int:
            # One rounding rule for all four keeps low <= open, close <= high.
            return max(1, (self._last_close_nano * price_nano + base_nano // 2) // base_nano)

        return moved(bar.open_nano), moved(bar.high_nano), moved(bar.low_nano), moved(bar.close_nano)

    def to_state(self) -> dict[str, Any]:
        """Everything but the bars, JSON-able."""
        return {
            "minute": self._minute,
            "bar_index": self._bar_index,
            "last_close_nano": self._last_close_nano,
            "prices": list(self._prices),
            "chance": chance_to_state(self._chance),
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go on from a state written by ``to_state`` of a path through the same bars and interval."""
        self._minute = state["minute"]
        self._bar_index = state["bar_index"]
        self._last_close_nano = state["last_close_nano"]
        self._prices = list(state["prices"])
        restore_chance(self._chance, state["chance"])


def _activity_permille(minutes: Minutes) -> array[int]:
    """How busy each minute is: half even, half in step with its volume, 1000 in the mean.

    Half and half is an assumption: the ledger's pair follows the large exchanges, but less wildly.
    """
    mean_xrp = sum(minutes.volumes_xrp(), Decimal(0)) / len(minutes)
    if mean_xrp == 0:
        return array("l", [1000]) * len(minutes)
    most = 1000 * ACTIVITY_SHARE_CAP
    shares = array("l", (min(int(1000 * volume_xrp / mean_xrp), most) for volume_xrp in minutes.volumes_xrp()))
    mean_share = max(1, sum(shares) // len(shares))  # the cap takes a little off the mean; put it back
    return array("l", (500 + 500 * share // mean_share for share in shares))
