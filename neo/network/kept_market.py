"""A market on an embedded network that outlives the process that runs it: what it can be asked, and how it is lived
through once more.

It is a function of what it was made of and of what happened on it (``neo.network.network_text``), so that reading those
back gives the same market, and every ledger after the snapshot can be told once more.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Protocol, TypeVar

from neo.chain.pair import Pair
from neo.ledger import Ledger
from neo.messages import LedgerClosed
from neo.network.account_view import report
from neo.network.network import ClosedLedger, ForkedLedger
from neo.network.network_text import Heard, NetworkText, Snapshot, SubmittedLine, WorldError, snapshot_line
from neo.network.pending import Transaction

# What reading a state or a transaction back raises that is not as one is written.
_NOT_AS_WRITTEN = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)


class KeptMarket(Protocol):
    """A market with our account in it."""

    @property
    def ledger(self) -> Ledger:
        """Open for the next ledger's transactions."""

    @property
    def closed_index(self) -> int:
        """The index of the last closed ledger."""

    @property
    def waiting_hashes(self) -> tuple[str, ...]:
        """The hashes of ours that wait for a ledger, in the order of submission."""

    @property
    def notice(self) -> str | None:
        """What is to be told beside the last closed ledger."""

    def submit(self, tx: Transaction, tx_hash: str, *, fail_hard: bool = False) -> str:
        """Send a transaction of ours for the next ledger; returns the preliminary result. See ``Network.submit``."""

    def close_next(self) -> ClosedLedger | ForkedLedger:
        """Close the next ledger with what others send and what waits."""

    def to_state(self) -> dict[str, Any]:
        """Everything but what it was made of, JSON-able, to go on exactly from here."""


M = TypeVar("M", bound=KeptMarket)


def told(market: KeptMarket, closed: ClosedLedger | ForkedLedger, pair: Pair) -> LedgerClosed:
    """What our account gets to see of the ledger that closed last."""
    return report(market.ledger, closed, pair, market.notice)


def snapshot_of(market: KeptMarket) -> Snapshot:
    """The market as it is now."""
    return snapshot_line(market.closed_index, market.to_state())


def live_again(
    text: NetworkText[Any],
    begin: Callable[[], M],
    pair: Pair,
    after_index: int,
    hear: Callable[[M, Heard], None] | None = None,
) -> tuple[M, list[LedgerClosed]]:
    """Live a market's text through once more.

    Args:
        text: What happened.
        begin: Makes the market as it was at the text's snapshot, or at its first ledger if it has none.
        pair: Our account and the token that it trades.
        after_index: Ledgers after this one are told; telling costs half as much again as closing.
        hear: Has a market go by what it heard, if it is of that kind.

    Returns:
        The market as it was when the text ended, and the ledgers asked for, oldest first.

    Raises:
        WorldError: It comes to something else than the text says, or to nothing.
    """
    try:
        market = begin()
        return market, list(_ledgers(text, market, pair, after_index, hear))
    except _NOT_AS_WRITTEN as error:
        # It was lived through once without.
        raise WorldError(f"it is damaged, or another NEO wrote it ({type(error).__name__}: {error})") from None


def _ledgers(
    text: NetworkText[Any], market: M, pair: Pair, after_index: int, hear: Callable[[M, Heard], None] | None
) -> Iterator[LedgerClosed]:
    account = pair.account
    for step in text.steps:
        if isinstance(step, SubmittedLine):
            market.submit(step.tx, step.tx_hash, fail_hard=step.fail_hard)
            continue
        if isinstance(step, Heard):
            if hear is None:
                raise WorldError("it has what was heard of a real network, which this one does not go by")
            hear(market, step)
            continue
        closed = market.close_next()
        ledger = market.ledger
        came_to = (closed.index, ledger.xrp_drops(account), ledger.token_balance(account), ledger.sequence(account))
        if came_to != (step.ledger_index, step.xrp_drops, step.rlusd, step.sequence):
            raise WorldError(f"ledger {step.ledger_index} does not come out as it says: another NEO wrote it")
        if closed.index > after_index:
            yield told(market, closed, pair)
