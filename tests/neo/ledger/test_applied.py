"""What a transaction tells of itself."""

from __future__ import annotations

from typing import Any

from support.ledger_world import ALICE, World, rlusd


def test_metadata_without_pages_has_every_node_but_the_directories() -> None:
    """Without the pages, an offer that is placed tells of its account and itself, and of neither list it stands on."""
    world = World()
    applied = world.apply(world.tx(ALICE, "OfferCreate", TakerGets="5000000", TakerPays=rlusd("10")))
    assert _kinds(applied.meta()) == ["AccountRoot", "DirectoryNode", "DirectoryNode", "Offer"]
    assert _kinds(applied.meta(with_pages=False)) == ["AccountRoot", "Offer"]


def _kinds(meta: Any) -> list[str]:
    return sorted(fields["LedgerEntryType"] for node in meta["AffectedNodes"] for fields in node.values())
