"""CredentialDelete: take a credential back, give it up, or clear one away whose time is over.

Source: Credentials.cpp of the ledger server; xrpl.org, "CredentialDelete".
"""

from __future__ import annotations

from neo.ledger import domains, keys
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import MALFORMED, SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction

_ENDS = ("Subject", "Issuer")


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    named = [domains.address_in(tx.fields, name) for name in _ENDS if name in tx.fields]
    if not named:
        return MALFORMED
    if keys.NOBODY_ADDRESS in named:
        return "temINVALID_ACCOUNT_ID"
    return SUCCESS if domains.is_kind(domains.kind_in(tx.fields)) else MALFORMED


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    return SUCCESS if _named(state, tx) is not None else "tecNO_ENTRY"


def apply(state: State, tx: Transaction) -> Effect:
    """Remove it: either end may at any time, anybody once it has expired."""
    held = _named(state, tx)
    assert held is not None, "the credential is there, or it would have been refused"
    is_end = tx.account in (held.fields["Subject"], held.fields["Issuer"])
    if not is_end and not domains.has_expired(state, held):
        return Effect("tecNO_PERMISSION")
    domains.remove_credential(state, held)
    return Effect(SUCCESS)


def _named(state: State, tx: Transaction) -> OtherEntry | None:
    """The credential; the end that is not named is the sender."""
    subject, issuer = (domains.address_in(tx.fields, name) if name in tx.fields else tx.account for name in _ENDS)
    return domains.credential(state, subject, issuer, domains.kind_in(tx.fields))
