"""Paths: which way a payment may go, what it may not pass through, and what it takes on the way.

Figures are worked out by hand from the offers that stand: XRP at 2 RLUSD, and 2.5 USD for 1 XRP.
"""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_two_tokens import TO_RLUSD, TO_USD, TO_XRP, USD_ISSUER, TwoTokens, usd
from support.ledger_world import ALICE, BOB, CAROL, DAVE, ISSUER, STRANGER, rlusd

from neo.ledger import UnsupportedTransactionError
from neo.ledger.entries import LINE_NO_RIPPLE

NO_DIRECT, PARTIAL, LIMIT_QUALITY = 0x10000, 0x20000, 0x40000
OVER_XRP = [[TO_XRP, TO_USD]]


def with_offers(**made: Any) -> TwoTokens:
    """Bob gives 12 XRP for 24 RLUSD, Carol gives 30 USD for 12 XRP."""
    world = TwoTokens(**made)
    assert world.offer(BOB, "12000000", rlusd("24")) == "tesSUCCESS"
    assert world.offer(CAROL, usd("30"), "12000000") == "tesSUCCESS"
    return world


def test_a_payment_over_xrp_takes_from_both_books() -> None:
    """15 USD are 6 XRP are 12 RLUSD; nobody else gains or loses."""
    world = with_offers()
    assert world.pay(ALICE, DAVE, usd("15"), SendMax=rlusd("20"), Paths=OVER_XRP) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(DAVE)) == ("988", "1015")
    assert (world.tokens(BOB), world.usd_of(CAROL)) == ("1012", "985")
    assert world.ledger.xrp_drops(BOB) == 1_000_000_000 - 6_000_000 - 10
    assert world.ledger.xrp_drops(CAROL) == 1_000_000_000 + 6_000_000 - 10


def test_without_a_path_only_the_direct_book_is_asked() -> None:
    """Nothing stands in it; with the flag against it there is no way at all."""
    world = with_offers()
    assert world.pay(ALICE, DAVE, usd("15"), SendMax=rlusd("20")) == "tecPATH_PARTIAL"
    assert world.pay(ALICE, DAVE, usd("15"), SendMax=rlusd("20"), Flags=NO_DIRECT) == "temRIPPLE_EMPTY"
    assert world.usd_of(DAVE) == "1000"


def test_the_better_path_is_taken_first_and_the_direct_one_left_alone_if_it_is_barred() -> None:
    """Dave's 12 USD for 10 RLUSD are dearer than 5 for 4 over XRP: 42 USD cost 24 and 10 RLUSD."""
    world = with_offers()
    assert world.offer(DAVE, usd("12"), rlusd("10")) == "tesSUCCESS"
    barred = {"SendMax": rlusd("40"), "Paths": OVER_XRP, "Flags": NO_DIRECT}
    assert world.pay(ALICE, ALICE, usd("42"), **barred) == "tecPATH_PARTIAL"
    assert world.pay(ALICE, ALICE, usd("42"), SendMax=rlusd("40"), Paths=OVER_XRP) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(ALICE)) == ("966", "1042")


@pytest.mark.parametrize(
    ("least", "result", "delivered"), [("30", "tesSUCCESS", "1030"), ("31", "tecPATH_PARTIAL", "1000")]
)
def test_a_partial_payment_delivers_what_there_is_if_it_is_enough(least: str, result: str, delivered: str) -> None:
    """30 USD is all that 60 can get; DeliverMin says whether that will do."""
    world = with_offers()
    terms = {"SendMax": rlusd("100"), "Paths": OVER_XRP, "DeliverMin": usd(least), "Flags": PARTIAL}
    assert world.pay(ALICE, DAVE, usd("60"), **terms) == result
    assert world.usd_of(DAVE) == delivered


def test_a_limit_of_quality_holds_for_the_whole_path() -> None:
    """5 USD for 4 RLUSD is what there is: 24 for 30 is taken, 24 for 31 is not."""
    world = with_offers()
    terms = {"SendMax": rlusd("24"), "Paths": OVER_XRP, "Flags": PARTIAL | LIMIT_QUALITY}
    assert world.pay(ALICE, DAVE, usd("31"), **terms) == "tecPATH_DRY"
    assert world.pay(ALICE, DAVE, usd("30"), **terms) == "tesSUCCESS"


def test_both_transfer_fees_are_borne_by_who_pays() -> None:
    """20 USD and 5 % are 21, which cost 8.4 XRP; these cost 16.8 RLUSD and 1 %, 16.968."""
    world = with_offers(transfer_rate=1_010_000_000, usd_transfer_rate=1_050_000_000)
    assert world.pay(ALICE, DAVE, usd("20"), SendMax=rlusd("20"), Paths=OVER_XRP) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(DAVE)) == ("983.032", "1020")
    assert (world.tokens(BOB), world.usd_of(CAROL)) == ("1016.8", "979")


