"""A recording's lines: what is told of a pair, ledger by ledger, as JSON, and back.

A line is an object with its ``kind``:

- ``recording``: the first line, which says what is recorded (:class:`RecordingHead`);
- ``snapshot``: the pair as a ledger left it (:class:`neo.replay.recorded.RecordedState`);
- ``ledger``: a validated ledger, as a server tells it under version 2 of its API;
- ``gap``: ledgers that no server told any more;
- ``cut``: the recorder before was ended without a word, and another one goes on;
- ``end``: the recorder ended properly.

Ledgers are read as version 1 tells them too, with the metadata in ``metaData`` beside the transaction's own fields.

Source: xrpl.org, "ledger" (versions 1 and 2 of the API).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, TypeVar

import msgspec

from neo.ledger import Fees
from neo.messages import LedgerTransaction
from neo.replay.recorded import RecordedLedger, RecordedState

FORMAT: Final = 1

S = TypeVar("S", bound=msgspec.Struct)

_HASH: Final = re.compile(r"[0-9A-Fa-f]{64}")
# What version 1 writes among a transaction's own fields.
_BESIDE: Final = frozenset({"date", "hash", "inLedger", "ledger_index", "meta", "metaData", "validated"})
_SHOWN_CHARS: Final = 60


class RecordingError(ValueError):
    """A line is not what a recording has there; the message says what is wrong with it."""


class RecordingHead(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded.

    Args:
        currency: Of the token, as the ledger writes it.
        issuer: Its issuer's address.
        network_id: Of the network; None if it is not known.
        amendments: The names of those in force that matter to the exchange.
        begun: When the recording was begun, such as ``2026-11-27T00:00:00Z``; empty if that is not known.
        means: How it came about: ``live``, ``converted`` or ``market``.
        version: Of the NEO that wrote it; empty if none did.
    """

    currency: str
    issuer: str
    network_id: int | None
    amendments: tuple[str, ...]
    begun: str
    means: str
    version: str

    @property
    def about(self) -> tuple[str, str, int | None]:
        """What two recordings must have in common to be one: the token and the network."""
        return self.currency, self.issuer, self.network_id


class RecordingGap(msgspec.Struct, frozen=True):
    """Ledgers that no server told any more, and why."""

    first_index: int
    last_index: int
    why: str


class RecordingCut(msgspec.Struct, frozen=True):
    """A recorder was ended without a word after this ledger, or has not ended yet; None if it had told none."""

    after_index: int | None


class RecordingEnd(msgspec.Struct, frozen=True):
    """A recorder ended properly, and why."""

    why: str


class MarketEnd(msgspec.Struct, frozen=True):
    """The end of a market that somebody else recorded.

    Args:
        setup: The market's first line.
        state: What is seen of the pair at the end, in the recorder's own form.
    """

    setup: dict[str, Any]
    state: dict[str, Any]


RecordingItem = RecordingHead | RecordedState | RecordedLedger | RecordingGap | RecordingCut | RecordingEnd | MarketEnd


# --- Writing -----------------------------------------------------------------------------------------------------


def write_line(item: RecordingItem) -> bytes:
    """An item as a line, with its end.

    Raises:
        ValueError: A recording has no such line (the caller's fault).
    """
    return msgspec.json.encode(_as_object(item)) + b"\n"


def _as_object(item: RecordingItem) -> dict[str, Any]:
    if isinstance(item, RecordingHead):
        return {"kind": "recording", "format": FORMAT, **msgspec.structs.asdict(item)}
    if isinstance(item, RecordedState):
        told = {"ledger_index": item.ledger_index, "ledger_hash": item.ledger_hash, "whole": item.is_whole}
        assumed = {"roots_assumed": item.roots_assumed, "lines_assumed": item.lines_assumed}
        return {"kind": "snapshot", **told, **assumed, "state": item.state}
    if isinstance(item, RecordedLedger):
        return _ledger_object(item)
    if isinstance(item, RecordingGap):
        return {"kind": "gap", "first": item.first_index, "last": item.last_index, "why": item.why}
    if isinstance(item, RecordingCut):
        return {"kind": "cut", "after": item.after_index}
    if isinstance(item, RecordingEnd):
        return {"kind": "end", "why": item.why}
    raise ValueError(f"a recording has no line for a {type(item).__name__}")


