"""Markets: a setup, a ledger a line with its transactions, and an end state, all played on one embedded ledger.

Older ones tell the state at the start and, at the end, what is seen of the pair. Newer ones tell the entries at the
start and all that the newer scenarios tell at the end; of them each transaction's metadata is compared too, and with it
what every ledger left behind. What the embedded ledger does not execute is applied as its metadata tells, and counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

from neo.ledger import Ledger, UnsupportedTransactionError
from neo.replay import as_recorded
from neo.replay.market_setup import as_scenario
from neo.replay.nodes import MODIFIED, Node, read_nodes
from tools.proofs.ledger_conformance import Mismatch, compare, compare_extra, first_sequence, require_shape, start
from tools.proofs.record_shape import RecordError, first_difference, need

_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError)  # by metadata of a wrong form
_AS_SENT = "tx_json"  # of an answer under version 2 of the API; before it the fields stand beside the hash


class MarketRecord:
    """A market record, fed a line at a time.

    Attributes:
        ledger: the embedded ledger, once a line has been played.
        mismatch: the first difference found so far.
        is_over: the end state has been compared.
        executed: transactions executed anew, by type.
        recorded: transactions applied as recorded, by type.
    """

    def __init__(self, setup: Mapping[str, Any]) -> None:
        require_shape(setup)
        self._setup = setup
        self._accounts: Mapping[str, str] = need(setup, "accounts")
        self.ledger: Ledger | None = None
        self.mismatch: Mismatch | None = None
        self.is_over = False
        self.executed: Counter[str] = Counter()
        self.recorded: Counter[str] = Counter()
        self._ledgers = 0
        self._last: int | None = None
        self._gap = ""  # told with a difference, since it may explain it

    def feed(self, record: Mapping[str, Any]) -> None:
        """Play one more line.

        Raises:
            RecordError: it is not a line of a market.
        """
        require_shape(record)
        kind = need(record, "kind")
        if kind == "ledger":
            if self.mismatch is None:
                self._play(need(record, "ledger"))
        elif kind == "end":
            self.is_over = True
            if self.mismatch is None:
                self.mismatch = self._compare_end(need(record, "state"))
        else:
            raise RecordError(f"a market's lines are of kind setup, ledger and end, not {kind!r}")

    def share(self) -> str:
        """How much was played, and of that how much was executed and how much applied as recorded, by type."""
        executed, recorded = self.executed.total(), self.recorded.total()
        types = [
            f"{kind} {self.executed[kind]:,} executed, {self.recorded[kind]:,} as recorded"
            for kind, _ in (self.executed + self.recorded).most_common()
        ]
        return (
            f"{self._ledgers:,} ledgers, {executed + recorded:,} transactions, {executed:,} executed and {recorded:,} "
            f"applied as recorded{': ' if types else ''}{'; '.join(types)}"
        )

    @property
    def _is_newer(self) -> bool:
        return "entries" in self._setup

    def _made(self, header: Mapping[str, Any]) -> dict[str, Any]:
        """The setup in the form of a scenario's."""
        try:
            return as_scenario(self._setup, header.get("parent_close_time", 0))
        except KeyError as error:
            raise RecordError(f"the key {error.args[0]!r} is missing") from error

    def _open(self, header: Mapping[str, Any], txs: list[Any]) -> Ledger:
        return start(self._made(header), first_sequence(txs, need(self._setup, "issuer")))

    def _compare_end(self, state: Mapping[str, Any]) -> Mismatch | None:
        ledger, step = self.ledger or self._open({}, []), f"end{self._gap}"
        found = compare(ledger, self._accounts, state, step)
        if found is None and "extra" in state:
            found = compare_extra(ledger, self._made({}), state["extra"], step)
        return found

    def _play(self, header: Mapping[str, Any]) -> None:
        items = sorted(need(header, "transactions"), key=_place)
        if self.ledger is None:
            self.ledger = self._open(header, [_sent(item) for item in items])
        index = int(need(header, "ledger_index"))
        if self._last is not None and index != self._last + 1 and not self._gap:
            self._gap = f" (the record goes from ledger {self._last} to {index})"
        self._last = index
        self._ledgers += 1
        self.ledger.open_at(
            index=index,
            close_time_s=need(header, "close_time"),
            parent_close_time_s=need(header, "parent_close_time"),
            parent_hash=bytes.fromhex(header["parent_hash"]) if "parent_hash" in header else None,
        )
        for number, item in enumerate(items, start=1):
            found = self._apply(self.ledger, item)
            if found is not None:
                self.mismatch = Mismatch(f"ledger {index}, transaction {number}{self._gap}", *found)
                return

    def _apply(self, ledger: Ledger, item: Mapping[str, Any]) -> tuple[str, Any, Any] | None:
        """Apply one transaction; the first difference in what it did."""
        tx, meta, tx_hash = _sent(item), _meta(item), need(item, "hash")
        kind, wanted = str(need(tx, "TransactionType")), need(meta, "TransactionResult")
        try:
            applied = ledger.apply(tx, tx_hash)
        except UnsupportedTransactionError as error:
            return self._apply_as_recorded(ledger, kind, tx_hash, _nodes(meta), str(error))
        self.executed[kind] += 1
        if applied.result != wanted:
            return "result", wanted, applied.result
        if not self._is_newer:
            return None
        return first_difference(*_told_by_both(_nodes(meta), _nodes(applied.meta())), "meta")

    def _apply_as_recorded(
        self, ledger: Ledger, kind: str, tx_hash: str, nodes: list[Node], why: str
    ) -> tuple[str, Any, Any] | None:
        try:
            left_out = as_recorded.apply(ledger.state, nodes, tx_hash)
        except _UNREADABLE as error:
            raise RecordError(f"the metadata of transaction {tx_hash} cannot be read: {error!r}") from error
        if left_out:
            lacking = left_out[0]
            told = f"neither executed nor applied as recorded, for its {lacking.change} of {lacking.kind} {lacking.key}"
            return told, kind, why
        self.recorded[kind] += 1
        return None


