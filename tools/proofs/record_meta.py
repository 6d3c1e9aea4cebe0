"""A transaction's metadata in a record and here, brought to what both can tell, entry by entry.

Left out are entries and values of which the record's start does not tell enough, who changed an entry before the record
began, links of directory pages that lead nowhere (a server tells some of them as 0, others not at all), and what was
delivered where the record does not say it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neo.ledger import Ledger
from tools.proofs.record_shape import RecordError, need

_THREAD = frozenset({"PreviousTxnID", "PreviousTxnLgrSeq"})
_LINKS = ("IndexNext", "IndexPrevious")
_SHOWN = "delivered_amount"  # no part of the ledger: some of a server's answers add it, others do not
_BESIDE = ("TransactionIndex", "TransactionResult", "DeliveredAmount", _SHOWN)
_PARTS = ("FinalFields", "NewFields", "PreviousFields")


@dataclass(frozen=True, slots=True)
class Unknown:
    """What a record does not tell of its start.

    Attributes:
        roots: accounts of which it tells no root, by the keys of their entries in hex.
        fields: of other accounts the fields that it does not tell: the issuer's XRP, the pool's sequence number.
        threads: who changed other entries than directories last.
    """

    roots: frozenset[str]
    fields: Mapping[str, str]
    threads: bool


def unknown_of(ledger: Ledger, setup: Mapping[str, Any]) -> Unknown:
    """What is not known of a ledger that has just been started from a setup."""
    state = ledger.state
    accounts = state.accounts.values()
    if "entries" in setup:
        roots = (account.key for account in accounts if not account.sequence and not account.is_amm)
        return Unknown(frozenset(key.hex().upper() for key in roots), {}, threads=False)
    pools = {account.key.hex().upper(): "Sequence" for account in accounts if account.is_amm}
    return Unknown(frozenset(), {state.issuer.key.hex().upper(): "Balance", **pools}, threads=True)


def comparable(expected: Any, got: Mapping[str, Any], unknown: Unknown) -> tuple[dict[str, Any], dict[str, Any]]:
    """Both sides' metadata: each entry by its key, and the values beside them.

    Args:
        expected: the record's.
        got: the embedded ledger's.

    Raises:
        RecordError: the record's is of a wrong form.
    """
    theirs, ours = _nodes(expected, unknown), _nodes(got, unknown)
    for key, told in theirs.items():
        may_lack = unknown.threads or _kind(told) == "DirectoryNode"
        if may_lack and key in ours and not _THREAD & _names(ours[key]):
            theirs[key] = _without(told, _THREAD)
    return {**theirs, **_beside(expected, expected)}, {**ours, **_beside(got, expected)}


def _beside(meta: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What stands beside the nodes; what was delivered only where the record tells it."""
    return {name: meta[name] for name in _BESIDE if name in meta and (name in told or name != _SHOWN)}


def _nodes(meta: Any, unknown: Unknown) -> dict[str, Any]:
    """What became of each entry."""
    nodes = {}
    affected = need(meta, "AffectedNodes")
    if not isinstance(affected, list):
        raise RecordError("AffectedNodes is not a list")
    for node in affected:
        if not isinstance(node, Mapping) or len(node) != 1:
            raise RecordError("a node of a transaction's metadata is not an object with one key")
        ((change, told),) = node.items()
        key = str(need(told, "LedgerIndex"))
        if key in unknown.roots:
            continue
        untold = unknown.fields.get(key)
        parts = {name: told[name] for name in told if name not in _PARTS}
        parts |= {name: _told(told[name], untold) for name in _PARTS if name in told}
        nodes[key] = {change: parts}
    return nodes


def _told(fields: Any, untold: str | None) -> Any:
    if not isinstance(fields, Mapping):
        return fields
    return {name: value for name, value in fields.items() if name != untold and not (name in _LINKS and value == "0")}


def _kind(node: Mapping[str, Any]) -> Any:
    ((_, parts),) = node.items()
    return parts.get("LedgerEntryType")


def _names(node: Mapping[str, Any]) -> set[str]:
    """The names of all that a node tells, thread included."""
    ((_, parts),) = node.items()
    return {*parts, *parts.get("FinalFields", ())}


def _without(node: Mapping[str, Any], names: frozenset[str]) -> dict[str, Any]:
    ((change, parts),) = node.items()
    rest = {name: value for name, value in parts.items() if name not in names}
    if isinstance(rest.get("FinalFields"), Mapping):
        rest["FinalFields"] = {name: value for name, value in rest["FinalFields"].items() if name not in names}
    return {change: rest}