def _ledger_object(item: RecordedLedger) -> dict[str, Any]:
    header = {
        "ledger_index": item.ledger_index,
        "ledger_hash": item.ledger_hash,
        "parent_hash": item.parent_hash,
        "close_time": item.close_time_s,
        "parent_close_time": item.parent_close_time_s,
        "transactions": [{"hash": each.tx_hash, "tx_json": each.tx, "meta": each.meta} for each in item.transactions],
    }
    fees = item.fees
    voted = None if fees is None else [fees.base_fee_drops, fees.reserve_base_drops, fees.reserve_inc_drops]
    return {"kind": "ledger", "ledger": header, "whole": item.is_whole} | ({} if voted is None else {"fees": voted})


# --- Reading -----------------------------------------------------------------------------------------------------


class _Head(msgspec.Struct):
    currency: str
    issuer: str
    network_id: int | None = None
    amendments: tuple[str, ...] = ()
    begun: str = ""
    means: str = ""
    version: str = ""


class _Snapshot(msgspec.Struct):
    ledger_index: int
    ledger_hash: str
    whole: bool
    state: dict[str, Any]
    roots_assumed: tuple[str, ...] = ()
    lines_assumed: tuple[str, ...] = ()


class _Gap(msgspec.Struct):
    first: int
    last: int
    why: str


class _Cut(msgspec.Struct):
    after: int | None


class _End(msgspec.Struct):
    why: str


class _Line(msgspec.Struct):
    ledger: dict[str, Any]
    whole: bool
    fees: tuple[int, int, int] | None = None


class _Header(msgspec.Struct):
    ledger_index: int
    ledger_hash: str
    close_time: int
    parent_close_time: int
    transactions: list[Any]
    parent_hash: str = ""


def parse_line(line: bytes) -> dict[str, Any]:
    """The object that a line of JSON is.

    Raises:
        RecordingError: It is no JSON, or no object.
    """
    try:
        record = msgspec.json.decode(line)
    except (msgspec.DecodeError, ValueError) as error:
        raise RecordingError(f"no JSON ({error})") from error
    except RecursionError as error:
        raise RecordingError("JSON nested too deep") from error
    if not isinstance(record, dict):
        raise RecordingError("JSON, but no object")
    return record


def read_line(record: Mapping[str, Any]) -> RecordingItem:
    """What a line of a recording says.

    Raises:
        RecordingError: It is not such a line.
    """
    kind = record.get("kind")
    if kind == "recording":
        return _read_head(record)
    if kind == "snapshot":
        return _read_snapshot(record)
    if kind == "ledger":
        line = _converted(record, _Line)
        return read_ledger_object(
            line.ledger, is_whole=line.whole, fees=None if line.fees is None else Fees(*line.fees)
        )
    if kind == "gap":
        gap = _converted(record, _Gap)
        return RecordingGap(gap.first, gap.last, gap.why)
    if kind == "cut":
        return RecordingCut(_converted(record, _Cut).after)
    if kind == "end":
        return RecordingEnd(_converted(record, _End).why)
    if kind is None:
        raise RecordingError("no line of a recording: it does not say of which kind it is")
    raise RecordingError(f"a line of kind {_shown(kind)}, which no recording has")


def _read_head(record: Mapping[str, Any]) -> RecordingHead:
    told = record.get("format")
    if told != FORMAT:
        raise RecordingError(f"a recording of format {_shown(told)}, where this version reads {FORMAT}")
    head = _converted(record, _Head)
    return RecordingHead(**msgspec.structs.asdict(head))


