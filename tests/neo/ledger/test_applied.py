"""What a transaction tells of itself."""

from __future__ import annotations

from typing import Any

from support.ledger_world import ALICE, BOB, World, rlusd


def test_metadata_of_an_account_has_its_own_nodes_but_no_directories() -> None:
    """An offer that is taken tells its owner of his account, his line and the offer, as the whole metadata has them."""
    world = World()
    applied = world.apply(world.tx(ALICE, "OfferCreate", TakerGets="5000000", TakerPays=rlusd("10")))
    assert _kinds(applied.meta()) == ["AccountRoot", "DirectoryNode", "DirectoryNode", "Offer"]
    assert _kinds(applied.meta(of=ALICE)) == ["AccountRoot", "Offer"]
    taken = world.apply(world.tx(BOB, "OfferCreate", TakerGets=rlusd("10"), TakerPays="5000000"))
    whole, own = taken.meta(), taken.meta(of=ALICE)
    assert _kinds(own) == ["AccountRoot", "Offer", "RippleState"]
    assert own["AffectedNodes"] == [node for node in _nodes(whole) if node in _nodes(own)]
    assert own | {"AffectedNodes": []} == whole | {"AffectedNodes": []}


def _nodes(meta: Any) -> list[Any]:
    nodes: list[Any] = meta["AffectedNodes"]
    return nodes


def _kinds(meta: Any) -> list[str]:
    return sorted(fields["LedgerEntryType"] for node in meta["AffectedNodes"] for fields in node.values())
