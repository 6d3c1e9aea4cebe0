"""Shares of the pool paid about: what must be open on both sides, and how much goes."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, DAVE, ISSUER, STRANGER, World, rlusd
from support.pool_world import share, shares, with_round_pool

from neo.ledger import EXCHANGE_3_0, UnsupportedTransactionError

FREEZE, RELEASE, DEEP = 0x100000, 0x200000, 0x400000
PARTIAL, LIMIT_QUALITY = 0x20000, 0x40000


def with_line(limit: str = "1000", **fields: Any) -> World:
    """A pool of whose 100,000 shares Bob would hold so many."""
    world = with_round_pool()
    assert world.do(BOB, "TrustSet", LimitAmount=share(world, limit), **fields) == "tesSUCCESS"
    return world


def test_shares_go_from_holder_to_holder_without_a_fee() -> None:
    """A pool's line keeps no reserve of the payer's once it is empty: Bob, who wants none any more, pays all back."""
    world = with_line()
    assert world.pay(DAVE, BOB, share(world, "12.5")) == "tesSUCCESS"
    assert (shares(world, DAVE), shares(world, BOB)) == (Decimal("99987.5"), Decimal("12.5"))
    assert world.do(BOB, "TrustSet", LimitAmount=share(world, "0"), Flags=0x20000) == "tesSUCCESS"
    assert world.do(DAVE, "TrustSet", LimitAmount=share(world, "1000000")) == "tesSUCCESS"
    assert world.ledger.owner_count(BOB) == 2
    assert world.pay(BOB, DAVE, share(world, "12.5")) == "tesSUCCESS"
    assert shares(world, DAVE) == 100_000
    assert (world.ledger.owner_count(BOB), len(world.ledger.state.accounts[BOB].lines)) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "result", "arrives"),
    [
        ({"value": "1000"}, "tesSUCCESS", "1000"),
        ({"value": "1000.01"}, "tecPATH_PARTIAL", "0"),
        ({"value": "1000.01", "Flags": PARTIAL}, "tesSUCCESS", "1000"),
        ({"value": "1000.01", "Flags": PARTIAL, "DeliverMin": "1000.005"}, "tecPATH_PARTIAL", "0"),
        ({"value": "10", "SendMax": "9", "Flags": PARTIAL}, "tesSUCCESS", "9"),
        ({"value": "10", "SendMax": "9"}, "tecPATH_PARTIAL", "0"),
        ({"value": "10", "SendMax": "11", "Flags": LIMIT_QUALITY}, "tesSUCCESS", "10"),
        ({"value": "10", "SendMax": "9", "Flags": PARTIAL | LIMIT_QUALITY}, "tecPATH_DRY", "0"),
    ],
)
def test_no_more_goes_than_the_payee_has_room_for_and_the_payer_would_spend(
    fields: dict[str, Any], result: str, arrives: str
) -> None:
    """Bob has 7, and would hold 1,007."""
    world = with_line("1007")
    assert world.pay(DAVE, BOB, share(world, "7")) == "tesSUCCESS"
    named = {key: share(world, value) if isinstance(value, str) else value for key, value in fields.items()}
    assert world.pay(DAVE, BOB, named.pop("value"), **named) == result
    assert shares(world, BOB) - 7 == Decimal(arrives)


def test_no_more_goes_than_the_payer_has() -> None:
    """Of 5 it cannot pay 6, but in part; with none it cannot begin."""
    world = with_line()
    assert world.do(CAROL, "TrustSet", LimitAmount=share(world, "1000")) == "tesSUCCESS"
    assert world.pay(BOB, CAROL, share(world, "1")) == "tecPATH_DRY"
    assert world.pay(DAVE, BOB, share(world, "5")) == "tesSUCCESS"
    assert world.pay(BOB, CAROL, share(world, "6")) == "tecPATH_PARTIAL"
    own = share(world, "6") | {"issuer": BOB}  # of whatever issuer it holds
    assert world.pay(BOB, CAROL, share(world, "6"), SendMax=own, Flags=PARTIAL) == "tesSUCCESS"
    assert (shares(world, BOB), shares(world, CAROL)) == (Decimal(0), Decimal(5))


@pytest.mark.parametrize(
    ("to", "result"),
    [(ALICE, "tecPATH_DRY"), (STRANGER, "tecNO_DST"), ("the pool", "tecNO_PERMISSION")],
)
def test_who_has_no_line_is_paid_none(to: str, result: str) -> None:
    """Nor is the pool itself, which takes deposits only."""
    world = with_line()
    pool = share(world, "1")["issuer"]
    assert world.pay(DAVE, pool if to == "the pool" else to, share(world, "1")) == result


def test_a_line_that_is_full_takes_none() -> None:
    """It makes the payment one that cannot begin, not one that is done in part."""
    world = with_line("5")
    assert world.pay(DAVE, BOB, share(world, "5")) == "tesSUCCESS"
    assert world.pay(DAVE, BOB, share(world, "1")) == "tecPATH_DRY"


@pytest.mark.parametrize(
    ("who", "flags", "result"),
    [
        (BOB, FREEZE, "tecPATH_DRY"),
        (DAVE, FREEZE, "tesSUCCESS"),
        (DAVE, FREEZE | DEEP, "tecPATH_DRY"),
        (BOB, FREEZE | DEEP, "tecPATH_DRY"),
    ],
)
def test_a_holders_own_freeze_of_its_shares_keeps_more_from_coming(who: str, flags: int, result: str) -> None:
    """A deep one keeps them from going, too."""
    world = with_line()
    assert world.do(who, "TrustSet", LimitAmount=share(world, "1000"), Flags=flags) == "tesSUCCESS"
    assert world.pay(DAVE, BOB, share(world, "1")) == result


@pytest.mark.parametrize(
    ("frozen", "without", "result"),
    [
        (DAVE, "", "tecPATH_DRY"),
        (BOB, "", "tesSUCCESS"),
        (ISSUER, "", "tecPATH_DRY"),
        (DAVE, "fixFrozenLPTokenTransfer", "tesSUCCESS"),
    ],
)
def test_whose_tokens_are_frozen_pays_no_shares_in_them(frozen: str, without: str, result: str) -> None:
    """By the issuer, one line or all; before the amendment it did."""
    world = World(amendments=EXCHANGE_3_0 - {without})
    assert world.pool(100_000_000, "100") == "tesSUCCESS"
    assert world.do(BOB, "TrustSet", LimitAmount=share(world, "1000")) == "tesSUCCESS"
    if frozen == ISSUER:
        assert world.do(ISSUER, "AccountSet", SetFlag=7) == "tesSUCCESS"
    else:
        assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=frozen), Flags=FREEZE) == "tesSUCCESS"
    assert world.pay(DAVE, BOB, share(world, "1")) == result


def test_an_account_that_froze_all_it_issues_is_paid_none() -> None:
    """As it takes nothing else by the payment engine."""
    world = with_line()
    assert world.do(BOB, "AccountSet", SetFlag=7) == "tesSUCCESS"
    assert world.pay(DAVE, BOB, share(world, "1")) == "tecPATH_DRY"


def test_shares_are_not_exchanged_on_the_way() -> None:
    """For that there would be books of them, which this ledger of one pair has not; nor are they valued at less."""
    world = with_line()
    for most in ("1000", rlusd("1")):
        with pytest.raises(UnsupportedTransactionError, match="out of shares only"):
            world.pay(DAVE, BOB, share(world, "1"), SendMax=most)
    with pytest.raises(UnsupportedTransactionError, match="along no path"):
        world.pay(DAVE, BOB, share(world, "1"), Paths=[[{"account": ISSUER}]])
    with pytest.raises(UnsupportedTransactionError):
        world.pay(DAVE, BOB, rlusd("1"), SendMax=share(world, "1"))
    valued = with_line(QualityIn=500_000_000)
    with pytest.raises(UnsupportedTransactionError, match="without a quality"):
        valued.pay(DAVE, BOB, share(valued, "1"))
