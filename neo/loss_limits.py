"""The loss limits: what the session lost since its start, and since its best moment, at prices that can be trusted.

A fold over the journal, so the best moment survives a crash. Deposits and withdrawals are neither gains nor losses.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.halt import HaltReason
from neo.inventory import Inventory
from neo.messages import CapitalMoved, FeePaid, Fill, HaltRequested, LedgerObserved, Record, SessionStarted
from neo.money import distance_bps, value_rlusd


class LossLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits, in RLUSD, and what a price must satisfy to be trusted.

    Args:
        max_session_loss_rlusd: Most that may be lost since the start.
        max_drawdown_rlusd: Most that may be lost since the session's best moment.
        price_distance_max_bps: Farthest that book and pool may be apart.
        stale_after_s: Age in seconds beyond which a ledger's prices are no longer acted on.
    """

    max_session_loss_rlusd: Decimal
    max_drawdown_rlusd: Decimal
    price_distance_max_bps: Decimal
    stale_after_s: int


def trusted_price(observed: LedgerObserved, distance_max_bps: Decimal) -> Decimal | None:
    """The mid of a book that is two-sided, not crossed, and agrees with the pool if there is one; else None.

    Args:
        observed: The ledger.
        distance_max_bps: Farthest that book and pool may be apart.
    """
    bid, ask, pool = observed.best_bid, observed.best_ask, observed.pool_price
    if bid is None or ask is None or bid >= ask:
        return None
    mid = (bid + ask) / 2
    if pool is not None and abs(distance_bps(pool - mid, mid)) > distance_max_bps:
        return None
    return mid


class LossWatch:
    """Gains and losses of one session so far."""

    def __init__(self, limits: LossLimits) -> None:
        self._limits = limits
        self.inventory = Inventory()
        self._opening_drops = 0
        self._opening_rlusd = Decimal(0)
        self._start_price: Decimal | None = None
        self._price: Decimal | None = None  # of the last ledger, if it can be trusted
        self._change_rlusd = Decimal(0)
        self._best_rlusd = Decimal(0)

    def apply(self, record: Record) -> None:
        """Take one record of the journal in."""
        match record:
            case SessionStarted():
                self._opening_drops, self._opening_rlusd = record.opening.xrp_drops, record.opening.rlusd
            case Fill():
                self.inventory.add_fill(record)
            case FeePaid():
                self.inventory.add_fee(record)
            case CapitalMoved():
                self.inventory.add_capital(record)
            case LedgerObserved():
                self._observe(record)
            case _:
                pass

    def halt(self, age_s: float) -> HaltRequested | None:
        """The cause to end the session if a limit is broken, judged by the last ledger alone.

        Args:
            age_s: How long ago that ledger closed.
        """
        if self._price is None or age_s > self._limits.stale_after_s:
            return None
        loss, drawdown = -self._change_rlusd, self._best_rlusd - self._change_rlusd
        for name, lost, limit in (
            ("max_session_loss_rlusd", loss, self._limits.max_session_loss_rlusd),
            ("max_drawdown_rlusd", drawdown, self._limits.max_drawdown_rlusd),
        ):
            if lost > limit:
                detail = f"risk.{name}: {lost:.2f} > {limit} at a mid of {self._price:.6g}"
                return HaltRequested(reason=HaltReason.KILL_SWITCH, detail=detail, source="loss limit")
        return None

    def _observe(self, observed: LedgerObserved) -> None:
        price = trusted_price(observed, self._limits.price_distance_max_bps)
        self._price = price
        if price is None:
            return
        if self._start_price is None:
            self._start_price = price
        inventory = self.inventory
        later_drops = inventory.xrp_capital_drops - self._opening_drops
        later_rlusd = inventory.rlusd_capital - self._opening_rlusd
        held = value_rlusd(inventory.xrp_total_drops - later_drops, price) + inventory.rlusd_total - later_rlusd
        self._change_rlusd = held - value_rlusd(self._opening_drops, self._start_price) - self._opening_rlusd
        self._best_rlusd = max(self._best_rlusd, self._change_rlusd)
