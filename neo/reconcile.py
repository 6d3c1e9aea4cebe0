"""The engine's inventory against the ledger's: what changed since the last check, by cause, and what no cause explains.

A ledger's balance and its transactions come in one message, so nothing can be in flight between them: a fill is booked
with the ledger that has it, and an order that is still under way has moved nothing yet. The account's reserve is part
of the balance. So engine and ledger agree to the drop and to the last digit, or money moved in a way that the
metadata did not tell, and trading must stop (:func:`neo.health.unexplained`).
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.desk import Desk
from neo.messages import Balances, InventoryChecked, Standing
from neo.money import plain, value_rlusd

# Beyond this share of the value held, a summary is not about the same account any more.
_SUMMARY_SHARE_MAX = Decimal("0.01")


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
        rlusd_change=plain(balances.rlusd - before.rlusd_ledger),
        rlusd_fills=plain(inventory.rlusd_fills - before.rlusd_fills),
        rlusd_capital=plain(inventory.rlusd_capital - before.rlusd_capital),
        reserve_drops=balances.reserve_drops,
        orders_pending=len(desk.pending()),
    )


class TableTotals(msgspec.Struct, frozen=True, kw_only=True):
    """What the database's tables say of a session: fills alone, capital, fees; the summary's side of the invariant."""

    xrp_fills_drops: int
    xrp_capital_drops: int
    xrp_fees_drops: int
    rlusd_fills: Decimal
    rlusd_capital: Decimal

    @property
    def xrp_total_drops(self) -> int:
        """Fills with the capital overlay, less fees."""
        return self.xrp_fills_drops + self.xrp_capital_drops - self.xrp_fees_drops

    @property
    def rlusd_total(self) -> Decimal:
        """Fills with the capital overlay."""
        return self.rlusd_fills + self.rlusd_capital


class Drift(msgspec.Struct, frozen=True, kw_only=True):
    """A violated invariant at shutdown.

    ``summary_*`` is the tables' total less the engine's, ``xrp_drops`` and ``rlusd`` the engine's less the ledger's.
    ``share_of_value`` is the first as a share of what the engine holds, None without a price.
    """

    xrp_drops: int
    rlusd: Decimal
    summary_xrp_drops: int
    summary_rlusd: Decimal
    value_rlusd: Decimal | None
    share_of_value: Decimal | None
    within_one_percent: bool


def shutdown_drift(standing: Standing, tables: TableTotals) -> Drift | None:
    """Check both invariants: summary and engine within 1 % of value, and all three figures equal to the last digit.

    Returns:
        The numbers of the violation, or None if everything agrees exactly.
    """
    summary_drops = tables.xrp_total_drops - standing.xrp_engine_drops
    summary_rlusd = tables.rlusd_total - standing.rlusd_engine
    if standing.exact and not summary_drops and not summary_rlusd:
        return None
    value = share = None
    within = not summary_drops and not summary_rlusd
    if standing.mid_price is not None:
        value = value_rlusd(standing.xrp_engine_drops, standing.mid_price) + standing.rlusd_engine
        off = abs(value_rlusd(summary_drops, standing.mid_price) + summary_rlusd)
        if value > 0:
            share = (off / value).quantize(Decimal("1e-9"))
            within = off < _SUMMARY_SHARE_MAX * value
    return Drift(
        xrp_drops=standing.xrp_engine_drops - standing.xrp_ledger_drops,
        rlusd=plain(standing.rlusd_engine - standing.rlusd_ledger),
        summary_xrp_drops=summary_drops,
        summary_rlusd=plain(summary_rlusd),
        value_rlusd=value,
        share_of_value=share,
        within_one_percent=within,
    )
