"""What the crowd sees when it decides: the last closed ledger, and the reference prices up to now."""

from __future__ import annotations

from decimal import Decimal
from typing import NamedTuple, Protocol


class PoolView(NamedTuple):
    """The AMM as the last closed ledger has it: balances and the fee in millionths."""

    xrp_drops: int
    rlusd: Decimal
    fee_ppm: int


class LedgerView(Protocol):
    """The readers that the crowd uses."""

    def xrp_drops(self, address: str) -> int:
        """XRP balance."""

    def owner_count(self, address: str) -> int:
        """Objects the account owns: its trust line and its offers."""

    def resting(self, address: str) -> dict[int, int]:
        """An account's offers: sequence -> XRP left in it, in drops."""

    def pool(self) -> PoolView | None:
        """The AMM, if there is one."""

    def ahead_drops(self, *, is_buy: bool, limit_nano: int, most_drops: int) -> int:
        """XRP on the book that an order at this limit would meet, up to ``most_drops``."""


class Seen(NamedTuple):
    """One ledger's view of the world.

    ``reference_nano`` is the reference at the last close, which makers and the arbitrageur act on; ``now_nano`` is the
    reference as the next ledger closes, and ``before_nano`` the one some ledgers ago: informed takers compare those.
    """

    ledger: LedgerView
    ledger_index: int
    reference_nano: int
    now_nano: int
    before_nano: int
    activity_permille: int
