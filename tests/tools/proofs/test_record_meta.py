"""What of a transaction's metadata is compared with a record's, and what of it a record cannot tell."""

from __future__ import annotations

from typing import Any

import pytest

from tools.proofs.record_meta import Unknown, comparable
from tools.proofs.record_shape import RecordError, first_difference

KNOWN = Unknown(frozenset(), {}, threads=False)


def meta(*nodes: dict[str, Any], **beside: Any) -> dict[str, Any]:
    """A transaction's metadata."""
    return {"AffectedNodes": list(nodes), "TransactionIndex": 0, "TransactionResult": "tesSUCCESS", **beside}


def root(kind: str = "AccountRoot", thread: str = "", **fields: Any) -> dict[str, Any]:
    """An entry that a transaction changed."""
    told = {"LedgerEntryType": kind, "LedgerIndex": "AB", "FinalFields": fields}
    return {"ModifiedNode": told | ({"PreviousTxnID": thread, "PreviousTxnLgrSeq": 7} if thread else {})}


def difference(expected: dict[str, Any], got: dict[str, Any], unknown: Unknown = KNOWN) -> str | None:
    """Where the two differ, None if they do not."""
    found = first_difference(*comparable(expected, got, unknown), "meta")
    return None if found is None else found[0]


@pytest.mark.parametrize(
    ("expected", "got", "where"),
    [
        (meta(root(Balance="1")), meta(root(Balance="2")), "meta.AB.ModifiedNode.FinalFields.Balance"),
        (meta(root(Balance="1")), meta(), "meta.AB"),
        (meta(), meta(root(Balance="1")), "meta.AB"),
        (meta(root(thread="11")), meta(root(thread="22")), "meta.AB.ModifiedNode.PreviousTxnID"),
        (meta(root(thread="11")), meta(root()), "meta.AB.ModifiedNode.PreviousTxnID"),
        (meta(TransactionIndex=1), meta(), "meta.TransactionIndex"),
        (meta(DeliveredAmount="1"), meta(), "meta.DeliveredAmount"),
        (meta(delivered_amount="1"), meta(delivered_amount="2"), "meta.delivered_amount"),
    ],
)
def test_each_part_counts(expected: dict[str, Any], got: dict[str, Any], where: str) -> None:
    """Values, entries that one side alone has, who changed them before, and what stands beside."""
    assert difference(expected, got) == where


@pytest.mark.parametrize(
    ("expected", "got", "unknown"),
    [
        (meta(), meta(delivered_amount="1"), KNOWN),  # some answers of a server leave it out
        (meta(root("DirectoryNode", IndexNext="0")), meta(root("DirectoryNode")), KNOWN),
        (meta(root("DirectoryNode", thread="11")), meta(root("DirectoryNode")), KNOWN),
        (meta(root(thread="11")), meta(root()), Unknown(frozenset(), {}, threads=True)),
        (meta(root(Balance="1")), meta(root(Balance="2")), Unknown(frozenset(), {"AB": "Balance"}, threads=False)),
        (meta(root(Sequence=5)), meta(root(Sequence=0)), Unknown(frozenset({"AB"}), {}, threads=False)),
    ],
    ids=["delivered", "links", "pages", "threads", "fields", "roots"],
)
def test_what_a_record_cannot_tell_is_no_difference(
    expected: dict[str, Any], got: dict[str, Any], unknown: Unknown
) -> None:
    """Each of them alone."""
    assert difference(expected, got, unknown) is None


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ([], "the line is not an object"),
        ({}, "the key 'AffectedNodes' is missing"),
        ({"AffectedNodes": [7]}, "a node of a transaction's metadata is not an object"),
        ({"AffectedNodes": 7}, "AffectedNodes is not a list"),
        ({"AffectedNodes": [{"ModifiedNode": {}}]}, "the key 'LedgerIndex' is missing"),
        ({"AffectedNodes": [{"ModifiedNode": 7}]}, "not an object"),
    ],
)
def test_metadata_that_cannot_be_read_is_told(spoilt: Any, told: str) -> None:
    """By what is wrong with it."""
    with pytest.raises(RecordError, match=told):
        comparable(spoilt, meta(), KNOWN)
