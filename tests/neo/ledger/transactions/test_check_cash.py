"""Checks: what they promise is fetched if it is there, and what they cost their writer while they are out."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, ISSUER, START_S, STRANGER, World, frozen, rlusd

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, Ledger, keys

FREEZE, GLOBAL_FREEZE, DISALLOW_CHECKS = 0x100000, 7, 13


def newer(**made: Any) -> World:
    """A world under the rules of 3.0."""
    return World(amendments=EXCHANGE_3_0, **made)


def check_id(writer: str = ALICE, sequence: int = 1) -> str:
    """The name of a check that was somebody's transaction of this number."""
    return keys.check_key(keys.account_id(writer), sequence).hex().upper()


def cash(world: World, value: Any, field: str = "Amount", by: str = BOB, writer: str = ALICE) -> str:
    """Cash the writer's first transaction."""
    return world.do(by, "CheckCash", CheckID=check_id(writer), **{field: value})


def owned(world: World, who: str = ALICE) -> int:
    """How many entries somebody owns."""
    return world.ledger.owner_count(who)


def test_a_check_takes_its_writers_reserve_until_it_is_cashed() -> None:
    """Alice's line is one entry, her check another; 25 of the 50 tokens it promises are fetched, and it is gone."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("50"), InvoiceID="A" * 64) == "tesSUCCESS"
    (check,) = world.ledger.state.others.values()
    assert check.fields == {
        "Account": ALICE,
        "Destination": BOB,
        "Flags": 0,
        "InvoiceID": "A" * 64,
        "SendMax": rlusd("50"),
        "Sequence": 1,
    }
    assert (owned(world), owned(world, BOB)) == (2, 1)
    assert cash(world, rlusd("25")) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("975", "1025")
    assert (owned(world), world.ledger.state.others) == (1, {})


def test_a_check_keeps_nothing_back_so_that_its_writers_offers_still_fill() -> None:
    """Alice promises all her tokens and bids with them too: who comes first gets them, then the check bounces."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("1000")) == "tesSUCCESS"
    assert world.bid(ALICE, 500_000_000, "1000") == "tesSUCCESS"
    assert world.ask(CAROL, 250_000_000, "500") == "tesSUCCESS"
    assert world.tokens(ALICE) == "500"
    assert cash(world, rlusd("500.1")) == "tecPATH_PARTIAL"
    assert cash(world, rlusd("500")) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("0", "1500")


@pytest.mark.parametrize(("drops", "result"), [("998799990", "tesSUCCESS"), ("998799991", "tecPATH_PARTIAL")])
def test_cashing_xrp_frees_the_checks_own_reserve_for_it(drops: str, result: str) -> None:
    """1,000 XRP less a fee of 10 drops, less 1.2 XRP for the account and its line: 998,799,990 drops."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax="2000000000") == "tesSUCCESS"
    assert cash(world, drops) == result


def test_a_least_amount_fetches_all_there_is_up_to_the_checks() -> None:
    """Of XRP as of tokens; how much is told."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax="2000000000") == "tesSUCCESS"
    applied = world.apply(world.tx(BOB, "CheckCash", CheckID=check_id(), DeliverMin="1"))
    assert (applied.result, applied.meta()["DeliveredAmount"]) == ("tesSUCCESS", "998799990")
    assert world.ledger.xrp_drops(ALICE) == 1_200_000
    world = newer(transfer_rate=1_250_000_000)
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("100")) == "tesSUCCESS"
    assert cash(world, rlusd("80.1"), "DeliverMin") == "tecPATH_PARTIAL"  # of 100 sent, a fee of 25 % leaves 80
    applied = world.apply(world.tx(BOB, "CheckCash", CheckID=check_id(), DeliverMin=rlusd("80")))
    assert (applied.result, applied.meta()["delivered_amount"]) == ("tesSUCCESS", rlusd("80"))
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("900", "1080")


