"""The market as real servers tell it, with our account and orders in a fork of it: what paper trading is on.

Each ledger comes from outside (:meth:`PaperMarket.hear`) and is lived through at once. Where some are missing that
nobody tells of, the market begins anew from a fresh look at the real one, with our account and offers as they were.
Once nobody tells of any ledger any more, those that close have nothing in them but what is ours, so that what rests can
be cancelled.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from neo.network.network import ForkedLedger
from neo.replay.fork import Fork
from neo.replay.forked_market import UNTOLD_INTERVAL_S, ForkedMarket
from neo.replay.recorded import RecordedLedger, RecordedState


class NextLedger(msgspec.Struct, frozen=True, tag="ledger"):
    """The next ledger is this one."""

    recorded: RecordedLedger


class BeginsAnew(msgspec.Struct, frozen=True, tag="anew"):
    """Of the ledgers up to that state's nothing is told, or not all; why not, in one clause."""

    state: RecordedState
    why: str


News = NextLedger | BeginsAnew
"""What a market goes by next."""


class RealPlace(msgspec.Struct, frozen=True):
    """A ledger of the real network, and when it closed, in seconds of the ripple epoch."""

    ledger_index: int
    ledger_hash: str
    close_time_s: int


class PaperMarket(ForkedMarket):
    """A market in the course of being told. Made by :meth:`begin` or :meth:`from_state`.

    Args:
        fork: The market with ours in it.
        place: The real ledger that it is level with; None once it goes on alone.
        begun_anew: How often it was begun anew.
    """

    def __init__(self, fork: Fork, place: RealPlace | None, begun_anew: int = 0) -> None:
        super().__init__(fork, begun_anew)
        self.place = place
        self._news: News | None = None

    @classmethod
    def begin(
        cls, state: RecordedState, *, account: str, xrp_drops: int, rlusd: Decimal, delay_ledgers: int
    ) -> PaperMarket:
        """The market at a real ledger, and our account on it.

        Args:
            state: That ledger's.
            account: Our address, which is not on the real one.
            xrp_drops: What it comes with.
            rlusd: The same.
            delay_ledgers: From the ledger that one of ours answers to the first one that it may enter.
        """
        fork = Fork.begin(state)
        fork.join(account, xrp_drops, rlusd, delay_ledgers=delay_ledgers)
        return cls(fork, _place_of(state, fork))

    def hear(self, news: News) -> bool:
        """Take what comes next; returns whether a ledger closes by it (:meth:`close_next`)."""
        if isinstance(news, BeginsAnew) and news.state.ledger_index <= self.closed_index:
            # Of ledgers that were lived through already it turns out that they were not whole.
            self._begin_anew(news)
            return False
        self._news = news
        return True

    def close_next(self) -> ForkedLedger:
        """Close the next ledger: what was heard last, or one that has nothing in it but what is ours.

        Raises:
            KeyError: Metadata lacks the ledger's shape: the servers' fault.
            ValueError: A value in it can't be read.
        """
        news, self._news, self.notice = self._news, None, None
        if isinstance(news, NextLedger):
            recorded = news.recorded
            closed = self._fork.close(recorded)
            self.place = RealPlace(recorded.ledger_index, recorded.ledger_hash, recorded.close_time_s)
            return closed
        if news is None:
            self.place = None
            return self._fork.close_empty(self.ledger.close_time_s + UNTOLD_INTERVAL_S)
        first = self.closed_index + 1
        self._begin_anew(news)
        last = self.closed_index
        of_ledgers = f"ledger {last} is" if first == last else f"ledgers {first} to {last} are"
        self.notice = (
            f"{of_ledgers} not known ({news.why}): the paper market begins anew, for the"
            f" {self.begun_anew}. time, with what the account has and its offers where they were"
        )
        return ForkedLedger(last, self.ledger.close_time_s, (), since_index=first if first < last else None)

    def _begin_anew(self, news: BeginsAnew) -> None:
        self._fork.begin_anew(news.state)
        self.place = _place_of(news.state, self._fork)
        self.begun_anew += 1

    def to_state(self) -> dict[str, Any]:
        """JSON-able; :meth:`from_state` goes on exactly from here."""
        place = None if self.place is None else msgspec.structs.astuple(self.place)
        return {"fork": self._fork.to_state(), "place": place, "begun_anew": self.begun_anew}

    @classmethod
    def from_state(cls, state: dict[str, Any]) -> PaperMarket:
        """What :meth:`to_state` wrote."""
        place = None if state["place"] is None else RealPlace(*state["place"])
        return cls(Fork.from_state(state["fork"]), place, state["begun_anew"])


def _place_of(state: RecordedState, fork: Fork) -> RealPlace:
    return RealPlace(state.ledger_index, state.ledger_hash, fork.ledger.close_time_s)
