"""What filling a payment channel and claiming from it have in common.

Source: PayChan.cpp of the ledger server (``closeChannel`` and the beginnings of both ``doApply``).
"""

from __future__ import annotations

from neo.ledger import others
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import Transaction


def channel_of(state: State, tx: Transaction) -> OtherEntry | None:
    """The channel that a transaction names, None if there is none."""
    entry = state.others.get(tx.key("Channel"))
    return entry if entry is not None and entry.kind == "PayChannel" else None


def is_over(state: State, channel: OtherEntry) -> bool:
    """Whether a channel's time is over: whoever touches it then closes it."""
    return any(state.has_expired(channel.count(name)) for name in ("CancelAfter", "Expiration"))


def funds_drops(channel: OtherEntry) -> tuple[int, int]:
    """All that was put into a channel, and what of it has been paid."""
    return int(channel.word("Amount")), int(channel.word("Balance"))


def close(state: State, channel: OtherEntry) -> None:
    """Take a channel out of the ledger, and give its owner the rest and the reserve back."""
    owner = state.accounts[channel.word("Account")]
    put_in, paid = funds_drops(channel)
    others.delete(state, channel, keep_root=True)
    state.send_drops(None, owner, put_in - paid)
    state.adjust_owner_count(owner, -1)