def test_cashing_makes_the_line_that_it_needs_and_passes_over_a_limit() -> None:
    """A stranger's line comes with no limit of his own; Bob, who lowered his below what he has, gets more all the same.

    The stranger holds 2 XRP: a line needs 1.2, and he has 1.99999 left after a fee.
    """
    world = newer()
    assert world.pay(ALICE, STRANGER, "2000000") == "tesSUCCESS"
    assert world.do(ALICE, "CheckCreate", Destination=STRANGER, SendMax=rlusd("5")) == "tesSUCCESS"
    name = check_id(ALICE, 2)
    assert world.do(STRANGER, "CheckCash", CheckID=name, Amount=rlusd("5"), Sequence=10) == "tesSUCCESS"
    assert (world.tokens(STRANGER), owned(world, STRANGER)) == ("5", 1)
    assert world.do(BOB, "TrustSet", LimitAmount=rlusd("1")) == "tesSUCCESS"
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("7")) == "tesSUCCESS"
    assert world.pay(ALICE, BOB, rlusd("7")) == "tecPATH_DRY"
    assert world.do(BOB, "CheckCash", CheckID=check_id(ALICE, 3), Amount=rlusd("7")) == "tesSUCCESS"
    line = world.ledger.state.accounts[BOB].line
    assert line is not None
    assert (world.tokens(BOB), line.limit) == ("1007", (10**15, -15))


def test_a_line_for_a_check_wants_its_reserve() -> None:
    """1.1 XRP and no line: 1.2 are wanted."""
    world = newer()
    assert world.pay(ALICE, STRANGER, "1100000") == "tesSUCCESS"
    assert world.do(ALICE, "CheckCreate", Destination=STRANGER, SendMax=rlusd("5")) == "tesSUCCESS"
    fields = {"CheckID": check_id(ALICE, 2), "Amount": rlusd("5")}
    assert world.do(STRANGER, "CheckCash", **fields) == "tecNO_LINE_INSUF_RESERVE"


def test_the_issuer_cashes_its_own_tokens_away_and_writes_checks_on_what_it_has_not() -> None:
    """What it cashes is gone, what it promises is made."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=ISSUER, SendMax=rlusd("50")) == "tesSUCCESS"
    assert cash(world, rlusd("50"), by=ISSUER) == "tesSUCCESS"
    assert world.do(ISSUER, "CheckCreate", Destination=BOB, SendMax=rlusd("50")) == "tesSUCCESS"
    name = check_id(ISSUER, 2)
    assert world.do(BOB, "CheckCash", CheckID=name, Amount=rlusd("50")) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.tokens(BOB)) == ("950", "1050")


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Destination": ALICE}, "temREDUNDANT"),
        ({"SendMax": "0"}, "temBAD_AMOUNT"),
        ({"Expiration": 0}, "temBAD_EXPIRATION"),
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"Destination": "no address"}, "temMALFORMED"),
        ({"Destination": STRANGER}, "tecNO_DST"),
        ({"Expiration": START_S}, "tecEXPIRED"),
        ({"Expiration": START_S + 1}, "tesSUCCESS"),
    ],
)
def test_what_is_no_check_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields, or by the ledger; a time that has come with the last close is over."""
    assert newer().do(ALICE, "CheckCreate", **{"Destination": BOB, "SendMax": rlusd("5")} | fields) == result


def test_a_check_wants_its_reserve_beforehand() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the check: 1.4 XRP is enough, a drop less is not."""
    assert newer(drops=1_400_000).do(ALICE, "CheckCreate", Destination=BOB, SendMax="1") == "tesSUCCESS"
    assert newer(drops=1_399_999).do(ALICE, "CheckCreate", Destination=BOB, SendMax="1") == "tecINSUFFICIENT_RESERVE"


def test_whoever_wants_no_checks_or_a_tag_on_them_is_heard() -> None:
    """Both are the receiver's settings."""
    world = newer()
    assert world.do(BOB, "AccountSet", SetFlag=DISALLOW_CHECKS) == "tesSUCCESS"
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax="1") == "tecNO_PERMISSION"
    assert world.do(BOB, "AccountSet", ClearFlag=DISALLOW_CHECKS, Flags=0x10000) == "tesSUCCESS"
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax="1") == "tecDST_TAG_NEEDED"
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax="1", DestinationTag=7) == "tesSUCCESS"


