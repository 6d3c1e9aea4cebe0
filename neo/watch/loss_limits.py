"""The loss limits: what the session lost since its start, and since its best moment, at prices that can be trusted.

A fold over the journal, so the best moment survives a crash. Deposits and withdrawals are neither gains nor losses.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final, NamedTuple

import msgspec

from neo.chain.money import EXACT, distance_bps, equity_rlusd, middle, plain
from neo.messages import LedgerObserved, LossRoom, LossUse, Record
from neo.messages.halts import BrokenLimit, Halt, HaltReason
from neo.position.inventory import Inventory
from neo.watch.largest_move import LargestMove

# The limits, by their keys in a profile.
SESSION_LOSS: Final = "risk.max_session_loss_rlusd"
DRAWDOWN: Final = "risk.max_drawdown_rlusd"

_ZERO = Decimal(0)


class LossSoFar(NamedTuple):
    """What is lost by one measure now, below 0 for a gain, and the most that ever was, in RLUSD."""

    now_rlusd: Decimal
    most_rlusd: Decimal

    def then(self, now_rlusd: Decimal) -> LossSoFar:
        """With so much lost a ledger later."""
        return LossSoFar(now_rlusd, max(self.most_rlusd, now_rlusd))


class LossLimits(msgspec.Struct, frozen=True, kw_only=True):
    """The limits, in RLUSD, and what a price must satisfy to be trusted.

    Args:
        max_session_loss_rlusd: Most that may be lost since the start.
        max_drawdown_rlusd: Most that may be lost since the session's best moment.
        price_distance_max_bps: Farthest that book and pool may be apart.
        stale_after_s: Age in seconds beyond which a ledger's prices are no longer acted on.
        move_halflife_s: After so many seconds a move of the price counts half for what the next one may be.
        move_least_bps: The least move from one ledger to the next that is reckoned with.
    """

    max_session_loss_rlusd: Decimal
    max_drawdown_rlusd: Decimal
    price_distance_max_bps: Decimal
    stale_after_s: int
    move_halflife_s: int
    move_least_bps: Decimal


def trusted_price(observed: LedgerObserved, distance_max_bps: Decimal) -> Decimal | None:
    """The mid of a book that is two-sided, not crossed, and agrees with the pool if there is one; else None.

    Args:
        observed: The ledger.
        distance_max_bps: Farthest that book and pool may be apart.
    """
    bid, ask, pool = observed.best_bid, observed.best_ask, observed.pool_price
    if bid is None or ask is None or bid >= ask:
        return None
    mid = middle(bid, ask)
    if pool is not None and abs(distance_bps(EXACT.subtract(pool, mid), mid)) > distance_max_bps:
        return None
    return mid


class Losses:
    """What one session lost so far since its start and since its best moment, and the most that it had lost by either.

    Args:
        price_distance_max_bps: Farthest that book and pool may be apart for their price to be believed.
    """

    def __init__(self, price_distance_max_bps: Decimal) -> None:
        self._distance_max_bps = price_distance_max_bps
        self.inventory = Inventory()
        # Of the last ledger, if it can be trusted.
        self.price: Decimal | None = None
        self.has_begun = False
        self.session = LossSoFar(_ZERO, _ZERO)
        self.drawdown = LossSoFar(_ZERO, _ZERO)
        self._start_rlusd = _ZERO  # equity at the first price, with all capital put in since
        self._capital = (0, _ZERO)  # drops and RLUSD that are in it
        self._best_rlusd = _ZERO

    def apply(self, record: Record) -> None:
        """Take one record of the journal in.

        Raises:
            BookingError: if an amount of it can't be booked exactly.
        """
        self.inventory.apply(record)
        if isinstance(record, LedgerObserved):
            self.price = trusted_price(record, self._distance_max_bps)
            if self.price is not None:
                self._value(self.price)

    def _value(self, price: Decimal) -> None:
        inventory = self.inventory
        held = equity_rlusd(inventory.xrp_total_drops, inventory.rlusd_total, price)
        # Capital counts by its worth when it moved; what its price does afterwards is a gain or a loss like any other.
        drops, rlusd = self._capital
        come_rlusd = EXACT.subtract(inventory.rlusd_capital, rlusd)
        come = equity_rlusd(inventory.xrp_capital_drops - drops, come_rlusd, price)
        self._start_rlusd = EXACT.add(self._start_rlusd, come)
        self._capital = inventory.xrp_capital_drops, inventory.rlusd_capital
        self.has_begun = True
        change = EXACT.subtract(held, self._start_rlusd)
        self._best_rlusd = max(self._best_rlusd, change)
        self.session = self.session.then(EXACT.minus(change))
        self.drawdown = self.drawdown.then(EXACT.subtract(self._best_rlusd, change))


class LossWatch:
    """One session's losses against its limits."""

    def __init__(self, limits: LossLimits) -> None:
        self._limits = limits
        self._losses = Losses(limits.price_distance_max_bps)
        self._move = LargestMove(limits.move_halflife_s, limits.move_least_bps)

    @property
    def inventory(self) -> Inventory:
        """What the session holds."""
        return self._losses.inventory

    def apply(self, record: Record) -> None:
        """Take one record of the journal in."""
        self._losses.apply(record)
        if isinstance(record, LedgerObserved) and self._losses.price is not None:
            self._move.observe(record.close_time_s, self._losses.price)

    def halt(self, age_s: float) -> Halt | None:
        """The cause to end the session if a limit is broken, judged by the last ledger alone.

        Args:
            age_s: How long ago that ledger closed.
        """
        price = self._losses.price
        if price is None or age_s > self._limits.stale_after_s:
            return None
        for key, lost, limit in self._against_limits():
            if lost > limit:
                over = EXACT.subtract(lost, limit)
                detail = f"{key}: {lost:.2f} > {limit} at a mid of {price:.6g}, {over:.2f} beyond the limit"
                broken = BrokenLimit(key, limit, plain(lost), plain(over))
                return Halt(HaltReason.KILL_SWITCH, detail, "loss limit", broken)
        return None

    def room(self) -> LossRoom | None:
        """What may still be lost, by the last price that could be trusted; None before there was one."""
        if not self._losses.has_begun:
            return None
        against = self._against_limits()
        left, key, limit = min((EXACT.subtract(limit, lost), key, limit) for key, lost, limit in against)
        uses = tuple(LossUse(key, limit, plain(lost)) for key, lost, limit in against)
        return LossRoom(left, key, self._move.bps, limit, uses)

    def _against_limits(self) -> tuple[tuple[str, Decimal, Decimal], ...]:
        """Each limit's key, what was lost by its measure, and the limit."""
        limits, losses = self._limits, self._losses
        return (
            (SESSION_LOSS, losses.session.now_rlusd, limits.max_session_loss_rlusd),
            (DRAWDOWN, losses.drawdown.now_rlusd, limits.max_drawdown_rlusd),
        )
