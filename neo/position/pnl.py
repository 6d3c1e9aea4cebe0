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

import decimal
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from neo.messages import CapitalMoved, EquitySplit, FeePaid, Fill, LedgerObserved, Record, SessionStarted, Side

# A token amount has 16 digits and an exponent of -96..80: sums and products of these stay below 400 digits. A step
# that would round is a fault.
_EXACT = decimal.Context(prec=400, traps=[decimal.Inexact, decimal.InvalidOperation, decimal.FloatOperation])
_COST_STEP = Decimal("1e-15")
_ROUNDING = decimal.Context(prec=400, rounding=decimal.ROUND_HALF_EVEN)
_ZERO = Decimal(0)


class ProfitAndLoss:
    """The equity of one session, split as it changes. Feed it with :meth:`apply`, or step by step."""

    def __init__(self) -> None:
        self.xrp_drops = 0
        self.rlusd = _ZERO
        self.mid: Decimal | None = None
        self._opening_index: int | None = None
        self._start_rlusd = _ZERO
        self._spread_rlusd = _ZERO
        self._revaluation_rlusd = _ZERO
        self._fees_rlusd = _ZERO
        self._capital_rlusd = _ZERO
        self._realised_rlusd = _ZERO
        self._cost_rlusd = _ZERO
        self._waiting: list[Callable[[], None]] = []

    def apply(self, record: Record) -> None:
        """Take one record of the journal in; most kinds change nothing here."""
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
        # The opening balance is told as capital too, of the opening's own ledger: ``open`` has taken it in.
        if record.ledger_index != self._opening_index:
            self.capital(record.xrp_drops, record.rlusd)

    def _on_start(self, record: SessionStarted) -> None:
        self._opening_index = record.ledger_index
        self.open(record.opening.xrp_drops, record.opening.rlusd)

    def open(self, xrp_drops: int, rlusd: Decimal) -> None:
        """Begin with these balances."""
        self.xrp_drops, self.rlusd = xrp_drops, rlusd

    def mark(self, mid: Decimal) -> None:
        """The mid is so high now (RLUSD per XRP)."""
        if self.mid is None:
            self.mid = mid
            self._cost_rlusd = _value(self.xrp_drops, mid)
            self._start_rlusd = _EXACT.add(self._cost_rlusd, self.rlusd)
            waiting, self._waiting = self._waiting, []
            for step in waiting:
                step()
        elif mid != self.mid:
            move = _EXACT.subtract(mid, self.mid)
            self._revaluation_rlusd = _EXACT.add(self._revaluation_rlusd, _value(self.xrp_drops, move))
            self.mid = mid

    def fill(self, side: Side, xrp_drops: int, rlusd: Decimal, rounding: Decimal) -> None:
        """We bought or sold so much XRP for so much RLUSD; ``rounding`` is what the ledger added to the balance."""
        mid = self.mid
        if mid is None:
            self._waiting.append(lambda: self.fill(side, xrp_drops, rlusd, rounding))
            return
        value = _value(xrp_drops, mid)
        if side is Side.BUY:
            gained, change_drops, change = _EXACT.subtract(value, rlusd), xrp_drops, _EXACT.minus(rlusd)
            self._cost_rlusd = _EXACT.add(self._cost_rlusd, rlusd)
            realised = rounding
        else:
            gained, change_drops, change = _EXACT.subtract(rlusd, value), -xrp_drops, rlusd
            realised = _EXACT.add(_EXACT.subtract(rlusd, self._take_cost(xrp_drops)), rounding)
        self._spread_rlusd = _EXACT.add(self._spread_rlusd, _EXACT.add(gained, rounding))
        self._realised_rlusd = _EXACT.add(self._realised_rlusd, realised)
        self.xrp_drops += change_drops
        self.rlusd = _EXACT.add(self.rlusd, _EXACT.add(change, rounding))

    def fee(self, fee_drops: int) -> None:
        """A transaction of ours burned so much XRP."""
        mid = self.mid
        if mid is None:
            self._waiting.append(lambda: self.fee(fee_drops))
            return
        self._fees_rlusd = _EXACT.subtract(self._fees_rlusd, _value(fee_drops, mid))
        self._realised_rlusd = _EXACT.subtract(self._realised_rlusd, self._take_cost(fee_drops))
        self.xrp_drops -= fee_drops

    def capital(self, xrp_drops: int, rlusd: Decimal) -> None:
        """So much came (+) or went (-) other than by a fill or a fee."""
        mid = self.mid
        if mid is None:
            self._waiting.append(lambda: self.capital(xrp_drops, rlusd))
            return
        value = _value(xrp_drops, mid)
        self._capital_rlusd = _EXACT.add(self._capital_rlusd, _EXACT.add(value, rlusd))
        if xrp_drops >= 0:
            self._cost_rlusd = _EXACT.add(self._cost_rlusd, value)
        else:
            # What leaves at the mid is realised as if it had been sold there.
            gained = _EXACT.subtract(_EXACT.minus(value), self._take_cost(-xrp_drops))
            self._realised_rlusd = _EXACT.add(self._realised_rlusd, gained)
        self.xrp_drops += xrp_drops
        self.rlusd = _EXACT.add(self.rlusd, rlusd)

    def parts(self) -> EquitySplit | None:
        """The split so far, or None before the first mid."""
        if self.mid is None:
            return None
        held = _value(self.xrp_drops, self.mid)
        end = _EXACT.add(held, self.rlusd)
        told = self._start_rlusd
        for part in (self._spread_rlusd, self._revaluation_rlusd, self._fees_rlusd, self._capital_rlusd):
            told = _EXACT.add(told, part)
        return EquitySplit(
            equity_start_rlusd=_plain(self._start_rlusd),
            equity_end_rlusd=_plain(end),
            spread_captured_rlusd=_plain(self._spread_rlusd),
            inventory_revaluation_rlusd=_plain(self._revaluation_rlusd),
            fees_rlusd=_plain(self._fees_rlusd),
            capital_flows_rlusd=_plain(self._capital_rlusd),
            residual_rlusd=_plain(_EXACT.subtract(end, told)),
            realised_rlusd=_plain(self._realised_rlusd),
            unrealised_rlusd=_plain(_EXACT.subtract(held, self._cost_rlusd)),
        )

    def _take_cost(self, xrp_drops: int) -> Decimal:
        """The share of the cost that so much XRP takes with it; call it before the XRP has gone."""
        if xrp_drops >= self.xrp_drops:
            taken = self._cost_rlusd
        else:
            share = _ROUNDING.divide(_EXACT.multiply(self._cost_rlusd, Decimal(xrp_drops)), Decimal(self.xrp_drops))
            taken = share.quantize(_COST_STEP, rounding=decimal.ROUND_HALF_EVEN, context=_ROUNDING)
        self._cost_rlusd = _EXACT.subtract(self._cost_rlusd, taken)
        return taken


_TAKERS: dict[type[Record], Callable[[ProfitAndLoss, Any], None]] = {
    LedgerObserved: ProfitAndLoss._on_ledger,  # noqa: SLF001 - its own methods, by the kind of record
    Fill: ProfitAndLoss._on_fill,  # noqa: SLF001
    FeePaid: ProfitAndLoss._on_fee,  # noqa: SLF001
    CapitalMoved: ProfitAndLoss._on_capital,  # noqa: SLF001
    SessionStarted: ProfitAndLoss._on_start,  # noqa: SLF001
}


def _plain(value: Decimal) -> Decimal:
    """The same number without zeros at its end or an exponent above zero."""
    if value == value.to_integral_value():
        return value.quantize(Decimal(1), context=_ROUNDING) + 0  # + 0 takes the sign from a negative zero
    return value.normalize(_EXACT)


def _value(xrp_drops: int, price: Decimal) -> Decimal:
    """So many drops at a price in RLUSD per XRP, exact."""
    return _EXACT.multiply(Decimal(xrp_drops), price).scaleb(-6, _EXACT)
