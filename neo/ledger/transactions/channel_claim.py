"""PaymentChannelClaim: pay out of a channel, ask for its end, or close it.

Source: PayChan.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import others
from neo.ledger.amount import DROPS
from neo.ledger.json_forms import JsonObject
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions import deposits
from neo.ledger.transactions.channel_common import channel_of, close, funds_drops, is_over
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_legal,
    is_positive,
)

RENEW, CLOSE = 0x00010000, 0x00020000
_FLAGS = UNIVERSAL_FLAGS | RENEW | CLOSE


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger.

    Raises:
        UnsupportedTransactionError: it shows the owner's signature, which is not checked here.
    """
    if tx.flags & ~_FLAGS:
        return "temINVALID_FLAG"
    tx.key("Channel")  # fails if it is no key
    amounts = [tx.amount(name)[0] for name in ("Balance", "Amount") if name in tx.fields]
    for value in amounts:
        if not isinstance(value, int) or not is_positive(value) or not is_legal(value):
            return "temBAD_AMOUNT"
    if len(amounts) == 2 and DROPS.of(amounts[0]) > DROPS.of(amounts[1]):
        return "temBAD_AMOUNT"
    if tx.has(RENEW) and tx.has(CLOSE):
        return MALFORMED
    if "Signature" in tx.fields:
        raise UnsupportedTransactionError("the embedded ledger does not know a claim's field Signature")
    return SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """Nothing is refused by looking at the ledger."""
    del state, tx
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Pay, and let the channel go on or end."""
    channel = channel_of(state, tx)
    if channel is None:
        return Effect("tecNO_TARGET")
    if is_over(state, channel):
        close(state, channel)
        return Effect(SUCCESS)
    by_owner = tx.account == channel.word("Account")
    if not by_owner and tx.account != channel.word("Destination"):
        return Effect("tecNO_PERMISSION")
    if "Balance" in tx.fields and (refused := _pay(state, tx, channel)) != SUCCESS:
        return Effect(refused)
    if tx.has(RENEW):
        if not by_owner:
            return Effect("tecNO_PERMISSION")
        others.change(state, channel, {name: held for name, held in channel.fields.items() if name != "Expiration"})
    if tx.has(CLOSE):
        _ask_to_close(state, channel, at_once=not by_owner)
    return Effect(SUCCESS)


def _pay(state: State, tx: Transaction, channel: OtherEntry) -> str:
    """Pay the receiver up to a total; without a signature only the owner can."""
    if tx.account == channel.word("Destination"):
        return "temBAD_SIGNATURE"
    put_in, paid = funds_drops(channel)
    total_drops = DROPS.of(tx.amount("Balance")[0])
    if total_drops > put_in or total_drops <= paid:
        return "tecUNFUNDED_PAYMENT"
    target = state.accounts[channel.word("Destination")]
    if not deposits.may_pay(state, state.accounts[tx.account], target):
        return "tecNO_PERMISSION"
    others.change(state, channel, {**channel.fields, "Balance": str(total_drops)})
    state.send_drops(None, target, total_drops - paid)
    return SUCCESS


def _ask_to_close(state: State, channel: OtherEntry, *, at_once: bool) -> None:
    """Close a channel that is dry or whose receiver asks for it; for others its end is set."""
    put_in, paid = funds_drops(channel)
    if at_once or put_in == paid:
        close(state, channel)
        return
    end_s = state.parent_close_time_s + (channel.count("SettleDelay") or 0)
    held_s = channel.count("Expiration")
    if held_s is None or held_s > end_s:
        changed: JsonObject = {**channel.fields, "Expiration": end_s}
        others.change(state, channel, changed)
