"""One value of a profile: what its type asks for, and whether the file has it."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin

from neo.config.bounds import Bounds, OneOf
from neo.config.schema import SPEED_MIN, Speed
from neo.redaction import secrets_in


class WrongValueError(Exception):
    """A value that its key doesn't take.

    Args:
        fault: What is wrong with it.
        mend: What to write instead.
    """

    def __init__(self, fault: str, mend: str) -> None:
        super().__init__(fault)
        self.fault = fault
        self.mend = mend


def show_value(value: object) -> str:
    """A value as a TOML file would have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # A JSON text is a TOML one too: a line break or an escape sequence is told and not carried out.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, dict):
        return "a table"
    return str(value)


def describe(hint: Any) -> str:
    """What a key takes, in words an operator can act on."""
    plain, rules = _split(hint)
    if any(isinstance(rule, Speed) for rule in rules):
        return '"max" or a number above 0'
    if get_origin(plain) is Literal:
        return _one_of(get_args(plain))
    for rule in rules:
        if isinstance(rule, OneOf):
            return _one_of(rule.names)
    noun = {int: "a whole number", Decimal: "a number", bool: "true or false", str: "a text in quotes"}[plain]
    return " ".join([noun, *(bounds.describe() for bounds in rules if isinstance(bounds, Bounds))])


def convert(hint: Any, value: object) -> Any:
    """Check one value against its type and bounds.

    Args:
        hint: The field's type, with ``Annotated`` extras.
        value: What TOML gave: numbers with a point arrive as ``Decimal``.

    Returns:
        The value as the struct keeps it.

    Raises:
        WrongValueError: The file's value is of the wrong type or out of range.
    """
    plain, rules = _split(hint)
    if any(isinstance(rule, Speed) for rule in rules):
        return _speed(value, hint)
    if get_origin(plain) is Literal:
        return _choice(value, get_args(plain))
    for rule in rules:
        if isinstance(rule, OneOf):
            return _choice(value, rule.names)
    if plain is str:
        return _text(value, hint)
    if plain is bool:
        if isinstance(value, bool):
            return value
        raise _wrong_type(value, hint)
    return _number(value, plain, rules, hint)


def nearest(name: str, candidates: Sequence[str]) -> str | None:
    """The candidate that ``name`` was probably meant to be."""
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def _split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        plain, *rules = get_args(hint)
        return plain, tuple(Bounds.of(rule) or rule for rule in rules)
    return hint, ()


def _one_of(choices: Sequence[str]) -> str:
    quoted = [f'"{choice}"' for choice in choices]
    return quoted[0] if len(quoted) == 1 else "one of " + ", ".join(quoted)


def _wrong_type(value: object, hint: Any) -> WrongValueError:
    kinds = {bool: "true or false", str: "a text", int: "a whole number", Decimal: "a number with a point"}
    found = kinds.get(type(value), "a table" if isinstance(value, dict) else "something else")
    return WrongValueError(f"is {found}, the wrong type", f"write {describe(hint)}")


def _speed(value: object, hint: Any) -> float:
    if value == "max":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _wrong_type(value, hint)
    written = Decimal(value)
    if not written.is_finite():
        raise WrongValueError("is not a finite number", f"write {describe(hint)}")
    if written <= 0:
        raise WrongValueError("must be above 0", f"write {describe(hint)}")
    speed = float(written)
    if not (speed >= SPEED_MIN and math.isfinite(speed)):
        raise WrongValueError("is beyond what a clock can count with", f"write {describe(hint)}")
    return speed


def _choice(value: object, choices: Sequence[str]) -> str:
    if isinstance(value, str) and value in choices:
        return value
    fault = "is not known here" if isinstance(value, str) else "is the wrong type"
    close = nearest(str(value), choices) if len(choices) > 1 else None
    hint = f' (did you mean "{close}"?)' if close else ""
    raise WrongValueError(fault, f"write {_one_of(choices)}{hint}")


def _text(value: object, hint: Any) -> str:
    if not isinstance(value, str):
        raise _wrong_type(value, hint)
    if not value.strip():
        raise WrongValueError("is empty", f"write {describe(hint)}")
    if secrets_in(value):
        raise WrongValueError("looks like a wallet's secret", f"take it out of the file: write {describe(hint)}")
    return value


def _number(value: object, plain: Any, rules: Sequence[Any], hint: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _wrong_type(value, hint)
    if isinstance(value, Decimal) and not value.is_finite():
        raise WrongValueError("is not a finite number", f"write {describe(hint)}")
    if plain is int and not isinstance(value, int):
        raise _wrong_type(value, hint)
    for rule in rules:
        fault = rule.fault(value) if isinstance(rule, Bounds) else None
        if fault:
            raise WrongValueError(fault, f"write {describe(hint)}")
    return Decimal(value) if plain is Decimal else value