def _meta(item: Mapping[str, Any]) -> Mapping[str, Any]:
    meta = need(item, "meta" if _AS_SENT in item else "metaData")
    if not isinstance(meta, Mapping):
        raise RecordError("a transaction's metadata is not an object")
    return meta


def _place(item: Mapping[str, Any]) -> int:
    return int(need(_meta(item), "TransactionIndex"))


def _sent(item: Mapping[str, Any]) -> Mapping[str, Any]:
    """The transaction's fields."""
    sent: Mapping[str, Any] = need(item, _AS_SENT) if _AS_SENT in item else item
    return sent


def _nodes(meta: Mapping[str, Any]) -> list[Node]:
    """What a transaction made of each entry. Directories are left out: a record may lack them, and they tell no more.

    Raises:
        RecordError: it is not told as metadata is.
    """
    for node in need(meta, "AffectedNodes"):
        for change in node:
            for name in ("LedgerIndex", "LedgerEntryType", *(("NewFields",) if change == "CreatedNode" else ())):
                need(node, change, name)
    return read_nodes(meta)


def _told_by_both(expected: list[Node], got: list[Node]) -> tuple[Any, Any]:
    """What a record tells of the entries that a transaction changed, and as much of what is told here."""
    theirs, ours = _changed(expected), _changed(got)
    return theirs, {key: _as_much(theirs[key], told) if key in theirs else told for key, told in ours.items()}


def _changed(nodes: list[Node]) -> dict[str, Any]:
    """Each changed entry by its key: what became of it, and its fields after that.

    Left out is what only a transaction's thread passed through: a record may lack it.
    """
    return {
        node.key: {node.change: dict(node.after or {})} for node in nodes if node.change != MODIFIED or node.changed
    }


def _as_much(expected: Mapping[str, Any], got: Mapping[str, Any]) -> dict[str, Any]:
    """Of a node of ours the fields that the other one tells."""
    ((change, fields),) = got.items()
    return {change: {name: fields[name] for name in fields if name in expected.get(change, fields)}}