def _read_snapshot(record: Mapping[str, Any]) -> RecordedState:
    told = _converted(record, _Snapshot)
    return RecordedState(
        ledger_index=told.ledger_index,
        ledger_hash=_hash("ledger_hash", told.ledger_hash),
        state=told.state,
        is_whole=told.whole,
        roots_assumed=told.roots_assumed,
        lines_assumed=told.lines_assumed,
    )


def read_ledger_object(header: Mapping[str, Any], *, is_whole: bool, fees: Fees | None = None) -> RecordedLedger:
    """A ledger as a server tells it, under either version of its API; its transactions in any order.

    Args:
        header: With ``transactions``, each expanded and with its metadata.
        is_whole: Every transaction of the ledger has to be there.
        fees: The voted amounts on it, if they are known.

    Raises:
        RecordingError: Something of it is missing, or not what it must be.
    """
    told = _converted(header, _Header)
    transactions = sorted((_transaction(told.ledger_index, each) for each in told.transactions), key=_place)
    places = [_place(each) for each in transactions]
    where = f"ledger {told.ledger_index}"
    if len({each.tx_hash for each in transactions}) < len(transactions):
        raise RecordingError(f"{where} has a transaction twice")
    if len(set(places)) < len(places):
        raise RecordingError(f"{where} has two transactions at one place")
    if is_whole and places != list(range(len(places))):
        missing = next(place for place in range(len(places)) if place not in places)
        raise RecordingError(f"{where} is not whole: it has no transaction at place {missing}, and one behind that")
    return RecordedLedger(
        ledger_index=told.ledger_index,
        ledger_hash=_hash("ledger_hash", told.ledger_hash),
        parent_hash=_hash("parent_hash", told.parent_hash) if told.parent_hash else "",
        close_time_s=told.close_time,
        parent_close_time_s=told.parent_close_time,
        transactions=tuple(transactions),
        is_whole=is_whole,
        fees=fees,
    )


def _transaction(index: int, row: Any) -> LedgerTransaction:
    where = f"ledger {index}"
    if not isinstance(row, dict):
        raise RecordingError(f"{where} names its transactions and does not show them")
    tx = row.get("tx_json", row.get("transaction"))
    if tx is None:
        tx = {name: value for name, value in row.items() if name not in _BESIDE}
    meta = row.get("meta", row.get("metaData"))
    if "tx_blob" in row or isinstance(meta, str):
        raise RecordingError(f"{where} has its transactions in the ledger's binary form")
    if not isinstance(tx, dict) or not isinstance(tx.get("TransactionType"), str):
        raise RecordingError(f"{where} has a transaction without its type")
    tx_hash = row.get("hash", tx.get("hash"))
    if not isinstance(tx_hash, str):
        raise RecordingError(f"{where} has a transaction without its hash")
    if not isinstance(meta, dict):
        raise RecordingError(f"{where} has a transaction without metadata: {_shown(tx_hash)}")
    result, place = meta.get("TransactionResult"), meta.get("TransactionIndex")
    if not isinstance(result, str) or type(place) is not int or not isinstance(meta.get("AffectedNodes"), list):
        raise RecordingError(f"{where} has a transaction whose metadata is not whole: {_shown(tx_hash)}")
    if "owner_funds" in row:
        tx = {**tx, "owner_funds": row["owner_funds"]}
    return LedgerTransaction(_hash("hash", tx_hash), tx, meta, result)


def _place(transaction: LedgerTransaction) -> int:
    place: int = transaction.meta["TransactionIndex"]
    return place


def _hash(name: str, value: str) -> str:
    if not _HASH.fullmatch(value):
        raise RecordingError(f"{name} is {_shown(value)}, which is no hash of 64 hexadecimal digits")
    return value.upper()


def _converted(record: Mapping[str, Any], into: type[S]) -> S:
    try:
        return msgspec.convert(record, into, strict=False)
    except msgspec.ValidationError as error:
        raise RecordingError(str(error)) from error


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN_CHARS else f"{text[:_SHOWN_CHARS]}..."
