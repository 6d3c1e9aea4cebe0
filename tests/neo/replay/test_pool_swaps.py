"""A pool's fee by what takers got: against swaps worked out by hand."""

from __future__ import annotations

from decimal import Decimal

import pytest

from neo.replay.pool_swaps import PoolSwaps

# A pool of 1,000 XRP and 2,000 tokens; 100 XRP put in without a fee take out 2,000 - 2,000,000 / 1,100 = 181.81...


def swapped(*swaps: tuple[tuple[int, int], tuple[str, str]]) -> int | None:
    found = PoolSwaps()
    for drops, tokens in swaps:
        found.take(drops, (Decimal(tokens[0]), Decimal(tokens[1])))
    return found.fee


@pytest.mark.parametrize(
    ("fee", "tokens_after"),
    [
        (0, "1818.181818181818"),
        # With a fee of 0.5%, 99.5 XRP count: 2,000,000 / 1,099.5.
        (500, "1819.008640291041"),
        # With one of 1%, 99 XRP count: 2,000,000 / 1,099.
        (1000, "1819.836214740673"),
    ],
)
def test_the_fee_is_what_did_not_count(fee: int, tokens_after: str) -> None:
    """XRP put in, tokens taken out."""
    assert swapped(((1_000_000_000, 1_100_000_000), ("2000", tokens_after))) == fee


def test_it_is_the_same_the_other_way_round() -> None:
    """200 tokens put in at 0.3% count as 199.4: 2,000,000 / 2,199.4 = 909.338910612 XRP are left."""
    assert swapped(((1_000_000_000, 909_338_911), ("2000", "2200"))) == 300


def test_who_pays_less_for_the_auction_slot_does_not_change_it() -> None:
    """The middle of what takers paid counts."""
    usual = ((1_000_000_000, 1_100_000_000), ("2000", "1819.008640291041"))
    free = ((1_000_000_000, 1_100_000_000), ("2000", "1818.181818181818"))
    assert swapped(usual, free, usual) == 500


@pytest.mark.parametrize(
    ("drops", "tokens"),
    [
        ((1_000, 1_100), ("2000", "2200")),
        ((1_000, 900), ("2000", "1800")),
        ((1_000, 1_000), ("2000", "1800")),
        ((0, 1_000), ("0", "2000")),
        ((1_000, 0), ("2000", "0")),
        # Half of it gone for nothing much: no fee is so high.
        ((1_000, 2_000), ("2000", "1990")),
        ((1_000, 1_001), ("2000", "1000")),
    ],
)
def test_what_is_no_swap_tells_no_fee(drops: tuple[int, int], tokens: tuple[str, str]) -> None:
    """Both put in, both taken out, one alone, and what no fee could explain."""
    assert swapped((drops, tokens)) is None
