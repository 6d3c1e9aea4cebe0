"""What the server's JSON is made of: amounts by their shape, times, ranges of ledgers, and the one error of a bad one.

Source: xrpl.org, "Basic Data Types", "Currency Formats", "server_info" (``complete_ledgers``).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec

S = TypeVar("S", bound=msgspec.Struct)

Json = dict[str, Any]
"""An object of the server's JSON, as it came."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)

# Of a bounded length: Python refuses to read numbers of thousands of digits, by an error of another kind.
_DROPS = re.compile(r"-?[0-9]{1,20}")
_STRETCH = re.compile(r"([0-9]{1,10})(?:-([0-9]{1,10}))?")
# The ledger's largest and smallest amounts have exponents of 96 and less.
_EXPONENT_MAX = 100


class FrameError(ValueError):
    """What a server sent lacks something that it must have. The server's fault.

    Args:
        kind: Of frame or answer.
        what: Is wrong with it.
        request_id: The request that it answers, if that can be told.
    """

    def __init__(self, kind: str, what: str, request_id: int | None = None) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind
        self.what = what
        self.request_id = request_id


# --- Amounts -----------------------------------------------------------------------------------------------------


def require_amounts(*values: Decimal | None) -> None:
    """Refuse what no amount of the ledger can be.

    Raises:
        ValueError: One is no number, or has an exponent beyond the ledger's.
    """
    for value in values:
        if value is not None and not (value.is_finite() and abs(value.adjusted()) <= _EXPONENT_MAX):
            raise ValueError(f"{value} is no amount")


class TokenAmount(msgspec.Struct, frozen=True):
    """So much of a token; ``value`` is exact."""

    currency: str
    issuer: str
    value: Decimal

    def __post_init__(self) -> None:
        require_amounts(self.value)


class MptAmount(msgspec.Struct, frozen=True):
    """So much of a multi-purpose token: none of ours, but met in the streams."""

    mpt_issuance_id: str
    value: int


Amount = int | TokenAmount | MptAmount
"""XRP is an ``int`` of drops."""


def read_amount(kind: str, value: Any) -> Amount:
    """An amount by its shape: a text of drops, or an object.

    Raises:
        FrameError: It has neither shape.
    """
    if isinstance(value, str):
        return read_drops(kind, value)
    if isinstance(value, dict):
        return convert(kind, value, MptAmount) if "mpt_issuance_id" in value else convert(kind, value, TokenAmount)
    raise FrameError(kind, f"{value!r} is no amount")


def read_drops(kind: str, value: Any) -> int:
    """Drops from their text, as the ledger writes them.

    Raises:
        FrameError: It is no whole number.
    """
    if not isinstance(value, str) or not _DROPS.fullmatch(value):
        raise FrameError(kind, f"{value!r} is no amount of drops")
    return int(value)


# --- Times -------------------------------------------------------------------------------------------------------


def read_time_s(kind: str, value: Any) -> int:
    """Seconds of the ripple epoch from a time as the API writes it, such as ``2026-11-26T00:25:30Z``.

    Raises:
        FrameError: It is no time with its zone.
    """
    try:
        return (datetime.fromisoformat(value) - _EPOCH) // _SECOND
    except (TypeError, ValueError) as error:
        raise FrameError(kind, f"{value!r} is no time") from error


# --- Ledgers -----------------------------------------------------------------------------------------------------


class LedgerRanges(msgspec.Struct, frozen=True):
    """The validated ledgers that a server has: first and last of each stretch, in order."""

    stretches: tuple[tuple[int, int], ...] = ()

    @classmethod
    def parse(cls, kind: str, text: str) -> LedgerRanges:
        """From a text such as ``2-8,11,15-20``, or ``empty``.

        Raises:
            FrameError: It is no such text.
        """
        if text in {"", "empty"}:
            return cls()
        stretches = []
        for part in text.split(","):
            match = _STRETCH.fullmatch(part)
            first, last = (0, -1) if match is None else (int(match[1]), int(match[2] or match[1]))
            if first > last:
                raise FrameError(kind, f"{text!r} is no list of ledgers")
            stretches.append((first, last))
        return cls(tuple(sorted(stretches)))

    def covers(self, first: int, last: int) -> bool:
        """Whether all of these ledgers are there."""
        return any(low <= first and last <= high for low, high in self.stretches)


# --- Objects -----------------------------------------------------------------------------------------------------


def convert(kind: str, value: Any, into: type[S]) -> S:
    """An object of the server's as a value of ours; fields that the value does not have are passed over.

    Whole numbers may come as text: some versions write a ledger's index so.

    Raises:
        FrameError: A field is missing, or has another type.
    """
    try:
        return msgspec.convert(value, into, strict=False)
    except msgspec.ValidationError as error:
        raise FrameError(kind, str(error)) from error


def need_object(kind: str, holder: Mapping[str, Any], name: str) -> Json:
    """A field that must be an object.

    Raises:
        FrameError: It is missing, or something else.
    """
    value = holder.get(name)
    if not isinstance(value, dict):
        raise FrameError(kind, f"has no {name}")
    return value


def need_objects(kind: str, holder: Mapping[str, Any], name: str) -> list[Json]:
    """A field that must be a list of objects.

    Raises:
        FrameError: It is missing, or something else.
    """
    value = holder.get(name)
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise FrameError(kind, f"has no list of objects in {name}")
    return value


def unknown_names(holder: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    """The fields that are not among those known, in order; of use to count them, and to tell of each once."""
    return tuple(sorted(name for name in holder if name not in known))


class LedgerAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What was read from one ledger.

    Args:
        ledger_index: Which; the open one's if it was asked for that.
        ledger_hash: None of the open ledger.
        validated: Whether that ledger is final.
    """

    ledger_index: int
    ledger_hash: str | None
    validated: bool


class _Place(msgspec.Struct, frozen=True):
    ledger_index: int | None = None
    ledger_current_index: int | None = None
    ledger_hash: str | None = None
    validated: bool = False


def read_place(kind: str, result: Json) -> dict[str, Any]:
    """The fields of a :class:`LedgerAnswer`.

    Raises:
        FrameError: The answer tells no ledger.
    """
    place = convert(kind, result, _Place)
    index = place.ledger_index if place.ledger_index is not None else place.ledger_current_index
    if index is None:
        raise FrameError(kind, "tells no ledger")
    return {"ledger_index": index, "ledger_hash": place.ledger_hash, "validated": place.validated}
