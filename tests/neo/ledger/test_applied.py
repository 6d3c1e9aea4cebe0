"""What a transaction tells of itself."""

from __future__ import annotations

from typing import Any

from support.ledger_world import ALICE, BOB, FILL_OR_KILL, IMMEDIATE, STRANGER, World, rlusd

from neo.ledger.applied import Trial

PAGE = "DirectoryNode"


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


def test_a_ledger_that_tells_no_pages_tells_all_else_as_one_that_does() -> None:
    """The same play on both: every node but the directories', and the ledgers are the same to the last page."""
    whole, short = World(), World()
    short.ledger.state.tells_pages = False
    for world in (whole, short):
        assert world.pool(50_000_000, "100") == "tesSUCCESS"
    for number in range(40):  # more than a page of them
        sides = {"TakerGets": str(1_000_000 + number), "TakerPays": rlusd("3")}
        told = [world.apply(world.tx(ALICE, "OfferCreate", **sides)).meta() for world in (whole, short)]
        assert _nodes(told[1]) == [node for node in _nodes(told[0]) if _kinds({"AffectedNodes": [node]}) != [PAGE]]
    taken = {"TakerGets": rlusd("90"), "TakerPays": "30000000"}
    told = [world.apply(world.tx(BOB, "OfferCreate", **taken)).meta() for world in (whole, short)]
    assert PAGE in _kinds(told[0])
    assert _nodes(told[1]) == [node for node in _nodes(told[0]) if _kinds({"AffectedNodes": [node]}) != [PAGE]]
    assert whole.ledger.to_state() == short.ledger.to_state()


def test_a_trial_that_comes_to_nothing_takes_nothing() -> None:
    """Somebody without a trust line: one is made on the way, and goes again when all is undone."""
    world = World()
    world.apply(world.tx(ALICE, "OfferCreate", TakerGets=rlusd("10"), TakerPays="5000000"))
    world.apply(world.tx(BOB, "Payment", Destination=STRANGER, Amount="100000000"))
    sides = {"TakerGets": "10000000", "TakerPays": rlusd("20")}
    killed = world.ledger.preview(world.tx(STRANGER, "OfferCreate", Flags=FILL_OR_KILL, **sides))
    partly = world.ledger.preview(world.tx(STRANGER, "OfferCreate", Flags=IMMEDIATE, **sides))
    assert (killed, partly) == (Trial("tecKILLED", takes=False), Trial("tesSUCCESS", takes=True))


def _nodes(meta: Any) -> list[Any]:
    nodes: list[Any] = meta["AffectedNodes"]
    return nodes


def _kinds(meta: Any) -> list[str]:
    return sorted(fields["LedgerEntryType"] for node in meta["AffectedNodes"] for fields in node.values())
