"""Whether a transaction that was executed anew did what was recorded: its result, and every entry that it changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from neo.ledger import Applied, metadata
from neo.ledger.entries import Page
from neo.replay.nodes import MODIFIED, Node, read_nodes

# What no transaction changes of a pool, and a record tells or not.
_OF_A_POOL = frozenset({"Asset", "Asset2"})
# Where an entry stands in directories, and who had changed it last (which an entry that is gone tells among its
# fields): known only of a ledger that is known as a whole.
_PAGES = frozenset(
    {"BookNode", "DestinationNode", "HighNode", "IssuerNode", "LowNode", "OwnerNode", "SubjectNode", "AdditionalBooks"}
)
_LAST = frozenset({"PreviousTxnID", "PreviousTxnLgrSeq"})


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
    passed_over = _OF_A_POOL if is_whole else _OF_A_POOL | _PAGES | _LAST
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
