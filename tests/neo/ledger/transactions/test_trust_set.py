"""Deep freezes of trust lines: who may set them, and what they do to offers, takers and payments."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_two_tokens import USD_ISSUER, TwoTokens, usd
from support.ledger_world import ALICE, BOB, CAROL, IMMEDIATE, ISSUER, STRANGER, World, rlusd
from support.pool_world import share, with_round_pool

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, UnsupportedTransactionError

NO_RIPPLE = 0x20000
FREEZE, RELEASE, DEEP, DEEP_RELEASE = 0x100000, 0x200000, 0x400000, 0x800000
LIMIT = rlusd("1000000000")


def newer(**made: Any) -> World:
    """A world under the rules of 3.0."""
    return World(amendments=EXCHANGE_3_0, **made)


def freeze(world: World, flags: int, holder: str = BOB) -> str:
    """The issuer's word on a holder's line."""
    return world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=holder), Flags=flags)


@pytest.mark.parametrize(
    ("flags", "result"),
    [
        ((DEEP,), "tecNO_PERMISSION"),
        ((FREEZE | DEEP,), "tesSUCCESS"),
        ((FREEZE, DEEP), "tesSUCCESS"),
        ((FREEZE | DEEP, RELEASE), "tecNO_PERMISSION"),
        ((FREEZE | DEEP, DEEP_RELEASE, RELEASE), "tesSUCCESS"),
        ((FREEZE | DEEP, RELEASE | DEEP_RELEASE), "tesSUCCESS"),
        ((FREEZE | DEEP_RELEASE,), "tecNO_PERMISSION"),
    ],
)
def test_a_deep_freeze_stands_on_an_ordinary_one_and_is_not_set_and_cleared_at_once(
    flags: tuple[int, ...], result: str
) -> None:
    """The result of the last of several; those before succeed."""
    world = newer()
    for each in flags[:-1]:
        assert freeze(world, each) == "tesSUCCESS"
    assert freeze(world, flags[-1]) == result


def test_who_gave_freezing_up_freezes_nothing_any_more() -> None:
    """It could before the amendment try to, to no effect."""
    for amendments, result in ((EXCHANGE_3_0, "tecNO_PERMISSION"), (EXCHANGE_2_3, "tesSUCCESS")):
        world = World(amendments=amendments)
        assert world.do(ISSUER, "AccountSet", SetFlag=6) == "tesSUCCESS"
        assert freeze(world, FREEZE) == result
        assert world.bid(BOB, 1_000_000, "2") == "tesSUCCESS"


def test_without_the_amendment_the_flags_are_unknown() -> None:
    """A server of 2.3 refuses them."""
    assert freeze(World(amendments=EXCHANGE_2_3), FREEZE | DEEP) == "temINVALID_FLAG"


@pytest.mark.parametrize("side", ["asks", "bids"])
def test_whose_line_is_deep_frozen_neither_buys_nor_sells(side: str) -> None:
    """New offers are refused on both sides; one that rests is removed unfilled by the first who meets it."""
    world = newer()
    place, take = (world.ask, world.bid) if side == "asks" else (world.bid, world.ask)
    assert place(BOB, 1_000_000, "2") == "tesSUCCESS"
    assert freeze(world, FREEZE | DEEP) == "tesSUCCESS"
    refused = place(BOB, 1_000_000, "2")
    assert refused == ("tecFROZEN" if side == "asks" else "tecUNFUNDED_OFFER")
    assert take(CAROL, 1_000_000, "2", Flags=IMMEDIATE) == "tecKILLED"
    assert world.ledger.offers(BOB) == []
    assert world.tokens(BOB) == "1000"


def test_under_an_ordinary_freeze_a_holder_still_buys() -> None:
    """Its bids are without funds, its asks are not."""
    world = newer()
    assert world.ask(BOB, 1_000_000, "2") == "tesSUCCESS"
    assert freeze(world, FREEZE) == "tesSUCCESS"
    assert world.bid(CAROL, 1_000_000, "2", Flags=IMMEDIATE) == "tesSUCCESS"
    assert world.tokens(BOB) == "1002"


@pytest.mark.parametrize("who", [ISSUER, BOB])
def test_no_tokens_are_paid_over_a_line_that_either_side_froze_deeply(who: str) -> None:
    """Neither from it nor to it; when it is released they are."""
    world = newer()
    limit = rlusd("0", issuer=BOB) if who == ISSUER else LIMIT
    assert world.do(who, "TrustSet", LimitAmount=limit, Flags=FREEZE | DEEP) == "tesSUCCESS"
    assert world.pay(BOB, ALICE, rlusd("1")) == "tecPATH_DRY"
    assert world.pay(ALICE, BOB, rlusd("1")) == "tecPATH_DRY"
    assert world.do(who, "TrustSet", LimitAmount=limit, Flags=RELEASE | DEEP_RELEASE) == "tesSUCCESS"
    assert world.pay(ALICE, BOB, rlusd("1")) == "tesSUCCESS"


orders = st.lists(
    st.tuples(st.sampled_from(["ask", "bid"]), st.sampled_from([ALICE, BOB]), st.integers(1, 60)),
    min_size=1,
    max_size=12,
)


@settings(max_examples=60, derandomize=True)
@given(orders, st.sampled_from(["ask", "bid"]), st.integers(1, 100), st.integers(1, 60))
def test_a_taker_trades_as_if_the_deep_frozen_makers_offers_were_not_there(
    makers: list[tuple[str, str, int]], side: str, size: int, price: int
) -> None:
    """The second model is the ledger in which the maker took its offers back: everyone else ends with the same."""
    worlds = newer(), newer()
    for world in worlds:
        for kind, maker, at in makers:
            # Asks want 2 tokens an XRP and more, bids give less: makers do not meet each other.
            tokens = f"{2 + at / 100:.2f}" if kind == "ask" else f"{2 - at / 100:.2f}"
            getattr(world, kind)(maker, 1_000_000, tokens)
    frozen_world, cancelled = worlds
    assert freeze(frozen_world, FREEZE | DEEP) == "tesSUCCESS"
    for offer in cancelled.ledger.offers(BOB):
        assert cancelled.do(BOB, "OfferCancel", OfferSequence=offer.sequence) == "tesSUCCESS"
    ends = []
    for world in worlds:
        tokens = f"{size * (1 + price / 20) / 10:.4f}"
        getattr(world, side)(CAROL, size * 100_000, tokens)
        ledger = world.ledger
        ends.append([(ledger.xrp_drops(who), ledger.token_balance(who), ledger.offers(who)) for who in (ALICE, CAROL)])
        assert ledger.token_balance(BOB) == 1000
    assert ends[0] == ends[1]


def test_a_line_to_a_pool_is_for_its_shares() -> None:
    """Not for the token; it counts as an entry of who opens it, and goes when it says nothing any more."""
    world = with_round_pool()
    shares_wanted, none_wanted = share(world, "50"), share(world, "0")
    assert world.do(BOB, "TrustSet", LimitAmount=shares_wanted | {"currency": rlusd("1")["currency"]}) == (
        "tecNO_PERMISSION"
    )
    assert world.do(BOB, "TrustSet", LimitAmount=none_wanted) == "tecNO_LINE_REDUNDANT"
    assert world.do(BOB, "TrustSet", LimitAmount=shares_wanted, Flags=0x20000) == "tesSUCCESS"
    assert world.ledger.owner_count(BOB) == 2
    assert world.do(BOB, "TrustSet", LimitAmount=none_wanted, Flags=0x20000) == "tesSUCCESS"
    assert (world.ledger.owner_count(BOB), len(world.ledger.state.accounts[BOB].lines)) == (1, 1)
    assert world.tokens(BOB) == "1000"


def test_the_second_tokens_lines_are_opened_frozen_and_closed_like_the_pairs() -> None:
    """A stranger opens one, is paid, is frozen by that token's issuer, pays it back and closes the line."""
    world = TwoTokens()
    assert world.pay(ALICE, STRANGER, "50000000") == "tesSUCCESS"
    assert world.do(STRANGER, "TrustSet", LimitAmount=usd("10")) == "tesSUCCESS"
    assert world.ledger.owner_count(STRANGER) == 1
    assert world.pay(USD_ISSUER, STRANGER, usd("11")) == "tecPATH_PARTIAL"
    assert world.pay(USD_ISSUER, STRANGER, usd("10")) == "tesSUCCESS"
    frozen = {**usd("0"), "issuer": STRANGER}
    assert world.do(USD_ISSUER, "TrustSet", LimitAmount=frozen, Flags=FREEZE) == "tesSUCCESS"
    assert world.pay(STRANGER, ALICE, usd("1")) == "tecPATH_DRY"
    assert world.pay(STRANGER, USD_ISSUER, usd("10")) == "tesSUCCESS"
    assert world.do(USD_ISSUER, "TrustSet", LimitAmount=frozen, Flags=RELEASE) == "tesSUCCESS"
    assert world.do(STRANGER, "TrustSet", LimitAmount=usd("0"), Flags=NO_RIPPLE) == "tesSUCCESS"
    assert (world.usd_of(STRANGER), world.ledger.owner_count(STRANGER)) == ("no line", 0)


def test_a_line_of_a_token_that_the_ledger_does_not_know_is_an_error_of_the_caller() -> None:
    """EUR of the same issuer is another token."""
    with pytest.raises(UnsupportedTransactionError, match="tokens"):
        TwoTokens().do(ALICE, "TrustSet", LimitAmount={**usd("1"), "currency": "EUR"})
