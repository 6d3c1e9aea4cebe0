"""Exact money: worked by hand and by property."""

from __future__ import annotations

from decimal import Decimal, FloatOperation, Inexact

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.chain.money import (
    EXACT,
    PRICE_DOWN,
    SIZE_DOWN,
    distance_bps,
    equity_rlusd,
    gap_bps,
    middle,
    plain,
    price_of,
    price_of_rate,
    price_tick,
    rounding_up,
    share_of,
    sum_rlusd,
    to_step,
    value_rlusd,
    xrp,
)

PRICES = st.decimals(min_value="0.0001", max_value="100000", places=8).filter(lambda price: price > 0)


def test_worked_example() -> None:
    """7.5 XRP at 1.9454 RLUSD are worth 14.5905 RLUSD, and the price comes back from the trade."""
    assert xrp(7_500_000) == Decimal("7.5")
    assert value_rlusd(7_500_000, Decimal("1.9454")) == Decimal("14.5905")
    assert price_of(7_500_000, Decimal("14.5905")) == Decimal("1.9454")


@pytest.mark.parametrize("rlusd", ["14.5905", "0"])
def test_there_is_no_price_without_xrp(rlusd: str) -> None:
    """One error says so, for nothing against nothing too, which Python's own division calls an invalid operation."""
    with pytest.raises(ZeroDivisionError, match="no XRP"):
        price_of(0, Decimal(rlusd))


def test_basis_points_are_of_the_mid() -> None:
    """1 bps of 2 RLUSD is 0.0002; behind the touch is negative."""
    assert distance_bps(Decimal("0.0002"), Decimal(2)) == 1
    assert distance_bps(Decimal("-0.001"), Decimal(2)) == -5


@pytest.mark.parametrize(
    ("value", "text"), [("200.0000000000000", "200"), ("0E-13", "0"), ("1.9500", "1.95"), ("100", "100"), ("-0.0", "0")]
)
def test_a_plain_number_has_no_needless_digits(value: str, text: str) -> None:
    """Balances and fills read as a person would write them."""
    assert str(plain(Decimal(value))) == text


@given(PRICES, st.integers(5, 15))
def test_a_tick_is_one_of_the_last_digit(price: Decimal, digits: int) -> None:
    """With so many significant digits, a price's next one is a tick further."""
    tick = price_tick(price, digits)
    assert 10 ** (digits - 1) <= price / tick < 10**digits


@given(st.integers(1, 10**9), st.decimals(min_value="0.01", max_value="99", places=4))
def test_value_is_exact_in_the_ledgers_digits(drops: int, price: Decimal) -> None:
    """A quote's RLUSD needs no rounding, so the offer placed has the price that was asked for."""
    value = value_rlusd(drops, price)
    assert value * 1_000_000 == drops * price
    assert len(value.normalize().as_tuple().digits) <= 16


def test_money_is_exact_beyond_the_digits_that_python_keeps_by_itself() -> None:
    """29 digits and more, where an operator rounds without a word: sums, values, plain numbers and XRP stay whole."""
    tiny, huge = Decimal("1e-20"), Decimal(123456789012345678)
    whole = Decimal("123456789012345678.00000000000000000001")
    assert huge + tiny == huge
    assert sum_rlusd((huge, tiny)) == whole
    assert plain(whole) == whole
    assert plain(Decimal("1e80")) == Decimal(10**80)
    assert value_rlusd(10**17 + 1, Decimal("1.000000000000001")) == Decimal("100000000000.000101000000000000001")
    assert equity_rlusd(10**6, whole, Decimal(1)) == Decimal("123456789012345679.00000000000000000001")
    assert str(middle(Decimal("1e-20"), huge)) == "61728394506172839.000000000000000000005"


def test_what_can_not_be_held_exactly_raises() -> None:
    """More digits than any ledger's amounts can come to are an error, not a rounded sum."""
    with pytest.raises(Inexact):
        sum_rlusd((Decimal("1e300"), Decimal("1e-300")))


def test_a_share_is_cut_to_its_step_and_a_gap_needs_all_its_prices() -> None:
    """A third of 1 to 1e-15; 0.002 above 2 is 10 bps; an absent price gives no distance, and not zero."""
    assert share_of(Decimal(1), 1, 3, Decimal("1e-15")) == Decimal("0.333333333333333")
    assert gap_bps(Decimal("2.002"), Decimal(2), Decimal(2)) == 10
    assert gap_bps(None, Decimal(2), Decimal(2)) is None
    assert gap_bps(Decimal(2), Decimal(2), None) is None


