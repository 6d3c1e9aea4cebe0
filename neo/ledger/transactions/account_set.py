"""AccountSet: the settings of an account that bear on the exchange (freeze, rippling, transfer rate, tick size, ...).

Source: SetAccount.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import directory, quality
from neo.ledger.amount import RATE_ONE
from neo.ledger.entries import (
    ALLOW_CLAWBACK,
    ALLOW_LOCKING,
    DEFAULT_RIPPLE,
    DEPOSIT_AUTH,
    DISALLOW_INCOMING_CHANNEL,
    DISALLOW_INCOMING_CHECK,
    DISALLOW_INCOMING_NFT_OFFER,
    DISALLOW_INCOMING_TRUSTLINE,
    DISALLOW_XRP,
    GLOBAL_FREEZE,
    NO_FREEZE,
    REQUIRE_AUTH,
    REQUIRE_DEST_TAG,
)
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    UnsupportedTransactionError,
)

SET_REQUIRE_DEST = 1
SET_REQUIRE_AUTH = 2
SET_DISALLOW_XRP = 3
SET_NO_FREEZE = 6
SET_GLOBAL_FREEZE = 7
SET_DEFAULT_RIPPLE = 8
SET_DEPOSIT_AUTH = 9
SET_DISALLOW_INCOMING_NFT_OFFER = 12
SET_DISALLOW_INCOMING_CHECK = 13
SET_DISALLOW_INCOMING_CHANNEL = 14
SET_DISALLOW_INCOMING_TRUSTLINE = 15
SET_ALLOW_CLAWBACK = 16
SET_ALLOW_LOCKING = 17

TF_REQUIRE_DEST_TAG, TF_OPTIONAL_DEST_TAG = 0x00010000, 0x00020000
TF_REQUIRE_AUTH, TF_OPTIONAL_AUTH = 0x00040000, 0x00080000
TF_DISALLOW_XRP, TF_ALLOW_XRP = 0x00100000, 0x00200000

_FLAGS = UNIVERSAL_FLAGS | 0x003F0000

# What switches each setting: (its number, the older flag that sets it, the one that clears it, the account's flag)
_BY_FLAG_TOO = (
    (SET_REQUIRE_DEST, TF_REQUIRE_DEST_TAG, TF_OPTIONAL_DEST_TAG, REQUIRE_DEST_TAG),
    (SET_REQUIRE_AUTH, TF_REQUIRE_AUTH, TF_OPTIONAL_AUTH, REQUIRE_AUTH),
    (SET_DISALLOW_XRP, TF_DISALLOW_XRP, TF_ALLOW_XRP, DISALLOW_XRP),
)
_PLAIN = {
    SET_DEFAULT_RIPPLE: DEFAULT_RIPPLE,
    SET_DEPOSIT_AUTH: DEPOSIT_AUTH,
    SET_DISALLOW_INCOMING_NFT_OFFER: DISALLOW_INCOMING_NFT_OFFER,
    SET_DISALLOW_INCOMING_CHECK: DISALLOW_INCOMING_CHECK,
    SET_DISALLOW_INCOMING_CHANNEL: DISALLOW_INCOMING_CHANNEL,
    SET_DISALLOW_INCOMING_TRUSTLINE: DISALLOW_INCOMING_TRUSTLINE,
}
_SPECIAL = (SET_NO_FREEZE, SET_GLOBAL_FREEZE, SET_ALLOW_CLAWBACK, SET_ALLOW_LOCKING)
_KNOWN = {0, *(row[0] for row in _BY_FLAG_TOO), *_PLAIN, *_SPECIAL}
_FIELDS_UNKNOWN = ("EmailHash", "WalletLocator", "MessageKey", "Domain", "NFTokenMinter")


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger.

    Raises:
        UnsupportedTransactionError: a setting that the exchange never reads.
    """
    fields = tx.fields
    set_flag, clear_flag = tx.counts.get("SetFlag", 0), tx.counts.get("ClearFlag", 0)
    if tx.flags & ~_FLAGS or (set_flag and set_flag == clear_flag):
        return "temINVALID_FLAG"
    for number, tf_set, tf_clear, _ in _BY_FLAG_TOO:
        sets, clears = tx.has(tf_set) or set_flag == number, tx.has(tf_clear) or clear_flag == number
        if sets and clears:
            return "temINVALID_FLAG"
    rate = tx.counts.get("TransferRate", 0)
    if rate and not RATE_ONE <= rate <= 2 * RATE_ONE:
        return "temBAD_TRANSFER_RATE"
    tick_size = tx.counts.get("TickSize", 0)
    if tick_size and not quality.TICK_SIZE_MIN <= tick_size <= quality.TICK_SIZE_MAX:
        return "temBAD_TICK_SIZE"
    if {set_flag, clear_flag} - _KNOWN or any(name in fields for name in _FIELDS_UNKNOWN):
        raise UnsupportedTransactionError(
            "the embedded ledger knows only the account settings that bear on the exchange"
        )
    return SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    account = state.accounts[tx.account]
    set_flag = tx.counts.get("SetFlag", 0)
    owns = not directory.is_empty(account.owned)
    wants_auth = tx.has(TF_REQUIRE_AUTH) or set_flag == SET_REQUIRE_AUTH
    if wants_auth and not account.flags & REQUIRE_AUTH and owns:
        return "tecOWNERS"
    if state.rules.clawback:
        if set_flag == SET_ALLOW_CLAWBACK:
            if account.flags & NO_FREEZE:
                return "tecNO_PERMISSION"
            if owns:
                return "tecOWNERS"
        elif set_flag == SET_NO_FREEZE and account.flags & ALLOW_CLAWBACK:
            return "tecNO_PERMISSION"
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Change the settings."""
    account = state.accounts[tx.account]
    state.journal.touch(account)
    account.flags = _new_flags(state, tx, account.flags)
    if "TransferRate" in tx.counts:
        rate = tx.counts["TransferRate"]
        account.transfer_rate = 0 if rate == RATE_ONE else rate
    if "TickSize" in tx.counts:
        tick_size = tx.counts["TickSize"]
        account.tick_size = 0 if tick_size == quality.TICK_SIZE_MAX else tick_size
    return Effect(SUCCESS)


def _new_flags(state: State, tx: Transaction, flags: int) -> int:
    set_flag, clear_flag = tx.counts.get("SetFlag", 0), tx.counts.get("ClearFlag", 0)
    for number, tf_set, tf_clear, bit in _BY_FLAG_TOO:
        if tx.has(tf_set) or set_flag == number:
            flags |= bit
        if tx.has(tf_clear) or clear_flag == number:
            flags &= ~bit
    flags |= _PLAIN.get(set_flag, 0)
    flags &= ~_PLAIN.get(clear_flag, 0)
    if set_flag == SET_NO_FREEZE:
        flags |= NO_FREEZE
    if set_flag == SET_GLOBAL_FREEZE:
        flags |= GLOBAL_FREEZE
    elif clear_flag == SET_GLOBAL_FREEZE and not flags & NO_FREEZE:
        flags &= ~GLOBAL_FREEZE
    if state.rules.token_escrow and set_flag == SET_ALLOW_LOCKING:
        flags |= ALLOW_LOCKING
    elif state.rules.token_escrow and clear_flag == SET_ALLOW_LOCKING:
        flags &= ~ALLOW_LOCKING
    if set_flag == SET_ALLOW_CLAWBACK and state.rules.clawback:
        flags |= ALLOW_CLAWBACK
    return flags
