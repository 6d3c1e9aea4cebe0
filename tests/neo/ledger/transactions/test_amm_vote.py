"""Votes on a pool's fee: its average by shares, who counts, and who is put out of a full list."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_world import ALICE, BOB, CURRENCY, DAVE, ISSUER, World
from support.pool_world import ALL, ASSETS, LP_TOKEN, deposit, newcomer, share, shares, with_round_pool, withdraw

from neo.ledger.pool_entry import Vote


def vote(world: World, account: str, fee: int) -> str:
    """A vote; its result."""
    return world.do(account, "AMMVote", TradingFee=fee, **ASSETS)


def outcome(world: World) -> tuple[int, int, tuple[Vote, ...]]:
    """The pool's fee, what the slot's users pay, and the votes."""
    amm = world.ledger.state.amm
    assert amm is not None
    return amm.trading_fee, amm.discounted_fee(), amm.votes


def test_the_fee_is_the_average_of_the_votes_by_shares() -> None:
    """100,000 shares for 300 and 50,000 for 600 make (30 + 30 million) / 150,000 = 400, a tenth of it for the slot."""
    world = with_round_pool(fee=300)
    assert deposit(world, ALICE, Flags=LP_TOKEN, LPTokenOut=share(world, "50000")) == "tesSUCCESS"
    assert vote(world, ALICE, 600) == "tesSUCCESS"
    assert outcome(world) == (400, 40, (Vote(DAVE, 300, 66_667), Vote(ALICE, 600, 33_333)))


@pytest.mark.parametrize(("fee", "average"), [(301, 300), (303, 302), (0, 150)])
def test_half_a_unit_of_fee_is_rounded_to_the_even_one(fee: int, average: int) -> None:
    """300 and another, by as many shares each."""
    world = with_round_pool(fee=300)
    assert deposit(world, ALICE, Flags=LP_TOKEN, LPTokenOut=share(world, "100000")) == "tesSUCCESS"
    assert vote(world, ALICE, fee) == "tesSUCCESS"
    assert outcome(world)[:2] == (average, average // 10)


def test_a_second_vote_takes_the_place_of_the_first_and_a_vote_without_shares_goes() -> None:
    """Dave, who is alone, makes it 0; when he has left, only Alice's word counts."""
    world = with_round_pool(fee=300)
    assert vote(world, DAVE, 0) == "tesSUCCESS"
    assert outcome(world) == (0, 0, (Vote(DAVE, 0, 100_000),))
    assert deposit(world, ALICE, Flags=LP_TOKEN, LPTokenOut=share(world, "50000")) == "tesSUCCESS"
    assert withdraw(world, DAVE, Flags=ALL) == "tesSUCCESS"
    assert vote(world, ALICE, 1000) == "tesSUCCESS"
    assert outcome(world) == (1000, 100, (Vote(ALICE, 1000, 100_000),))


def test_of_eight_votes_the_weakest_gives_way_to_a_stronger_one() -> None:
    """Fewest shares, then the lowest fee, then the lowest account; of equal shares only a higher fee is stronger."""
    world = with_round_pool(fee=100)
    voters = [newcomer(world, number, "10") for number in range(100, 107)]
    for number, voter in enumerate(voters):
        assert vote(world, voter, 50 if number == 3 else 100) == "tesSUCCESS"
    names = [DAVE, *voters]
    assert [each.account for each in outcome(world)[2]] == names
    equal, fewer = newcomer(world, 200, "10"), newcomer(world, 201, "9")
    assert vote(world, equal, 50) == "tesSUCCESS"  # as strong as the weakest, and no stronger
    assert [each.account for each in outcome(world)[2]] == names
    assert vote(world, equal, 100) == "tesSUCCESS"
    names[4] = equal
    assert [each.account for each in outcome(world)[2]] == names
    assert vote(world, fewer, 1000) == "tesSUCCESS"
    assert [each.account for each in outcome(world)[2]] == names
    more = newcomer(world, 202, "11")
    assert withdraw(world, DAVE, Flags=LP_TOKEN, LPTokenIn=share(world, "99800")) == "tesSUCCESS"
    assert vote(world, more, 1000) == "tesSUCCESS"
    names[1] = more  # of seven alike the one with the lowest account
    assert [each.account for each in outcome(world)[2]] == names
    # Dave's 100 shares and 60 of the others for 100, 11 for 1000: 27,000 / 171 = 157.9
    assert outcome(world)[0] == 158


@settings(max_examples=40, derandomize=True)
@given(st.lists(st.tuples(st.integers(1, 10_000), st.integers(0, 1000)), min_size=1, max_size=7))
def test_the_fee_is_that_of_exact_fractions(holders: list[tuple[int, int]]) -> None:
    """The second model: the votes by shares in whole fractions, rounded to the even one."""
    world = with_round_pool(fee=777)
    for number, (paid, fee) in enumerate(holders):
        assert vote(world, newcomer(world, 100 + number, str(paid)), fee) == "tesSUCCESS"
    rest = 100_000 - sum(paid for paid, _ in holders)
    exact = Fraction(777 * rest + sum(paid * fee for paid, fee in holders), 100_000)
    assert outcome(world)[0] == round(exact)
    assert shares(world, DAVE) == Decimal(rest)


@pytest.mark.parametrize(
    ("account", "fields", "result"),
    [
        (BOB, {}, "tecAMM_INVALID_TOKENS"),
        (DAVE, {"TradingFee": 1001}, "temBAD_FEE"),
        (DAVE, {"TradingFee": 1000}, "tesSUCCESS"),
        (DAVE, {"Flags": 1}, "temINVALID_FLAG"),
        (DAVE, {"Asset2": {"currency": "XRP"}}, "temBAD_AMM_TOKENS"),
        (DAVE, {"Asset": "XRP"}, "temMALFORMED"),
    ],
)
def test_who_may_not_vote_and_what_is_no_vote(account: str, fields: dict[str, object], result: str) -> None:
    """Without shares, or above one in a hundred."""
    world = with_round_pool()
    assert world.do(account, "AMMVote", **{"TradingFee": 5, **ASSETS, **fields}) == result


def test_there_is_nothing_to_vote_on_without_a_pool() -> None:
    """The pool's assets are those of the pair in either order."""
    world = with_round_pool()
    token = {"currency": CURRENCY, "issuer": ISSUER}
    assert world.do(DAVE, "AMMVote", TradingFee=5, Asset=token, Asset2={"currency": "XRP"}) == "tesSUCCESS"
    assert withdraw(world, DAVE, Flags=ALL) == "tesSUCCESS"
    assert vote(world, DAVE, 5) == "terNO_AMM"
