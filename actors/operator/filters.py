"""What of a session's messages a tap shows: filters by actor and by field, and what is hidden in every case."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from actors.operator.protocol import INTERVAL_MAX_S, INTERVAL_MIN_S, GetChannels, Reply, Stream
from actors.plumbing.tap import Lost, Tapped
from neo.messages import Message
from neo.messages.routes import JOURNAL_CHANNEL, RECEIPTS, ROUTES, Routes
from neo.text.redaction import excerpt, hide_within

# Every message by its name: what ``--type`` takes.
MESSAGE_TYPES: Mapping[str, type[Message]] = ROUTES.by_name

_encode = msgspec.json.encode

# Where a message comes from that is read back.
JOURNAL = "journal"

# The parts that messages pass between: what ``--actor`` takes.
PARTS = ROUTES.parts


class FilterError(ValueError):
    """A filter that can't be used: what is wrong with it and what to write."""


class Condition(msgspec.Struct, frozen=True):
    """A field, by its dotted path, and the text that it must equal."""

    path: tuple[str, ...]
    text: str


def parse_condition(text: str) -> Condition:
    """``side=buy`` or ``standing.fills=3`` as a condition.

    Raises:
        FilterError: if it isn't one.
    """
    field, equals, value = text.partition("=")
    if not equals or not field.strip():
        raise FilterError(f"'{excerpt(text, 60)}' is not a condition; write FIELD=VALUE, such as side=buy")
    return Condition(tuple(field.strip().split(".")), value.strip())


def unknown_types(names: Sequence[str]) -> list[str]:
    """Those of the names that no message has."""
    return [name for name in names if name not in MESSAGE_TYPES]


def stream_refused(command: Stream) -> str | None:
    """Why a stream can't be had as it was asked for, or None."""
    if isinstance(command, GetChannels):
        if INTERVAL_MIN_S <= command.interval_s <= INTERVAL_MAX_S:  # also False for NaN
            return None
        return f"the channels are told every {INTERVAL_MIN_S:g} to {INTERVAL_MAX_S:g} seconds"
    if len(command.types) > len(MESSAGE_TYPES) or unknown_types(command.types):
        return "not every type that was asked for is one of a message"
    return None


def unknown_parts(names: Iterable[str]) -> list[str]:
    """Those of the names that no part of a session has."""
    return [name for name in names if name not in PARTS]


def unknown_fields(conditions: Sequence[Condition], types: Sequence[str]) -> list[str]:
    """Those of the conditions' fields that no message has, or none of these types."""
    kinds = [MESSAGE_TYPES[name] for name in types] or list(MESSAGE_TYPES.values())
    known = {"type"}.union(*(kind.__struct_encode_fields__ for kind in kinds))
    return [condition.path[0] for condition in conditions if condition.path[0] not in known]


def parts_of(item: Tapped, routes: Routes = ROUTES) -> frozenset[str]:
    """The parts that a message passed between. The journal doesn't keep who appended a record; its type tells."""
    if item.source == JOURNAL:
        kind = routes.by_name[item.message["type"]]
        return frozenset({*routes.senders(kind, JOURNAL_CHANNEL), JOURNAL_CHANNEL})
    return frozenset({item.source, item.target.removeprefix(RECEIPTS)})


def matches(message: Mapping[str, Any], conditions: Sequence[Condition]) -> bool:
    """True if every condition holds for a message's builtins; one about a field that it lacks does not."""
    return all(_text_at(message, condition.path) == condition.text for condition in conditions)


def _text_at(value: Any, path: tuple[str, ...]) -> str | None:
    for name in path:
        if not isinstance(value, Mapping) or name not in value:
            return None
        value = value[name]
    if isinstance(value, bool):
        return str(value).lower()
    return None if value is None else str(value)


def line_of(told: Tapped | Lost | Reply) -> bytes:
    """What is told as a line of JSON, its texts without anything that looks like a wallet's secret."""
    return _encode(hide_within(msgspec.to_builtins(told)))
