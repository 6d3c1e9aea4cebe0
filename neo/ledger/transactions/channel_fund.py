"""PaymentChannelFund: put more XRP into a channel, or let it last longer.

Source: PayChan.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import others
from neo.ledger.amount import DROPS
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.channel_common import channel_of, close, funds_drops, is_over
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    is_legal,
    is_positive,
)


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    tx.key("Channel")  # fails if it is no key
    value, _ = tx.amount("Amount")
    return SUCCESS if isinstance(value, int) and is_positive(value) and is_legal(value) else "temBAD_AMOUNT"


def preclaim(state: State, tx: Transaction) -> str:
    """Nothing is refused by looking at the ledger."""
    del state, tx
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """Put it in; only the owner may."""
    channel = channel_of(state, tx)
    if channel is None:
        return Effect("tecNO_ENTRY")
    if is_over(state, channel):
        close(state, channel)
        return Effect(SUCCESS)
    if channel.word("Account") != tx.account:
        return Effect("tecNO_PERMISSION")
    changed: JsonObject = {}
    if "Expiration" in tx.counts:
        earliest_s = state.parent_close_time_s + (channel.count("SettleDelay") or 0)
        held_s = channel.count("Expiration")
        if tx.counts["Expiration"] < (earliest_s if held_s is None else min(earliest_s, held_s)):
            return Effect("temBAD_EXPIRATION")
        changed["Expiration"] = tx.counts["Expiration"]
    account, drops = state.accounts[tx.account], DROPS.of(tx.amount("Amount")[0])
    reserve_drops = state.fees.reserve_drops(account.owner_count)
    if account.drops < reserve_drops:
        return Effect("tecINSUFFICIENT_RESERVE")
    if account.drops < reserve_drops + drops:
        return Effect("tecUNFUNDED")
    changed["Amount"] = str(funds_drops(channel)[0] + drops)
    others.change(state, channel, {**channel.fields, **changed})
    state.send_drops(account, None, drops)
    return Effect(SUCCESS)
