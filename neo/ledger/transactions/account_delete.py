"""AccountDelete: close an account that owes and holds nothing more; its offers and tickets go with it.

Source: DeleteAccount.cpp of the ledger server, and ``cleanupOnAccountDelete`` in View.cpp.
"""

from __future__ import annotations

from itertools import islice

from neo.ledger import directory, domains, keys, nft_pages, others
from neo.ledger.entries import REQUIRE_DEST_TAG, Account, Entry, Offer
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions import deposits, nftoken_mint, signer_list_set
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    set_tickets,
)

ENTRIES_MAX = 1000  # how many entries may go with an account
AGE_LEDGERS = (
    255  # how far an account's numbers must be behind the ledger's, so that no transaction of it can come again
)
_GOES_ALONG = {"Credential", "DepositPreauth", "SignerList", "Ticket"}
_GOES_UNKNOWN = {"DID", "Delegate", "NFTokenOffer", "Oracle"}


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    keys.account_id(tx.destination())  # fails if it is no address
    return "temDST_IS_SRC" if tx.account == tx.destination() else deposits.preflight_shown(tx)


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is.

    Raises:
        UnsupportedTransactionError: the account owns something that the exchange does not know and that would go too.
    """
    account, target = state.accounts[tx.account], state.accounts.get(tx.destination())
    if target is None:
        return "tecNO_DST"
    if target.flags & REQUIRE_DEST_TAG and "DestinationTag" not in tx.counts:
        return "tecDST_TAG_NEEDED"
    if (refused := deposits.preclaim_shown(state, tx)) != SUCCESS:
        return refused
    if deposits.SHOWN not in tx.fields and deposits.refusal(state, tx, account, target) is not None:
        return "tecNO_PERMISSION"
    minted, first = _number(account, nftoken_mint.MINTED), _number(account, nftoken_mint.FIRST)
    if minted != _number(account, "BurnedNFTokens") or nft_pages.pages_of(state, account):
        return "tecHAS_OBLIGATIONS"
    if max(account.sequence, first + minted) + AGE_LEDGERS > state.index:
        return "tecTOO_SOON"
    for count, entry in enumerate(islice(directory.contents(account.owned), ENTRIES_MAX + 1), start=1):
        if not _goes_along(entry):
            return "tecHAS_OBLIGATIONS"
        if count > ENTRIES_MAX:
            return "tefTOO_BIG"
    return SUCCESS


def _number(account: Account, name: str) -> int:
    value = account.other.get(name, 0)
    assert isinstance(value, int), "a count is a whole number"
    return value


def _goes_along(entry: Entry) -> bool:
    """Whether an entry is no obligation."""
    if isinstance(entry, OtherEntry):
        if entry.kind in _GOES_UNKNOWN:
            raise UnsupportedTransactionError(f"the embedded ledger does not know how a {entry.kind} is deleted")
        return entry.kind in _GOES_ALONG
    return isinstance(entry, Offer)


def apply(state: State, tx: Transaction) -> Effect:
    """Remove what the account owns, pay out what it has, and close it."""
    account, target = state.accounts[tx.account], state.accounts[tx.destination()]
    if deposits.SHOWN in tx.fields and (refused := deposits.refusal(state, tx, account, target)) is not None:
        return refused
    for entry in list(directory.contents(account.owned)):
        if isinstance(entry, Offer):
            state.delete_offer(entry)
            continue
        assert isinstance(entry, OtherEntry), "there is no other kind of entry that goes along"
        if entry.kind == "SignerList":
            signer_list_set.remove(state, account, entry)
        elif entry.kind == "Credential":
            domains.remove_credential(state, entry)
        else:
            others.delete(state, entry)
            state.adjust_owner_count(account, -1)
    directory.drop_empty(state.journal, account.owned)
    set_tickets(state, account, 0)
    rest_drops = account.drops
    state.send_drops(account, target, rest_drops)
    state.close_account(account)
    return Effect(SUCCESS, delivered=rest_drops)
