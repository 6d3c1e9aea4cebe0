"""Any message of the catalogue: a strategy made from its fields' types, so that a new message is tried as well."""

from __future__ import annotations

import enum
import types
from decimal import Decimal
from typing import Any, Union, get_args, get_origin, get_type_hints

import msgspec
from hypothesis import strategies as st

from neo import messages
from neo.messages import Message

# Every message that there is, by its name.
CATALOGUE: dict[str, type[Message]] = {
    name: kind
    for name, kind in sorted(vars(messages).items())
    if isinstance(kind, type) and issubclass(kind, Message) and kind is not Message
}

# What a ledger and a row of the database can have; the journal refuses more.
_WHOLE = st.integers(-(10**17), 10**17)
_AMOUNTS = st.builds(
    lambda digits, exponent: Decimal(digits).scaleb(exponent), st.integers(-(10**20), 10**20), st.integers(-70, 70)
)
_JSON = st.recursive(
    st.none() | st.booleans() | _WHOLE | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=5), inner, max_size=2),
    max_leaves=4,
)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    bool: st.booleans(),
    int: _WHOLE,
    float: st.floats(allow_nan=False, allow_infinity=False),
    str: st.text(max_size=20),
    Decimal: _AMOUNTS,
    type(None): st.none(),
    msgspec.UnsetType: st.just(msgspec.UNSET),
    Any: _JSON,
}


def any_of(kind: type[msgspec.Struct]) -> st.SearchStrategy[Any]:
    """Values of a struct, with every field given."""
    hints = get_type_hints(kind)
    return st.builds(kind, **{name: _of(hints[name]) for name in kind.__struct_fields__})


def parts_of(kind: type[msgspec.Struct]) -> set[Any]:
    """The types that a struct's fields are made of, those of its parts included: classes and generic kinds alike."""
    found: set[Any] = set()
    waiting = list(get_type_hints(kind).values())
    while waiting:
        hint = waiting.pop()
        if hint in found:
            continue
        found.add(hint)
        waiting += get_args(hint)
        if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
            waiting += get_type_hints(hint).values()
    return found


def _of(hint: Any) -> st.SearchStrategy[Any]:
    if hint in _PLAIN:
        return _PLAIN[hint]
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        return st.one_of([_of(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(_of(arguments[0]), max_size=2).map(tuple)
    if origin is dict:
        return st.dictionaries(_of(arguments[0]), _of(arguments[1]), max_size=2)
    if issubclass(hint, enum.Enum):
        return st.sampled_from(hint)
    if issubclass(hint, msgspec.Struct):
        return any_of(hint)
    raise AssertionError(f"no strategy for {hint}")
