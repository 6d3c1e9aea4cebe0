"""CheckCash: fetch what a check promises, an exact amount or all there is above a least one.

Source: CashCheck.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger.amount import DROPS, TOKENS, Token
from neo.ledger.entries import REQUIRE_AUTH, REQUIRE_DEST_TAG, Account, TrustLine
from neo.ledger.flow import strand
from neo.ledger.flow.strand import FlowRequest, FlowResult
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State
from neo.ledger.transactions.check_common import check_of, tear_up
from neo.ledger.transactions.common import (
    MALFORMED,
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    amount_field,
    exceeds,
    is_bad_currency,
    is_legal,
    is_positive,
    open_line,
    require_own,
)
from neo.ledger.transactions.pool_common import check_may_hold

_MOST: Token = (9_999_999_999_999_999, 80)  # the largest amount there is
_HALF: Token = (_MOST[0] // 2, 80)  # asked for where all there is is wanted: a transfer fee may double it


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    tx.key("CheckID")  # fails if it is no key
    if ("Amount" in tx.fields) == ("DeliverMin" in tx.fields):
        return MALFORMED
    value, issue = tx.amount(_field(tx))
    if not is_legal(value) or not is_positive(value):
        return "temBAD_AMOUNT"
    return "temBAD_CURRENCY" if is_bad_currency(issue) else SUCCESS


def _field(tx: Transaction) -> str:
    return "DeliverMin" if "DeliverMin" in tx.fields else "Amount"


def preclaim(state: State, tx: Transaction) -> str:  # noqa: PLR0911 - one refusal a line, in the ledger's order
    """What can be refused by looking at the ledger as it is."""
    check = check_of(state, tx)
    if check is None:
        return "tecNO_ENTRY"
    account = state.accounts[tx.account]
    if check.word("Destination") != tx.account:
        return "tecNO_PERMISSION"
    if account.flags & REQUIRE_DEST_TAG and "DestinationTag" not in check.fields:
        return "tecDST_TAG_NEEDED"
    if state.has_expired(check.count("Expiration")):
        return "tecEXPIRED"
    value, issue = tx.amount(_field(tx))
    most, most_issue = amount_field(check.fields["SendMax"])
    require_own(state, most_issue, "check")
    if issue != most_issue:
        return MALFORMED
    if exceeds(value, most):
        return "tecPATH_PARTIAL"
    funds = state.funds(state.accounts[check.word("Account")], value)
    if isinstance(funds, int):
        funds += state.fees.reserve_inc_drops  # the check's own reserve will be free
    if exceeds(value, funds):
        return "tecPATH_PARTIAL"
    return SUCCESS if isinstance(value, int) or account is state.issuer else _check_line(state, account)


def _check_line(state: State, account: Account) -> str:
    """Whether who cashes a check may come to hold its tokens."""
    if account.line is None:
        if not state.rules.check_makes_line:
            return "tecNO_LINE"
        if state.issuer.flags & REQUIRE_AUTH:
            return "tecNO_AUTH"
    if (refused := check_may_hold(state, account)) != SUCCESS:
        return refused
    return "tecFROZEN" if state.is_frozen(account) else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Pay, and tear the check up."""
    check = check_of(state, tx)
    assert check is not None, "it was there when it was looked at"
    most, _ = amount_field(check.fields["SendMax"])
    effect = _pay_drops(state, tx, check, most) if isinstance(most, int) else _pay_tokens(state, tx, check, most)
    if effect.result == SUCCESS:
        tear_up(state, check)
    return effect


def _pay_drops(state: State, tx: Transaction, check: OtherEntry, most_drops: int) -> Effect:
    """XRP straight across, out of what is free once the check keeps no reserve."""
    source = state.accounts[check.word("Account")]
    free_drops = state.liquid_drops(source, -1)
    drops = DROPS.of(tx.amount(_field(tx))[0])
    if "DeliverMin" in tx.fields:
        drops = max(drops, min(most_drops, free_drops))
    if free_drops < drops:
        return Effect("tecUNFUNDED_PAYMENT")
    state.send_drops(source, state.accounts[tx.account], drops)
    return Effect(SUCCESS, delivered=drops if "DeliverMin" in tx.fields else None)


def _pay_tokens(state: State, tx: Transaction, check: OtherEntry, most: Token) -> Effect:
    """Tokens through the payment engine. Who cashes a check wants them, whatever the limit of the line."""
    source, account = state.accounts[check.word("Account")], state.accounts[tx.account]
    truster = source if account is state.issuer else account
    if truster.line is None and tx.prior_drops < state.fees.reserve_drops(account.owner_count + 1):
        return Effect("tecNO_LINE_INSUF_RESERVE")
    line = truster.line or open_line(state, account)
    least = TOKENS.of(tx.amount("DeliverMin")[0]) if "DeliverMin" in tx.fields else None
    wanted = TOKENS.of(tx.amount("Amount")[0]) if least is None else _HALF
    request = FlowRequest(
        source=source,
        destination=account,
        deliver=wanted,
        arrives=state.token,
        send_max=most,
        spends=state.token,
        partial=least is not None,
        crossing=False,
        sell=False,
        limit=None,
    )
    # Where the issuer cashes, the server lifts the high side's limit, whose ever it is.
    lifted = state.rules.check_makes_line and (account is not state.issuer or line.holder_is_high)
    outcome = _flow(state, request, line if lifted else None)
    if outcome.result != SUCCESS:
        return Effect(outcome.result)
    delivered = TOKENS.of(outcome.delivered)
    if least is not None and TOKENS.less(delivered, least):
        return Effect("tecPATH_PARTIAL")
    return Effect(SUCCESS, delivered=delivered if least is not None or state.rules.check_makes_line else None)


def _flow(state: State, request: FlowRequest, unlimited: TrustLine | None) -> FlowResult:
    """Run the payment, one line without its limit."""
    limit = None if unlimited is None else unlimited.limit
    if unlimited is not None:
        state.journal.touch(unlimited)
        unlimited.limit = _MOST
    mark = state.begin()
    try:
        outcome = strand.run(state, request)
    except ArithmeticError:
        state.give_up(mark)
        return FlowResult("tefEXCEPTION")
    state.keep()
    if unlimited is not None and limit is not None:
        state.journal.touch(unlimited)
        unlimited.limit = limit
    return outcome
