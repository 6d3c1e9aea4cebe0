"""The pool's offers where it is one way of several: small steps that grow with every pass that takes one.

Source of the rule: ``generateFibSeqOffer`` in AMMLiquidity.cpp of the ledger server.
"""

from __future__ import annotations

from support.ledger_two_tokens import POOL, TO_RLUSD, TO_USD, TwoTokens, usd
from support.ledger_world import ALICE, BOB, CAROL, DAVE, rlusd

from neo.ledger.amount import DROPS, TOKENS
from neo.ledger.pool import Reserves, step_offer
from neo.ledger.scale import SMALL

FOUR_THOUSAND = (4 * 10**15, -12)


def reserves(drops: int = 4_000_000) -> Reserves[tuple[int, int], int]:
    """4,000 tokens against so many drops, without a fee."""
    return Reserves(TOKENS, DROPS, FOUR_THOUSAND, drops, 0, SMALL)


def test_the_first_step_is_a_4000th_of_what_takers_pay() -> None:
    """1 of 4,000 tokens; 4,000,000 drops x 1 / 4,001 are 999.75, rounded down."""
    found = step_offer(reserves(), reserves(), 0)
    assert found is not None
    assert found[:2] == ((10**15, -15), 999)


def test_later_steps_give_2_3_5_times_as_much_from_the_pool_as_it_is() -> None:
    """After 2 passes 2 x 999 drops, after 4 passes 5 x 999; 4,000 x 4,995 / 3,995,005 tokens, rounded up."""
    second, fourth = step_offer(reserves(), reserves(), 2), step_offer(reserves(), reserves(), 4)
    assert second is not None
    assert second[1] == 1998
    assert fourth is not None
    assert fourth[1] == 4995
    assert abs(fourth[0][0] * 10.0 ** fourth[0][1] - 19_980_000 / 3_995_005) < 1e-12


def test_a_step_that_would_empty_the_pool_is_none() -> None:
    """3 x 999 drops are no less than 2,997."""
    assert step_offer(reserves(), reserves(2_997), 3) is None
    assert step_offer(reserves(), reserves(2_998), 3) is not None


def test_a_pool_alone_gives_all_at_once() -> None:
    """A pool of 1,000 XRP and 3,000 USD gives 30 USD for 1,000 x 30 / 2,970 XRP, 10.101011 with the last drop up."""
    world = TwoTokens()
    world.usd_pool(1_000_000_000, "3000")
    assert world.pay(ALICE, DAVE, usd("30"), SendMax="50000000") == "tesSUCCESS"
    assert world.usd_of(DAVE) == "1030"
    assert world.ledger.state.accounts[POOL].drops == 1_010_101_011


def test_a_pool_beside_another_path_takes_turns_with_it() -> None:
    """The pool begins at 3 USD for 1 XRP and grows dearer; what stands between its steps is taken in between.

    Over RLUSD 10 USD cost 3.35 XRP, 2.985 USD for 1 XRP. The pool's steps are of 0.25 XRP and 1, 2, 3, 5 ... times as
    much as the first gives, 0.7498 USD: it passes that price after a few of them, and so gives less than 21 USD.
    """
    world = TwoTokens()
    world.usd_pool(1_000_000_000, "3000")
    assert world.offer(BOB, rlusd("10"), "3350000") == "tesSUCCESS"
    assert world.offer(CAROL, usd("10"), rlusd("10")) == "tesSUCCESS"
    assert world.pay(ALICE, DAVE, usd("30"), SendMax="50000000", Paths=[[TO_RLUSD, TO_USD]]) == "tesSUCCESS"
    assert (world.usd_of(DAVE), world.usd_of(CAROL), world.tokens(CAROL)) == ("1030", "990", "1010")
    given = 1_000_000_000 * 20 / 2_980  # what 20 USD cost at once
    assert given <= world.ledger.state.accounts[POOL].drops - 1_000_000_000 <= given * 1.0001
