"""A pool's fee, told by what takers got of it: for a span of ledgers in which nothing tells the pool's own entry.

A plain swap puts an amount in and takes another out so that, but for the fee, the product of what the pool holds stays
the same. So before and after tell the fee. Who holds the pool's auction slot pays a tenth; the middle of what many
paid is the fee.

Source: ``swapAssetIn`` in AMMHelpers.h of the ledger server; xrpl.org, "Automated Market Makers".
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from neo.chain.money import EXACT, RATIO

# A pool's fee is counted in these parts of what is put in, and is 1% at most. Source: xrpl.org, "AMM", TradingFee.
_PARTS: Final = 100_000
_FEE_MAX: Final = 1_000
# So many swaps tell it.
_SWAPS_MAX: Final = 501


class PoolSwaps:
    """Takes a pool's balances before and after transactions that leave its shares alone."""

    def __init__(self) -> None:
        self._fees: list[int] = []

    def take(self, drops: tuple[int, int], tokens: tuple[Decimal, Decimal]) -> None:
        """Look at one transaction.

        Args:
            drops: What the pool held of XRP, before and after.
            tokens: The same of the token.
        """
        before, after = (Decimal(drops[0]), tokens[0]), (Decimal(drops[1]), tokens[1])
        xrp_change, token_change = EXACT.subtract(after[0], before[0]), EXACT.subtract(after[1], before[1])
        if len(self._fees) >= _SWAPS_MAX or min(*before, *after) <= 0 or xrp_change * token_change >= 0:
            return
        side = 0 if xrp_change > 0 else 1
        put_in = (xrp_change, token_change)[side]
        # What would have had to be put in without a fee: all that keeps the product.
        product = EXACT.multiply(*before)
        needed = EXACT.subtract(RATIO.divide(product, after[1 - side]), before[side])
        share = RATIO.divide(EXACT.subtract(put_in, needed), put_in)
        fee = int(RATIO.multiply(share, _PARTS).to_integral_value())
        if 0 <= fee <= _FEE_MAX:
            self._fees.append(fee)

    @property
    def fee(self) -> int | None:
        """What takers paid, in 1/100,000 of what they put in; None if nobody took anything."""
        return sorted(self._fees)[len(self._fees) // 2] if self._fees else None