def test_a_freeze_stops_the_writing_and_the_cashing_of_token_checks() -> None:
    """The writer's line, the receiver's, and all of them; XRP goes on."""
    world = newer()
    for _ in range(3):
        assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("5")) == "tesSUCCESS"
    assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=ALICE), Flags=FREEZE) == "tesSUCCESS"
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("5")) == "tecFROZEN"
    assert cash(world, rlusd("5")) == "tecPATH_PARTIAL"  # what is frozen counts as not there
    assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=ALICE), Flags=2 * FREEZE) == "tesSUCCESS"
    assert world.do(ISSUER, "TrustSet", LimitAmount=rlusd("0", issuer=BOB), Flags=FREEZE) == "tesSUCCESS"
    assert cash(world, rlusd("5")) == "tecFROZEN"
    assert world.do(ISSUER, "AccountSet", SetFlag=GLOBAL_FREEZE) == "tesSUCCESS"
    assert world.do(CAROL, "CheckCreate", Destination=ALICE, SendMax=rlusd("5")) == "tecFROZEN"
    assert world.do(CAROL, "CheckCreate", Destination=ALICE, SendMax="5") == "tesSUCCESS"


def test_only_whom_a_check_is_for_may_cash_it_in_time_and_for_what_it_says() -> None:
    """Not another, not another token, not more, not after its time."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("5"), Expiration=START_S + 5) == "tesSUCCESS"
    assert cash(world, rlusd("5"), writer=CAROL) == "tecNO_ENTRY"
    assert cash(world, rlusd("5"), by=CAROL) == "tecNO_PERMISSION"
    assert cash(world, "5") == "temMALFORMED"
    assert cash(world, rlusd("5.1")) == "tecPATH_PARTIAL"
    assert world.do(BOB, "CheckCash", CheckID=check_id(), Amount="1", DeliverMin="1") == "temMALFORMED"
    assert world.do(BOB, "CheckCash", CheckID="12", Amount="1") == "temMALFORMED"
    world.ledger.close(START_S + 5)
    assert cash(world, rlusd("5")) == "tecEXPIRED"


def test_either_side_takes_a_check_back_and_anybody_once_its_time_is_over() -> None:
    """Each cancelling gives Alice the reserve back."""
    world = newer()
    for number in (1, 2, 3):
        fields = {"Destination": BOB, "SendMax": "1", "Expiration": START_S + 5, "Sequence": number}
        assert world.do(ALICE, "CheckCreate", **fields) == "tesSUCCESS"
    assert world.do(CAROL, "CheckCancel", CheckID=check_id(ALICE, 1)) == "tecNO_PERMISSION"
    assert world.do(ALICE, "CheckCancel", CheckID=check_id(ALICE, 1)) == "tesSUCCESS"
    assert world.do(BOB, "CheckCancel", CheckID=check_id(ALICE, 2)) == "tesSUCCESS"
    assert world.do(BOB, "CheckCancel", CheckID=check_id(ALICE, 2)) == "tecNO_ENTRY"
    world.ledger.close(START_S + 5)
    assert world.do(CAROL, "CheckCancel", CheckID=check_id(ALICE, 3)) == "tesSUCCESS"
    assert (owned(world), world.ledger.state.others) == (1, {})


def test_a_check_marks_both_ends_as_changed_by_its_coming_and_going() -> None:
    """Bob's root names the transaction that wrote him a check, though nothing else of it changed."""
    world = newer()
    applied = world.apply(world.tx(ALICE, "CheckCreate", Destination=BOB, SendMax="1"))
    assert world.ledger.state.accounts[BOB].previous_hash == applied.hash
    assert applied.touches(BOB)


def test_a_ledger_with_a_check_is_the_same_when_it_is_read_back() -> None:
    """Saved as JSON and read again, the check can be cashed."""
    world = newer()
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax=rlusd("5")) == "tesSUCCESS"
    again = Ledger.from_state(world.ledger.to_state())
    assert frozen(again) == frozen(world.ledger)
    tx = world.tx(BOB, "CheckCash", CheckID=check_id(), Amount=rlusd("5"))
    assert again.apply(tx, "F" * 64).result == "tesSUCCESS"
    assert again.state.others == {}


def test_without_the_amendment_there_are_no_checks() -> None:
    """Neither to be written nor cashed nor cancelled."""
    world = World(amendments=EXCHANGE_2_3)
    assert world.do(ALICE, "CheckCreate", Destination=BOB, SendMax="1") == "temDISABLED"
    assert cash(world, "1") == "temDISABLED"
    assert world.do(ALICE, "CheckCancel", CheckID=check_id()) == "temDISABLED"
