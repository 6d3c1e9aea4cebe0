"""Leave to pay: an account that wants to be asked takes what it has given leave for."""

from __future__ import annotations

from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, STRANGER, World, rlusd

from neo.ledger import EXCHANGE_3_0, UnsupportedTransactionError, keys

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


def test_leave_for_credentials_is_told_to_be_unknown() -> None:
    """It is for whoever holds them, not for an account."""
    with pytest.raises(UnsupportedTransactionError, match="credentials"):
        newer().do(ALICE, "DepositPreauth", AuthorizeCredentials=[])
