"""Permissioned domains that are deleted."""

from __future__ import annotations

from typing import Any

import pytest
from support.domain_world import DomainWorld
from support.ledger_world import ALICE, DAVE


def test_its_owner_is_free_of_the_reserve_and_nobody_is_in_it_any_more() -> None:
    """Its offers stand until they are cancelled or met."""
    world = DomainWorld()
    assert world.ask(ALICE, 1_000_000, "2", DomainID=world.domain) == "tesSUCCESS"
    assert world.do(DAVE, "PermissionedDomainDelete", DomainID=world.domain) == "tesSUCCESS"
    assert world.ledger.owner_count(DAVE) == 1
    assert world.ask(DAVE, 1_000_000, "2", DomainID=world.domain) == "tecNO_PERMISSION"
    assert len(world.book("asks", of_domain=True)) == 1
    assert world.do(ALICE, "OfferCancel", OfferSequence=2) == "tesSUCCESS"
    assert world.book("asks", of_domain=True) == []


@pytest.mark.parametrize(
    ("account", "fields", "result"),
    [
        (DAVE, {"Flags": 1}, "temINVALID_FLAG"),
        (DAVE, {"DomainID": None}, "temMALFORMED"),
        (DAVE, {"DomainID": "0" * 64}, "temMALFORMED"),
        (DAVE, {"DomainID": "AB" * 32}, "tecNO_ENTRY"),
        (ALICE, {}, "tecNO_PERMISSION"),
    ],
)
def test_refusals(account: str, fields: dict[str, Any], result: str) -> None:
    """It has to be named, to be there and to be one's own."""
    world = DomainWorld()
    assert world.do(account, "PermissionedDomainDelete", **({"DomainID": world.domain} | fields)) == result
