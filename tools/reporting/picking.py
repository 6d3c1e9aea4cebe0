"""Rows picked out of a list by what their fields are, and put in the order of one of them."""

from __future__ import annotations

import difflib
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final, TypeVar

import msgspec

from neo.analysis import Value
from tools.console.errors import OperatorError
from tools.console.options import quoted

T = TypeVar("T")

# The longer ones first: of both that fit, the longer is meant.
_COMPARED: Final[Mapping[str, Callable[[Any, Any], bool]]] = {
    "!=": operator.ne,
    "<=": operator.le,
    ">=": operator.ge,
    "=": operator.eq,
    "<": operator.lt,
    ">": operator.gt,
}
_FORM: Final = re.compile(rf"([A-Za-z_][\w.]*)\s*({'|'.join(_COMPARED)})\s*(.*)")
_CLOSE: Final = 3


class Wanted(msgspec.Struct, frozen=True):
    """A field by its name, how it is compared, and with what."""

    field: str
    sign: str
    text: str


def wanted_from(text: str) -> Wanted:
    """``fills>10`` or ``profile=paper`` as a condition.

    Raises:
        OperatorError: It is none.
    """
    found = _FORM.fullmatch(text.strip())
    if found is None:
        told = f"--where: {quoted(text)} is not a condition; write FIELD=VALUE, or !=, <, <=, >, >= in place of the =."
        raise OperatorError(told, 2)
    return Wanted(*found.groups())


def picked(
    rows: Sequence[T], fields: Callable[[T], Mapping[str, Value]], wanted: Sequence[Wanted], sort: str | None
) -> list[T]:
    """The rows that meet every condition, in the order of a field; rows that lack it come last.

    Args:
        rows: As they are.
        fields: What a row has, by name.
        wanted: The conditions; a field that a row lacks meets none but !=.
        sort: The field to order by, the smallest first; None to leave the order as it is.

    Raises:
        OperatorError: No row has a field of that name.
    """
    told = [(row, fields(row)) for row in rows]
    known = dict.fromkeys(name for _, values in told for name in values)
    for option, name in [*(("--where", each.field) for each in wanted), *([("--sort", sort)] if sort else [])]:
        if rows and name not in known:
            raise OperatorError(f"{option}: {quoted(name)} is no field here{_meant(name, list(known))}", 2)
    kept = [(row, values) for row, values in told if all(_meets(values.get(each.field), each) for each in wanted)]
    if sort is not None:
        kept.sort(key=lambda pair: _place(pair[1].get(sort)))
    return [row for row, _ in kept]


def _meant(name: str, known: Sequence[str]) -> str:
    close = difflib.get_close_matches(name, known, _CLOSE)
    return f"; did you mean {' or '.join(close)}?" if close else f"; there are {', '.join(known)}."


def _meets(value: Value, wanted: Wanted) -> bool:
    if value is None:
        return wanted.sign == "!="
    number, bound = _number(value), _number(wanted.text)
    if number is not None and bound is not None:
        return _COMPARED[wanted.sign](number, bound)
    return _COMPARED[wanted.sign](str(value), wanted.text)


def _place(value: Value) -> tuple[int, Decimal, str]:
    """Numbers by what they are, then texts, then what is not there."""
    number = _number(value)
    if number is not None:
        return 0, number, ""
    return (2, Decimal(0), "") if value is None else (1, Decimal(0), str(value))


def _number(value: Value) -> Decimal | None:
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None
