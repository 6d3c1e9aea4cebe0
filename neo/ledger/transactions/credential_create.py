"""CredentialCreate: vouch for an account. It counts once its subject has accepted it.

Source: Credentials.cpp of the ledger server; xrpl.org, "CredentialCreate".
"""

from __future__ import annotations

from neo.ledger import domains, keys, others
from neo.ledger.entries import CREDENTIAL_ACCEPTED
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.common import MALFORMED, SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction

URI_BYTES_MAX = 256


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    if domains.address_in(tx.fields, "Subject") == keys.NOBODY_ADDRESS:
        return MALFORMED
    if "URI" in tx.fields and not 0 < len(bytes.fromhex(_uri(tx))) <= URI_BYTES_MAX:
        return MALFORMED
    return SUCCESS if domains.is_kind(domains.kind_in(tx.fields)) else MALFORMED


def _uri(tx: Transaction) -> str:
    uri = tx.fields["URI"]
    if not isinstance(uri, str):
        raise TypeError("a URI is written in hex")
    return uri


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    subject = domains.address_in(tx.fields, "Subject")
    if subject not in state.accounts:
        return "tecNO_TARGET"
    held = domains.credential(state, subject, tx.account, domains.kind_in(tx.fields))
    return SUCCESS if held is None else "tecDUPLICATE"


def apply(state: State, tx: Transaction) -> Effect:
    """Make the credential; its issuer keeps the reserve for it as long as it is not accepted."""
    expiration = tx.counts.get("Expiration")
    if expiration is not None and state.parent_close_time_s > expiration:
        return Effect("tecEXPIRED")
    issuer = state.accounts[tx.account]
    if tx.prior_drops < state.fees.reserve_drops(issuer.owner_count + 1):
        return Effect("tecINSUFFICIENT_RESERVE")
    subject = state.accounts[domains.address_in(tx.fields, "Subject")]
    kind = domains.kind_in(tx.fields)
    fields: JsonObject = {
        "CredentialType": kind.hex().upper(),
        "Flags": CREDENTIAL_ACCEPTED if subject is issuer else 0,
        "Issuer": issuer.address,
        "Subject": subject.address,
    }
    if expiration is not None:
        fields["Expiration"] = expiration
    if "URI" in tx.fields:
        fields["URI"] = _uri(tx).upper()
    owners = [(issuer, "IssuerNode"), (subject, "SubjectNode")]
    if subject is issuer:
        fields["SubjectNode"] = "0"  # told, though it stands in one directory only
        del owners[1]
    others.create(state, "Credential", keys.credential_key(subject.id, issuer.id, kind), fields, owners)
    state.adjust_owner_count(issuer, 1)
    return Effect(SUCCESS)