# --- At the edges ------------------------------------------------------------------------------------------------

D = Decimal


@pytest.mark.parametrize(
    ("drops", "text"), [(0, "0.000000"), (1, "0.000001"), (-1, "-0.000001"), (10**17, "100000000000.000000")]
)
def test_a_drop_is_a_millionth_up_to_all_the_xrp_that_there_is(drops: int, text: str) -> None:
    """Every balance that an account can have is written in full, with the same six decimals."""
    assert str(xrp(drops)) == text


def test_nothing_is_worth_nothing_and_no_amounts_sum_to_zero() -> None:
    """An empty account has a plain worth of zero and needs no case of its own."""
    assert sum_rlusd(()) == 0
    assert value_rlusd(0, D(2)) == value_rlusd(10**6, D(0)) == 0
    assert equity_rlusd(0, D(0), D(2)) == 0


def test_a_debt_is_below_zero_as_exactly() -> None:
    """100 XRP at 2 less 250 RLUSD, and the same with a billionth of a millionth more."""
    assert equity_rlusd(100_000_000, D(-250), D(2)) == -50
    assert sum_rlusd((D(-250), D("-1e-15"), D(200))) == D("-50.000000000000001")


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=15, min_value=-(10**9), max_value=10**9)))
def test_a_sum_is_the_same_in_any_order(amounts: list[Decimal]) -> None:
    """Which no rounded one is."""
    assert sum_rlusd(amounts) == sum_rlusd(reversed(amounts))
    assert sum(int(amount.scaleb(15, EXACT)) for amount in amounts) == sum_rlusd(amounts).scaleb(15, EXACT)


@pytest.mark.parametrize(
    ("value", "text"),
    [("1E+3", "1000"), ("1.50E-7", "1.5E-7"), ("-2.500", "-2.5"), ("-0E+7", "0"), ("123456789.000", "123456789")],
)
def test_a_plain_number_has_no_exponent_above_zero_and_keeps_its_sign(value: str, text: str) -> None:
    """An operator reads 1000 and not ``1E+3``, and equal amounts look equal."""
    assert str(plain(D(value))) == text


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=D("-1e30"), max_value=D("1e30")))
def test_a_plain_number_is_the_same_number(value: Decimal) -> None:
    """And being plain, it stays as it is."""
    assert plain(value) == value
    assert str(plain(plain(value))) == str(plain(value))


@pytest.mark.parametrize(
    ("drops", "rlusd", "price"),
    [
        (1, "0.000002", "2"),
        (3, "7", "2333333.333333333"),  # sixteen digits
        (3_000_000, "1", "0.3333333333333333"),
        (7_000_000, "1", "0.1428571428571429"),  # up, as the seventeenth is a 7
        (10**17, "0.000000000000001", "1E-26"),
    ],
)
def test_a_price_has_the_sixteen_digits_that_the_ledger_keeps(drops: int, rlusd: str, price: str) -> None:
    """Our price is the one that the ledger works out, so an order does not miss by its last digit."""
    assert price_of(drops, D(rlusd)) == D(price)


@pytest.mark.parametrize("rlusd", [D(0), D(1)])
def test_of_no_drops_there_is_no_price(rlusd: Decimal) -> None:
    """A division by nothing stops at once and never becomes a price that somebody trades at."""
    with pytest.raises(ArithmeticError):
        price_of(0, rlusd)


@pytest.mark.parametrize(
    ("rate", "of_ask", "price"),
    [
        ("0.000002", True, "2"),  # an ask pays tokens for drops
        ("500000", False, "2"),  # a bid pays drops for a token
        ("0.0000019454", True, "1.9454"),
        ("3", False, "333333.3333333333"),
    ],
)
def test_a_rate_of_the_book_is_a_price_from_either_side(rate: str, of_ask: bool, price: str) -> None:
    """Both sides of the book are read in RLUSD for one XRP, though the ledger keeps them inverted."""
    assert price_of_rate(D(rate), of_ask=of_ask) == D(price)


