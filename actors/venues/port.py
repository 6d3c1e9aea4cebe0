"""The venue port: what the gateway needs of a ledger, simulated or real. The engine above can't tell them apart."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

import msgspec

from neo.chain.pair import Pair
from neo.desk.preflight import Preview
from neo.messages import LedgerClosed


class SignedTransaction(msgspec.Struct, frozen=True):
    """A transaction ready to be sent: its hash and its blob, which can be sent again without becoming another."""

    tx_hash: str
    blob: str


class Venue(Protocol):
    """A ledger that one account trades on.

    Raises:
        VenueError: from any method, when the venue does not answer or answers what can't be used.
    """

    pair: Pair
    base_fee_drops: int
    owner_reserve_drops: int

    async def connect(self) -> LedgerClosed:
        """Reach the venue; returns the last validated ledger, with our account in it."""

    def ledgers(self, after_index: int) -> AsyncGenerator[LedgerClosed, None]:
        """Every validated ledger after that one, in order and without a gap, until :meth:`disconnect`."""

    async def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers if it entered the last validated ledger as it is."""

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction given in the ledger's JSON form."""

    async def submit(self, tx_hash: str, blob: str) -> str:
        """Send it; returns the preliminary result by its real name, or ``unknown`` if no answer came in time."""

    async def lookup(self, tx_hash: str) -> int | None:
        """The validated ledger that has this transaction of ours; None if no ledger that the venue can tell of has it.

        None alone is no proof: a transaction has failed only when a ledger past its last one is validated, every ledger
        since its submission can be told of without a gap, and it is in none. So a live venue looks by hash first,
        answers None only where its history (``complete_ledgers``) covers them all, and raises otherwise.
        """

    async def disconnect(self) -> None:
        """Leave the venue; the walk of :meth:`ledgers` ends."""
