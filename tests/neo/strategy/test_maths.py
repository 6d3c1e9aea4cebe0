"""The arithmetic of quoting: the same digits whatever the ambient context is."""

from __future__ import annotations

import decimal
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from neo.chain.prices import apart_bps
from neo.strategy.maths import moved

D = Decimal
PRICES = st.decimals("0.000001", "1000000", places=6)


@pytest.mark.parametrize(
    ("price", "reference", "bps"), [("2.001", "2", "5"), ("1.999", "2", "-5"), ("2", "2", "0"), ("4", "2", "10000")]
)
def test_how_far_a_price_lies_from_a_reference(price: str, reference: str, bps: str) -> None:
    """2.001 lies a twentieth of a percent of 2 above it: 5 bps, and above is plus."""
    assert apart_bps(D(price), D(reference)) == D(bps)


@pytest.mark.parametrize(("price", "bps", "there"), [("2", "5", "2.001"), ("2", "-5", "1.999"), ("2", "0", "2")])
def test_a_price_moved_by_basis_points_of_itself(price: str, bps: str, there: str) -> None:
    """5 bps of 2 are 0.001."""
    assert moved(D(price), D(bps)) == D(there)


@given(PRICES, st.integers(-9_999, 10_000))
def test_a_price_that_was_moved_is_that_far_away(price: Decimal, bps: int) -> None:
    """There and back: the distance is the move, to far more digits than any of them means."""
    assert abs(apart_bps(moved(price, D(bps)), price) - bps) < D("1e-10")


@given(PRICES, PRICES)
def test_the_ambient_context_changes_no_digit(price: Decimal, reference: Decimal) -> None:
    """A session's figures are the same on every machine, whoever set the context there."""
    usual = apart_bps(price, reference), moved(price, D("0.37"))
    with decimal.localcontext(prec=4, rounding=decimal.ROUND_UP):
        assert (apart_bps(price, reference), moved(price, D("0.37"))) == usual
