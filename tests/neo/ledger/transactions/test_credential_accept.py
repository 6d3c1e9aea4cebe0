"""Credentials that are accepted: the reserve goes over to the subject; one whose time is over goes."""

from __future__ import annotations

from typing import Any

import pytest
from support.domain_world import KYC
from support.ledger_world import ALICE, BOB, ISSUER, START_S, STRANGER, World

from neo.ledger import EXCHANGE_3_0, keys

OURS = {"Issuer": ISSUER, "CredentialType": KYC}


def vouched_for(**made: Any) -> World:
    """A world in which the issuer has vouched for Alice, until ten seconds after the start."""
    world = World(amendments=EXCHANGE_3_0, **made)
    given = {"Subject": ALICE, "CredentialType": KYC, "Expiration": START_S + 10}
    assert world.do(ISSUER, "CredentialCreate", **given) == "tesSUCCESS"
    return world


def test_the_reserve_goes_over_to_who_accepts() -> None:
    """The issuer's count is 0 again, Alice's 2: her line and the credential; accepting twice is refused."""
    world = vouched_for()
    assert world.do(ALICE, "CredentialAccept", **OURS) == "tesSUCCESS"
    assert (world.ledger.owner_count(ISSUER), world.ledger.owner_count(ALICE)) == (0, 2)
    assert [entry.fields["Flags"] for entry in world.ledger.state.others.values()] == [0x00010000]
    assert world.do(ALICE, "CredentialAccept", **OURS) == "tecDUPLICATE"


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"Issuer": keys.NOBODY_ADDRESS}, "temINVALID_ACCOUNT_ID"),
        ({"CredentialType": ""}, "temMALFORMED"),
        ({"Issuer": STRANGER}, "tecNO_ISSUER"),
        ({"Issuer": BOB}, "tecNO_ENTRY"),
        ({"CredentialType": "AA"}, "tecNO_ENTRY"),
    ],
)
def test_refusals(fields: dict[str, Any], result: str) -> None:
    """What is not there cannot be accepted."""
    assert vouched_for().do(ALICE, "CredentialAccept", **(OURS | fields)) == result


def test_it_wants_its_reserve_beforehand() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the credential: 1.4 XRP is enough, a drop less is not."""
    assert vouched_for(drops=1_400_000).do(ALICE, "CredentialAccept", **OURS) == "tesSUCCESS"
    assert vouched_for(drops=1_399_999).do(ALICE, "CredentialAccept", **OURS) == "tecINSUFFICIENT_RESERVE"


def test_one_whose_time_is_over_is_removed_by_who_tries() -> None:
    """The result is a failure and costs the fee; the issuer is free of the reserve all the same."""
    world = vouched_for()
    world.ledger.close(START_S + 11)
    before = world.ledger.xrp_drops(ALICE)
    assert world.do(ALICE, "CredentialAccept", **OURS) == "tecEXPIRED"
    assert world.ledger.state.others == {}
    assert (world.ledger.owner_count(ISSUER), world.ledger.owner_count(ALICE)) == (0, 1)
    assert before - world.ledger.xrp_drops(ALICE) == 10
