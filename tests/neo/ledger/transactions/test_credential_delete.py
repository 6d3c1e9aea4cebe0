"""Credentials that are taken back, given up or cleared away."""

from __future__ import annotations

from typing import Any

import pytest
from support.domain_world import KYC
from support.ledger_world import ALICE, BOB, ISSUER, START_S, World

from neo.ledger import EXCHANGE_3_0, keys

BOTH = {"Subject": ALICE, "Issuer": ISSUER, "CredentialType": KYC}


def held(*, is_accepted: bool = True) -> World:
    """A world in which Alice holds the issuer's credential, until ten seconds after the start."""
    world = World(amendments=EXCHANGE_3_0)
    given = {"Subject": ALICE, "CredentialType": KYC, "Expiration": START_S + 10}
    assert world.do(ISSUER, "CredentialCreate", **given) == "tesSUCCESS"
    if is_accepted:
        assert world.do(ALICE, "CredentialAccept", Issuer=ISSUER, CredentialType=KYC) == "tesSUCCESS"
    return world


@pytest.mark.parametrize("is_accepted", [True, False])
@pytest.mark.parametrize("account", [ALICE, ISSUER])
def test_either_end_may_delete_it_and_names_the_other(account: str, is_accepted: bool) -> None:
    """Who kept the reserve is free of it: Alice's count is her line's, the issuer's none."""
    world = held(is_accepted=is_accepted)
    other = {"Issuer": ISSUER} if account == ALICE else {"Subject": ALICE}
    assert world.do(account, "CredentialDelete", CredentialType=KYC, **other) == "tesSUCCESS"
    assert world.ledger.state.others == {}
    assert (world.ledger.owner_count(ISSUER), world.ledger.owner_count(ALICE)) == (0, 1)


def test_strangers_may_clear_it_away_only_when_its_time_is_over() -> None:
    """In the second of its expiration it is not yet."""
    world = held()
    world.ledger.close(START_S + 10)
    assert world.do(BOB, "CredentialDelete", **BOTH) == "tecNO_PERMISSION"
    world.ledger.close(START_S + 11)
    assert world.do(BOB, "CredentialDelete", **BOTH) == "tesSUCCESS"
    assert world.ledger.state.others == {}


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({**BOTH, "Flags": 1}, "temINVALID_FLAG"),
        ({"CredentialType": KYC}, "temMALFORMED"),
        ({**BOTH, "Issuer": keys.NOBODY_ADDRESS}, "temINVALID_ACCOUNT_ID"),
        ({**BOTH, "CredentialType": ""}, "temMALFORMED"),
        ({**BOTH, "CredentialType": "AA"}, "tecNO_ENTRY"),
        ({"CredentialType": KYC, "Subject": BOB}, "tecNO_ENTRY"),
    ],
)
def test_refusals(fields: dict[str, Any], result: str) -> None:
    """One end has to be named, and what is not there cannot be deleted."""
    assert held().do(ISSUER, "CredentialDelete", **fields) == result
