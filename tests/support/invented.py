"""Records of small invented sessions, short enough to work their figures out by hand.

Ledger 1 is the opening, a ledger closes every 4 seconds, and the touch of others is 1.98 to 2.02 unless told otherwise.
In a journal whatever happened in a ledger comes before the ledger's own row.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from neo.messages import (
    Balances,
    CapitalMoved,
    FeePaid,
    Fill,
    InventoryChecked,
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderStatus,
    QuotesJudged,
    Record,
    Refusal,
    SessionEnded,
    SessionStarted,
    Side,
    Standing,
    TakerTrade,
    TakerTraded,
    TradeLeg,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import RefusalCode, RiskState

D = Decimal
INTERVAL_S = 4
DROPS = 1_000_000


def drops(xrp: str) -> int:
    """XRP as drops."""
    return int(D(xrp) * DROPS)


def number(text: str | None) -> Decimal | None:
    """A figure that may be absent."""
    return None if text is None else D(text)


def opening(xrp: str = "100", rlusd: str = "200", index: int = 1) -> tuple[SessionStarted, CapitalMoved]:
    """A session begins in this ledger with these balances, which are told as capital too."""
    start = SessionStarted(
        venue="sim",
        seed=1,
        config_sha256="c0" * 32,
        market_sha256="d0" * 32,
        account="rUs",
        opening=Balances(drops(xrp), D(rlusd), DROPS, 0, 10),
        ledger_index=index,
        close_time_s=INTERVAL_S * index,
    )
    return start, moved(index, xrp, rlusd, "opening balance")


def moved(index: int, xrp: str, rlusd: str, cause: str = "Payment ABC") -> CapitalMoved:
    """A deposit (+) or a withdrawal (-)."""
    return CapitalMoved(
        ledger_index=index, close_time_s=INTERVAL_S * index, cause=cause, xrp_drops=drops(xrp), rlusd=D(rlusd)
    )


def seen(
    index: int, mid: str | None = "2", own_bid: str | None = None, own_ask: str | None = None, **told: Any
) -> LedgerObserved:
    """A ledger's row, with the mid and our quotes; ``told`` are other fields of it, figures as text."""
    fields: dict[str, Any] = {
        "best_bid": "1.98",
        "best_ask": "2.02",
        "pool_price": "2",
        "distance_to_clob_bid_bps": None,
        "distance_to_clob_ask_bps": None,
        "xrp_drops": 0,
        "rlusd": "0",
    } | told
    figures = {name: number(value) if isinstance(value, str) else value for name, value in fields.items()}
    return LedgerObserved(
        ledger_index=index,
        close_time_s=INTERVAL_S * index,
        mid_price=number(mid),
        own_bid=number(own_bid),
        own_ask=number(own_ask),
        **figures,
    )


def fill(
    index: int, side: Side, price: str = "2", xrp: str = "1", *, rounding: str = "0", is_taker: bool = False
) -> Fill:
    """One of our offers traded so much XRP at this price."""
    return Fill(
        order_id="o1",
        offer_sequence=1,
        tx_hash="F",
        ledger_index=index,
        close_time_s=INTERVAL_S * index,
        side=side,
        xrp_drops=drops(xrp),
        rlusd=D(price) * D(xrp),
        rlusd_rounding=D(rounding),
        price=D(price),
        taker=is_taker,
        mid_price=None,
    )


def fee(index: int, fee_drops: int) -> FeePaid:
    """A transaction of ours burned so much."""
    return FeePaid(tx_hash="G", ledger_index=index, close_time_s=INTERVAL_S * index, fee_drops=fee_drops)


def judged(index: int, *refused: tuple[RefusalCode, Side]) -> QuotesJudged:
    """The decision on a ledger, with what risk refused of it."""
    return QuotesJudged(
        tick=index,
        ledger_index=index,
        state=RiskState.ACTIVE,
        anchor_price=None,
        quotes=(),
        withdraw=(),
        held_back=(),
        refusals=tuple(Refusal(code, side, "1 > 0") for code, side in refused),
    )


def trade(index: int, taker_side: Side, *legs: tuple[str, int, bool], pool: tuple[str, int] = ("0", 0)) -> TakerTraded:
    """A taker traded: legs of (price, drops, ours), and the pool's average price with its drops."""
    pool_price, pool_drops = D(pool[0]), pool[1]
    book = tuple(TradeLeg(D(price), leg_drops, own) for price, leg_drops, own in legs)
    worst = max if taker_side is Side.BUY else min
    told = TakerTrade(
        tx_hash="T",
        taker_side=taker_side,
        xrp_drops=sum(leg.xrp_drops for leg in book) + pool_drops,
        rlusd=D(1),
        pool_drops=pool_drops,
        pool_rlusd=pool_price * pool_drops / DROPS,
        worst_price=worst([leg.price for leg in book] or [pool_price]),
        legs=book,
    )
    return TakerTraded(ledger_index=index, close_time_s=INTERVAL_S * index, trade=told)


