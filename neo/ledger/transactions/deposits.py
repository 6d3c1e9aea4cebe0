"""Who may pay an account that wants to be asked first, and the credentials that a payer may show for it.

Leave is given to an account, or to whoever holds certain credentials. Credentials are looked at wherever they are
shown, asked for or not: one whose time is over leaves the ledger, and the transaction fails.

Source: ``checkFields``, ``valid`` and ``verifyDepositPreauth`` in CredentialHelpers.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import domains, keys
from neo.ledger.entries import DEPOSIT_AUTH, Account
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import MALFORMED, SUCCESS, Effect, Transaction

SHOWN = "CredentialIDs"
CREDENTIALS_MAX = 8  # that a transaction shows, or leave is given for (maxCredentialsArraySize)
_KEY_BYTES = 32


def preflight_shown(tx: Transaction) -> str:
    """Whether the credentials that a transaction shows are a list of keys, none of them twice."""
    if SHOWN not in tx.fields:
        return SUCCESS
    shown = _shown(tx)
    return SUCCESS if 0 < len(shown) == len(set(shown)) <= CREDENTIALS_MAX else MALFORMED


def preclaim_shown(state: State, tx: Transaction) -> str:
    """Whether they are its sender's, and accepted."""
    for key in _shown(tx) if SHOWN in tx.fields else ():
        held = _credential(state, key)
        if held is None or held.word("Subject") != tx.account or not domains.is_accepted(held):
            return "tecBAD_CREDENTIALS"
    return SUCCESS


def refusal(state: State, tx: Transaction, source: Account, target: Account) -> Effect | None:
    """Why an account does not take what another brings; None if it does: it asks for no leave, or has given it."""
    shown: list[OtherEntry] = []
    if SHOWN in tx.fields:
        shown = [held for held in (_credential(state, key) for key in _shown(tx)) if held is not None]
        expired = [held for held in shown if domains.has_expired(state, held)]
        if expired:
            return Effect("tecEXPIRED", expired=expired)
    if not target.flags & DEPOSIT_AUTH or target is source:
        return None
    given = keys.preauth_key(target.id, source.id) in state.others
    if not given and shown:
        given = leave_key(target, [domains.named_by(held) for held in shown]) in state.others
    return None if given else Effect("tecNO_PERMISSION")


def leave_key(owner: Account, credentials: list[domains.Accepted]) -> bytes:
    """The key of the leave that an account gave to whoever holds these credentials, all of them."""
    return keys.credentials_preauth_key(
        owner.id, [keys.half_hash(keys.account_id(issuer), kind) for issuer, kind in domains.in_order(credentials)]
    )


def _shown(tx: Transaction) -> list[bytes]:
    """The keys of the credentials that a transaction shows.

    Raises:
        TypeError, ValueError: they are no list of keys.
    """
    written = tx.fields[SHOWN]
    if not isinstance(written, list):
        raise TypeError(f"{SHOWN} is a list of keys")
    shown = [bytes.fromhex(key) for key in written]
    if any(len(key) != _KEY_BYTES for key in shown):
        raise ValueError(f"{SHOWN} names entries by their keys, 64 hex digits each")
    return shown


def _credential(state: State, key: bytes) -> OtherEntry | None:
    held = state.others.get(key)
    return held if held is not None and held.kind == "Credential" else None