@given(PRICES)
def test_bid_and_ask_at_one_price_have_rates_that_lead_back_to_it(price: Decimal) -> None:
    """To the sixteen digits of a price."""
    ask_rate = EXACT.divide(price, D(10**6))
    assert price_of_rate(ask_rate, of_ask=True) == price
    bid_rate = price_of_rate(price, of_ask=False)
    assert abs(price_of_rate(bid_rate, of_ask=False) / price - 1) < D("1e-15")


@pytest.mark.parametrize(
    ("price", "digits", "tick"),
    [
        ("1.9454", 6, "0.00001"),
        ("1", 6, "0.00001"),
        ("0.999999", 6, "0.000001"),  # the tick falls where a digit does
        ("9.99999", 6, "0.00001"),
        ("10", 6, "0.0001"),
        ("123456", 6, "1"),
        ("0.00012", 5, "0.00000001"),
    ],
)
def test_a_tick_follows_the_first_digit_of_a_price(price: str, digits: int, tick: str) -> None:
    """A price is never finer than the ledger keeps it; the tick widens tenfold as the price does."""
    assert price_tick(D(price), digits) == D(tick)


@pytest.mark.parametrize(
    ("difference", "mid", "bps"),
    [
        ("0.00000001", "2", "0.0000"),  # 0.00005 bps, to the even one of two
        ("0.00000003", "2", "0.0002"),  # 0.00015
        ("-0.00000003", "2", "-0.0002"),
        ("2", "2", "10000"),
        ("0.0001", "3", "0.3333"),
    ],
)
def test_a_distance_is_told_to_a_ten_thousandth_of_a_basis_point(difference: str, mid: str, bps: str) -> None:
    """Worked out by hand: halves go to the even digit, so rounding favours neither side."""
    assert distance_bps(D(difference), D(mid)) == D(bps)


def test_a_gap_below_is_negative_and_any_price_that_is_absent_leaves_none() -> None:
    """The sign tells the side, and a missing price never reads as no gap."""
    assert gap_bps(D("1.998"), D(2), D(2)) == -10
    assert gap_bps(D(2), D(2), D(2)) == 0
    assert gap_bps(D(2), None, D(2)) is None


@pytest.mark.parametrize(
    ("value", "step", "stepped"),
    [
        ("0.25", "0.1", "0.2"),
        ("0.35", "0.1", "0.4"),
        ("-0.25", "0.1", "-0.2"),
        ("1e30", "1e-15", "1e30"),
        ("7", "1", "7"),
    ],
)
def test_a_step_is_the_nearest_and_the_even_one_of_two(value: str, step: str, stepped: str) -> None:
    """Amounts brought to a step drift neither up nor down, however large they are."""
    assert to_step(D(value), D(step)) == D(stepped)


@given(
    st.decimals(min_value=0, max_value=10**9, places=6),
    st.lists(st.integers(0, 1000), min_size=1, max_size=8).filter(any),
)
def test_shares_of_an_amount_come_to_it_but_for_half_a_step_each(whole: Decimal, parts: list[int]) -> None:
    """All of it is all, none of it is none, and no share is off by more than what it was cut to."""
    step = D("1e-9")
    shares = [share_of(whole, part, sum(parts), step) for part in parts]
    assert abs(sum_rlusd(shares) - whole) <= step / 2 * len(parts)
    assert share_of(whole, 5, 5, step) == whole
    assert share_of(whole, 0, 5, step) == 0


def test_each_way_to_round_goes_where_its_name_says() -> None:
    """A size never above what it is made of, a price up or down to its digits."""
    assert SIZE_DOWN.divide(D(2), D(3)) == D("0." + "6" * 40)
    assert PRICE_DOWN.divide(D(2), D(3)) == D("0." + "6" * 16)
    assert rounding_up(6).divide(D(1), D(3)) == D("0.333334")
    assert rounding_up(6).plus(D("1.9454")) == D("1.9454")
    assert rounding_up(6) is rounding_up(6)


def test_no_float_becomes_money() -> None:
    """A slip in the code that would lose digits fails where it is made, not in the accounts."""
    with pytest.raises(TypeError):
        sum_rlusd((D(1), 0.1))  # type: ignore[arg-type]
    with pytest.raises(FloatOperation):
        EXACT.create_decimal(0.1)


@given(PRICES, PRICES)
def test_the_middle_is_as_far_from_one_as_from_the_other(bid: Decimal, ask: Decimal) -> None:
    """Exactly, whatever the digits."""
    assert EXACT.subtract(ask, middle(bid, ask)) == EXACT.subtract(middle(bid, ask), bid)
