"""Shares of the pool paid from one holder to another: over the payer's line to the pool, and over the payee's from it.

Pools charge nothing for it. The payee must have a line of its own with room for what comes.

Source: DirectStep.cpp, StepChecks.h and StrandFlow.h of the ledger server;
https://xrpl.org/docs/concepts/tokens/decentralized-exchange/automated-market-makers#lp-tokens
"""

from __future__ import annotations

from neo.ledger.amount import RATE_ONE, TOKENS
from neo.ledger.entries import GLOBAL_FREEZE, LINE_FREEZE, TrustLine
from neo.ledger.flow.strand import FlowRequest, FlowResult
from neo.ledger.number import ZERO, less
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import SUCCESS, UnsupportedTransactionError


def run(state: State, amm: Amm, request: FlowRequest) -> FlowResult:
    """Pay shares, as far as payer and payee allow.

    Raises:
        UnsupportedTransactionError: the payee values what arrives at less than it is.
    """
    paying = pool_common.shares_line(amm, request.source)
    paid = pool_common.shares_line(amm, request.destination)
    if paying is None or paid is None or not _is_open(state, request, paying, paid):
        return FlowResult("tecPATH_DRY")
    if 0 < paid.quality_in < RATE_ONE:
        raise UnsupportedTransactionError("the embedded ledger pays shares over lines without a quality only")
    wanted, most = TOKENS.of(request.deliver), TOKENS.of(request.send_max)
    moved = ZERO
    if request.limit is None or not less(most, wanted):
        for bound in (wanted, most, paying.balance, TOKENS.subtract(paid.limit, paid.balance)):
            moved = bound if moved == ZERO or less(bound, moved) else moved
    if moved != wanted and not request.partial:
        return FlowResult("tecPATH_PARTIAL")
    if moved == ZERO:
        return FlowResult("tecPATH_DRY")
    pool_common.give_shares(state, amm, request.destination, moved)
    state.redeem_over(paying, moved)
    return FlowResult(SUCCESS, taken_in=moved, delivered=moved)


def _is_open(state: State, request: FlowRequest, paying: TrustLine, paid: TrustLine) -> bool:
    """Whether anything can flow: shares on one side, room on the other, and no freeze on the way."""
    if paying.is_deep_frozen or paid.holder_has(LINE_FREEZE):  # none is frozen deeply alone
        return False
    if request.destination.flags & GLOBAL_FREEZE or (state.rules.frozen_shares and state.is_frozen(request.source)):
        return False
    return paying.balance[0] > 0 and less(paid.balance, paid.limit)
