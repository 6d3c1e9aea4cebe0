"""PaymentChannelCreate: set XRP aside that somebody may claim bit by bit.

Source: PayChan.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys, others
from neo.ledger.amount import DROPS
from neo.ledger.entries import DISALLOW_INCOMING_CHANNEL, REQUIRE_DEST_TAG
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    is_legal,
    is_positive,
)
from neo.ledger.transactions.escrow_common import is_past

_KEY_BYTES = 33
_KEY_KINDS = (2, 3, 0xED)  # the first byte of a public key: two for secp256k1, one for ed25519


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    keys.account_id(tx.destination())  # fails if it is no address
    _ = tx.counts["SettleDelay"]
    value, _ = tx.amount("Amount")
    if not isinstance(value, int) or not is_positive(value) or not is_legal(value):
        return "temBAD_AMOUNT"
    if tx.account == tx.destination():
        return "temDST_IS_SRC"
    key = bytes.fromhex(tx.word("PublicKey"))
    return SUCCESS if len(key) == _KEY_BYTES and key[0] in _KEY_KINDS else MALFORMED


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is. Here the fee has not been taken yet."""
    account = state.accounts[tx.account]
    reserve_drops = state.fees.reserve_drops(account.owner_count + 1)
    if account.drops < reserve_drops:
        return "tecINSUFFICIENT_RESERVE"
    if account.drops < reserve_drops + DROPS.of(tx.amount("Amount")[0]):
        return "tecUNFUNDED"
    target = state.accounts.get(tx.destination())
    if target is None:
        return "tecNO_DST"
    if target.flags & DISALLOW_INCOMING_CHANNEL:
        return "tecNO_PERMISSION"
    if target.flags & REQUIRE_DEST_TAG and "DestinationTag" not in tx.counts:
        return "tecDST_TAG_NEEDED"
    return "tecNO_PERMISSION" if target.is_amm else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Open the channel."""
    if "CancelAfter" in tx.counts and is_past(state, tx.counts["CancelAfter"]):
        return Effect("tecEXPIRED")
    account, target = state.accounts[tx.account], state.accounts[tx.destination()]
    drops = DROPS.of(tx.amount("Amount")[0])
    fields: JsonObject = {
        "Account": account.address,
        "Amount": str(drops),
        "Balance": "0",
        "Destination": target.address,
        "Flags": 0,
        **tx.kept("SettleDelay", "PublicKey", "CancelAfter", "SourceTag", "DestinationTag"),
    }
    if state.rules.names_itself:
        fields["Sequence"] = tx.sequence
    places = ((account, "OwnerNode"), (target, "DestinationNode"))
    others.create(state, "PayChannel", keys.channel_key(account.id, target.id, tx.sequence), fields, places)
    state.send_drops(account, None, drops)
    state.adjust_owner_count(account, 1)
    return Effect(SUCCESS)
