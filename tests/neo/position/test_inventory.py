"""The inventory against fractions: every sum is exact, whatever the digits, or it is refused and nothing is booked."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.messages import CapitalMoved, FeePaid, Fill, Record, Side
from neo.position.inventory import BookingError, Inventory
from neo.position.pnl import ProfitAndLoss
from neo.watch.loss_limits import Losses

D = Decimal


def amounts(*, exponent_min: int, exponent_max: int) -> st.SearchStrategy[Decimal]:
    """Amounts with 16 digits, as the ledger writes them, at any exponent in between."""
    return st.builds(
        lambda digits, exponent: D(digits).scaleb(exponent),
        st.integers(-(10**16) + 1, 10**16 - 1),
        st.integers(exponent_min, exponent_max),
    )


def fill(side: Side, xrp_drops: int, rlusd: Decimal, rounding: Decimal) -> Fill:
    return Fill(
        order_id="o1",
        offer_sequence=1,
        tx_hash="F",
        ledger_index=3,
        close_time_s=12,
        side=side,
        xrp_drops=xrp_drops,
        rlusd=rlusd,
        rlusd_rounding=rounding,
        price=D(0),
        taker=False,
        mid_price=None,
    )


def moved(xrp_drops: int, rlusd: Decimal) -> CapitalMoved:
    return CapitalMoved(ledger_index=3, close_time_s=12, cause="Payment A", xrp_drops=xrp_drops, rlusd=rlusd)


def records(money: st.SearchStrategy[Decimal]) -> st.SearchStrategy[list[Record]]:
    drops = st.integers(1, 10**17)
    kinds: list[st.SearchStrategy[Record]] = [
        st.builds(fill, st.sampled_from(Side), drops, money, money),
        st.builds(lambda burned: FeePaid(tx_hash="G", ledger_index=3, close_time_s=12, fee_drops=burned), drops),
        st.builds(moved, st.integers(-(10**17), 10**17), money),
    ]
    return st.lists(st.one_of(kinds), max_size=20)


def change_of(record: Record) -> tuple[int, Fraction]:
    """What a record moves, in drops and in RLUSD, worked out beside the code."""
    match record:
        case Fill():
            sign = 1 if record.side is Side.BUY else -1
            return sign * record.xrp_drops, Fraction(record.rlusd_rounding) - sign * Fraction(record.rlusd)
        case FeePaid():
            return -record.fee_drops, Fraction(0)
        case CapitalMoved():
            return record.xrp_drops, Fraction(record.rlusd)
        case _:
            raise AssertionError(record)


@given(records(amounts(exponent_min=-96, exponent_max=80)))
def test_every_sum_of_amounts_that_a_ledger_can_have_is_exact(told: list[Record]) -> None:
    """From the smallest to the largest amount of a token, the total is that of fractions, for all three folds."""
    inventory, pnl, losses = Inventory(), ProfitAndLoss(), Losses(D(300))
    drops, rlusd = 0, Fraction(0)
    for record in told:
        for fold in (inventory, pnl, losses):
            fold.apply(record)
        change_drops, change_rlusd = change_of(record)
        drops, rlusd = drops + change_drops, rlusd + change_rlusd
    for held in (inventory, pnl.inventory, losses.inventory):
        assert (held.xrp_total_drops, Fraction(held.rlusd_total)) == (drops, rlusd)


@given(records(amounts(exponent_min=-700, exponent_max=700)))
def test_a_sum_is_exact_or_refused_and_never_rounded(told: list[Record]) -> None:
    """Amounts that no ledger has are refused whole: what is held is still the exact sum of what was booked."""
    inventory = Inventory()
    drops, fills, capital = 0, Fraction(0), Fraction(0)
    for record in told:
        try:
            inventory.apply(record)
        except BookingError:
            pass
        else:
            change_drops, change_rlusd = change_of(record)
            drops += change_drops
            if isinstance(record, Fill):
                fills += change_rlusd
            else:
                capital += change_rlusd
        assert inventory.xrp_total_drops == drops
        assert (Fraction(inventory.rlusd_fills), Fraction(inventory.rlusd_capital)) == (fills, capital)
        assert Fraction(inventory.rlusd_total) == fills + capital


def test_an_amount_that_can_not_be_booked_is_named() -> None:
    """Whoever reads why a session ended finds the amount, and what it means for the balance."""
    inventory = Inventory()
    inventory.capital(0, D("200.5"))
    with pytest.raises(BookingError, match=r"^1E-500 RLUSD can't be booked exactly beside 200\.5 RLUSD; no ledger has"):
        inventory.apply(moved(0, D("1e-500")))
    assert inventory.rlusd_total == D("200.5")


def test_the_parts_are_told_apart_by_hand() -> None:
    """Opened with 100 XRP and 200 RLUSD, bought 10 for 19.80, sold 4 for 8.40, burned 10 drops, withdrew 50 RLUSD."""
    inventory = Inventory()
    told: list[Record] = [
        moved(100_000_000, D(200)),
        fill(Side.BUY, 10_000_000, D("19.80"), D("0.000000000000001")),
        fill(Side.SELL, 4_000_000, D("8.40"), D("-0.000000000000002")),
        FeePaid(tx_hash="G", ledger_index=3, close_time_s=12, fee_drops=10),
        moved(0, D(-50)),
    ]
    for record in told:
        inventory.apply(record)
    assert (inventory.xrp_fills_drops, inventory.xrp_capital_drops, inventory.xrp_fees_drops) == (
        6_000_000,
        100_000_000,
        10,
    )
    assert (inventory.rlusd_fills, inventory.rlusd_capital) == (D("-11.400000000000001"), D(150))
    assert (inventory.bought_drops, inventory.sold_drops) == (10_000_000, 4_000_000)
    assert (inventory.xrp_total_drops, inventory.rlusd_total) == (105_999_990, D("138.599999999999999"))


def test_a_fill_that_can_not_be_booked_moves_no_xrp_either() -> None:
    """One half of a trade is worse than none: the balance stays what it was, and can still be told."""
    inventory = Inventory()
    inventory.capital(5_000_000, D("200.5"))
    for side in Side:
        with pytest.raises(BookingError, match="can't be booked exactly"):
            inventory.fill(side, 1_000_000, D("1e-500"), D(0))
    with pytest.raises(BookingError):
        inventory.capital(1_000_000, D("1e-500"))
    assert (inventory.xrp_total_drops, inventory.rlusd_total) == (5_000_000, D("200.5"))
    assert (inventory.bought_drops, inventory.sold_drops) == (0, 0)


def test_nothing_is_held_before_anything_came() -> None:
    """The books begin at zero, so all that they show later was booked."""
    inventory = Inventory()
    assert (inventory.xrp_total_drops, inventory.rlusd_total) == (0, D(0))
