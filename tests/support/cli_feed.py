"""A scripted session's telemetry, for screens: what the actors would tell of so many ledgers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from decimal import Decimal

from neo.config.key_wiring import risk_limits
from neo.messages import (
    ActorRestarted,
    Balances,
    CapitalUnderWay,
    Fill,
    HaltRaised,
    HeldBack,
    LedgerCosts,
    Level,
    MarketView,
    Message,
    OrdersAllowed,
    OwnOffer,
    PoolState,
    Quote,
    Refusal,
    SessionStarted,
    Side,
    Spent,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import RiskState
from neo.position.pnl import ProfitAndLoss
from tools.screen.known import Outset
from tools.settings.profiles import find_profile, read_profile

START_S = 822_322_980
FIRST_LEDGER = 90_000_000
INTERVAL_S = 4


def outset(duration_s: int = 7200, *, speed: float = 1.0, database: str = "/data/neo.sqlite3") -> Outset:
    """A session of the shipped profile, at real speed."""
    config = read_profile(find_profile("paper"))
    return Outset(
        venue="sim",
        profile="paper",
        market="xrpusdt-1m-2026-01-21.csv",
        seed=20260121,
        duration_s=duration_s,
        speed=speed,
        database=database,
        ledger_interval_s=INTERVAL_S,
        limits=risk_limits(config),
        max_session_loss_rlusd=config.risk.max_session_loss_rlusd,
        max_drawdown_rlusd=config.risk.max_drawdown_rlusd,
    )


def level(price: str) -> Level:
    """A level of 100 XRP."""
    return Level(Decimal(price), 100_000_000, Decimal(price) * 100)


def offer(side: Side, price: str, *, pending: bool = False) -> OwnOffer:
    """One of our offers, resting unless it is under way."""
    return OwnOffer(
        f"t1-{side}", side, Decimal(price), 7_700_000, Decimal(15), 12, pending=pending, ledger_index=FIRST_LEDGER
    )


def balances(xrp_drops: int = 100_000_000, rlusd: str = "200") -> Balances:
    """Our account."""
    return Balances(xrp_drops, Decimal(rlusd), 1_000_000, 0, 10)


def started() -> SessionStarted:
    """A session's first record: 100 XRP and 200 RLUSD."""
    return SessionStarted(
        venue="sim",
        seed=20260121,
        config_sha256="c" * 64,
        market_sha256="d" * 64,
        account="rEngine",
        opening=balances(),
        ledger_index=FIRST_LEDGER,
        close_time_s=START_S,
    )


def view(
    number: int,
    *,
    bids: tuple[str, ...] = ("1.9420",),
    asks: tuple[str, ...] = ("1.9440",),
    pool: str | None = "1.9436",
    own: tuple[OwnOffer, ...] = (),
    xrp_drops: int = 100_000_000,
    rlusd: str = "200",
    pnl: ProfitAndLoss | None = None,
) -> MarketView:
    """The market after so many ledgers."""
    return MarketView(
        ledger_index=FIRST_LEDGER + number,
        close_time_s=START_S + number * INTERVAL_S,
        bids=tuple(level(price) for price in bids),
        asks=tuple(level(price) for price in asks),
        pool=None if pool is None else PoolState(10**12, Decimal(pool) * 10**6, 200, Decimal(pool)),
        balances=balances(xrp_drops, rlusd),
        own_offers=own,
        xrp_total_drops=xrp_drops,
        rlusd_total=Decimal(rlusd),
        spent=Spent(fees_day_drops=120, requests_minute=14),
        costs=LedgerCosts(10, 200_000),
        capital=CapitalUnderWay(0, 0, Decimal(0), Decimal(0)),
        loss_room=None,
        split=None if pnl is None else pnl.parts(),
        holding_rlusd=None if pnl is None else pnl.holding_rlusd,
    )


def fill(number: int, side: Side, xrp_drops: int = 7_700_000) -> Fill:
    """A fill of one of our offers at 1.943."""
    return Fill(
        order_id=f"t{number}",
        offer_sequence=number,
        tx_hash=f"{number:064X}",
        ledger_index=FIRST_LEDGER + number,
        close_time_s=START_S + number * INTERVAL_S,
        side=side,
        xrp_drops=xrp_drops,
        rlusd=Decimal(xrp_drops).scaleb(-6) * Decimal("1.943"),
        rlusd_rounding=Decimal(0),
        price=Decimal("1.943"),
        taker=False,
        mid_price=Decimal("1.943"),
    )


def orders(
    number: int,
    refusals: tuple[Refusal, ...] = (),
    held_back: tuple[HeldBack, ...] = (),
    quotes: tuple[Quote, ...] = (),
) -> OrdersAllowed:
    """One tick's verdict."""
    return OrdersAllowed(
        tick=number,
        ledger_index=FIRST_LEDGER + number,
        state=RiskState.ACTIVE,
        anchor_price=Decimal("1.943"),
        held_back=held_back,
        quotes=quotes,
        withdraw=(),
        refusals=refusals,
        halt=None,
    )


def session(ledgers: int) -> Iterator[Message]:
    """A whole session: a wandering market, quotes around it, a fill now and then, a restart, the end."""
    yield started()
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, Decimal(200))
    for number in range(1, ledgers + 1):
        mid = Decimal(1943 + round(20 * math.sin(number / 40))) / 1000
        best_bid, best_ask = str(mid - Decimal("0.0006")), str(mid + Decimal("0.0006"))
        own = (
            offer(Side.BUY, str(mid - Decimal("0.00097"))),
            offer(Side.SELL, str(mid + Decimal("0.00055"))),
        )
        yield orders(number)
        if number % 23 == 0:
            side = Side.BUY if number % 2 else Side.SELL
            trade = fill(number, side)
            yield trade
            pnl.apply(trade)
        if number == ledgers // 3:
            yield ActorRestarted(actor="strategy", error="ValueError: a price of 0", restarts=1)
        pnl.mark(mid)
        yield view(
            number,
            bids=(best_bid,),
            asks=(best_ask,),
            pool=str(mid),
            own=own,
            xrp_drops=pnl.inventory.xrp_total_drops,
            rlusd=str(pnl.inventory.rlusd_total),
            pnl=pnl,
        )
    yield HaltRaised(reason=HaltReason.DURATION_ELAPSED, detail="", source="session", first=True)
