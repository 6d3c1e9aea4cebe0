"""Shares of a pool against a second model: a deposit of one side is a swap of part of it, and a deposit of both.

The model knows none of the ledger's formulas. It finds by halving how much has to be swapped (at the pool's constant
product, less the fee) for the rest to match the pool's two sides, in sixty decimal digits.
"""

from __future__ import annotations

from decimal import Decimal, localcontext

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neo.ledger import pool_shares
from neo.ledger.amount import TOKENS, Token
from neo.ledger.number import NEAREST, normalize
from neo.ledger.text import parse_token, to_decimal

DIGITS = 60
NEAR = Decimal("1e-11")  # the root of a sixteen-digit number, of small differences

FEES = st.sampled_from([0, 1, 30, 300, 1000])
TOTALS = st.decimals(min_value="1e3", max_value="1e9", places=4)
DROPS = st.integers(10**7, 10**15)
PARTS = st.decimals(min_value="0.0005", max_value="0.9", places=4)


def modelled_shares(side: Decimal, deposit: Decimal, fee: int) -> Decimal:
    """The part of all shares that a deposit of one side is worth."""
    keeps = 1 - Decimal(fee) / 100_000
    low, high = Decimal(0), deposit
    for _ in range(180):
        swapped = (low + high) / 2
        bought = swapped * keeps / (side + swapped * keeps)  # as a part of the other side
        if (deposit - swapped) / (side + swapped) > bought / (1 - bought):
            low = swapped
        else:
            high = swapped
    bought = low * keeps / (side + low * keeps)
    return bought / (1 - bought)


def modelled_withdrawal(part: Decimal, fee: int) -> Decimal:
    """The part of one side that a part of all shares is worth: both sides first, then the other one swapped back."""
    keeps = 1 - Decimal(fee) / 100_000
    gained = part / (1 - part) * keeps  # of what is left of the other side
    return part + (1 - part) * gained / (1 + gained)


def token(value: Decimal) -> Token:
    return parse_token(str(value))


@settings(max_examples=200, derandomize=True)
@given(DROPS, PARTS, TOTALS, FEES)
def test_one_side_deposited_is_worth_what_a_swap_and_both_sides_would_be(
    side: int, part: Decimal, total: Decimal, fee: int
) -> None:
    """Never more, and less by rounding alone."""
    deposit = int(side * part)
    shares = to_decimal(pool_shares.shares_for_one(side, deposit, token(total), fee))
    with localcontext(prec=DIGITS):
        model = total * modelled_shares(Decimal(side), Decimal(deposit), fee)
        assert abs(shares - model) <= model * NEAR + total * Decimal("1e-14")


@settings(max_examples=200, derandomize=True)
@given(DROPS, PARTS, TOTALS, FEES)
def test_one_side_withdrawn_is_worth_what_both_sides_and_a_swap_would_be(
    side: int, part: Decimal, total: Decimal, fee: int
) -> None:
    """To a drop, rounded down."""
    shares = TOKENS.from_number(normalize(int(total * part * 10**8), -8))
    drops = pool_shares.withdrawal_for(side, token(total), shares, fee)
    with localcontext(prec=DIGITS):
        model = side * modelled_withdrawal(to_decimal(shares) / total, fee)
        assert isinstance(drops, int)
        assert model - side * NEAR - 1 <= drops <= model + side * NEAR


@settings(max_examples=200, derandomize=True)
@given(DROPS, PARTS, TOTALS, FEES)
def test_a_deposit_for_shares_costs_no_less_than_those_shares_are_given_for(
    side: int, part: Decimal, total: Decimal, fee: int
) -> None:
    """And a withdrawal gives no more than it would take back: whoever goes in and out at once does not gain."""
    whole = token(total)
    deposit = int(side * part)
    shares = pool_shares.shares_for_one(side, deposit, whole, fee)
    cost = pool_shares.deposit_for(side, whole, shares, fee)
    assert isinstance(cost, int)
    assert deposit - 2 - side // 10**11 <= cost <= deposit + 2 + side // 10**11
    back = pool_shares.withdrawal_for(side + deposit, TOKENS.add(whole, shares), shares, fee)
    assert isinstance(back, int)
    assert back <= deposit + 1 + side // 10**11


@settings(max_examples=100, derandomize=True)
@given(DROPS, PARTS, TOTALS, FEES)
def test_shares_of_a_withdrawal_are_those_it_is_given_for(side: int, part: Decimal, total: Decimal, fee: int) -> None:
    """The two ways round agree, the pool losing nothing to rounding."""
    whole, drops = token(total), int(side * part)
    shares = pool_shares.shares_of_one(side, drops, whole, fee)
    again = pool_shares.withdrawal_for(side, whole, shares, fee)
    assert isinstance(again, int)
    assert abs(again - drops) <= 2 + side // 10**11


def test_shares_that_a_total_cannot_tell_apart_are_not_given() -> None:
    """A total of sixteen digits before the point takes no share of a tenth, and two of 0.6 as one."""
    total = parse_token("1234567890123456")
    assert pool_shares.held_in(total, parse_token("0.1")) == parse_token("0")
    assert pool_shares.held_in(total, parse_token("1.6")) == parse_token("1")
    assert pool_shares.held_out(total, parse_token("1.6")) == parse_token("1")


@pytest.mark.parametrize(("value", "kind"), [(7, 3), (parse_token("7"), parse_token("3"))])
def test_amounts_of_either_kind_are_compared_and_subtracted_alike(value: int | Token, kind: int | Token) -> None:
    """Drops with drops, tokens with tokens."""
    assert pool_shares.is_less(kind, value)
    assert not pool_shares.is_less(value, kind)
    assert pool_shares.number_of(pool_shares.minus(value, kind)) == normalize(4, 0)
    assert pool_shares.part_of(value, normalize(1, 0), NEAREST) == value
