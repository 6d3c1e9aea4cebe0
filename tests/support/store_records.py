"""Records as a session writes them, in the sizes and shares of a real one, without the session."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from actors.store import SessionOpening
from neo.messages import (
    Append,
    Balances,
    CapitalMoved,
    FeePaid,
    Fill,
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    OrderSubmitted,
    Quote,
    QuotesJudged,
    Record,
    SessionStarted,
    Side,
)
from neo.messages.reasons import RiskState

FIRST_LEDGER = 90_000_000
FIRST_CLOSE_TIME_S = 822_268_800
# About as long as a signed OfferCreate.
BLOB = "12000722800000002405F5E100201B05F5E12064D4838D7EA4C68000" * 8


def opening(session_id: str, pid: int = 4242) -> SessionOpening:
    """A session's opening row."""
    return SessionOpening(
        id=session_id,
        started_at="2026-11-23T09:00:00Z",
        pid=pid,
        venue="sim",
        seed=7,
        market="recorded.csv",
        config="[engine]\ntick_interval_seconds = 4\n",
        config_sha256="c0" * 32,
    )


def started() -> tuple[Record, ...]:
    """The first records: the session's facts, and the opening balance as a capital event."""
    balances = Balances(
        xrp_drops=100_000_000, rlusd=Decimal("200.5"), reserve_drops=1_200_000, owner_count=1, sequence=100
    )
    return (
        SessionStarted(
            venue="sim",
            seed=7,
            config_sha256="c0" * 32,
            market_sha256="d0" * 32,
            account="rNEOexample",
            opening=balances,
            ledger_index=FIRST_LEDGER,
            close_time_s=FIRST_CLOSE_TIME_S,
        ),
        CapitalMoved(
            ledger_index=FIRST_LEDGER,
            close_time_s=FIRST_CLOSE_TIME_S,
            cause="opening_balance",
            xrp_drops=balances.xrp_drops,
            rlusd=balances.rlusd,
        ),
    )


def observed(tick: int) -> LedgerObserved:
    """A tick's row of the market."""
    return LedgerObserved(
        ledger_index=FIRST_LEDGER + tick,
        close_time_s=FIRST_CLOSE_TIME_S + 4 * tick,
        best_bid=Decimal("1.912345"),
        best_ask=Decimal("1.913456"),
        mid_price=Decimal("1.9129005"),
        pool_price=Decimal("1.912777"),
        own_bid=Decimal("1.912300"),
        own_ask=Decimal("1.913500"),
        distance_to_clob_bid_bps=Decimal("-0.235"),
        distance_to_clob_ask_bps=Decimal("-2.31"),
        xrp_drops=100_000_000 + tick,
        rlusd=Decimal("200.5"),
    )


def intended(tick: int, side: Side) -> OrderIntended:
    """A tick's order on one side."""
    return OrderIntended(
        order_id=order_id(tick, side),
        tick=tick,
        ledger_index=FIRST_LEDGER + tick,
        close_time_s=FIRST_CLOSE_TIME_S + 4 * tick,
        side=side,
        price=Decimal("1.9123"),
        xrp_drops=7_843_137,
        rlusd=Decimal("14.9984313"),
        replaces=None if tick == 1 else order_id(tick - 1, side),
        cancels=None,
    )


def signed(tick: int, side: Side) -> OrderSigned:
    """Its signed transaction."""
    return OrderSigned(
        order_id=order_id(tick, side),
        tx_hash=tx_hash(tick, side),
        blob=BLOB,
        sequence=2 * tick + (side is Side.SELL),
        last_ledger_sequence=FIRST_LEDGER + tick + 20,
    )


def submitted(tick: int, side: Side, result: str = "tesSUCCESS") -> OrderSubmitted:
    """The venue's first answer to it."""
    return OrderSubmitted(order_id=order_id(tick, side), tx_hash=tx_hash(tick, side), preliminary_result=result)


def changed(tick: int, side: Side, status: OrderStatus, result: str = "tesSUCCESS") -> OrderChanged:
    """Its next status."""
    return OrderChanged(
        order_id=order_id(tick, side),
        ledger_index=FIRST_LEDGER + tick + 1,
        close_time_s=FIRST_CLOSE_TIME_S + 4 * (tick + 1),
        status=status,
        result=result,
        xrp_left_drops=7_843_137,
        rlusd_left=Decimal("14.9984313"),
    )


def filled(
    tick: int,
    side: Side,
    *,
    xrp_drops: int = 1_000_000,
    rlusd: Decimal = Decimal("1.9123"),
    rounding: Decimal = Decimal(0),
) -> Fill:
    """A fill of it."""
    return Fill(
        order_id=order_id(tick, side),
        offer_sequence=2 * tick + (side is Side.SELL),
        tx_hash="F" + tx_hash(tick, side)[1:],
        ledger_index=FIRST_LEDGER + tick + 1,
        close_time_s=FIRST_CLOSE_TIME_S + 4 * (tick + 1),
        side=side,
        xrp_drops=xrp_drops,
        rlusd=rlusd,
        rlusd_rounding=rounding,
        price=Decimal("1.9123"),
        taker=False,
        mid_price=Decimal("1.9129005"),
    )


def fee(tick: int, side: Side) -> FeePaid:
    """What its transaction burned."""
    return FeePaid(
        tx_hash=tx_hash(tick, side),
        ledger_index=FIRST_LEDGER + tick + 1,
        close_time_s=FIRST_CLOSE_TIME_S + 4 * (tick + 1),
        fee_drops=10,
    )


def judged(tick: int) -> QuotesJudged:
    """A tick's decision."""
    quotes = tuple(
        Quote(side=side, price=Decimal("1.9123"), xrp_drops=7_843_137, rlusd=Decimal("14.9984313"), replaces=None)
        for side in Side
    )
    return QuotesJudged(
        tick=tick,
        ledger_index=FIRST_LEDGER + tick,
        state=next(iter(RiskState)),
        anchor_price=Decimal("1.9129"),
        quotes=quotes,
        withdraw=(),
        held_back=(),
        refusals=(),
    )


def tick_records(tick: int) -> list[tuple[Record, ...]]:
    """A whole tick that re-quotes both sides: what is durable before the orders leave, and what is known after."""
    before: list[Record] = [judged(tick)]
    after: list[Record] = [observed(tick)]
    for side in Side:
        before += [intended(tick, side), signed(tick, side)]
        after += [submitted(tick, side), changed(tick, side, OrderStatus.RESTING), fee(tick, side)]
        if tick % 4 == 0:
            after.append(filled(tick, side))
    return [tuple(before), tuple(after)]


def appends(batches: Iterable[tuple[Record, ...]], first: int = 1, sender: str = "gateway") -> list[Append]:
    """The messages that carry batches, numbered."""
    return [
        Append(records=records, sender=sender, batch=number, wants_receipt=False)
        for number, records in enumerate(batches, first)
    ]


def order_id(tick: int, side: Side) -> str:
    """The id of a tick's order."""
    return f"{tick:06d}-{side.value}"


def tx_hash(tick: int, side: Side) -> str:
    """The hash of its transaction."""
    return f"{tick:063X}{'A' if side is Side.BUY else 'B'}"
