"""DepositPreauth: give an account leave to pay one's own, or take it back.

Source: DepositPreauth.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys, others
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    UnsupportedTransactionError,
)


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger.

    Raises:
        UnsupportedTransactionError: it gives leave to whoever holds credentials.
    """
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    if "AuthorizeCredentials" in tx.fields or "UnauthorizeCredentials" in tx.fields:
        raise UnsupportedTransactionError("the embedded ledger knows leave for accounts, not for credentials")
    if ("Authorize" in tx.fields) == ("Unauthorize" in tx.fields):
        return MALFORMED
    other = keys.account_id(tx.word(_field(tx)))
    if other == keys.NOBODY:
        return "temINVALID_ACCOUNT_ID"
    to_itself = "Authorize" in tx.fields and other == keys.account_id(tx.account)
    return "temCANNOT_PREAUTH_SELF" if to_itself else SUCCESS


def _field(tx: Transaction) -> str:
    return "Authorize" if "Authorize" in tx.fields else "Unauthorize"


def _key(tx: Transaction) -> bytes:
    return keys.preauth_key(keys.account_id(tx.account), keys.account_id(tx.word(_field(tx))))


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    is_there = _key(tx) in state.others
    if "Unauthorize" in tx.fields:
        return SUCCESS if is_there else "tecNO_ENTRY"
    if tx.word("Authorize") not in state.accounts:
        return "tecNO_TARGET"
    return "tecDUPLICATE" if is_there else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Give leave, which wants its reserve, or take it back."""
    account = state.accounts[tx.account]
    if "Unauthorize" in tx.fields:
        others.delete(state, state.others[_key(tx)])
        state.adjust_owner_count(account, -1)
        return Effect(SUCCESS)
    if tx.prior_drops < state.fees.reserve_drops(account.owner_count + 1):
        return Effect("tecINSUFFICIENT_RESERVE")
    fields: JsonObject = {"Account": account.address, "Authorize": tx.word("Authorize"), "Flags": 0}
    others.create(state, "DepositPreauth", _key(tx), fields, ((account, "OwnerNode"),))
    state.adjust_owner_count(account, 1)
    return Effect(SUCCESS)
