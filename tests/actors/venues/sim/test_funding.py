"""The funding account's place in its own sequence: no two payments share one, and none is left as a hole."""

from __future__ import annotations

from decimal import Decimal

from support.desk_by_hand import PAIR, Pen

from actors.venues.sim.funding import SimFunding
from neo.desk.capital_moves import SignedPayment
from neo.messages import CapitalOrdered, MoveCapital

MOVE = MoveCapital(order_id="c1", xrp_drops=5, rlusd=Decimal(0))


def ordered(sequence: int, *, own: bool) -> CapitalOrdered:
    """A payment under way."""
    return CapitalOrdered(
        order_id="c0",
        ledger_index=10,
        close_time_s=1000,
        xrp_drops=5,
        rlusd=Decimal(0),
        tx_hash=f"P{sequence}",
        blob="",
        own=own,
        sequence=sequence,
        last_ledger_sequence=15,
    )


def deposit(*under_way: CapitalOrdered) -> SignedPayment:
    """A deposit while the account's next sequence on the ledger is 7."""
    return SimFunding(lambda _: 7, Pen().sign).deposit(PAIR, MOVE, under_way, fee_drops=10, last_ledger_sequence=15)


def test_a_deposit_stands_behind_those_under_way() -> None:
    """Whoever made them, an incarnation before this one too; our own withdrawals are in our own sequence."""
    assert deposit().sequence == 7
    assert deposit(ordered(7, own=False), ordered(8, own=False)).sequence == 9
    assert deposit(ordered(7, own=True)).sequence == 7


def test_a_deposit_that_never_applied_leaves_no_hole() -> None:
    """Nothing could follow it: its place is the next one's."""
    assert deposit(ordered(8, own=False)).sequence == 7
