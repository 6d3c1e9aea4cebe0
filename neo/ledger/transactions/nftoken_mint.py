"""NFTokenMint: make a non-fungible token. It trades nothing here, but its page takes a reserve.

Source: NFTokenMint.cpp of the ledger server, with fixNFTokenRemint and fixRemoveNFTokenAutoTrustLine.
"""

from __future__ import annotations

from neo.ledger import nft_pages, others
from neo.ledger.entries import Account
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

BURNABLE, ONLY_XRP, TRANSFERABLE, MUTABLE = 0x0001, 0x0002, 0x0008, 0x0010
MINTED, FIRST = "MintedNFTokens", "FirstNFTokenSequence"  # an issuer's fields: how many, and the first one's number

_FLAGS = UNIVERSAL_FLAGS | BURNABLE | ONLY_XRP | TRANSFERABLE | MUTABLE
_TOKEN_FLAGS = 0xFFFF  # the part of the flags that the token keeps
_FEE_MAX = 50_000
_URI_BYTES_MAX = 256
_COUNT_END = 2**32


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger.

    Raises:
        UnsupportedTransactionError: it offers the token for sale at once.
    """
    if tx.flags & ~_FLAGS:
        return "temINVALID_FLAG"
    _ = tx.counts["NFTokenTaxon"]
    fee = tx.counts.get("TransferFee", 0)
    if fee > _FEE_MAX:
        return "temBAD_NFTOKEN_TRANSFER_FEE"
    if fee and not tx.has(TRANSFERABLE):
        return MALFORMED
    if "Issuer" in tx.fields and tx.word("Issuer") == tx.account:
        return MALFORMED
    if "URI" in tx.fields and not 1 <= len(bytes.fromhex(tx.word("URI"))) <= _URI_BYTES_MAX:
        return MALFORMED
    if not {"Amount", "Destination", "Expiration"}.isdisjoint(tx.fields):
        raise UnsupportedTransactionError("the embedded ledger does not know offers of non-fungible tokens")
    return SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    if "Issuer" not in tx.fields:
        return SUCCESS
    issuer = state.accounts.get(tx.word("Issuer"))
    if issuer is None:
        return "tecNO_ISSUER"
    return SUCCESS if issuer.other.get("NFTokenMinter") == tx.account else "tecNO_PERMISSION"


def apply(state: State, tx: Transaction) -> Effect:
    """Make the token; a page that it opens wants its reserve."""
    account = state.accounts[tx.account]
    issuer = state.accounts[tx.word("Issuer")] if "Issuer" in tx.fields else account
    serial = _next_serial(state, tx, issuer)
    if serial is None:
        return Effect("tecMAX_SEQUENCE_REACHED")
    owned_before = account.owner_count
    fee, taxon = tx.counts.get("TransferFee", 0), tx.counts["NFTokenTaxon"]
    identifier = nft_pages.token_id(tx.flags & _TOKEN_FLAGS, fee, issuer.id, taxon, serial)
    said: JsonObject = tx.kept("URI")
    if not nft_pages.add(state, account, identifier, said):
        return Effect("tecNO_SUITABLE_NFTOKEN_PAGE")
    if account.owner_count > owned_before and tx.prior_drops < state.fees.reserve_drops(account.owner_count):
        return Effect("tecINSUFFICIENT_RESERVE")
    return Effect(SUCCESS)


def _next_serial(state: State, tx: Transaction, issuer: Account) -> int | None:
    """The token's number; the first one's is that of its transaction. None if there are no more numbers."""
    first, minted = issuer.other.get(FIRST), issuer.other.get(MINTED, 0)
    if first is None:
        used_up = "Issuer" not in tx.fields and not tx.on_ticket
        first = issuer.sequence - 1 if used_up else issuer.sequence
        others.set_field(state, issuer, FIRST, first)
    assert isinstance(first, int), "a number is a whole one"
    assert isinstance(minted, int), "a count is a whole number"
    if minted + 1 >= _COUNT_END or first + minted + 1 >= _COUNT_END:
        return None
    others.set_field(state, issuer, MINTED, minted + 1)
    return first + minted
