"""Clawback: an issuer that may takes its tokens back from a holder, frozen or not.

Source: Clawback.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys
from neo.ledger.amount import TOKENS
from neo.ledger.entries import ALLOW_CLAWBACK, NO_FREEZE
from neo.ledger.number import less
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_positive,
)


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger. The amount names the holder where its issuer would stand."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    value, issue = tx.amount("Amount")
    if "Holder" in tx.fields:
        return MALFORMED
    return "temBAD_AMOUNT" if issue == XRP or issue[1] == tx.account or not is_positive(value) else SUCCESS


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is."""
    _, (currency, address) = tx.amount("Amount")
    issuer, holder = state.accounts[tx.account], state.accounts.get(address)
    if holder is None:
        return "terNO_ACCOUNT"
    if holder.is_amm:
        return "tecAMM_ACCOUNT"
    if not may_claw_back(issuer.flags):
        return "tecNO_PERMISSION"
    if issuer is not state.issuer or currency != state.currency_id:
        key = keys.line_key(issuer.id, holder.id, currency)
        if key in issuer.lines or key in holder.lines:
            raise UnsupportedTransactionError("the embedded ledger has one token; this clawback is of another")
        return "tecNO_LINE"
    if holder.line is None:
        return "tecNO_LINE"
    if holder.line.balance[0] < 0:
        return "tecNO_PERMISSION"
    return SUCCESS if is_positive(holder.line.balance) else "tecINSUFFICIENT_FUNDS"


def may_claw_back(flags: int) -> bool:
    """Whether an account with these flags may claw back: who gave freezing up may not."""
    return bool(flags & ALLOW_CLAWBACK) and not flags & NO_FREEZE


def apply(state: State, tx: Transaction) -> Effect:
    """Take what is asked for, or all there is."""
    value, (_, address) = tx.amount("Amount")
    holder, wanted = state.accounts[address], TOKENS.of(value)
    line = holder.line
    assert line is not None, "there was a line when it was looked at"
    state.redeem(holder, line.balance if less(line.balance, wanted) else wanted)
    return Effect(SUCCESS)
