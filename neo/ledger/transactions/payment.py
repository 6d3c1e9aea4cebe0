"""Payment: XRP straight from account to account, or value through the payment engine.

Source: Payment.cpp and RippleCalc.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys, quality
from neo.ledger.amount import DROPS, TOKENS, Amount
from neo.ledger.entries import DEPOSIT_AUTH, REQUIRE_DEST_TAG, Account
from neo.ledger.flow import strand
from neo.ledger.flow.strand import FlowRequest, FlowResult
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.transactions import pool_common, share_payment
from neo.ledger.transactions.common import (
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

NO_DIRECT = 0x00010000
PARTIAL = 0x00020000
LIMIT_QUALITY = 0x00040000

_FLAGS = UNIVERSAL_FLAGS | NO_DIRECT | PARTIAL | LIMIT_QUALITY


def preflight(tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused without looking at the ledger."""
    fields = tx.fields
    if tx.flags & ~_FLAGS:
        return "temINVALID_FLAG"
    deliver, issue = tx.amount("Amount")
    has_max = "SendMax" in fields
    most, most_issue = tx.amount("SendMax") if has_max else (deliver, issue)
    if not is_legal(deliver) or not is_legal(most):
        return "temBAD_AMOUNT"
    if not fields.get("Destination"):
        return "temDST_NEEDED"
    keys.account_id(tx.destination())  # fails if it is no address
    if not is_positive(most) or not is_positive(deliver):
        return "temBAD_AMOUNT"
    if is_bad_currency(issue) or is_bad_currency(most_issue):
        return "temBAD_CURRENCY"
    if tx.account == tx.destination() and issue[0] == most_issue[0]:
        return "temREDUNDANT"
    if issue == XRP == most_issue:
        refused = _preflight_xrp(tx, has_max=has_max)
        if refused != SUCCESS:
            return refused
    return _preflight_least(tx, deliver, issue)


def _preflight_xrp(tx: Transaction, *, has_max: bool) -> str:
    """XRP to XRP takes none of the options of the payment engine."""
    if has_max:
        return "temBAD_SEND_XRP_MAX"
    if tx.has(PARTIAL):
        return "temBAD_SEND_XRP_PARTIAL"
    if tx.has(LIMIT_QUALITY):
        return "temBAD_SEND_XRP_LIMIT"
    return "temBAD_SEND_XRP_NO_DIRECT" if tx.has(NO_DIRECT) else SUCCESS


def _preflight_least(tx: Transaction, deliver: Amount, issue: object) -> str:
    if "DeliverMin" not in tx.fields:
        return SUCCESS
    if not tx.has(PARTIAL):
        return "temBAD_AMOUNT"
    least, least_issue = tx.amount("DeliverMin")
    if not is_legal(least) or not is_positive(least) or least_issue != issue or _exceeds(least, deliver):
        return "temBAD_AMOUNT"
    return SUCCESS


def _exceeds(one: Amount, other: Amount) -> bool:
    """Whether a positive amount is larger than another of its kind."""
    if isinstance(one, int):
        return one > DROPS.of(other)
    return TOKENS.less(TOKENS.of(other), one)


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    fields = tx.fields
    deliver, issue = tx.amount("Amount")
    target = state.accounts.get(tx.destination())
    if target is None or not target.alive:
        if issue != XRP:
            return "tecNO_DST"
        if isinstance(deliver, int) and deliver < state.fees.reserve_drops(0):
            return "tecNO_DST_INSUF_XRP"
    elif target.flags & REQUIRE_DEST_TAG and "DestinationTag" not in fields:
        return "tecDST_TAG_NEEDED"
    return SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Pay."""
    fields = tx.fields
    deliver, issue = tx.amount("Amount")
    source = state.accounts[tx.account]
    address = tx.destination()
    target = state.accounts.get(address)
    if target is None or not target.alive:
        target = state.create_account(address, sequence=state.index)
    if "SendMax" in fields or issue != XRP:
        return _flow(state, tx, source, target, deliver)
    assert isinstance(deliver, int)
    return Effect(_send_drops(state, tx, source, target, deliver))


def _send_drops(state: State, tx: Transaction, source: Account, target: Account, drops: int) -> str:
    """XRP straight across. The last of it may use the reserve for the fee."""
    keep_drops = max(state.fees.reserve_drops(source.owner_count), tx.fee_drops)
    if tx.prior_drops < drops + keep_drops:
        return "tecUNFUNDED_PAYMENT"
    if target.is_amm:
        return "tecNO_PERMISSION"
    if target.flags & DEPOSIT_AUTH and target is not source:
        small_drops = state.fees.reserve_drops(0)
        if drops > small_drops or target.drops > small_drops:
            return "tecNO_PERMISSION"
    state.send_drops(source, target, drops)
    return SUCCESS


def _flow(state: State, tx: Transaction, source: Account, target: Account, deliver: Amount) -> Effect:
    """Value through the payment engine."""
    if target.flags & DEPOSIT_AUTH and target is not source:
        return Effect("tecNO_PERMISSION")
    if tx.has(NO_DIRECT):
        return Effect("temRIPPLE_EMPTY")  # no paths are given here, and the default one is refused
    most = _most(state, tx, deliver)
    partial = tx.has(PARTIAL)
    limit = quality.quality_of(most, deliver) if tx.has(LIMIT_QUALITY) else None
    request = FlowRequest(
        source=source,
        destination=target,
        deliver=deliver,
        send_max=most,
        partial=partial,
        crossing=False,
        sell=False,
        limit=limit,
    )
    mark = state.begin()
    try:
        outcome = _run(state, tx, request)
    except ArithmeticError:
        state.give_up(mark)
        return Effect("tecINTERNAL")
    state.keep()
    result = outcome.result
    delivered = None
    if result == SUCCESS and outcome.delivered != deliver:
        least = tx.amount("DeliverMin")[0] if "DeliverMin" in tx.fields else None
        if least is not None and _exceeds(least, outcome.delivered):
            result = "tecPATH_PARTIAL"
        else:
            delivered = outcome.delivered
    if result.startswith("ter"):
        result = "tecPATH_DRY"
    return Effect(result, delivered=delivered)


def _run(state: State, tx: Transaction, request: FlowRequest) -> FlowResult:
    amm = _pool_of_shares(state, tx)
    return strand.run(state, request) if amm is None else share_payment.run(state, amm, request)


def _pool_of_shares(state: State, tx: Transaction) -> Amm | None:
    """The pool whose shares are to be paid; None if it is something else."""
    amm = state.amm
    return amm if amm is not None and tx.amount("Amount")[1] == pool_common.shares_issue(amm) else None


def _most(state: State, tx: Transaction, deliver: Amount) -> Amount:
    """The most the source spends; without SendMax, the amount itself (of any issuer of the same currency).

    Raises:
        UnsupportedTransactionError: a token other than this ledger's.
    """
    amm = _pool_of_shares(state, tx)
    ours = issue_of(state) if amm is None else pool_common.shares_issue(amm)
    most = deliver
    for name in ("Amount", "SendMax", "DeliverMin"):
        if name not in tx.fields and name != "Amount":
            continue
        value, issue = tx.amount(name)
        # Naming oneself as the issuer of what one sends means: of whatever issuer I hold.
        own = name == "SendMax" and issue == (ours[0], tx.account)
        if issue != ours and not own and (issue != XRP or amm is not None):
            raise UnsupportedTransactionError("the embedded ledger has one token; this payment is of another")
        if name == "SendMax":
            most = value
    return most
