"""What every step of one payment knows."""

from __future__ import annotations

from dataclasses import dataclass

from neo.ledger.entries import Account, Offer
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind


class FlowError(Exception):
    """A step could not move money that it had counted on; the pass it belongs to is undone."""


@dataclass(slots=True)
class Context:
    """One payment or crossing.

    Attributes:
        source, destination: its two ends; the same account when an offer crosses.
        crossing: an offer crosses (True), or a payment runs (False).
        arrives: the token that is to arrive, None for XRP.
        threshold: the worst quality a crossing offer takes.
        swept: offers to remove whatever becomes of the pass; filled by the steps.
        domain: the permissioned domain, in hex, whose books alone are used; empty for the open ones.
        pool_used: a pool has been taken from in this pass.
        pool_passes: how many passes that counted took from one.
        multi_path: there is more than one path to take from now, so that a pool offers itself in small steps.
    """

    state: State
    source: Account
    destination: Account
    crossing: bool
    arrives: TokenKind | None
    threshold: int
    swept: set[Offer]
    domain: str = ""
    pool_used: bool = False
    pool_passes: int = 0
    multi_path: bool = False
