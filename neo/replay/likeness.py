"""Whether a transaction that was executed anew did what was recorded: its result, and every entry that it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neo.ledger import Applied, metadata
from neo.ledger.entries import Page
from neo.replay.nodes import MODIFIED, OFFER, ROOT, Node, read_nodes

# What no transaction changes of a pool, and a record tells or not.
_OF_A_POOL = frozenset({"Asset", "Asset2"})
# Where an entry stands in directories, and what changed it before: known only of a ledger that is known as a whole.
_OF_THE_WHOLE = frozenset(
    {
        "AdditionalBooks",
        "BookNode",
        "DestinationNode",
        "HighNode",
        "IssuerNode",
        "LowNode",
        "OwnerNode",
        "PreviousTxnID",
        "PreviousTxnLgrSeq",
        "SubjectNode",
    }
)


def nodes_of(applied: Applied) -> list[Node]:
    """What was made of each entry, directories aside."""
    touched = [each for each in applied.touched if not isinstance(each.entry, Page)]
    return read_nodes({"AffectedNodes": metadata.nodes(touched)})


def difference(recorded: Sequence[Node], executed: Sequence[Node], *, is_whole: bool) -> str | None:
    """The first entry of which something else came, told in one clause; None if all is the same.

    Args:
        recorded: Of the recording.
        executed: Of the transaction executed anew.
        is_whole: The ledger is known as a whole, directories too.
    """
    passed_over = _OF_A_POOL if is_whole else _OF_A_POOL | _OF_THE_WHOLE
    theirs, ours = _changed(recorded, passed_over), _changed(executed, passed_over)
    for key in sorted({*theirs, *ours}):
        expected, got = theirs.get(key), ours.get(key)
        if expected is None or got is None:
            kind, change, _ = expected or got or ("", "", {})
            return f"{kind} {key}: " + (f"{change}, not recorded" if expected is None else f"not {change} as recorded")
        if expected[1] != got[1]:
            return f"{expected[0]} {key}: {got[1]}, recorded {expected[1]}"
        for name, value in expected[2].items():
            if got[2].get(name) != value:
                return f"{expected[0]} {key}: {name} is {got[2].get(name)!r}, recorded {value!r}"
    return None


def did_otherwise(recorded: Sequence[Node], executed: Sequence[Node]) -> bool:
    """Whether a transaction did something else than recorded: moved other amounts of XRP, or left other offers.

    That an account has more or less than it had there, for our sake and from earlier on, is nothing that it did.
    """
    return _done(recorded) != _done(executed)


def _done(nodes: Sequence[Node]) -> tuple[dict[str, int], dict[str, tuple[str, Any, Any]]]:
    """By how many drops each account's XRP moved, and what became of each offer."""
    moved: dict[str, int] = {}
    offers: dict[str, tuple[str, Any, Any]] = {}
    for node in nodes:
        after = node.after
        if after is None:
            continue
        if node.kind == ROOT and "Balance" in node.changed:
            moved[node.key] = int(after["Balance"]) - int(node.changed["Balance"])
        elif node.kind == OFFER:
            offers[node.key] = (node.change, after["TakerPays"], after["TakerGets"])
    return moved, offers


def _changed(nodes: Sequence[Node], passed_over: frozenset[str]) -> dict[str, tuple[str, str, Mapping[str, Any]]]:
    """Each changed entry by its key: its type, what became of it, and its fields after that.

    Left out is what only a transaction's thread passed through, of which a server tells all fields or none.
    """
    return {
        node.key: (
            node.kind,
            node.change,
            {name: value for name, value in (node.after or {}).items() if name not in passed_over},
        )
        for node in nodes
        if node.change != MODIFIED or node.changed
    }
