"""What a pool offers where the book's best price is absurd: the one case in which it cannot solve for that price.

Rule: ``AMMLiquidity::getOffer`` and ``solveQuadraticEqSmallest`` of the ledger server. A pool of 100,000,004 drops is
met by an ask at 10^12 tokens a drop, 5 x 10^17 times its own price. What takers get solves ``o*o - 2 O o + O*O - I O /
rate = 0``. In sixteen digits ``O*O``, 10,000,000,800,000,016, is rounded to ...02 tens, four times that is ...08 tens,
and ``(2 O)*(2 O)``, 40,000,003,200,000,064, is rounded to ...06 tens: the discriminant is negative, no solution.
"""

from __future__ import annotations

import itertools
import random
from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, World, rlusd

from neo.ledger import EXCHANGE_3_0, number, quality
from neo.ledger.pool import GETS_TOKENS, GETS_XRP, SWAPS_TOKENS
from neo.ledger.text import parse_token

DROPS = 100_000_004
TOKENS = parse_token("200")
ABSURD = quality.quality_of(parse_token("1000000000000"), 1)
OLDER = EXCHANGE_3_0 - {"fixAMMv1_2"}


def offered(drops: int = DROPS, *, falls_back: bool) -> Any:
    """What the pool offers against the ask, without a fee."""
    return GETS_XRP.offer_for(TOKENS, drops, 0, ABSURD, falls_back, 16)


def test_a_pool_that_cannot_solve_for_the_price_offers_nothing_without_the_rule() -> None:
    assert offered(falls_back=False) is None


def test_with_the_rule_it_offers_99_percent_of_itself_at_its_spot_price() -> None:
    """99,000,003 drops for 200 x 99,000,003 / 1,000,001 = 19,799.98080001919... tokens, the sixteenth digit up."""
    assert offered(falls_back=True) == (parse_token("19799.9808000192"), 99_000_003, quality.quality_of(TOKENS, DROPS))


def test_a_pool_with_a_solution_offers_the_same_with_and_without_the_rule() -> None:
    """Four drops fewer, and the square is exact: 9,999/10,000 of the pool, as without a solution it would not be."""
    offers = [offered(100_000_000, falls_back=falls_back) for falls_back in (False, True)]
    assert offers[0] == offers[1]
    assert offers[0] is not None
    assert offers[0][1] == 99_990_000


@pytest.mark.parametrize(
    ("amendments", "result", "left", "drops"),
    [
        (EXCHANGE_3_0, "tesSUCCESS", "800.0000159999987", 1_050_000_000),
        (OLDER, "tecPATH_PARTIAL", "1000", 1_000_000_000),
    ],
    ids=["with", "without"],
)
def test_a_payment_meets_the_pool_behind_an_absurd_ask_only_with_the_rule(
    amendments: frozenset[str], result: str, left: str, drops: int
) -> None:
    """50 XRP cost 200 x 50,000,000 / 50,000,004 = 199.9999840000013 tokens of the pool; the ask alone gives nothing."""
    world = World(amendments=amendments)
    assert world.pool(DROPS, "200") == "tesSUCCESS"
    assert world.ask(BOB, 1, "1000000000000") == "tesSUCCESS"
    assert world.pay(ALICE, CAROL, "50000000", SendMax=rlusd("300")) == result
    assert (world.tokens(ALICE), world.ledger.state.accounts[CAROL].drops) == (left, drops)


@pytest.mark.parametrize("digits", [16, 19])
def test_the_rule_decides_nothing_but_where_takers_get_xrp_at_an_absurd_price(digits: int) -> None:
    """Paying in, the discriminant is a sum of positive parts; and near the pool's price the largest offer is no better.

    The largest offer gives a hundredth of the spot price, less the fee. What can be solved for is at least as large at
    any price that is worse than this.
    """
    chance, differed = random.Random(5), 0
    for _ in range(1500):
        worse = chance.choice((0, 0, 1, 2, 3, 8, 13, 15, 17, 20, 22))
        drops = chance.choice((chance.randint(1, 300), chance.randint(10**8, 10**12)))
        tokens = parse_token(f"{chance.randint(1, 10**9)}e{chance.randint(-12, 0)}")
        trades: tuple[tuple[Any, Any, Any], ...] = (
            (GETS_XRP, tokens, drops),
            (GETS_TOKENS, drops, tokens),
            (SWAPS_TOKENS, tokens, parse_token(str(drops))),
        )
        for trade, held_in, held_out in trades:
            mantissa, exponent = quality.rate_of(quality.quality_of(held_in, held_out))
            target = quality.of_rate((mantissa + chance.randrange(10**13, 10**15), exponent + worse))
            fee = chance.choice((0, 1, 300, 1000))
            offers = [trade.offer_for(held_in, held_out, fee, target, falls, digits) for falls in (False, True)]
            if offers[0] != offers[1]:
                differed += 1
                assert trade is GETS_XRP
                assert worse >= digits - 1
    assert differed


def test_nearness_of_two_prices_is_that_of_the_rule_however_near_they_are() -> None:
    """One part in ten million, in the ledger's numbers: at random, about the limit, and across a power of ten."""
    chance, seen = random.Random(5), set()
    for _ in range(4_000):
        mantissa = chance.choice((chance.randrange(10**15, 10**16), 10**15 + chance.randrange(10**9), 10**16 - 1))
        parts = chance.choice((chance.randrange(1, 10**10), 10**7 + chance.randrange(-3, 4), 2**60))
        one = (84 << 56) | mantissa
        other = quality.of_rate(number.normalize(mantissa + mantissa // parts, -16))
        worse, better = quality.rate_of(max(one, other)), quality.rate_of(min(one, other))
        gap = number.divide(number.subtract(worse, better), worse)
        is_near = number.less(gap, number.normalize(1, -7))
        assert quality.is_near(one, other) == quality.is_near(other, one) == is_near
        seen.add((is_near, one >> 56 == other >> 56))
    assert seen == set(itertools.product((True, False), repeat=2))
