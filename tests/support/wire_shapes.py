"""The shape of JSON messages: which keys they always have, which sometimes, and the types of what stands there.

A shape is learnt from examples. Objects of the ledger are kept apart by their kind (an offer's fields are not a trust
line's), and so are those inside them whose kind is the holder's.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

_KIND_NAMES = ("LedgerEntryType", "TransactionType")
_OF_THE_HOLDER = frozenset({"FinalFields", "NewFields", "PreviousFields"})
_KEY = re.compile(r"[0-9A-F]{64}")


class Shape:
    """What examples of a message have in common."""

    def __init__(self, known: Mapping[str, Shape] = MappingProxyType({})) -> None:
        self._known = known
        self._types: set[str] = set()
        self._seen: Counter[str] = Counter()
        self._keys: dict[str, dict[str, Shape]] = {}
        self._present: Counter[tuple[str, str]] = Counter()
        self._items: Shape | None = None

    @classmethod
    def of(cls, examples: Iterable[Any], **known: Shape) -> Shape:
        """Learnt from these; what stands under a key of ``known`` has that shape."""
        shape = cls(known)
        for example in examples:
            shape._learn(example, "")
        return shape

    def _learn(self, value: Any, kind: str) -> None:
        self._types.add(_type_of(value))
        if isinstance(value, list):
            self._items = self._items or Shape(self._known)
            for item in value:
                self._items._learn(item, kind)
        elif isinstance(value, dict):
            kind = _kind_of(value, kind)
            self._seen[kind] += 1
            for key, inner in value.items():
                name = _name_of(key)
                self._present[kind, name] += 1
                shape = self._keys.setdefault(kind, {}).setdefault(name, self._known.get(key) or Shape(self._known))
                if key not in self._known:
                    shape._learn(inner, kind if key in _OF_THE_HOLDER else "")

    def misfits(self, value: Any, path: str = "", kind: str = "") -> list[str]:
        """How a message differs from all examples, one clause each."""
        told = _type_of(value)
        if told not in self._types:
            return [f"{path} is {told}, not {' or '.join(sorted(self._types)) or 'there'}"]
        if isinstance(value, list):
            if self._items is None or not self._items._types:
                return [f"{path} is never filled"] if value else []
            return [each for item in value for each in self._items.misfits(item, f"{path}[]", kind)]
        if not isinstance(value, dict):
            return []
        kind = _kind_of(value, kind)
        if kind not in self._seen:
            return [f"{path} is of the kind {kind!r}, of which there is no example"]
        known, found = self._keys.get(kind, {}), []
        for key, inner in value.items():
            name, below = _name_of(key), f"{path}.{_name_of(key)}"
            if name not in known:
                found.append(f"{below} has no example")
            else:
                found += known[name].misfits(inner, below, kind if key in _OF_THE_HOLDER else "")
        names = {_name_of(key) for key in value}
        found += [
            f"{path}.{name} is missing"
            for name in known
            if name not in names and self._present[kind, name] == self._seen[kind]
        ]
        return found


def _type_of(value: Any) -> str:
    return "number" if isinstance(value, int | float) and not isinstance(value, bool) else type(value).__name__


def _kind_of(value: dict[str, Any], kind: str) -> str:
    return next((str(value[name]) for name in _KIND_NAMES if name in value), kind)


def _name_of(key: str) -> str:
    """Keys that are hashes are all alike."""
    return "#" if _KEY.fullmatch(key) else key
