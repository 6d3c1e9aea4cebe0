"""PermissionedDomainDelete: take a domain out of the ledger; the offers in its books stay until a taker meets them.

Source: PermissionedDomainDelete.cpp of the ledger server; xrpl.org, "PermissionedDomainDelete".
"""

from __future__ import annotations

from neo.ledger import domains, others
from neo.ledger.state import State
from neo.ledger.transactions.common import MALFORMED, SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    return MALFORMED if tx.domain() in ("", domains.NO_DOMAIN) else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    entry = domains.entry_of(state, tx.domain())
    if entry is None:
        return "tecNO_ENTRY"
    return SUCCESS if entry.fields["Owner"] == tx.account else "tecNO_PERMISSION"


def apply(state: State, tx: Transaction) -> Effect:
    """Remove it."""
    entry = domains.entry_of(state, tx.domain())
    assert entry is not None, "the domain is there, or it would have been refused"
    others.delete(state, entry, keep_root=True)
    state.adjust_owner_count(state.accounts[tx.account], -1)
    return Effect(SUCCESS)