def test_two_spellings_of_one_path_are_one() -> None:
    """With the issuer's account written out the path is the same, and one step of the engine takes all of it."""
    world = with_offers()
    spelt = [[TO_XRP, TO_USD], [{"account": ISSUER}, TO_XRP, TO_USD, {"account": USD_ISSUER}]]
    assert world.pay(ALICE, DAVE, usd("30"), SendMax=rlusd("24"), Paths=spelt) == "tesSUCCESS"
    assert (world.tokens(ALICE), world.usd_of(DAVE)) == ("976", "1030")


@pytest.mark.parametrize(
    ("send", "path", "result"),
    [
        ("1000000", [TO_XRP], "temBAD_PATH"),  # XRP for XRP
        ("1000000", [{"account": ISSUER}, TO_USD], "temBAD_PATH"),  # no trust line carries XRP
        (rlusd("2"), [{**TO_XRP, "issuer": ISSUER}, TO_USD], "temBAD_PATH"),  # XRP has no issuer
        (rlusd("2"), [{**TO_XRP, "account": ISSUER}, TO_USD], "temBAD_PATH"),  # an account is no asset
        ("1000000", [TO_USD, TO_RLUSD], "temBAD_PATH_LOOP"),  # USD is bought twice
        ("1000000", [TO_RLUSD, TO_XRP], "temBAD_PATH_LOOP"),  # XRP is bought with what XRP bought
        ("1000000", [TO_USD, {"account": USD_ISSUER}, {"account": DAVE}], "tecPATH_DRY"),  # Dave lets nothing ripple
        ("1000000", [TO_USD, {"account": USD_ISSUER}], "tecPATH_PARTIAL"),  # nothing wrong with it
        ("1000000", [], "temMALFORMED"),
        ("1000000", [{}], "temMALFORMED"),
        ("1000000", [{"account": "nobody"}], "temMALFORMED"),
        ("1000000", "XRP", "temMALFORMED"),
    ],
)
def test_a_path_that_leads_nowhere_is_refused_by_name(send: Any, path: Any, result: str) -> None:
    """The first fault in it is told; a way that is merely dry is no fault of the path."""
    world = TwoTokens()
    assert world.pay(ALICE, DAVE, usd("1"), SendMax=send, Paths=[path], Flags=NO_DIRECT) == result


def test_a_path_through_a_holder_and_back_is_a_loop_if_the_holder_lets_it_ripple() -> None:
    """Bob's line as it is refuses; without that flag the issuer would send USD on twice."""
    world = TwoTokens()
    terms = {"SendMax": usd("2"), "Paths": [[{"account": USD_ISSUER}, {"account": BOB}]], "Flags": NO_DIRECT}
    assert world.pay(ALICE, DAVE, usd("1"), **terms) == "tecPATH_DRY"
    line = world.ledger.state.accounts[BOB].line_for(world.usd)
    assert line is not None
    line.flags &= ~LINE_NO_RIPPLE[line.holder_is_high]
    assert world.pay(ALICE, DAVE, usd("1"), **terms) == "temBAD_PATH_LOOP"


def test_a_payment_to_oneself_of_the_same_token_needs_a_path() -> None:
    """With one it is no longer redundant; this one would buy USD with USD."""
    world = with_offers()
    assert world.pay(ALICE, ALICE, usd("1"), SendMax=usd("2")) == "temREDUNDANT"
    terms = {"SendMax": usd("2"), "Paths": OVER_XRP, "Flags": NO_DIRECT}
    assert world.pay(ALICE, ALICE, usd("1"), **terms) == "temBAD_PATH_LOOP"


def test_a_path_past_a_token_that_the_ledger_does_not_know_is_an_error_of_the_caller() -> None:
    """What stands in that token's books is not known here, so no result could be told."""
    world = with_offers()
    before = world.ledger.to_state()
    with pytest.raises(UnsupportedTransactionError, match="token"):
        world.pay(ALICE, DAVE, usd("1"), SendMax=rlusd("2"), Paths=[[{"currency": "EUR", "issuer": STRANGER}]])
    assert world.ledger.to_state() == before


def test_xrp_to_xrp_takes_no_paths() -> None:
    """It goes straight across."""
    assert TwoTokens().pay(ALICE, DAVE, "1000000", Paths=OVER_XRP) == "temBAD_SEND_XRP_PATHS"
