"""What finishing and cancelling an escrow have in common.

Source: Escrow.cpp of the ledger server (``escrowUnlockApplyHelper`` and the ends of both ``doApply``).
"""

from __future__ import annotations

from neo.ledger import amount, keys, number, others
from neo.ledger.amount import RATE_ONE, TOKENS, Token
from neo.ledger.entries import Account
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.common import SUCCESS, Transaction, amount_field, open_line


def preflight_fields(tx: Transaction) -> None:
    """Read the fields that name an escrow.

    Raises:
        KeyError, TypeError, ValueError: one is missing or of a wrong form.
    """
    keys.account_id(tx.word("Owner"))
    _ = tx.counts["OfferSequence"]


def escrow_of(state: State, tx: Transaction) -> OtherEntry | None:
    """The escrow that a transaction names, None if there is none."""
    return state.others.get(keys.escrow_key(keys.account_id(tx.word("Owner")), tx.counts["OfferSequence"]))


def is_past(state: State, moment: int) -> bool:
    """Whether a moment is over: unlike an expiration, an escrow's times must have passed."""
    return state.parent_close_time_s > moment


def release(state: State, tx: Transaction, escrow: OtherEntry, receiver: Account, *, back: bool) -> str:
    """Take an escrow out of the ledger and give what was locked to somebody.

    Args:
        back: to its owner, and without a transfer fee.
    """
    owner = state.accounts[escrow.word("Account")]
    others.delete(state, escrow, keep_root=True)
    value, _ = amount_field(escrow.fields["Amount"])
    if isinstance(value, int):
        state.send_drops(None, receiver, value)
    else:
        refused = _unlock(state, tx, receiver, value, RATE_ONE if back else escrow.count("TransferRate") or RATE_ONE)
        if refused != SUCCESS:
            return refused
        state.journal.touch(receiver)  # the ledger writes its root, though tokens leave that as it is
    state.adjust_owner_count(owner, -1)
    return SUCCESS


def _unlock(state: State, tx: Transaction, receiver: Account, locked: Token, rate: int) -> str:
    """Give tokens; who asks for his own gets a line for them, and more than his limit."""
    if receiver is state.issuer:
        return SUCCESS
    by_receiver = receiver.address == tx.account
    if receiver.line is None:
        if not by_receiver:
            return "tecNO_LINE"
        if tx.prior_drops < state.fees.reserve_drops(receiver.owner_count + 1):
            return "tecNO_LINE_INSUF_RESERVE"
    line = receiver.line or open_line(state, receiver)
    tokens = _less_fee(locked, min(rate, state.transfer_rate()))
    if not by_receiver and TOKENS.less(line.limit, TOKENS.add(line.balance, tokens)):
        return "tecLIMIT_EXCEEDED"
    state.issue(receiver, tokens)
    return SUCCESS


def _less_fee(locked: Token, rate: int) -> Token:
    """What is left of locked tokens after the transfer fee, which comes out of them."""
    if rate == RATE_ONE:
        return locked
    arrives = amount.divide_round(locked, number.normalize(rate, -9), TOKENS, up=True, strict=False)
    return TOKENS.subtract(locked, TOKENS.subtract(locked, arrives))
