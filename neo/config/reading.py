"""One value of a profile: what its type asks for, and whether the file has it."""

from __future__ import annotations

import difflib
import json
import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated, Any, Literal, get_args, get_origin

from neo.text.bounds import SPEED_MIN, Bounds, Form, ListOf, OneOf, Speed
from neo.text.printable import printable
from neo.text.redaction import SECRET_CHARS_MAX, hide_secrets, secrets_in

# Of a value that is told, in characters: enough to know it again.
_SHOWN_CHARS_MAX = 80

# Of a list that is told, in values.
_LISTED = 5

# Digits before and after the point. The widest bound of a profile has 12 digits and none needs more than 15 decimals;
# far longer numbers fill memory once they are written out.
_DIGITS_MAX = 40
_BITS_MAX = 1000  # some 300 digits: beyond, writing it out takes long, and Python refuses


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
        # A secret is known by its whole, so it goes before the rest is cut.
        text = hide_secrets(value[: _SHOWN_CHARS_MAX + SECRET_CHARS_MAX])
        return _cut(printable(json.dumps(text, ensure_ascii=False)))
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, (list, tuple)):
        return _show_list(value)
    if isinstance(value, int) and value.bit_length() > _BITS_MAX:
        return "a number of hundreds of digits"
    return _cut(str(value))


def _show_list(values: Sequence[object]) -> str:
    """A list of a few texts as it is, any other by how long it is."""
    if len(values) <= _LISTED and all(isinstance(value, str) for value in values):
        return f"[{', '.join(map(show_value, values))}]"
    return f"a list of {len(values):,}"


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARS_MAX else f"{text[: _SHOWN_CHARS_MAX - 3]}..."


def describe(hint: Any) -> str:
    """What a key takes, in words an operator can act on."""
    plain, rules = _split(hint)
    if any(isinstance(rule, Speed) for rule in rules):
        return f'"max" or a number of {SPEED_MIN} or more'
    if get_origin(plain) is Literal:
        return _one_of(get_args(plain))
    for rule in rules:
        if isinstance(rule, OneOf):
            return _one_of(rule.names)
        if isinstance(rule, Form | ListOf):
            return rule.told
    noun = {int: "a whole number", Decimal: "a number", bool: "true or false", str: "a text in quotes"}[plain]
    return " ".join([noun, *(bounds.describe() for bounds in rules if isinstance(bounds, Bounds))])


def is_private(hint: Any) -> bool:
    """Whether a value that a key does not take is kept out of messages: it may be a secret, in place of its name."""
    _, rules = _split(hint)
    return any(isinstance(rule, Form) and rule.is_private for rule in rules)


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
    if plain is str or get_origin(plain) is tuple:
        return _worded(value, rules, hint)
    if plain is bool:
        if isinstance(value, bool):
            return value
        raise _wrong_type(value, hint)
    return _number(value, plain, rules, hint)


def nearest(name: str, candidates: Sequence[str]) -> str | None:
    """The candidate that ``name`` was probably meant to be."""
    if len(name) > _SHOWN_CHARS_MAX:  # no key is as long, and the comparison takes its square
        return None
    found = difflib.get_close_matches(name, candidates, n=1, cutoff=0.6)
    return found[0] if found else None


def _split(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if get_origin(hint) is Annotated:
        plain, *rules = get_args(hint)
        return plain, tuple(rules)
    return hint, ()


def _one_of(choices: Sequence[str]) -> str:
    quoted = [f'"{choice}"' for choice in choices]
    return quoted[0] if len(quoted) == 1 else "one of " + ", ".join(quoted)


def _wrong_type(value: object, hint: Any) -> WrongValueError:
    kinds = {
        bool: "true or false",
        str: "a text",
        int: "a whole number",
        Decimal: "a number with a point",
        list: "a list",
        dict: "a table",
    }
    found = kinds.get(type(value), "a date or time")
    return WrongValueError(f"is {found}, the wrong type", f"write {describe(hint)}")


def _speed(value: object, hint: Any) -> float:
    if value == "max":
        return math.inf
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _wrong_type(value, hint)
    _require_finite(value, hint)
    if value <= 0:
        raise WrongValueError("must be above 0", f"write {describe(hint)}")
    if value < SPEED_MIN:
        raise WrongValueError("is too slow: not even a ledger would close in an hour", f"write {describe(hint)}")
    _require_short(value, hint)
    return float(value)


def _require_finite(value: int | Decimal, hint: Any) -> None:
    if isinstance(value, Decimal) and not value.is_finite():
        raise WrongValueError("is not a finite number", f"write {describe(hint)}")


def _require_short(value: int | Decimal, hint: Any) -> None:
    """Refuse a number within its bounds whose digits alone would fill memory: ``1e-999999999``, say.

    Raises:
        WrongValueError: It is one of these.
    """
    if isinstance(value, int):
        is_long = value.bit_length() > _BITS_MAX or abs(value) >= 10**_DIGITS_MAX
    else:
        _, digits, exponent = value.as_tuple()
        assert isinstance(exponent, int), "a finite value's exponent is a number"
        is_long = len(digits) > _DIGITS_MAX or not -_DIGITS_MAX <= exponent <= _DIGITS_MAX
    if is_long:
        raise WrongValueError(f"has more than {_DIGITS_MAX} digits, written out", f"write {describe(hint)}")


def _choice(value: object, choices: Sequence[str]) -> str:
    if isinstance(value, str) and value in choices:
        return value
    fault = "is not known here" if isinstance(value, str) else "is the wrong type"
    close = nearest(value, choices) if isinstance(value, str) and len(choices) > 1 else None
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


def _worded(value: object, rules: Sequence[Any], hint: Any) -> str | tuple[str, ...]:
    """A text, or a list of them, by the one rule that its key has, if it has one."""
    for rule in rules:
        if isinstance(rule, OneOf):
            return _choice(value, rule.names)
        if isinstance(rule, ListOf):
            return _list(value, rule, hint)
        if isinstance(rule, Form):
            return _formed(value, rule, hint)
    return _text(value, hint)


def _formed(value: object, form: Form, hint: Any) -> str:
    if form.may_be_empty and value == "":
        return ""
    text = _text(value, hint)
    fault = form.fault(text)
    if fault is not None:
        raise WrongValueError(fault, f"write {describe(hint)}")
    return text


def _list(value: object, rule: ListOf, hint: Any) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _wrong_type(value, hint)
    if not rule.least <= len(value) <= rule.most:
        raise WrongValueError(f"must have from {rule.least} to {rule.most} values", f"write {describe(hint)}")
    texts = tuple(_formed(one, rule.form, hint) for one in value)
    if rule.same is not None and len({rule.same(text) for text in texts}) < len(texts):
        raise WrongValueError("has one of them twice", f"write {describe(hint)}")
    return texts


def _number(value: object, plain: Any, rules: Sequence[Any], hint: Any) -> int | Decimal:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal)):
        raise _wrong_type(value, hint)
    _require_finite(value, hint)
    if plain is int and not isinstance(value, int):
        raise _wrong_type(value, hint)
    for rule in rules:
        fault = rule.fault(value) if isinstance(rule, Bounds) else None
        if fault:
            raise WrongValueError(fault, f"write {describe(hint)}")
    _require_short(value, hint)
    return Decimal(value) if plain is Decimal else value
