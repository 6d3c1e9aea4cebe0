"""Profit and loss that adds up: every change of equity has one of four causes, and nothing is left over.

Equity is XRP at the mid plus RLUSD. It changes when

- a **fill** trades at another price than the mid: *spread captured*, (mid - price) x size for a buy and (price - mid)
  x size for a sale, with the ledger's rounding of the balance;
- the **mid** moves while we hold XRP: *inventory revaluation*, XRP held x the move;
- a **fee** burns XRP: *fees*, valued at the mid;
- **capital** comes or goes: *capital flows*, valued at the mid of that moment. The opening balance is no flow.

The mid is that of the last ledger before, so that a price which runs away with a fill shows as revaluation and not as
spread. What happens before the first mid is known waits for it. All arithmetic is exact (an inexact step raises), so
the residual is exactly zero at every step, not nearly.

Realised and unrealised follow the average-cost method: XRP that comes in raises the cost by what was paid for it (the
opening balance and deposits: by their value at the mid), XRP that goes out takes its share of the cost with it. A
share is rounded to 15 decimals, and what is rounded off stays in the cost, so realised + unrealised is exact as well.

A worked example. We open with 100 XRP and 200 RLUSD at a mid of 2.00: equity 400, cost of the XRP 200.

>>> from decimal import Decimal as D
>>> from neo.messages import Side
>>> from neo.position.pnl import ProfitAndLoss
>>> pnl = ProfitAndLoss()
>>> pnl.open(100_000_000, D(200))
>>> pnl.mark(D("2.00"))

Our bid at 1.99 buys 10 XRP while the mid is 2.00: 0.10 of spread captured. The cost is 219.90 for 110 XRP now.

>>> pnl.fill(Side.BUY, 10_000_000, D("19.90"), D(0))
>>> pnl.parts().spread_captured_rlusd
Decimal('0.1')

The mid rises to 2.10, and our ask at 2.11 sells 22 XRP, a fifth of all: 0.22 of spread captured. Its share of the cost
is 43.98, so 2.44 are realised.

>>> pnl.mark(D("2.10"))
>>> pnl.fill(Side.SELL, 22_000_000, D("46.42"), D(0))
>>> parts = pnl.parts()
>>> parts.spread_captured_rlusd, parts.inventory_revaluation_rlusd
(Decimal('0.32'), Decimal('11'))
>>> parts.realised_rlusd, parts.unrealised_rlusd
(Decimal('2.44'), Decimal('8.88'))
>>> parts.equity_end_rlusd - parts.equity_start_rlusd, parts.residual_rlusd
(Decimal('11.32'), Decimal('0'))
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from neo.chain.money import EXACT, equity_rlusd, plain, share_of, value_rlusd
from neo.messages import CapitalMoved, EquitySplit, FeePaid, Fill, LedgerObserved, Record, SessionStarted, Side
from neo.position.inventory import Inventory

_COST_STEP = Decimal("1e-15")
_ZERO = Decimal(0)


class ProfitAndLoss:
    """The equity of one session, split as it changes. Feed it with :meth:`apply`, or step by step.

    It keeps the inventory as well: what moved is booked at once, and split as soon as there is a mid.
    """

    def __init__(self) -> None:
        self.inventory = Inventory()
        self.mid: Decimal | None = None
        self._opening_index: int | None = None
        self._opening = (0, _ZERO)  # drops and RLUSD
        self._start_rlusd = _ZERO
        self._spread_rlusd = _ZERO
        self._revaluation_rlusd = _ZERO
        self._fees_rlusd = _ZERO
        self._capital_rlusd = _ZERO
        self._realised_rlusd = _ZERO
        self._cost_rlusd = _ZERO
        self._holding_rlusd = _ZERO
        self._waiting: list[Callable[[Decimal], None]] = []

    def apply(self, record: Record) -> None:
        """Take one record of the journal in; most kinds change nothing here.

        Raises:
            BookingError: if an amount of it can't be booked exactly.
        """
        # By type, as most records of a journal are none of these, and a chain of cases would look at each in turn.
        taker = _TAKERS.get(type(record))
        if taker is not None:
            taker(self, record)

    def _on_ledger(self, record: LedgerObserved) -> None:
        if record.mid_price is not None:
            self.mark(record.mid_price)

    def _on_fill(self, record: Fill) -> None:
        self.fill(record.side, record.xrp_drops, record.rlusd, record.rlusd_rounding)

    def _on_fee(self, record: FeePaid) -> None:
        self.fee(record.fee_drops)

    def _on_capital(self, record: CapitalMoved) -> None:
        # The opening balance is told as capital too, in parts and of the opening's own ledger: it is where equity
        # starts, and no flow.
        if record.ledger_index == self._opening_index:
            self.open(record.xrp_drops, record.rlusd)
        else:
            self.capital(record.xrp_drops, record.rlusd)

    def _on_start(self, record: SessionStarted) -> None:
        self._opening_index = record.ledger_index

    def open(self, xrp_drops: int, rlusd: Decimal) -> None:
        """Begin with these balances, or with so much more of an opening that is told in parts."""
        self.inventory.capital(xrp_drops, rlusd)
        drops, tokens = self._opening
        self._opening = drops + xrp_drops, EXACT.add(tokens, rlusd)

    def mark(self, mid: Decimal) -> None:
        """The mid is so high now (RLUSD per XRP)."""
        if self.mid is None:
            self.mid = mid
            drops, rlusd = self._opening
            self._cost_rlusd = value_rlusd(drops, mid)
            self._start_rlusd = EXACT.add(self._cost_rlusd, rlusd)
            waiting, self._waiting = self._waiting, []
            for step in waiting:
                step(mid)
        elif mid != self.mid:
            move = EXACT.subtract(mid, self.mid)
            moved = value_rlusd(self.inventory.xrp_total_drops, move)
            self._revaluation_rlusd = EXACT.add(self._revaluation_rlusd, moved)
            unmoved = value_rlusd(self.inventory.xrp_capital_drops, move)
            self._holding_rlusd = EXACT.add(self._holding_rlusd, unmoved)
            self.mid = mid

    def fill(self, side: Side, xrp_drops: int, rlusd: Decimal, rounding: Decimal) -> None:
        """We bought or sold so much XRP for so much RLUSD; ``rounding`` is what the ledger added to the balance."""
        held_drops = self.inventory.xrp_total_drops
        self.inventory.fill(side, xrp_drops, rlusd, rounding)
        self._once_marked(lambda mid: self._split_fill(mid, held_drops, side, xrp_drops, rlusd, rounding))

    def fee(self, fee_drops: int) -> None:
        """A transaction of ours burned so much XRP."""
        held_drops = self.inventory.xrp_total_drops
        self.inventory.fee(fee_drops)
        self._once_marked(lambda mid: self._split_fee(mid, held_drops, fee_drops))

    def capital(self, xrp_drops: int, rlusd: Decimal) -> None:
        """So much came (+) or went (-) other than by a fill or a fee."""
        held_drops = self.inventory.xrp_total_drops
        self.inventory.capital(xrp_drops, rlusd)
        self._once_marked(lambda mid: self._split_capital(mid, held_drops, xrp_drops, rlusd))

    @property
    def result_rlusd(self) -> Decimal:
        """What trading and the market brought so far, capital flows left out: 0 before the first mid."""
        return EXACT.add(EXACT.add(self._spread_rlusd, self._revaluation_rlusd), self._fees_rlusd)

    @property
    def holding_rlusd(self) -> Decimal | None:
        """What the same capital, held and never traded, would have brought; None before the first mid.

        The benchmark of a session: the opening inventory, and each deposit and withdrawal from its own moment on, at
        the mid. Nothing is traded and no fee is paid.
        """
        return None if self.mid is None else plain(self._holding_rlusd)

    def parts(self) -> EquitySplit | None:
        """The split so far, or None before the first mid."""
        if self.mid is None:
            return None
        inventory = self.inventory
        held = value_rlusd(inventory.xrp_total_drops, self.mid)
        end = equity_rlusd(inventory.xrp_total_drops, inventory.rlusd_total, self.mid)
        told = self._start_rlusd
        for part in (self._spread_rlusd, self._revaluation_rlusd, self._fees_rlusd, self._capital_rlusd):
            told = EXACT.add(told, part)
        return EquitySplit(
            equity_start_rlusd=plain(self._start_rlusd),
            equity_end_rlusd=plain(end),
            spread_captured_rlusd=plain(self._spread_rlusd),
            inventory_revaluation_rlusd=plain(self._revaluation_rlusd),
            fees_rlusd=plain(self._fees_rlusd),
            capital_flows_rlusd=plain(self._capital_rlusd),
            residual_rlusd=plain(EXACT.subtract(end, told)),
            realised_rlusd=plain(self._realised_rlusd),
            unrealised_rlusd=plain(EXACT.subtract(held, self._cost_rlusd)),
        )

    # --- Split ---------------------------------------------------------------------------------------------------

    def _once_marked(self, step: Callable[[Decimal], None]) -> None:
        if self.mid is None:
            self._waiting.append(step)
        else:
            step(self.mid)

    def _split_fill(
        self, mid: Decimal, held_drops: int, side: Side, xrp_drops: int, rlusd: Decimal, rounding: Decimal
    ) -> None:
        value = value_rlusd(xrp_drops, mid)
        if side is Side.BUY:
            gained = EXACT.subtract(value, rlusd)
            self._cost_rlusd = EXACT.add(self._cost_rlusd, rlusd)
            realised = rounding
        else:
            gained = EXACT.subtract(rlusd, value)
            realised = EXACT.add(EXACT.subtract(rlusd, self._take_cost(held_drops, xrp_drops)), rounding)
        self._spread_rlusd = EXACT.add(self._spread_rlusd, EXACT.add(gained, rounding))
        self._realised_rlusd = EXACT.add(self._realised_rlusd, realised)

    def _split_fee(self, mid: Decimal, held_drops: int, fee_drops: int) -> None:
        self._fees_rlusd = EXACT.subtract(self._fees_rlusd, value_rlusd(fee_drops, mid))
        self._realised_rlusd = EXACT.subtract(self._realised_rlusd, self._take_cost(held_drops, fee_drops))

    def _split_capital(self, mid: Decimal, held_drops: int, xrp_drops: int, rlusd: Decimal) -> None:
        value = value_rlusd(xrp_drops, mid)
        self._capital_rlusd = EXACT.add(self._capital_rlusd, EXACT.add(value, rlusd))
        if xrp_drops >= 0:
            self._cost_rlusd = EXACT.add(self._cost_rlusd, value)
        else:
            # What leaves at the mid is realised as if it had been sold there.
            gained = EXACT.subtract(EXACT.minus(value), self._take_cost(held_drops, -xrp_drops))
            self._realised_rlusd = EXACT.add(self._realised_rlusd, gained)

    def _take_cost(self, held_drops: int, xrp_drops: int) -> Decimal:
        """The share of the cost that so much XRP takes with it, of what was held before it went."""
        if xrp_drops >= held_drops:
            taken = self._cost_rlusd
        else:
            taken = share_of(self._cost_rlusd, xrp_drops, held_drops, _COST_STEP)
        self._cost_rlusd = EXACT.subtract(self._cost_rlusd, taken)
        return taken


def result_rlusd(split: EquitySplit) -> Decimal:
    """What trading and the market brought: the change of equity without capital flows, in RLUSD."""
    return EXACT.add(split.realised_rlusd, split.unrealised_rlusd)


_TAKERS: dict[type[Record], Callable[[ProfitAndLoss, Any], None]] = {
    LedgerObserved: ProfitAndLoss._on_ledger,  # noqa: SLF001 - its own methods, by the kind of record
    Fill: ProfitAndLoss._on_fill,  # noqa: SLF001
    FeePaid: ProfitAndLoss._on_fee,  # noqa: SLF001
    CapitalMoved: ProfitAndLoss._on_capital,  # noqa: SLF001
    SessionStarted: ProfitAndLoss._on_start,  # noqa: SLF001
}
