"""Shares of a pool under rules by which the embedded ledger does not reckon them: refused by name, never guessed."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.ledger_world import ALICE, DAVE, ISSUER, World, frozen, rlusd
from support.pool_world import ALL, ASSETS, SINGLE, held

from neo.ledger import EXCHANGE_3_0, UnsupportedTransactionError

OLDER = EXCHANGE_3_0 - {"fixAMMv1_3"}
LARGE = EXCHANGE_3_0 | {"SingleAssetVault"}
MOVES: dict[str, tuple[str, dict[str, Any]]] = {
    "AMMDeposit": (ALICE, {"Amount": "1000", "Flags": SINGLE}),
    "AMMWithdraw": (DAVE, {"Flags": ALL}),
    "AMMVote": (DAVE, {"TradingFee": 10}),
    "AMMBid": (DAVE, {}),
    "AMMClawback": (
        ISSUER,
        {"Holder": DAVE, "Asset": ASSETS["Asset2"], "Asset2": ASSETS["Asset"], "Amount": rlusd("1")},
    ),
}


@pytest.mark.parametrize(
    ("amendments", "reason"), [(OLDER, "fixAMMv1_3"), (LARGE, "sixteen digits")], ids=["older", "large"]
)
@pytest.mark.parametrize("kind", sorted(MOVES))
def test_what_works_out_shares_is_refused_by_name_and_changes_nothing(
    amendments: frozenset[str], reason: str, kind: str
) -> None:
    world = World(amendments=amendments)
    assert world.pool(100_000_000, "200") == "tesSUCCESS"
    before = frozen(world.ledger)
    account, fields = MOVES[kind]
    with pytest.raises(UnsupportedTransactionError, match=reason):
        world.do(account, kind, **ASSETS | fields)
    assert frozen(world.ledger) == before


@pytest.mark.parametrize("amendments", [OLDER, LARGE], ids=["older", "large"])
def test_a_pools_deletion_works_nothing_out(amendments: frozenset[str]) -> None:
    """It needs to know no more than that the pool is not empty."""
    world = World(amendments=amendments)
    assert world.pool(100_000_000, "200") == "tesSUCCESS"
    assert world.do(ALICE, "AMMDelete", **ASSETS) == "tecAMM_NOT_EMPTY"


@pytest.mark.parametrize(
    ("amendments", "shares"),
    [(EXCHANGE_3_0, "60825390.15362875"), (LARGE, "60825390.15362878")],
    ids=["16 digits", "19 digits"],
)
def test_the_shares_of_a_new_pool_have_the_digits_of_the_rules(amendments: frozenset[str], shares: str) -> None:
    """The root of 60,239,912,620 x 61,416.558 is 60,825,390.153628788...; sixteen on the way lose three units."""
    world = World(amendments=amendments, drops=10**12, tokens="100000")
    assert world.pool(60_239_912_620, "61416.558") == "tesSUCCESS"
    assert held(world)[2] == Decimal(shares)
