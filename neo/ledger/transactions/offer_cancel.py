"""OfferCancel: take an offer back. It succeeds whether or not the offer is still there.

Source: CancelOffer.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger.state import State
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    return SUCCESS if tx.counts.get("OfferSequence") else "temBAD_SEQUENCE"


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    if state.accounts[tx.account].sequence <= tx.counts["OfferSequence"]:
        return "temBAD_SEQUENCE"
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Remove the offer if it stands."""
    offer = state.accounts[tx.account].offers.get(tx.counts["OfferSequence"])
    if offer is not None:
        state.delete_offer(offer)
    return Effect(SUCCESS, alone=True)
