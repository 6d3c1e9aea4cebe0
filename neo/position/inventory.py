"""What we own, told in three parts that always add up: fills, capital, fees.

``fills`` is what trading alone did; ``capital`` is the opening balance and every deposit and withdrawal since;
``fees`` is the XRP burned by our own transactions. The engine's total is fills + capital - fees, and equals the
ledger's balance to the drop and to the last digit.
"""

from __future__ import annotations

from decimal import Decimal

from neo.messages import CapitalMoved, FeePaid, Fill, Side


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

    def add_fill(self, fill: Fill) -> None:
        """Book a fill: XRP one way, RLUSD the other, with the ledger's own rounding of the balance."""
        if fill.side is Side.BUY:
            self.bought_drops += fill.xrp_drops
            self.xrp_fills_drops += fill.xrp_drops
            self.rlusd_fills += fill.rlusd_rounding - fill.rlusd
        else:
            self.sold_drops += fill.xrp_drops
            self.xrp_fills_drops -= fill.xrp_drops
            self.rlusd_fills += fill.rlusd_rounding + fill.rlusd

    def add_fee(self, fee: FeePaid) -> None:
        """Book the fee that one of our transactions burned."""
        self.xrp_fees_drops += fee.fee_drops

    def add_capital(self, moved: CapitalMoved) -> None:
        """Book a deposit (+) or a withdrawal (-)."""
        self.xrp_capital_drops += moved.xrp_drops
        self.rlusd_capital += moved.rlusd

    @property
    def xrp_total_drops(self) -> int:
        """The engine's total of XRP."""
        return self.xrp_fills_drops + self.xrp_capital_drops - self.xrp_fees_drops

    @property
    def rlusd_total(self) -> Decimal:
        """The engine's total of RLUSD."""
        return self.rlusd_fills + self.rlusd_capital
