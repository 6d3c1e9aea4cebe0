"""What we own, told in three parts that always add up: fills, capital, fees.

``fills`` is what trading alone did; ``capital`` is the opening balance and every deposit and withdrawal since;
``fees`` is the XRP burned by our own transactions. The engine's total is fills + capital - fees, and equals the
ledger's balance to the drop and to the last digit. Every sum is exact: an amount that can't be held raises
:class:`BookingError`, and a balance is never rounded.

This is the house's one fold of records into balances: the desk trades by it, profit and loss is split by it, and the
loss watch judges by its own, which has seen what is durable and no more.
"""

from __future__ import annotations

import decimal
from decimal import Decimal

from neo.chain.money import EXACT, sum_rlusd
from neo.messages import CapitalMoved, FeePaid, Fill, Record, Side


class BookingError(ArithmeticError):
    """An amount that can't be booked exactly: the venue told one that no ledger has, so no balance can be relied on."""

    def __init__(self, held: Decimal, change: Decimal) -> None:
        super().__init__(
            f"{change} RLUSD can't be booked exactly beside {held} RLUSD; no ledger has such an amount, so the balance"
            " is not known any more"
        )


class Inventory:
    """The one account of our XRP (drops) and RLUSD."""

    def __init__(self) -> None:
        self.xrp_fills_drops = 0
        self.xrp_capital_drops = 0
        self.xrp_fees_drops = 0
        self.rlusd_fills = Decimal(0)
        self.rlusd_capital = Decimal(0)
        self.bought_drops = 0
        self.sold_drops = 0

    def apply(self, record: Record) -> None:
        """Take one record of the journal in; most kinds move nothing.

        Raises:
            BookingError: if an amount of it can't be booked exactly.
        """
        match record:
            case Fill():
                self.fill(record.side, record.xrp_drops, record.rlusd, record.rlusd_rounding)
            case FeePaid():
                self.fee(record.fee_drops)
            case CapitalMoved():
                self.capital(record.xrp_drops, record.rlusd)
            case _:
                pass

    def fill(self, side: Side, xrp_drops: int, rlusd: Decimal, rounding: Decimal) -> None:
        """Book a fill: XRP one way, RLUSD the other, with the ledger's own rounding of the balance.

        Args:
            side: Ours.
            xrp_drops: What was traded, above 0.
            rlusd: What was paid or got for it.
            rounding: What the ledger added to the balance beyond that.

        Raises:
            BookingError: if it can't be booked exactly.
        """
        paid = EXACT.minus(rlusd) if side is Side.BUY else rlusd
        self.rlusd_fills = _booked(self.rlusd_fills, self.rlusd_capital, paid, rounding)
        if side is Side.BUY:
            self.bought_drops += xrp_drops
            self.xrp_fills_drops += xrp_drops
        else:
            self.sold_drops += xrp_drops
            self.xrp_fills_drops -= xrp_drops

    def fee(self, fee_drops: int) -> None:
        """Book the fee that one of our transactions burned."""
        self.xrp_fees_drops += fee_drops

    def capital(self, xrp_drops: int, rlusd: Decimal) -> None:
        """Book a deposit (+) or a withdrawal (-).

        Raises:
            BookingError: if it can't be booked exactly.
        """
        self.rlusd_capital = _booked(self.rlusd_capital, self.rlusd_fills, rlusd)
        self.xrp_capital_drops += xrp_drops

    @property
    def xrp_total_drops(self) -> int:
        """The engine's total of XRP."""
        return self.xrp_fills_drops + self.xrp_capital_drops - self.xrp_fees_drops

    @property
    def rlusd_total(self) -> Decimal:
        """The engine's total of RLUSD."""
        return EXACT.add(self.rlusd_fills, self.rlusd_capital)


def _booked(part: Decimal, other: Decimal, *changes: Decimal) -> Decimal:
    """What one part of the balance is after these changes, if it adds up with the other one as well."""
    try:
        booked = sum_rlusd((part, *changes))
        sum_rlusd((booked, other))
    except decimal.DecimalException:
        raise BookingError(EXACT.add(part, other), changes[0]) from None
    return booked