def intended(index: int, order_id: str, *, tick: int = 1, cancels: str | None = None) -> OrderIntended:
    """An offer is about to be sent, or the cancel of one; at tick 0 it is one that was found on the ledger."""
    return OrderIntended(
        order_id=order_id,
        tick=tick,
        ledger_index=index,
        close_time_s=INTERVAL_S * index,
        side=Side.BUY,
        price=D(2),
        xrp_drops=DROPS,
        rlusd=D(2),
        replaces=None,
        cancels=cancels,
    )


def changed(index: int, status: OrderStatus, order_id: str = "o1") -> OrderChanged:
    """An order's step to another status."""
    return OrderChanged(
        order_id=order_id,
        ledger_index=index,
        close_time_s=INTERVAL_S * index,
        status=status,
        result="tesSUCCESS",
        xrp_left_drops=1,
        rlusd_left=D(1),
    )


def checked(index: int, *, missing_drops: int = 0, missing_rlusd: str = "0") -> InventoryChecked:
    """The engine's inventory held against the ledger's, which has so much less."""
    return InventoryChecked(
        ledger_index=index,
        close_time_s=INTERVAL_S * index,
        xrp_engine_drops=DROPS,
        xrp_ledger_drops=DROPS - missing_drops,
        xrp_change_drops=0,
        xrp_fills_drops=0,
        xrp_fees_drops=0,
        xrp_capital_drops=0,
        rlusd_engine=D(1),
        rlusd_ledger=D(1) - D(missing_rlusd),
        rlusd_change=D(0),
        rlusd_fills=D(0),
        rlusd_capital=D(0),
        reserve_drops=DROPS,
        orders_pending=0,
    )


def standing(**told: Any) -> Standing:
    """Where a session of two ledgers stood that bought 1 XRP at 2 and paid 10 drops; ``told`` are fields of it."""
    fields: dict[str, Any] = {
        "ledger_index": 3,
        "close_time_s": 12,
        "ticks": 2,
        "ledgers": 2,
        "fills": 1,
        "bought_drops": 1_000_000,
        "sold_drops": 0,
        "taker_fills": 0,
        "refusals": 3,
        "refused": {"reserve": 3},
        "held_back": {"not_viable": 1},
        "anchor_pulls": 0,
        "xrp_fills_drops": 1_000_000,
        "xrp_capital_drops": 100_000_000,
        "xrp_fees_drops": 10,
        "xrp_engine_drops": 100_999_990,
        "xrp_ledger_drops": 100_999_990,
        "rlusd_fills": D(-2),
        "rlusd_capital": D(200),
        "rlusd_engine": D(198),
        "rlusd_ledger": D(198),
        "mid_price": D(2),
        "equity_start_rlusd": D(400),
        "equity_end_rlusd": D("399.99998"),
        "equity_change_rlusd": D("-0.00002"),
        "orders_live": (),
    }
    return Standing(**fields | told)


def ended(stood: Standing, reason: HaltReason = HaltReason.DURATION_ELAPSED) -> SessionEnded:
    """A session's last record."""
    return SessionEnded(reason=reason, detail="", standing=stood, rungs_failed=())


def small_session() -> list[Record]:
    """Three ledgers in the life of an account with 100 XRP and 200 RLUSD, with everything that moves money in it.

    - ledger 1: the opening;
    - ledger 2: the mid is 2.00, our quotes are 1.98 (at the touch) and 2.03 (50 bps behind it);
    - ledger 3: our bid buys 10 XRP at 1.98, 10 drops are burned; the mid is 2.10, only an ask of 2.11 is out, ahead of
      everybody;
    - ledger 4: our ask sells 20 XRP at 2.11, 50 RLUSD are deposited; no mid, no quotes;
    - ledger 5: the mid is 2.00 again, and our quotes are as in ledger 2.
    """
    return [
        *opening(),
        seen(2, "2", "1.98", "2.03", distance_to_clob_bid_bps="0", distance_to_clob_ask_bps="-50",
             xrp_drops=100_000_000, rlusd="200"),
        fill(3, Side.BUY, "1.98", "10"),
        fee(3, 10),
        seen(3, "2.1", None, "2.11", best_bid="2.08", best_ask="2.12", distance_to_clob_ask_bps="47.619",
             xrp_drops=109_999_990, rlusd="180.2"),
        checked(3),
        fill(4, Side.SELL, "2.11", "20", is_taker=True),
        moved(4, "0", "50"),
        seen(4, None, best_bid=None, best_ask=None, pool_price=None, xrp_drops=89_999_990, rlusd="272.4"),
        seen(5, "2", "1.98", "2.03", distance_to_clob_bid_bps="0", distance_to_clob_ask_bps="-50",
             xrp_drops=89_999_990, rlusd="272.4"),
        checked(5, missing_drops=3),
    ]  # fmt: skip
