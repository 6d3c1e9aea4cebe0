"""CredentialAccept: take a credential on that somebody issued, and its reserve with it.

Source: Credentials.cpp of the ledger server; xrpl.org, "CredentialAccept".
"""

from __future__ import annotations

from neo.ledger import domains, keys, others
from neo.ledger.entries import CREDENTIAL_ACCEPTED
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import MALFORMED, SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    if domains.address_in(tx.fields, "Issuer") == keys.NOBODY_ADDRESS:
        return "temINVALID_ACCOUNT_ID"
    return SUCCESS if domains.is_kind(domains.kind_in(tx.fields)) else MALFORMED


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    if domains.address_in(tx.fields, "Issuer") not in state.accounts:
        return "tecNO_ISSUER"
    held = _named(state, tx)
    if held is None:
        return "tecNO_ENTRY"
    return "tecDUPLICATE" if domains.is_accepted(held) else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Accept it. One whose time is over is removed instead."""
    subject, held = state.accounts[tx.account], _named(state, tx)
    assert held is not None, "the credential is there, or it would have been refused"
    if tx.prior_drops < state.fees.reserve_drops(subject.owner_count + 1):
        return Effect("tecINSUFFICIENT_RESERVE")
    if domains.has_expired(state, held):
        return Effect("tecEXPIRED", expired=(held,))
    others.change(state, held, {**held.fields, "Flags": CREDENTIAL_ACCEPTED})
    state.adjust_owner_count(state.accounts[domains.address_in(held.fields, "Issuer")], -1)
    state.adjust_owner_count(subject, 1)
    return Effect(SUCCESS)


def _named(state: State, tx: Transaction) -> OtherEntry | None:
    issuer = domains.address_in(tx.fields, "Issuer")
    return domains.credential(state, tx.account, issuer, domains.kind_in(tx.fields))
