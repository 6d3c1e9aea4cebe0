"""Reading a record: the value at a key, what kind of value each key holds, and where two values differ.

A spoilt record is told by its key and not by a crash.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

_WHOLE: Final = "a whole number from 0"
_INDEX: Final = "a whole number from 0, or its digits"
_OBJECT: Final = "an object"
_LIST: Final = "a list"
_TEXT: Final = "a text"
_AMOUNT: Final = "an object or an amount of drops, as a text"
_ISSUER: Final = "an object or an address"

_KIND: Final = {
    **dict.fromkeys(("base_fee_drops", "reserve_base_drops", "reserve_inc_drops", "close_time"), _WHOLE),
    **dict.fromkeys(("parent_close_time", "transfer_rate", "tick_size", "trading_fee", "sequence"), _WHOLE),
    **dict.fromkeys(("owner_count", "Sequence", "Flags", "Expiration", "OfferSequence", "SetFlag"), _WHOLE),
    **dict.fromkeys(("ClearFlag", "TransferRate", "TickSize", "TradingFee", "LastLedgerSequence"), _WHOLE),
    "ledger_index": _INDEX,
    **dict.fromkeys(("setup", "accounts", "before", "books", "tx", "ledger", "state"), _OBJECT),
    **dict.fromkeys(("steps", "txs", "transactions", "asks", "bids"), _LIST),
    **dict.fromkeys(("address", "currency", "value", "Account", "Destination", "xrp_drops", "quality"), _TEXT),
    **dict.fromkeys(("TakerPays", "TakerGets", "Amount", "SendMax", "DeliverMax", "LimitAmount"), _AMOUNT),
    "issuer": _ISSUER,
}
# What is only compared, or is of no account of the pair, may be anything; metadata is read where it is needed.
_NOT_PLAYED: Final = frozenset({"after", "bystanders", "meta", "metaData"})
_SHOWN_CHARS: Final = 60

_ABSENT: Final = object()

_Way = tuple[Any, ...]  # the keys from a value back to the record: (key, (key of what holds it, (...)))


class RecordError(Exception):
    """A record can't be read; the message says what is wrong with it."""


def need(record: object, *path: str) -> Any:
    """A value inside a record.

    Raises:
        RecordError: a key is missing, or what should hold it is no object.
    """
    value: Any = record
    for depth, key in enumerate(path):
        if not isinstance(value, Mapping):
            raise RecordError(f"{'.'.join(path[:depth]) or 'the line'} is not an object")
        if key not in value:
            raise RecordError(f"the key {'.'.join(path[: depth + 1])!r} is missing")
        value = value[key]
    return value


def misfit(record: Any) -> str | None:
    """The first value in a record that is of another kind than its key's: where, what, and what belongs there.

    None if all are of their kinds.
    """
    waiting: list[tuple[_Way, Any]] = [((), record)]
    while waiting:
        way, value = waiting.pop()
        for key, inner in _inside(value):
            kind = _KIND.get(key) if isinstance(key, str) else None
            if kind is not None and not _fits(kind, inner):
                return f"{_named((key, way))} is not {kind}: {json.dumps(inner)[:_SHOWN_CHARS]}"
            if key not in _NOT_PLAYED:
                waiting.append(((key, way), inner))
    return None


def _inside(value: Any) -> Iterator[tuple[Any, Any]]:
    if isinstance(value, Mapping):
        yield from value.items()
    elif isinstance(value, list):
        yield from enumerate(value)


def _fits(kind: str, value: Any) -> bool:
    if kind in (_WHOLE, _INDEX) and type(value) is int:
        return value >= 0
    if kind == _INDEX:
        return isinstance(value, str) and value.isascii() and value.isdecimal()
    is_object, is_text = isinstance(value, Mapping), isinstance(value, str)
    return {
        _WHOLE: False,
        _OBJECT: is_object,
        _LIST: isinstance(value, list),
        _TEXT: is_text,
    }.get(kind, is_object or is_text)


def _named(way: _Way) -> str:
    keys: list[Any] = []
    while way:
        key, way = way
        keys.append(key)
    return "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in reversed(keys)).removeprefix(".")


def first_difference(expected: Any, got: Any, path: str) -> tuple[str, Any, Any] | None:
    """Where two pieces of JSON first differ: (path, expected, got); None if they don't."""
    if isinstance(expected, Mapping) and isinstance(got, Mapping):
        pairs = [(expected.get(key, _ABSENT), got.get(key, _ABSENT), f"{path}.{key}") for key in {**expected, **got}]
    elif isinstance(expected, list) and isinstance(got, list):
        pairs = [(*both, f"{path}[{place}]") for place, both in enumerate(zip(expected, got, strict=False))]
        pairs.append((len(expected), len(got), f"{path} (how many)"))
    else:
        return None if expected == got else (path, _told(expected), _told(got))
    found = (first_difference(*pair) for pair in pairs)
    return next((difference for difference in found if difference is not None), None)


def _told(value: Any) -> Any:
    return "nothing" if value is _ABSENT else value
