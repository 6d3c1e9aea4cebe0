"""The crowd's transactions for the next ledger, in the ledger's JSON form.

They are ordinary transactions in all but one thing: nobody signs them (``neo.network.unsigned``).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from neo.chain.money import BASE_FEE_DROPS
from neo.market.minutes import NANO
from neo.network.pending import Transaction
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

TF_IMMEDIATE_OR_CANCEL = 0x00020000
TF_SELL = 0x00080000

_DROPS_NANO_PER_MICRO_RLUSD = NANO  # drops * nano-RLUSD per XRP = 1e-15 RLUSD; a micro-RLUSD is 1e9 of those


def rlusd_micro(size_drops: int, price_nano: int) -> int:
    """What so many drops cost at ``price_nano`` (nano-RLUSD per XRP), in micro-RLUSD, rounded down; at least 1."""
    return max(1, size_drops * price_nano // _DROPS_NANO_PER_MICRO_RLUSD)


def rlusd_amount(micro: int) -> dict[str, str]:
    """Micro-RLUSD as a token amount in the ledger's JSON form."""
    whole, fraction = divmod(micro, 1_000_000)
    value = f"{whole}.{fraction:06d}".rstrip("0").rstrip(".")
    return {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER, "value": value}


def price_decimal(price_nano: int) -> Decimal:
    """Nano-RLUSD per XRP as RLUSD per XRP."""
    return Decimal(price_nano).scaleb(-9)


class Outbox:
    """Collects what the crowd sends for one ledger and hands out account sequences in order.

    Args:
        next_sequence: from an address to its next sequence on the last closed ledger.
    """

    def __init__(self, next_sequence: Callable[[str], int]) -> None:
        self._next_sequence = next_sequence
        self._sequences: dict[str, int] = {}
        self.transactions: list[Transaction] = []

    def offer(
        self,
        address: str,
        *,
        is_buy: bool,
        size_drops: int,
        price_nano: int,
        flags: int = 0,
        replaces: int | None = None,
    ) -> int:
        """Send an OfferCreate; a buy gives RLUSD for XRP.

        Returns:
            The offer's sequence.
        """
        sequence = self._sequences.get(address) or self._next_sequence(address)
        self._sequences[address] = sequence + 1
        drops, rlusd = str(size_drops), rlusd_amount(rlusd_micro(size_drops, price_nano))
        tx: Transaction = {
            "TransactionType": "OfferCreate",
            "Account": address,
            "Fee": str(BASE_FEE_DROPS),
            "Sequence": sequence,
            "Flags": flags,
            "TakerGets": rlusd if is_buy else drops,
            "TakerPays": drops if is_buy else rlusd,
        }
        if replaces is not None:
            tx["OfferSequence"] = replaces
        self.transactions.append(tx)
        return sequence
