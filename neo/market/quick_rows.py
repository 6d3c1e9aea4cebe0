"""The quick way through recorded minutes: rows that are as they should be, and nothing else.

It says nothing about a row that it does not take; :mod:`neo.market.bars` reads that one carefully, and what is taken
here must come to the same there.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from neo.market.minutes import MINUTE_S, PRICE_DECIMALS_MAX, PRICE_MAX_NANO, VOLUME_MAX_XRP, Minutes

# So many digits fit in a column whatever they are.
_CHARS_MAX: Final = 18

# Prices recur: a year at four decimals has some 30,000. A bound, so that none with more of them fills memory.
_PRICES_KEPT_MAX: Final = 50_000

_DAY_MINUTES: Final = 1440
_CLOCK: Final = tuple(f"{minute // 60:02}:{minute % 60:02}:00" for minute in range(_DAY_MINUTES))
_NANO_FOR: Final[tuple[int, ...]] = tuple(
    10 ** (PRICE_DECIMALS_MAX - decimals) for decimals in range(PRICE_DECIMALS_MAX + 1)
)
_VOLUME_MAX_FOR: Final = tuple(VOLUME_MAX_XRP * 10**decimals for decimals in range(_CHARS_MAX + 1))


class _Prices(dict[str, int]):
    """Prices in nano-RLUSD per XRP by how they are written; a ``ValueError`` for what is not read here."""

    def __missing__(self, cell: str) -> int:
        whole, _, part = cell.partition(".")
        digits = whole + part
        if not whole or len(cell) > _CHARS_MAX or len(part) > PRICE_DECIMALS_MAX or not _are_digits(digits):
            raise ValueError(cell)
        price_nano = int(digits) * _NANO_FOR[len(part)]
        if not 0 < price_nano <= PRICE_MAX_NANO:
            raise ValueError(cell)
        if len(self) >= _PRICES_KEPT_MAX:
            self.clear()
        self[cell] = price_nano
        return price_nano


class QuickRows:
    """Reads rows into minutes.

    Args:
        minutes: Where they are added.
    """

    def __init__(self, minutes: Minutes) -> None:
        self._minutes = minutes
        self._prices = _Prices()
        # How times are written here: day, what stands between, the clock from `_clock_at` on, what stands behind.
        self._before = self._behind = ""
        self._clock_at = _DAY_MINUTES

    def take(self, line: str) -> bool:
        """Add a row if it is the minute after the last one, and as it should be; False if it is not taken."""
        try:
            moment, *written, volume = line.split(",")
            if moment != f"{self._before}{_CLOCK[self._clock_at]}{self._behind}":
                return False
            prices = self._prices
            open_nano, high_nano, low_nano, close_nano = [prices[cell] for cell in written]
        except (ValueError, IndexError):
            return False
        whole, _, part = volume.partition(".")
        part = part.rstrip("0")
        digits = whole + part
        if not whole or len(volume) > _CHARS_MAX or not _are_digits(digits):
            return False
        if not low_nano <= open_nano <= high_nano or not low_nano <= close_nano <= high_nano:
            return False
        units, scale = int(digits), len(part)
        if units > _VOLUME_MAX_FOR[scale]:
            return False
        self._minutes.add(open_nano, high_nano, low_nano, close_nano, units, scale)
        self._clock_at += 1
        return True

    def learn(self, moment: str) -> None:
        """See from the last minute's time how those of the same day are written."""
        last_s = self._minutes.next_start_s - MINUTE_S
        day, clock = datetime.fromtimestamp(last_s, UTC).strftime("%Y-%m-%d %H:%M:%S").split(" ")
        self._before, self._behind = moment[:11], moment[19:]
        as_usual = moment[:10] == day and moment[11:19] == clock and last_s % MINUTE_S == 0
        self._clock_at = last_s // MINUTE_S % _DAY_MINUTES + 1 if as_usual else _DAY_MINUTES


def _are_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()
