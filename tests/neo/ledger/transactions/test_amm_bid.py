"""Bids for a pool's auction slot: its price over the day, who is paid back, what is burnt, who trades for less."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_world import ALICE, BOB, CAROL, DAVE, IMMEDIATE, SELL, START_S, STRANGER, World, rlusd
from support.pool_world import ALL, ASSETS, LP_TOKEN, at, deposit, share, shares, with_round_pool, withdraw

DAY_S = 86_400
TOKENS = Decimal(1000)


def with_holders() -> World:
    """A pool at 1 % of which Dave has 100,000 shares and the slot, Alice 50,000."""
    world = with_round_pool(fee=1000)
    assert deposit(world, ALICE, Flags=LP_TOKEN, LPTokenOut=share(world, "50000")) == "tesSUCCESS"
    return world


def bid(world: World, account: str, *users: str, **limits: str) -> str:
    """A bid; its result. Limits are in shares."""
    fields: dict[str, Any] = {name: share(world, value) for name, value in limits.items()}
    if users:
        fields["AuthAccounts"] = [{"AuthAccount": {"Account": user}} for user in users]
    return world.do(account, "AMMBid", **ASSETS, **fields)


def total(world: World) -> Decimal:
    """All shares there are."""
    pool = world.ledger.amm()
    assert pool is not None
    return pool.lp_token


def test_a_slot_that_cost_nothing_is_sold_for_the_least_price() -> None:
    """1 % of 150,000 shares, by 25: 60 are burnt, and Alice has it for a day at 0.1 %, Bob with her."""
    world = with_holders()
    amm = world.ledger.state.amm
    assert amm is not None
    amm.slot_fee = 7  # whatever it was
    assert bid(world, ALICE, BOB) == "tesSUCCESS"
    assert (shares(world, ALICE), total(world)) == (Decimal(49_940), Decimal(149_940))
    assert (amm.slot_account, amm.slot_expiration_s, amm.slot_fee) == (ALICE, START_S + DAY_S, 100)
    assert (amm.slot_users, amm.slot_price[0]) == ((BOB,), 6 * 10**15)


def outbid(world: World) -> None:
    """Alice buys the slot for 60, and Dave outbids her at once."""
    assert bid(world, ALICE, BOB) == "tesSUCCESS"
    assert bid(world, DAVE) == "tesSUCCESS"


def test_who_is_outbid_at_once_has_back_19_parts_in_20() -> None:
    """Dave pays 60 * 1.05 + 149,940 * 0.0004 = 122.976; 57 go to Alice, 65.976 are burnt. Her users are out."""
    world = with_holders()
    outbid(world)
    assert (shares(world, ALICE), shares(world, DAVE)) == (Decimal(49997), Decimal("99877.024"))
    assert total(world) == Decimal("149874.024")
    amm = world.ledger.state.amm
    assert amm is not None
    assert (amm.slot_account, amm.slot_users) == (DAVE, ())


@pytest.mark.parametrize(
    ("interval", "price", "back"),
    [
        (1, "189.0744096", "110.6784"),
        (10, "189.0744096", "55.3392"),
        (18, "183.12565601976961", "6.1488"),
        (19, "59.9496096", "0"),
        (20, "59.9496096", "0"),
    ],
)
def test_the_price_falls_steeply_toward_the_end_of_the_day(interval: int, price: str, back: str) -> None:
    """122.976 * 1.05 * (1 - used^60) and the least price, used by twentieths; the last pays nobody back."""
    world = with_holders()
    outbid(world)
    before = total(world)
    for second in (interval * 4320 - 1, interval * 4320):
        at(world, START_S + second)
    assert bid(world, ALICE) == "tesSUCCESS"
    assert abs(shares(world, ALICE) - 49_997 + Decimal(price)) < Decimal("1e-9")
    assert abs(shares(world, DAVE) - Decimal("99877.024") - Decimal(back)) < Decimal("1e-9")
    assert abs(before - total(world) - Decimal(price) + Decimal(back)) < Decimal("1e-9")


def test_a_part_of_the_day_ends_with_its_last_second() -> None:
    """In the last second of the eighteenth part the price is still that of 0.9 of a day used: 0.9^60 is 0.0018."""
    world = with_holders()
    outbid(world)
    at(world, START_S + 18 * 4320 - 1)
    assert bid(world, ALICE) == "tesSUCCESS"
    paid = Decimal("129.1248") * (1 - Decimal("0.9") ** 60) + Decimal("59.9496096")
    assert abs(shares(world, ALICE) - 49_997 + paid) < Decimal("1e-9")


def test_its_holder_buys_it_anew_for_the_difference() -> None:
    """Alice pays 122.976 less the 57 that are hers, which do not move: beside them her sixteen digits would not fit."""
    world = with_holders()
    assert bid(world, ALICE) == "tesSUCCESS"
    assert world.do(DAVE, "TrustSet", LimitAmount=share(world, "1000000")) == "tesSUCCESS"
    for away in ("48940.00000000001", "0.0000000000003"):
        assert world.pay(ALICE, DAVE, share(world, away)) == "tesSUCCESS"
    assert shares(world, ALICE) == Decimal("999.9999999999897")
    assert bid(world, ALICE) == "tesSUCCESS"
    assert shares(world, ALICE) == Decimal("934.0239999999897")


@pytest.mark.parametrize(
    ("limits", "result", "paid"),
    [
        ({"BidMax": "59.999"}, "tecAMM_FAILED", "0"),
        ({"BidMax": "60"}, "tesSUCCESS", "60"),
        ({"BidMin": "200"}, "tesSUCCESS", "200"),
        ({"BidMin": "7", "BidMax": "100"}, "tesSUCCESS", "60"),
        ({"BidMin": "90", "BidMax": "100"}, "tesSUCCESS", "90"),
        ({"BidMin": "7", "BidMax": "59"}, "tecAMM_FAILED", "0"),
        ({"BidMin": "101", "BidMax": "100"}, "tecAMM_INVALID_TOKENS", "0"),
        ({"BidMin": "50000.1"}, "tecAMM_INVALID_TOKENS", "0"),
        ({"BidMax": "50000.1"}, "tecAMM_INVALID_TOKENS", "0"),
    ],
)
def test_a_bid_pays_the_price_or_its_own_least_if_that_is_more(limits: dict[str, str], result: str, paid: str) -> None:
    """The price is 60, and Alice has 50,000 shares."""
    world = with_holders()
    assert bid(world, ALICE, **limits) == result
    assert 50_000 - shares(world, ALICE) == Decimal(paid)


def test_nobody_pays_with_shares_it_lacks() -> None:
    """The price is 60; of 100,000 Alice keeps 59, and Dave with all the others may not bid them all."""
    world = with_holders()
    rest = share(world, "49941")
    assert world.do(DAVE, "TrustSet", LimitAmount=share(world, "1000000")) == "tesSUCCESS"
    assert world.pay(ALICE, DAVE, rest) == "tesSUCCESS"
    assert bid(world, ALICE) == "tecAMM_INVALID_TOKENS"
    assert world.pay(ALICE, DAVE, share(world, "59")) == "tesSUCCESS"
    assert bid(world, DAVE, BidMin="150000") == "tecAMM_INVALID_TOKENS"


@pytest.mark.parametrize(
    ("users", "result"),
    [
        ((BOB, CAROL, DAVE, STRANGER), "terNO_ACCOUNT"),
        ((BOB, CAROL, DAVE), "tesSUCCESS"),
        ((BOB, BOB), "temMALFORMED"),
        ((ALICE,), "temMALFORMED"),
        ((BOB, CAROL, DAVE, STRANGER, "rrrrrrrrrrrrrrrrrrrrrhoLvTp"), "temMALFORMED"),
        (("nobody",), "temMALFORMED"),
    ],
)
def test_up_to_four_other_accounts_may_use_the_slot(users: tuple[str, ...], result: str) -> None:
    """Each once, none of them the bidder, and all in the ledger."""
    assert bid(with_holders(), ALICE, *users) == result


@pytest.mark.parametrize(
    ("account", "fields", "result"),
    [
        (BOB, {}, "tecAMM_INVALID_TOKENS"),
        (ALICE, {"BidMin": rlusd("1")}, "temBAD_AMM_TOKENS"),
        (ALICE, {"BidMax": "1"}, "temBAD_AMM_TOKENS"),
        (ALICE, {"BidMax": "0"}, "temBAD_AMOUNT"),
        (ALICE, {"Flags": 1}, "temINVALID_FLAG"),
        (ALICE, {"Asset": {"currency": "XRP"}, "Asset2": {"currency": "XRP"}}, "temBAD_AMM_TOKENS"),
        (ALICE, {"AuthAccounts": 4}, "temMALFORMED"),
    ],
)
def test_who_may_not_bid_and_what_is_no_bid(account: str, fields: dict[str, Any], result: str) -> None:
    """Without shares, in anything but shares, or in a form that cannot be read."""
    assert with_holders().do(account, "AMMBid", **(ASSETS | fields)) == result


def test_there_is_no_slot_without_a_pool() -> None:
    """It went with the last share."""
    world = with_round_pool()
    assert withdraw(world, DAVE, Flags=ALL) == "tesSUCCESS"
    assert world.do(DAVE, "AMMBid", **ASSETS) == "terNO_AMM"


@pytest.mark.parametrize(
    ("account", "second", "got"),
    [
        (DAVE, DAY_S - 1, "0.98911870414559"),
        (BOB, DAY_S - 1, "0.98911870414559"),
        (CAROL, DAY_S - 1, "0.98029507872066"),
        (DAVE, DAY_S, "0.98029507872066"),
        (BOB, DAY_S, "0.98029507872066"),
    ],
)
def test_the_slots_users_trade_at_a_tenth_of_the_fee_until_it_lapses(account: str, second: int, got: str) -> None:
    """1 XRP for tokens, 100 of each in the pool: 100 - 10,000 / 100.999 at 0.1 %, 100 - 10,000 / 100.99 at 1 %."""
    world = with_round_pool(fee=1000)
    assert bid(world, DAVE, BOB) == "tesSUCCESS"
    at(world, START_S + second)
    had = world.ledger.token_balance(account)
    assert world.ask(account, 1_000_000, "0.0001", Flags=IMMEDIATE | SELL) == "tesSUCCESS"
    assert had is not None
    now = world.ledger.token_balance(account)
    assert now is not None
    assert abs(now - had - Decimal(got)) < Decimal("1e-11")


moves = st.lists(
    st.tuples(st.sampled_from([ALICE, DAVE]), st.integers(0, 40_000), st.sampled_from([None, "90", "500"])),
    min_size=1,
    max_size=12,
)


@settings(max_examples=40, derandomize=True)
@given(moves)
def test_what_is_not_burnt_is_held(bids: list[tuple[str, int, str | None]]) -> None:
    """Whoever bids when, the holders' shares are all there are, and each sale leaves fewer."""
    world = with_holders()
    now_s = START_S
    for account, later_s, least in bids:
        now_s += later_s
        at(world, now_s)
        before = total(world)
        assert bid(world, account, **({"BidMin": least} if least else {})) == "tesSUCCESS"
        assert total(world) < before
        assert abs(shares(world, ALICE) + shares(world, DAVE) - total(world)) < Decimal("1e-8")
