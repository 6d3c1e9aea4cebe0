"""Leave to pay: an account that wants to be asked takes what it has given leave for."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, STRANGER, World, rlusd

from neo.ledger import EXCHANGE_3_0, keys

DEPOSIT_AUTH = 9


def newer(**made: Any) -> World:
    """A world under the rules of 3.0."""
    return World(amendments=EXCHANGE_3_0, **made)


def test_leave_is_an_entry_with_a_reserve_until_it_is_taken_back() -> None:
    """Alice's line is the other one."""
    world = newer()
    assert world.do(ALICE, "DepositPreauth", Authorize=BOB) == "tesSUCCESS"
    (entry,) = world.ledger.state.others.values()
    assert entry.fields == {"Account": ALICE, "Authorize": BOB, "Flags": 0}
    assert world.ledger.owner_count(ALICE) == 2
    assert world.do(ALICE, "DepositPreauth", Authorize=BOB) == "tecDUPLICATE"
    assert world.do(ALICE, "DepositPreauth", Unauthorize=BOB) == "tesSUCCESS"
    assert (world.ledger.owner_count(ALICE), world.ledger.state.others) == (1, {})
    assert world.do(ALICE, "DepositPreauth", Unauthorize=BOB) == "tecNO_ENTRY"


@pytest.mark.parametrize("value", ["5000000", rlusd("5")])
def test_who_has_leave_pays_and_others_do_not(value: Any) -> None:
    """XRP and tokens alike; offers are not payments, and fill."""
    world = newer()
    assert world.do(ALICE, "AccountSet", SetFlag=DEPOSIT_AUTH) == "tesSUCCESS"
    assert world.do(ALICE, "DepositPreauth", Authorize=BOB) == "tesSUCCESS"
    assert world.pay(CAROL, ALICE, value) == "tecNO_PERMISSION"
    assert world.pay(BOB, ALICE, value) == "tesSUCCESS"
    assert world.ask(ALICE, 1_000_000, "2") == "tesSUCCESS"
    assert world.bid(CAROL, 1_000_000, "2") == "tesSUCCESS"
    assert world.ledger.offers(ALICE) == []


def test_leave_wants_its_reserve_beforehand() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the leave."""
    assert newer(drops=1_400_000).do(ALICE, "DepositPreauth", Authorize=BOB) == "tesSUCCESS"
    assert newer(drops=1_399_999).do(ALICE, "DepositPreauth", Authorize=BOB) == "tecINSUFFICIENT_RESERVE"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({}, "temMALFORMED"),
        ({"Authorize": BOB, "Unauthorize": BOB}, "temMALFORMED"),
        ({"Authorize": ALICE}, "temCANNOT_PREAUTH_SELF"),
        ({"Authorize": keys.NOBODY_ADDRESS}, "temINVALID_ACCOUNT_ID"),
        ({"Authorize": STRANGER}, "tecNO_TARGET"),
        ({"Authorize": BOB, "Flags": 1}, "temINVALID_FLAG"),
    ],
)
def test_what_is_no_leave_is_refused(fields: dict[str, Any], result: str) -> None:
    """By its own fields, or because there is nobody to give it to."""
    assert newer().do(ALICE, "DepositPreauth", **fields) == result


def credentials(*named: tuple[str, str]) -> list[dict[str, Any]]:
    """A list of credentials by issuer and type."""
    return [{"Credential": {"Issuer": issuer, "CredentialType": kind}} for issuer, kind in named]


def test_leave_for_credentials_is_one_entry_in_whatever_order_they_are_named() -> None:
    """Bob's address is above Alice's, and ``AA`` below ``AA00``; it is listed so."""
    world = newer()
    named = [(BOB, "AA00"), (BOB, "AA"), (ALICE, "FF")]
    assert world.do(ALICE, "DepositPreauth", AuthorizeCredentials=credentials(*named)) == "tesSUCCESS"
    (entry,) = world.ledger.state.others.values()
    assert entry.fields == {"Account": ALICE, "AuthorizeCredentials": credentials(*reversed(named)), "Flags": 0}
    assert world.ledger.owner_count(ALICE) == 2
    again = credentials(*sorted(named))
    assert world.do(ALICE, "DepositPreauth", AuthorizeCredentials=again) == "tecDUPLICATE"
    assert world.do(ALICE, "DepositPreauth", UnauthorizeCredentials=again[:2]) == "tecNO_ENTRY"
    assert world.do(ALICE, "DepositPreauth", UnauthorizeCredentials=again) == "tesSUCCESS"
    assert (world.ledger.owner_count(ALICE), world.ledger.state.others) == (1, {})


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"AuthorizeCredentials": []}, "temARRAY_EMPTY"),
        ({"AuthorizeCredentials": credentials(*[(BOB, f"{kind:02X}") for kind in range(9)])}, "temARRAY_TOO_LARGE"),
        ({"AuthorizeCredentials": credentials(*[(BOB, f"{kind:02X}") for kind in range(8)])}, "tesSUCCESS"),
        ({"AuthorizeCredentials": credentials((BOB, ""))}, "temMALFORMED"),
        ({"AuthorizeCredentials": credentials((BOB, "AA"), (BOB, "AA"))}, "temMALFORMED"),
        ({"AuthorizeCredentials": credentials((keys.NOBODY_ADDRESS, "AA"))}, "temINVALID_ACCOUNT_ID"),
        ({"AuthorizeCredentials": credentials((STRANGER, "AA"))}, "tecNO_ISSUER"),
        ({"AuthorizeCredentials": credentials((BOB, "AA")), "Authorize": BOB}, "temMALFORMED"),
        ({"UnauthorizeCredentials": credentials((BOB, "AA"))}, "tecNO_ENTRY"),
    ],
)
def test_refusals_of_leave_for_credentials(fields: dict[str, Any], result: str) -> None:
    """From one to eight of them, none twice, and by accounts that there are."""
    assert newer().do(ALICE, "DepositPreauth", **fields) == result


def test_before_credentials_there_is_no_leave_for_them() -> None:
    """Nor may any be shown."""
    world = World()
    named = credentials((BOB, "AA"))
    assert world.do(ALICE, "DepositPreauth", AuthorizeCredentials=named) == "temDISABLED"
    assert world.pay(ALICE, BOB, "1000000", CredentialIDs=["00" * 32]) == "temDISABLED"
