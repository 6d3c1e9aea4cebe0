"""A recorded market played ledger by ledger, with our account and orders on it, until the recording is used up.

Where ledgers are missing it begins anew from the next snapshot, with our account and offers as they were.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from neo.network.network import ForkedLedger
from neo.replay.fork import Fork
from neo.replay.forked_market import UNTOLD_INTERVAL_S, ForkedMarket
from neo.replay.recorded import RecordedLedger, RecordedState

_USED_UP: Final = "the recording is used up: from here on nobody else trades"

Played = RecordedLedger | RecordedState
"""What of a recording is played: its ledgers, and behind a gap the snapshot."""


class ReplayMarket(ForkedMarket):
    """A recording in the course of being played. Made by :meth:`begin` or :meth:`from_state`.

    Args:
        fork: The recorded market with ours in it.
        items: The recording in order; what the fork has had already is passed over.
        is_over: Whether a ledger closed already that the recording does not have.
        begun_anew: How often ledgers were missing.
    """

    def __init__(self, fork: Fork, items: Iterator[Played], *, is_over: bool = False, begun_anew: int = 0) -> None:
        super().__init__(fork, begun_anew)
        self._items = items
        self._is_over = is_over
        self._upcoming: Played | None = None

    @classmethod
    def begin(
        cls,
        state: RecordedState,
        items: Iterator[Played],
        *,
        account: str,
        xrp_drops: int,
        rlusd: Decimal,
        delay_ledgers: int,
    ) -> ReplayMarket:
        """The market as its recording begins, and our account on it.

        Args:
            state: What the recording begins with.
            items: What follows on that.
            account: Our address.
            xrp_drops: What it comes with.
            rlusd: The same.
            delay_ledgers: From the ledger that one of ours answers to the first one that it may enter.
        """
        fork = Fork.begin(state)
        fork.join(account, xrp_drops, rlusd, delay_ledgers=delay_ledgers)
        return cls(fork, items)

    @property
    def is_used_up(self) -> bool:
        """Whether the recording has nothing behind the last closed ledger."""
        return self._look() is None

    @property
    def next_after_s(self) -> int:
        """How long after the last ledger the next one closes, in seconds of the session."""
        upcoming = self._look()
        if isinstance(upcoming, RecordedLedger):
            return upcoming.close_time_s - self.ledger.close_time_s
        return UNTOLD_INTERVAL_S

    def close_next(self) -> ForkedLedger:
        """Close the next ledger: the recorded one, or one that has nothing in it but what is ours.

        Raises:
            KeyError: A recorded transaction's metadata lacks the ledger's shape: the recording's fault.
            ValueError: A value in it can't be read.
        """
        upcoming, self._upcoming, self.notice = self._look(), None, None
        if upcoming is None:
            self.notice = None if self._is_over else _USED_UP
            self._is_over = True
            return self._fork.close_empty(self.ledger.close_time_s + UNTOLD_INTERVAL_S)
        return self._fork.close(upcoming) if isinstance(upcoming, RecordedLedger) else self._begin_anew(upcoming)

    def give_up(self) -> None:
        """The recording can't be gone on with: from here on ledgers close with nothing in them but what is ours."""
        self._is_over, self._upcoming = True, None

    def _begin_anew(self, state: RecordedState) -> ForkedLedger:
        first = self.closed_index + 1
        self._fork.begin_anew(state)
        self.begun_anew += 1
        last = self.closed_index
        missing = f"ledger {last} is" if first == last else f"ledgers {first} to {last} are"
        self.notice = (
            f"{missing} not recorded: the market begins anew, with what the account has and its offers where they were"
        )
        return ForkedLedger(last, self.ledger.close_time_s, (), since_index=first if first < last else None)

    def _look(self) -> Played | None:
        """What the recording has behind the last closed ledger: the next one, or a snapshot of a later one."""
        if self._upcoming is None and not self._is_over:
            self._upcoming = next((item for item in self._items if item.ledger_index > self.closed_index), None)
        return self._upcoming

    def to_state(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_state` goes on exactly from here."""
        return {"fork": self._fork.to_state(), "is_over": self._is_over, "begun_anew": self.begun_anew}

    @classmethod
    def from_state(cls, state: dict[str, Any], items: Iterator[Played]) -> ReplayMarket:
        """What :meth:`to_state` wrote, with the same recording from its beginning, or from anywhere before."""
        return cls(Fork.from_state(state["fork"]), items, is_over=state["is_over"], begun_anew=state["begun_anew"])
