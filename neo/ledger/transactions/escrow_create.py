"""EscrowCreate: lock XRP or tokens for somebody until a time.

Source: Escrow.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import amount, conditions, keys, others, views
from neo.ledger.amount import RATE_ONE, TOKENS, Token
from neo.ledger.entries import ALLOW_LOCKING, REQUIRE_DEST_TAG, Account
from neo.ledger.json_forms import JsonObject
from neo.ledger.number import ZERO, less, negate, normalize
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    XRP,
    Effect,
    Transaction,
    UnsupportedTransactionError,
    is_bad_currency,
    is_legal,
    is_positive,
    issue_of,
)
from neo.ledger.transactions.escrow_common import is_past
from neo.ledger.transactions.pool_common import check_may_hold

_ONE: Token = normalize(1, 0)
_LOSS_MAX: Token = normalize(1, -4)  # how much of two amounts may be lost where one is taken from the other and back


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    keys.account_id(tx.destination())  # fails if it is no address
    value, issue = tx.amount("Amount")
    if not is_positive(value) or not is_legal(value):
        return "temBAD_AMOUNT"
    if is_bad_currency(issue):
        return "temBAD_CURRENCY"
    condition = _condition(tx)
    finish, cancel = tx.counts.get("FinishAfter"), tx.counts.get("CancelAfter")
    if (finish is None and cancel is None) or (finish is not None and cancel is not None and cancel <= finish):
        return "temBAD_EXPIRATION"
    if condition is None:
        return MALFORMED if finish is None else SUCCESS
    return MALFORMED if conditions.read_condition(condition) is None else SUCCESS


def _condition(tx: Transaction) -> bytes | None:
    """What is asked for beside the time, None if nothing is."""
    return bytes.fromhex(tx.word("Condition")) if "Condition" in tx.fields else None


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    value, issue = tx.amount("Amount")
    if issue != XRP and not state.rules.token_escrow:
        return "temBAD_AMOUNT"
    target = state.accounts.get(tx.destination())
    if target is None:
        return "tecNO_DST"
    if target.is_amm:
        return "tecNO_PERMISSION"
    if isinstance(value, int):
        return SUCCESS
    if issue != issue_of(state):
        raise UnsupportedTransactionError("the embedded ledger has one token; this escrow is of another")
    return _check_tokens(state, state.accounts[tx.account], target, value)


def _check_tokens(state: State, account: Account, target: Account, value: Token) -> str:  # noqa: PLR0911
    """Whether tokens may be locked, one refusal a line, in the ledger's order."""
    if account is state.issuer or not state.issuer.flags & ALLOW_LOCKING:
        return "tecNO_PERMISSION"
    line = account.line
    if line is None:
        return "tecNO_LINE"
    if line.balance[0] < 0:
        return "tecNO_PERMISSION"
    for each in (account, target):
        if (refused := check_may_hold(state, each)) != SUCCESS:
            return refused
    if state.is_frozen(account) or state.is_frozen(target):
        return "tecFROZEN"
    if not line.balance[0] or less(line.balance, value):
        return "tecINSUFFICIENT_FUNDS"
    return SUCCESS if _can_add(line.balance, value) else "tecPRECISION_LOSS"


def _can_add(x: Token, y: Token) -> bool:
    """Whether two amounts are near enough in size for their digits to outlast a sum (``canAdd``)."""
    lost = ZERO
    for one, other in ((x, y), (y, x)):
        again = TOKENS.add(TOKENS.subtract(one, other), other)
        part = TOKENS.subtract(amount.divide(again, one, TOKENS), _ONE)
        lost = TOKENS.add(lost, negate(part) if part[0] < 0 else part)
    return not less(_LOSS_MAX, lost)


def apply(state: State, tx: Transaction) -> Effect:
    """Lock the amount; it wants its reserve."""
    account, target = state.accounts[tx.account], state.accounts[tx.destination()]
    if any(is_past(state, tx.counts[name]) for name in ("CancelAfter", "FinishAfter") if name in tx.counts):
        return Effect("tecNO_PERMISSION")
    value, _ = tx.amount("Amount")
    reserve_drops = state.fees.reserve_drops(account.owner_count + 1)
    if account.drops < reserve_drops:
        return Effect("tecINSUFFICIENT_RESERVE")
    if isinstance(value, int) and account.drops < reserve_drops + value:
        return Effect("tecUNFUNDED")
    if target.flags & REQUIRE_DEST_TAG and "DestinationTag" not in tx.counts:
        return Effect("tecDST_TAG_NEEDED")
    _lock_away(state, tx, account, target)
    if isinstance(value, int):
        state.send_drops(account, None, value)
    else:
        state.redeem(account, value)
    state.adjust_owner_count(account, 1)
    return Effect(SUCCESS)


def _lock_away(state: State, tx: Transaction, account: Account, target: Account) -> None:
    """Make the entry. One of tokens stands in their issuer's directory too, and keeps today's transfer fee."""
    value, _ = tx.amount("Amount")
    fields: JsonObject = {
        "Account": account.address,
        "Amount": views.amount_json(state.token, value),
        "Destination": target.address,
        "Flags": 0,
        **tx.kept("SourceTag", "DestinationTag", "CancelAfter", "FinishAfter"),
    }
    condition = _condition(tx)
    if condition is not None:
        fields["Condition"] = condition.hex().upper()
    if state.rules.names_itself:
        fields["Sequence"] = tx.sequence
    places = [(account, "OwnerNode")]
    if target is not account:
        places.append((target, "DestinationNode"))
    if not isinstance(value, int):
        if state.transfer_rate() != RATE_ONE:
            fields["TransferRate"] = state.transfer_rate()
        if target is not state.issuer:
            places.append((state.issuer, "IssuerNode"))
    others.create(state, "Escrow", keys.escrow_key(account.id, tx.sequence), fields, places)
