"""DepositPreauth: give an account, or whoever holds certain credentials, leave to pay one's own, or take it back.

Source: DepositPreauth.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import domains, keys, others
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions import deposits
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
)

_WAYS = {"Authorize", "Unauthorize", "AuthorizeCredentials", "UnauthorizeCredentials"}


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    if len(_WAYS & tx.fields.keys()) != 1:
        return MALFORMED
    if _of_credentials(tx):
        return domains.refused_list(_credentials(tx), deposits.CREDENTIALS_MAX) or SUCCESS
    other = keys.account_id(tx.word(_field(tx)))
    if other == keys.NOBODY:
        return "temINVALID_ACCOUNT_ID"
    to_itself = "Authorize" in tx.fields and other == keys.account_id(tx.account)
    return "temCANNOT_PREAUTH_SELF" if to_itself else SUCCESS


def _field(tx: Transaction) -> str:
    return min(_WAYS & tx.fields.keys())


def _gives(tx: Transaction) -> bool:
    return _field(tx).startswith("Authorize")


def _of_credentials(tx: Transaction) -> bool:
    return _field(tx).endswith("Credentials")


def _credentials(tx: Transaction) -> list[domains.Accepted]:
    return domains.accepted_in(tx.fields[_field(tx)])


def _key(state: State, tx: Transaction) -> bytes:
    if _of_credentials(tx):
        return deposits.leave_key(state.accounts[tx.account], _credentials(tx))
    return keys.preauth_key(keys.account_id(tx.account), keys.account_id(tx.word(_field(tx))))


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    is_there = _key(state, tx) in state.others
    if not _gives(tx):
        return SUCCESS if is_there else "tecNO_ENTRY"
    if _of_credentials(tx):
        if any(issuer not in state.accounts for issuer, _ in _credentials(tx)):
            return "tecNO_ISSUER"
    elif tx.word("Authorize") not in state.accounts:
        return "tecNO_TARGET"
    return "tecDUPLICATE" if is_there else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Give leave, which wants its reserve, or take it back."""
    account = state.accounts[tx.account]
    if not _gives(tx):
        others.delete(state, state.others[_key(state, tx)])
        state.adjust_owner_count(account, -1)
        return Effect(SUCCESS)
    if tx.prior_drops < state.fees.reserve_drops(account.owner_count + 1):
        return Effect("tecINSUFFICIENT_RESERVE")
    to = domains.listed(_credentials(tx)) if _of_credentials(tx) else tx.word("Authorize")
    fields: JsonObject = {"Account": account.address, _field(tx): to, "Flags": 0}
    others.create(state, "DepositPreauth", _key(state, tx), fields, ((account, "OwnerNode"),))
    state.adjust_owner_count(account, 1)
    return Effect(SUCCESS)
