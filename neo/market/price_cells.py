"""The cells of price files as exchanges and spreadsheets write them: numbers and times in any of their forms."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from neo.market.minutes import MINUTE_S, PRICE_DECIMALS_MAX, PRICE_MAX_NANO, VOLUME_MAX_XRP

VOLUME_DECIMALS_MAX: Final = 6
"""A drop is the least there is of XRP."""

_VOLUME_UNITS_MAX: Final = VOLUME_MAX_XRP * 10**VOLUME_DECIMALS_MAX

# Room for every number that a float prints; a longer one is no price and no volume.
_NUMBER: Final = re.compile(
    r"([+-]?)([0-9]{0,25})(?:\.([0-9]{0,30}))?(?:e([+-]?[0-9]{1,2}))?", re.ASCII | re.IGNORECASE
)

_PLAIN_CHARS_MAX: Final = 25
# A year at four decimals has some 30,000 prices. A bound, so that none with more of them fills memory.
_PRICES_KEPT_MAX: Final = 50_000

# How many digits an epoch time has by its unit, from 1973 (seconds of nine digits) to 2286; and units in a second.
_UNITS: Final = {9: ("s", 1), 10: ("s", 1), 12: ("ms", 10**3), 13: ("ms", 10**3), 15: ("us", 10**6), 16: ("us", 10**6)}
_EPOCH: Final = re.compile(r"([0-9]{9,16})(?:\.0*)?", re.ASCII)
_WITH_EXPONENT: Final = re.compile(r"[0-9]\.[0-9]+[eE][+-]?[0-9]{1,2}", re.ASCII)
# What says UTC in words that ``fromisoformat`` does not know.
_UTC_WORDS: Final = re.compile(r" ?(UTC|GMT)$", re.IGNORECASE)

# An exchange that has no price for a minute without trades leaves the cell empty, or writes one of these.
NO_NUMBER: Final = frozenset({"", "nan", "null", "none", "n/a", "-"})

_PRICE_MEND: Final = "Write a positive number such as 1.9454."
_VOLUME_MEND: Final = "Write what was traded in that minute, zero or more, such as 162022.5."
_TIME_MEND: Final = "Write seconds, ms or us since 1970, or a time such as 2026-01-21 15:03:00."


class CellError(ValueError):
    """A cell that can't be read.

    Args:
        problem: In words that follow its value.
        mend: What to write instead, a sentence.
    """

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem, mend)
        self.problem = problem
        self.mend = mend


def is_number(cell: str, mark: str) -> bool:
    """Whether a cell is a number, with this decimal mark."""
    try:
        _parts(cell, mark, "")
    except CellError:
        return False
    return True


def is_price(cell: str, mark: str) -> bool:
    """Whether a cell is a price, with this decimal mark."""
    try:
        price_nano(cell, mark)
    except CellError:
        return False
    return True


def is_time(cell: str) -> bool:
    """Whether a cell is meant as a time, even if no minute starts at it."""
    text = cell.strip()
    epoch = _EPOCH.fullmatch(text)
    if epoch is not None:
        return len(epoch[1]) in _UNITS
    return _WITH_EXPONENT.fullmatch(text) is not None or _moment(text) is not None


def price_nano(cell: str, mark: str) -> tuple[int, bool]:
    """A price in nano-RLUSD per XRP, and whether it had to be rounded to that.

    Args:
        cell: As it is written.
        mark: The decimal mark, a point or a comma.

    Raises:
        CellError: It is no price.
    """
    digits, scale = _parts(cell, mark, _PRICE_MEND)
    nano, is_exact = _scaled(digits, scale, PRICE_DECIMALS_MAX)
    if nano <= 0:
        raise CellError("is not above zero", _PRICE_MEND)
    if nano > PRICE_MAX_NANO:
        raise CellError("is above 1000000 for one XRP", "Check that the columns are in order.")
    return nano, not is_exact


class PriceCells(dict[str, int]):
    """Prices in nano-RLUSD per XRP by how they are written, which recurs.

    Args:
        mark: The decimal mark, a point or a comma.
    """

    def __init__(self, mark: str) -> None:
        super().__init__()
        self._mark = mark
        self.rounded = 0  # cells that had to be rounded

    def __missing__(self, cell: str) -> int:
        nano, is_rounded = price_nano(cell, self._mark)
        if is_rounded:
            self.rounded += 1
        elif len(self) < _PRICES_KEPT_MAX:
            self[cell] = nano
        return nano


def volume_units(cell: str, mark: str, dollars_at_nano: int | None) -> tuple[int, bool]:
    """A volume in millionths of XRP, and whether it had to be rounded to that.

    Args:
        cell: As it is written.
        mark: The decimal mark, a point or a comma.
        dollars_at_nano: If it is in dollars, the price at which they are turned into XRP.

    Raises:
        CellError: It is no volume.
    """
    digits, scale = _parts(cell, mark, _VOLUME_MEND)
    if digits < 0:
        raise CellError("is below zero", _VOLUME_MEND)
    if dollars_at_nano is None:
        units, is_exact = _scaled(digits, scale, VOLUME_DECIMALS_MAX)
    else:
        units, is_exact = _scaled(digits * 10**PRICE_DECIMALS_MAX, scale, VOLUME_DECIMALS_MAX)[0], True
        units = (units + dollars_at_nano // 2) // dollars_at_nano
    if units > _VOLUME_UNITS_MAX:
        raise CellError("is more XRP than there are", "Check that the columns are in order.")
    return units, not is_exact


def _parts(cell: str, mark: str, mend: str) -> tuple[int, int]:
    """A number as digits and how many of them stand behind the point; fewer than none if it is a large one."""
    whole, _, part = cell.partition(mark)
    if whole.isdigit() and part.isdigit() and cell.isascii() and len(cell) <= _PLAIN_CHARS_MAX:
        return int(whole + part), len(part)  # most cells, without a pattern for each
    text = cell.strip()
    if mark == ",":
        if "." in text:
            raise CellError(
                "has a point where others have a comma", "Write it like the others, without thousands marks."
            )
        text = text.replace(",", ".", 1)
    elif "," in text:
        raise CellError("has a comma where others have a point", "Write it like the others, without thousands marks.")
    found = _NUMBER.fullmatch(text)
    if found is None or not (found[2] or found[3]):
        raise CellError("is not a number" if text else "is empty", mend)
    sign, whole, part, exponent = found.groups("")
    return int(f"{sign}{whole}{part}"), len(part) - int(exponent or 0)


def _scaled(digits: int, scale: int, decimals: int) -> tuple[int, bool]:
    """A number in units of so many decimals, halves up, and whether nothing was lost."""
    if scale <= decimals:
        return digits * 10 ** (decimals - scale), True
    unit: int = 10 ** (scale - decimals)
    return (2 * digits + unit) // (2 * unit), digits % unit == 0


class TimeCells:
    """Reads times, and knows in which forms they came.

    Args:
        zone_s: Seconds that a time without a zone is ahead of UTC.
    """

    def __init__(self, zone_s: int) -> None:
        self._zone_s = zone_s
        self.forms: dict[str, None] = {}

    def start_s(self, cell: str) -> int:
        """A minute's start, in seconds since 1970 (UTC).

        Raises:
            CellError: It is no time, or none at which a minute starts.
        """
        if cell.isdigit() and cell.isascii() and len(cell) in _UNITS:  # most files, without a pattern for each
            return self._epoch_s(cell)
        text = cell.strip()
        found = _EPOCH.fullmatch(text)
        if found is not None:
            return self._epoch_s(found[1])
        if _WITH_EXPONENT.fullmatch(text):
            return self._epoch_s(_written_out(text))
        return _whole_minute(self._clock_s(text))

    def _epoch_s(self, digits: str) -> int:
        if len(digits) not in _UNITS:
            raise CellError(f"has {len(digits)} digits: neither seconds nor ms nor us since 1970", _TIME_MEND)
        unit, in_a_second = _UNITS[len(digits)]
        self.forms[unit] = None
        start_s, rest = divmod(int(digits), in_a_second)
        return _whole_minute(start_s, is_split=bool(rest))

    def _clock_s(self, text: str) -> int:
        moment = _moment(text)
        if moment is None:
            raise CellError("is not a time that can be read" if text else "is empty", _TIME_MEND)
        has_zone = moment.tzinfo is not None
        self.forms["text with a zone" if has_zone else "text"] = None
        ahead_s = 0 if has_zone else self._zone_s
        moment = moment if has_zone else moment.replace(tzinfo=UTC)
        if not 1971 <= moment.year <= 2998:
            raise CellError("is not in the years 1971 to 2998", _TIME_MEND)
        if moment.microsecond:
            raise CellError("is not the start of a minute", _MINUTE_MEND)
        return int(moment.timestamp()) - ahead_s


_MINUTE_MEND: Final = "NEO takes one-minute prices, each by the minute that it begins; not trades."


def _moment(text: str) -> datetime | None:
    """A time written as text, or None. 2026/01/21 is as clear as 2026-01-21; 01/02/2026 is not."""
    plain = _UTC_WORDS.sub("+00:00", text)
    try:
        return datetime.fromisoformat(plain.replace("/", "-") if plain[:4].isdigit() else plain)
    except ValueError:
        return None


def _whole_minute(start_s: int, *, is_split: bool = False) -> int:
    if is_split or start_s % MINUTE_S:
        raise CellError("is not the start of a minute", _MINUTE_MEND)
    return start_s


def _written_out(text: str) -> str:
    """The digits of a time such as 1.76900778e+09, unless some of them were lost."""
    digits, scale = _parts(text, ".", _TIME_MEND)
    if scale > 0 or len(str(digits)) < 8:
        raise CellError(
            "has lost its last digits, as spreadsheets do to long numbers", "Take the file as it was downloaded."
        )
    return str(digits * 10**-scale)
