"""PermissionedDomainSet: make a domain, or change which credentials one accepts.

Source: PermissionedDomainSet.cpp of the ledger server; xrpl.org, "PermissionedDomainSet".
"""

from __future__ import annotations

from neo.ledger import domains, keys, others
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.common import MALFORMED, SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction

CREDENTIALS_MAX = 10  # that a domain accepts (maxPermissionedDomainCredentialsArraySize)


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    accepted = domains.accepted_in(tx.fields["AcceptedCredentials"])
    refused = domains.refused_list(accepted, CREDENTIALS_MAX)
    return refused or (MALFORMED if tx.domain() == domains.NO_DOMAIN else SUCCESS)


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    for issuer, _ in domains.accepted_in(tx.fields["AcceptedCredentials"]):
        if issuer not in state.accounts:
            return "tecNO_ISSUER"
    if not tx.domain():
        return SUCCESS
    entry = domains.entry_of(state, tx.domain())
    if entry is None:
        return "tecNO_ENTRY"
    return SUCCESS if entry.fields["Owner"] == tx.account else "tecNO_PERMISSION"


def apply(state: State, tx: Transaction) -> Effect:
    """Make it or change it. A domain made on a ticket is named as if the sequence number were 0."""
    listed = domains.listed(domains.accepted_in(tx.fields["AcceptedCredentials"]))
    if tx.domain():
        entry = domains.entry_of(state, tx.domain())
        assert entry is not None, "the domain is there, or it would have been refused"
        others.change(state, entry, {**entry.fields, "AcceptedCredentials": listed})
        return Effect(SUCCESS)
    owner = state.accounts[tx.account]
    if owner.drops < state.fees.reserve_drops(owner.owner_count + 1):  # the fee has gone already
        return Effect("tecINSUFFICIENT_RESERVE")
    sequence = 0 if tx.on_ticket else tx.sequence
    fields: JsonObject = {"AcceptedCredentials": listed, "Flags": 0, "Owner": owner.address, "Sequence": sequence}
    key = keys.domain_key(owner.id, sequence)
    others.create(state, "PermissionedDomain", key, fields, ((owner, "OwnerNode"),))
    state.adjust_owner_count(owner, 1)
    return Effect(SUCCESS)
