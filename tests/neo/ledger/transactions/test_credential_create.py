"""Credentials that are issued: what is made, who keeps the reserve, what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from support.domain_world import KYC
from support.ledger_world import ALICE, ISSUER, START_S, STRANGER, World

from neo.ledger import EXCHANGE_2_3, EXCHANGE_3_0, keys, raw_entries
from neo.ledger.ledger import Ledger
from neo.ledger.other_entries import OtherImage


def issued(**fields: Any) -> tuple[World, str]:
    """A world in which the issuer tried to vouch for Alice, and the result."""
    world = World(amendments=EXCHANGE_3_0)
    return world, world.do(ISSUER, "CredentialCreate", **({"Subject": ALICE, "CredentialType": KYC} | fields))


def test_its_issuer_keeps_the_reserve_until_it_is_accepted() -> None:
    """It stands in both directories; the issuer's count is 1, Alice's stays at her line's 1."""
    world, result = issued(Expiration=START_S, URI="0a")
    assert result == "tesSUCCESS"
    (entry,) = world.ledger.state.others.values()
    assert entry.fields == {
        "CredentialType": KYC,
        "Expiration": START_S,
        "Flags": 0,
        "Issuer": ISSUER,
        "Subject": ALICE,
        "URI": "0A",
    }
    assert [(account.address, name) for account, name, _ in entry.pages] == [
        (ISSUER, "IssuerNode"),
        (ALICE, "SubjectNode"),
    ]
    assert (world.ledger.owner_count(ISSUER), world.ledger.owner_count(ALICE)) == (1, 1)


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"Subject": keys.NOBODY_ADDRESS}, "temMALFORMED"),
        ({"Subject": "nobody"}, "temMALFORMED"),
        ({"CredentialType": ""}, "temMALFORMED"),
        ({"CredentialType": "AB" * 65}, "temMALFORMED"),
        ({"CredentialType": "AB" * 64}, "tesSUCCESS"),
        ({"CredentialType": 7}, "temMALFORMED"),
        ({"URI": ""}, "temMALFORMED"),
        ({"URI": 7}, "temMALFORMED"),
        ({"URI": "AB" * 257}, "temMALFORMED"),
        ({"URI": "AB" * 256}, "tesSUCCESS"),
        ({"Subject": STRANGER}, "tecNO_TARGET"),
        ({"Expiration": START_S - 1}, "tecEXPIRED"),
        ({"Expiration": START_S}, "tesSUCCESS"),
    ],
)
def test_refusals(fields: dict[str, Any], result: str) -> None:
    """A type has 1 to 64 bytes, a URI 1 to 256; a time that has passed is refused, the present one is not."""
    assert issued(**fields)[1] == result


def test_a_second_one_of_the_type_is_refused() -> None:
    """Another type is another credential."""
    world, _ = issued()
    assert world.do(ISSUER, "CredentialCreate", Subject=ALICE, CredentialType=KYC) == "tecDUPLICATE"
    assert world.do(ISSUER, "CredentialCreate", Subject=ALICE, CredentialType="AA") == "tesSUCCESS"


def test_it_wants_its_reserve_beforehand() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the credential: 1.4 XRP is enough, a drop less is not."""
    for drops, result in ((1_400_000, "tesSUCCESS"), (1_399_999, "tecINSUFFICIENT_RESERVE")):
        world = World(amendments=EXCHANGE_3_0, drops=drops)
        assert world.do(ALICE, "CredentialCreate", Subject=ISSUER, CredentialType=KYC) == result


def test_who_vouches_for_himself_has_accepted_and_keeps_one_reserve() -> None:
    """It stands in his directory once, though a second page is told; read from such entries, it does too."""
    world, result = issued(Subject=ISSUER)
    assert result == "tesSUCCESS"
    (entry,) = world.ledger.state.others.values()
    assert (entry.fields["Flags"], entry.fields["SubjectNode"]) == (0x00010000, "0")
    assert (len(entry.pages), world.ledger.owner_count(ISSUER)) == (1, 1)
    again = Ledger.genesis(currency=world.ledger.currency, issuer=ISSUER, accounts={}, amendments=EXCHANGE_3_0)
    told = {**OtherImage(entry).shown(), "LedgerEntryType": "Credential", "index": entry.key.hex()}
    raw_entries.put(again.state, [told])
    assert OtherImage(again.state.others[entry.key]).shown() == OtherImage(entry).shown()
    assert [page.entries for page in again.state.issuer.owned.pages.values()] == [(again.state.others[entry.key],)]
    tx = world.tx(ISSUER, "CredentialDelete", Subject=ISSUER, CredentialType=KYC)
    assert world.apply(tx).result == "tesSUCCESS"
    assert world.ledger.owner_count(ISSUER) == 0


def test_without_the_amendment_there_are_none() -> None:
    """Neither to be made, nor to be accepted or deleted."""
    world = World(amendments=EXCHANGE_2_3)
    for kind in ("CredentialCreate", "CredentialAccept", "CredentialDelete"):
        assert world.do(ISSUER, kind, Subject=ALICE, Issuer=ISSUER, CredentialType=KYC) == "temDISABLED"
