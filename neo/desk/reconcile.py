"""The engine's inventory against the ledger's: what changed since the last check, by cause, and what no cause explains.

A ledger's balance and its transactions come in one message, so nothing can be in flight between them: a fill is booked
with the ledger that has it, and an order that is still under way has moved nothing yet. The account's reserve is part
of the balance. So engine and ledger agree to the drop and to the last digit, or money moved in a way that the
metadata did not tell, and trading must stop (:func:`neo.watch.health.unexplained`).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.chain.money import EXACT, RATIO, equity_rlusd, plain, to_step
from neo.desk.desk import Desk
from neo.messages import Balances, InventoryChecked, Standing

# Beyond this share of the value held, a summary is not about the same account any more.
_SUMMARY_SHARE_MAX = Decimal("0.01")
_SHARE_STEP = Decimal("1e-9")

# What the log's ERROR and the key of ``engine_state`` are called.
DRIFT_KEY = "inventory_drift_at_shutdown"


def check_due(desk: Desk, interval_ledgers: int) -> bool:
    """Whether so many ledgers have gone by since the last check."""
    return desk.ledger_index - desk.checked.ledger_index >= interval_ledgers


def check(desk: Desk, balances: Balances) -> InventoryChecked:
    """Compare with the balances of the ledger that the desk booked last; changes are told since the check before."""
    inventory, before = desk.inventory, desk.checked
    return InventoryChecked(
        ledger_index=desk.ledger_index,
        close_time_s=desk.close_time_s,
        xrp_engine_drops=inventory.xrp_total_drops,
        xrp_ledger_drops=balances.xrp_drops,
        xrp_change_drops=balances.xrp_drops - before.xrp_ledger_drops,
        xrp_fills_drops=inventory.xrp_fills_drops - before.xrp_fills_drops,
        xrp_fees_drops=inventory.xrp_fees_drops - before.xrp_fees_drops,
        xrp_capital_drops=inventory.xrp_capital_drops - before.xrp_capital_drops,
        rlusd_engine=plain(inventory.rlusd_total),
        rlusd_ledger=plain(balances.rlusd),
        rlusd_change=plain(EXACT.subtract(balances.rlusd, before.rlusd_ledger)),
        rlusd_fills=plain(EXACT.subtract(inventory.rlusd_fills, before.rlusd_fills)),
        rlusd_capital=plain(EXACT.subtract(inventory.rlusd_capital, before.rlusd_capital)),
        reserve_drops=balances.reserve_drops,
        orders_pending=len(desk.pending()),
    )


class TableTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the database's tables say of a session, each for itself; the summary's side of the invariant.

    ``*_fills`` is the sum of ``fills``, ``*_inventory`` the last balance of ``inventory_ledger``, which must be the
    same. ``breaks`` tells rows that don't follow from the one before, ``*_break`` the largest step that is missing.
    """

    xrp_fills_drops: int
    xrp_inventory_drops: int
    xrp_capital_drops: int
    xrp_fees_drops: int
    rlusd_fills: Decimal
    rlusd_inventory: Decimal
    rlusd_capital: Decimal
    xrp_break_drops: int = 0
    rlusd_break: Decimal = Decimal(0)
    breaks: tuple[str, ...] = ()


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A violated invariant at shutdown.

    ``summary_*`` is the tables' total (fills with the capital overlay, less fees) less the engine's, of the two tables
    that have fills the one that is further off; ``xrp_drops`` and ``rlusd`` are the engine's less the ledger's.
    ``share_of_value`` is the largest of what is off in tables, engine and ledger as a share of what the engine holds,
    None without a price; ``within_one_percent`` is about the same figure. ``differences`` names every part that is off.
    """

    xrp_drops: int
    rlusd: Decimal
    summary_xrp_drops: int
    summary_rlusd: Decimal
    value_rlusd: Decimal | None
    share_of_value: Decimal | None
    within_one_percent: bool
    differences: tuple[str, ...]


def differences(standing: Standing, tables: TableTotals) -> tuple[str, ...]:
    """Every figure that tables, engine and ledger do not agree on, to the drop and to the last digit."""
    compared: tuple[tuple[str, int | Decimal, str, int | Decimal], ...] = (
        ("fills, drops", tables.xrp_fills_drops, "engine", standing.xrp_fills_drops),
        ("inventory_ledger, drops", tables.xrp_inventory_drops, "engine", standing.xrp_fills_drops),
        ("capital_events, drops", tables.xrp_capital_drops, "engine", standing.xrp_capital_drops),
        ("fees, drops", tables.xrp_fees_drops, "engine", standing.xrp_fees_drops),
        ("fills, RLUSD", tables.rlusd_fills, "engine", standing.rlusd_fills),
        ("inventory_ledger, RLUSD", tables.rlusd_inventory, "engine", standing.rlusd_fills),
        ("capital_events, RLUSD", tables.rlusd_capital, "engine", standing.rlusd_capital),
        ("engine, drops", standing.xrp_engine_drops, "ledger", standing.xrp_ledger_drops),
        ("engine, RLUSD", standing.rlusd_engine, "ledger", standing.rlusd_ledger),
    )
    apart = [
        f"{name}: {_told(ours)}, {other}: {_told(theirs)}" for name, ours, other, theirs in compared if ours != theirs
    ]
    return (*apart, *tables.breaks)


def shutdown_drift(standing: Standing, tables: TableTotals) -> Drift | None:
    """Check both invariants: everything within 1 % of value, and all figures equal to the last digit.

    Returns:
        The numbers of the violation, or None if everything agrees exactly.
    """
    apart = differences(standing, tables)
    if not apart:
        return None
    overlay_drops = tables.xrp_capital_drops - tables.xrp_fees_drops - standing.xrp_engine_drops
    overlay_rlusd = EXACT.subtract(tables.rlusd_capital, standing.rlusd_engine)
    summary_drops = max(
        (tables.xrp_fills_drops, tables.xrp_inventory_drops), key=lambda held: abs(held + overlay_drops)
    )
    summary_drops += overlay_drops
    summary_rlusd = max(
        (EXACT.add(held, overlay_rlusd) for held in (tables.rlusd_fills, tables.rlusd_inventory)), key=Decimal.copy_abs
    )
    ledger_drops = standing.xrp_engine_drops - standing.xrp_ledger_drops
    ledger_rlusd = EXACT.subtract(standing.rlusd_engine, standing.rlusd_ledger)
    value = share = None
    within = False
    if standing.mid_price is not None:
        value = equity_rlusd(standing.xrp_engine_drops, standing.rlusd_engine, standing.mid_price)
        # Too much of the one must not make up for too little of the other.
        off_drops = max(abs(summary_drops), abs(ledger_drops), tables.xrp_break_drops)
        off_rlusd = max(summary_rlusd.copy_abs(), ledger_rlusd.copy_abs(), tables.rlusd_break)
        off = equity_rlusd(off_drops, off_rlusd, standing.mid_price)
        if value > 0:
            share = to_step(RATIO.divide(off, value), _SHARE_STEP)
            within = off < EXACT.multiply(_SUMMARY_SHARE_MAX, value)
    return Drift(
        xrp_drops=ledger_drops,
        rlusd=plain(ledger_rlusd),
        summary_xrp_drops=summary_drops,
        summary_rlusd=plain(summary_rlusd),
        value_rlusd=value,
        share_of_value=share,
        within_one_percent=within,
        differences=apart,
    )


def _told(figure: int | Decimal) -> str:
    return f"{figure:f}" if isinstance(figure, Decimal) else str(figure)
