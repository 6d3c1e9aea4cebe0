"""Permissioned domains that are made and changed."""

from __future__ import annotations

from typing import Any

import pytest
from support.domain_world import KYC, DomainWorld, accepted
from support.ledger_world import ALICE, BOB, CAROL, DAVE, ISSUER, STRANGER, World

from neo.ledger import EXCHANGE_3_0, keys


def credential(issuer: str, kind: str = KYC) -> dict[str, Any]:
    """One accepted credential."""
    return {"Credential": {"Issuer": issuer, "CredentialType": kind}}


def test_a_domain_lists_what_it_accepts_by_issuer_and_type() -> None:
    """In the order of the accounts' bytes (Alice's are ones, Bob's twos, Carol's thirties), then of the types'."""
    world = World(amendments=EXCHANGE_3_0)
    listed = [credential(CAROL), credential(BOB, "0b00"), credential(BOB, "0b"), credential(ALICE)]
    assert world.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=listed) == "tesSUCCESS"
    (entry,) = world.ledger.state.others.values()
    assert entry.key == keys.domain_key(keys.account_id(DAVE), 1)
    assert entry.fields == {
        "AcceptedCredentials": [credential(ALICE), credential(BOB, "0B"), credential(BOB, "0B00"), credential(CAROL)],
        "Flags": 0,
        "Owner": DAVE,
        "Sequence": 1,
    }
    assert world.ledger.owner_count(DAVE) == 2  # the line is the other


def test_its_key_is_that_of_a_real_domain() -> None:
    """As recorded: raycrejr..., sequence 3."""
    owner = keys.account_id("raycrejrZpb65CfwRnpRic8w7gAszhFKQW")
    assert keys.domain_key(owner, 3).hex().upper() == "B5588B1909473D5938EB9AC28713FE374BB2627E484AE9DCA6C33B1DCF9008F9"


def test_changing_its_list_costs_no_reserve_and_the_same_list_changes_nothing() -> None:
    """The second time only the owner's account is touched."""
    world = DomainWorld()
    changes = {"AcceptedCredentials": accepted(KYC, "AA"), "DomainID": world.domain}
    first = world.apply(world.tx(DAVE, "PermissionedDomainSet", **changes))
    second = world.apply(world.tx(DAVE, "PermissionedDomainSet", **changes))
    assert (first.result, len(first.touched)) == ("tesSUCCESS", 2)
    assert (second.result, len(second.touched)) == ("tesSUCCESS", 1)
    assert world.ledger.owner_count(DAVE) == 2


@pytest.mark.parametrize(
    ("fields", "result"),
    [
        ({"Flags": 1}, "temINVALID_FLAG"),
        ({"AcceptedCredentials": []}, "temARRAY_EMPTY"),
        ({"AcceptedCredentials": [credential(ISSUER, f"{kind:02x}") for kind in range(11)]}, "temARRAY_TOO_LARGE"),
        ({"AcceptedCredentials": [credential(ISSUER, f"{kind:02x}") for kind in range(10)]}, "tesSUCCESS"),
        ({"AcceptedCredentials": [credential(keys.NOBODY_ADDRESS)]}, "temINVALID_ACCOUNT_ID"),
        ({"AcceptedCredentials": [credential(ISSUER, "")]}, "temMALFORMED"),
        ({"AcceptedCredentials": accepted(KYC, KYC.lower())}, "temMALFORMED"),
        ({"AcceptedCredentials": KYC}, "temMALFORMED"),
        ({"AcceptedCredentials": [credential(7)]}, "temMALFORMED"),  # type: ignore[arg-type]
        ({"DomainID": "0" * 64}, "temMALFORMED"),
        ({"AcceptedCredentials": [credential(STRANGER)]}, "tecNO_ISSUER"),
        ({"DomainID": "AB" * 32}, "tecNO_ENTRY"),
    ],
)
def test_refusals(fields: dict[str, Any], result: str) -> None:
    """One to ten credentials, each once, of issuers that there are."""
    world = World(amendments=EXCHANGE_3_0)
    assert world.do(DAVE, "PermissionedDomainSet", **({"AcceptedCredentials": accepted(KYC)} | fields)) == result


def test_only_its_owner_changes_it() -> None:
    """A member may not."""
    world = DomainWorld()
    changes = {"AcceptedCredentials": accepted("AA"), "DomainID": world.domain}
    assert world.do(ALICE, "PermissionedDomainSet", **changes) == "tecNO_PERMISSION"


def test_a_new_one_wants_its_reserve_after_the_fee() -> None:
    """1 XRP, 0.2 for the line, 0.2 for the domain, ten drops of fee: 1,400,010 drops are enough, one less is not."""
    for drops, result in ((1_400_010, "tesSUCCESS"), (1_400_009, "tecINSUFFICIENT_RESERVE")):
        world = World(amendments=EXCHANGE_3_0, drops=drops)
        assert world.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=accepted(KYC)) == result


def test_on_a_ticket_its_number_is_zero() -> None:
    """Its key is made with the transaction's sequence number, which is 0 then."""
    world = World(amendments=EXCHANGE_3_0)
    assert world.do(DAVE, "TicketCreate", TicketCount=1) == "tesSUCCESS"
    on_ticket = {"Sequence": 0, "TicketSequence": 2}
    assert world.do(DAVE, "PermissionedDomainSet", AcceptedCredentials=accepted(KYC), **on_ticket) == "tesSUCCESS"
    (entry,) = world.ledger.state.others.values()
    assert (entry.key, entry.fields["Sequence"]) == (keys.domain_key(keys.account_id(DAVE), 0), 0)
