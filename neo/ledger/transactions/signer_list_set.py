"""SignerListSet: name the accounts that may sign for one's own together, or name none any more.

Source: SetSignerList.cpp and SignerEntries.cpp of the ledger server. A list takes one owner's reserve
(MultiSignReserve) and up to 32 signers (ExpandedSignerList): both have been in force on the network for years.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neo.ledger import directory, keys, others
from neo.ledger.entries import DISABLE_MASTER, Account
from neo.ledger.json_forms import Json, JsonObject
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    UnsupportedTransactionError,
)

_SIGNERS_MAX = 32
_WEIGHT_MAX = 2**16 - 1
_ONE_RESERVE = 0x00010000  # an entry's flag: it counts as one, however many sign
_BASE_COUNT = 2  # what an older list counted for, and one more for each signer


def preflight(tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    quorum = tx.counts["SignerQuorum"]
    if bool(quorum) != ("SignerEntries" in tx.fields):
        return MALFORMED
    if not quorum:
        return SUCCESS
    signers = _signers(tx)
    if not 1 <= len(signers) <= _SIGNERS_MAX:
        return MALFORMED
    addresses = [address for address, _ in signers]
    if len(set(addresses)) != len(addresses):
        return "temBAD_SIGNER"
    for address, weight in signers:
        if not weight:
            return "temBAD_WEIGHT"
        if address == tx.account:
            return "temBAD_SIGNER"
    return "temBAD_QUORUM" if sum(weight for _, weight in signers) < quorum else SUCCESS


def _signers(tx: Transaction) -> list[tuple[str, int]]:
    """Who may sign, with what weight, in the order of the accounts' ids.

    Raises:
        KeyError, TypeError, ValueError: the field is of a wrong form.
        UnsupportedTransactionError: a signer carries a tag.
    """
    value = tx.fields["SignerEntries"]
    if not isinstance(value, Sequence) or isinstance(value, str):
        raise TypeError("signers are a list")
    signers = [_signer(item["SignerEntry"]) for item in value]
    return sorted(signers, key=_by_id)


def _signer(entry: object) -> tuple[str, int]:
    if not isinstance(entry, Mapping):
        raise TypeError("a signer is an object")
    if "WalletLocator" in entry:
        raise UnsupportedTransactionError("the embedded ledger does not know signers with a WalletLocator")
    address, weight = entry["Account"], entry["SignerWeight"]
    keys.account_id(address)  # fails if it is no address
    if not isinstance(weight, int) or not 0 <= weight <= _WEIGHT_MAX:
        raise ValueError("a signer's weight is a whole number of 16 bits")
    return address, weight


def _by_id(signer: tuple[str, int]) -> bytes:
    return keys.account_id(signer[0])


def preclaim(state: State, tx: Transaction) -> str:
    """Nothing is refused by looking at the ledger."""
    del state, tx
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Replace the list, or remove it. The old one's reserve counts for the new one's."""
    account = state.accounts[tx.account]
    held = state.others.get(keys.signer_list_key(account.id))
    if not tx.counts["SignerQuorum"]:
        if account.flags & DISABLE_MASTER and "RegularKey" not in account.other:
            return Effect("tecNO_ALTERNATIVE_KEY")
        if held is not None:
            remove(state, account, held)
        return Effect(SUCCESS)
    freed = 0 if held is None else weight_of(held)
    if tx.prior_drops < state.fees.reserve_drops(account.owner_count - freed + 1):
        return Effect("tecINSUFFICIENT_RESERVE")
    fields = _fields(state, tx, account)
    if held is None:
        others.create(state, "SignerList", keys.signer_list_key(account.id), fields, ((account, "OwnerNode"),))
    else:
        _replace(state, account, held, fields)
    state.adjust_owner_count(account, 1 - freed)
    return Effect(SUCCESS)


def _fields(state: State, tx: Transaction, account: Account) -> JsonObject:
    entries: list[Json] = [
        {"SignerEntry": {"Account": address, "SignerWeight": weight}} for address, weight in _signers(tx)
    ]
    fields: JsonObject = {
        "Flags": _ONE_RESERVE,
        "SignerEntries": entries,
        "SignerListID": 0,
        "SignerQuorum": tx.counts["SignerQuorum"],
    }
    return fields | ({"Owner": account.address} if state.rules.names_itself else {})


def _replace(state: State, account: Account, held: OtherEntry, fields: JsonObject) -> None:
    """Put a new list in the place of the old one: it leaves the directory and comes back, to the last page.

    It is told as a change even if both say the same, and it does not know who changed the old one.
    """
    state.journal.touch(held)
    held.fields, held.previous_hash = fields, ""
    ((_, name, page),) = held.pages
    directory.remove(state.journal, account.owned, page, held, keep_root=True)
    held.pages = ((account, name, directory.insert(state.journal, account.owned, held)),)


def weight_of(held: OtherEntry) -> int:
    """How many of its owner's entries a list counts for."""
    if (held.count("Flags") or 0) & _ONE_RESERVE:
        return 1
    signers = held.fields["SignerEntries"]
    assert isinstance(signers, Sequence), "a list of signers has them"
    return _BASE_COUNT + len(signers)


def remove(state: State, account: Account, held: OtherEntry) -> None:
    """Take a list out of the ledger, and give its owner the reserve back."""
    others.delete(state, held)
    state.adjust_owner_count(account, -weight_of(held))
