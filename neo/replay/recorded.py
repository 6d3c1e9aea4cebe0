"""What a recording tells: the pair as a ledger left it, and validated ledgers with their transactions and metadata.

It says nothing of where it came from: a file, a server's stream, or a market that somebody else recorded.
"""

from __future__ import annotations

from typing import Any

import msgspec

from neo.ledger import Fees
from neo.messages import LedgerTransaction


class RecordedLedger(msgspec.Struct, frozen=True, kw_only=True):
    """A validated ledger, as it was recorded.

    Args:
        ledger_index: Its own.
        ledger_hash: Its own, 64 hex digits.
        parent_hash: Of the ledger before; empty if that is not known.
        close_time_s: Seconds of the ripple epoch.
        parent_close_time_s: The same of the ledger before, by which offers expire.
        transactions: With metadata, in the ledger's order.
        is_whole: Every transaction of the ledger is among them; else those alone that touch the pair.
        fees: The voted amounts on it; None if they are the same as before.
    """

    ledger_index: int
    ledger_hash: str
    parent_hash: str
    close_time_s: int
    parent_close_time_s: int
    transactions: tuple[LedgerTransaction, ...]
    is_whole: bool
    fees: Fees | None = None


class RecordedState(msgspec.Struct, frozen=True, kw_only=True):
    """The pair as a ledger left it, or all of that ledger.

    Args:
        ledger_index: That ledger's.
        ledger_hash: The same, 64 hex digits.
        state: The embedded ledger as :meth:`neo.ledger.Ledger.to_state` writes it.
        is_whole: It is all of the ledger; else the pair's part, as a mirror knows it.
        roots_assumed: Addresses whose root is not told: what they can give of XRP is right, all else is made up.
        lines_assumed: Addresses whose line of the token is not told, in the same sense.
    """

    ledger_index: int
    ledger_hash: str
    state: dict[str, Any]
    is_whole: bool
    roots_assumed: tuple[str, ...] = ()
    lines_assumed: tuple[str, ...] = ()
