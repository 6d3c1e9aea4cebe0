"""What every step of one payment knows."""

from __future__ import annotations

from dataclasses import dataclass

from neo.ledger.entries import Account, Offer
from neo.ledger.state import State


class FlowError(Exception):
    """A step could not move money that it had counted on; the pass it belongs to is undone."""


@dataclass(slots=True)
class Context:
    """One payment or crossing.

    Attributes:
        source, destination: its two ends; the same account when an offer crosses.
        crossing: an offer crosses (True), or a payment runs (False).
        threshold: the worst quality a crossing offer takes.
        swept: offers to remove whatever becomes of the pass; filled by the steps.
        pool_used: the pool has been taken from in this pass.
        pool_passes: how many passes that counted took from it.
    """

    state: State
    source: Account
    destination: Account
    crossing: bool
    threshold: int
    swept: set[Offer]
    pool_used: bool = False
    pool_passes: int = 0
