"""Recorded minutes in a few bytes each: a year of them as objects would take ten times as much."""

from __future__ import annotations

import functools
from array import array
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final, overload

import msgspec

from neo.chain.money import EXACT

MINUTE_S: Final = 60

NANO: Final = 10**9
"""Prices are whole nano-RLUSD per XRP: nine decimals, more than any exchange quotes, and exact in an int."""

PRICE_DECIMALS_MAX: Final = 9
PRICE_MAX_NANO: Final = 1_000_000 * NANO  # a million dollars an XRP: anything above is a column mix-up
VOLUME_MAX_XRP: Final = 100_000_000_000  # all that there ever was. Source: xrpl.org, "What is XRP?"

# The digits of a volume that has more of them than an ``array`` holds; it is kept apart.
_KEPT_APART: Final = -1
_DIGITS_MAX: Final = 2**63 - 1


class Bar(msgspec.Struct, frozen=True, gc=False):
    """One recorded minute. Prices in nano-RLUSD per XRP, ``start_s`` in seconds since 1970 (UTC)."""

    start_s: int
    open_nano: int
    high_nano: int
    low_nano: int
    close_nano: int
    volume_xrp: Decimal


class Minutes(Sequence[Bar]):
    """Minutes one after the other, a column each; read as the bars that they are.

    ``start_s`` is the first one's, in seconds since 1970 (UTC); the prices are in nano-RLUSD per XRP.
    """

    __slots__ = ("_apart", "_digits", "_scales", "close_nano", "high_nano", "low_nano", "open_nano", "start_s")

    def __init__(self, start_s: int = 0) -> None:
        self.start_s = start_s
        self.open_nano, self.high_nano, self.low_nano, self.close_nano = (array("q") for _ in range(4))
        # A volume is digits / 10**scale, without zeros at its end.
        self._digits = array("q")
        self._scales = array("b")
        self._apart: dict[int, Decimal] = {}

    @classmethod
    def of(cls, bars: Iterable[Bar]) -> Minutes:
        """Bars in this form, each one minute after the other.

        Raises:
            ValueError: One is not; the caller's fault.
        """
        if isinstance(bars, Minutes):
            return bars
        minutes = cls()
        for bar in bars:
            minutes.append(bar)
        return minutes

    def append(self, bar: Bar) -> None:
        """Add a minute.

        Raises:
            ValueError: It does not follow the last one; the caller's fault.
        """
        if self.open_nano and bar.start_s != self.next_start_s:
            raise ValueError(f"the minute after the last one begins at {self.next_start_s}, not at {bar.start_s}")
        self.start_s = self.start_s if self.open_nano else bar.start_s
        digits, scale = _parts(bar.volume_xrp)
        if digits == _KEPT_APART:
            self._apart[len(self)] = bar.volume_xrp
        self.add(bar.open_nano, bar.high_nano, bar.low_nano, bar.close_nano, digits, scale)

    def add(self, open_nano: int, high_nano: int, low_nano: int, close_nano: int, digits: int, scale: int) -> None:
        """Add the minute after the last one, whose volume is ``digits / 10**scale``, without zeros at its end."""
        self.open_nano.append(open_nano)
        self.high_nano.append(high_nano)
        self.low_nano.append(low_nano)
        self.close_nano.append(close_nano)
        self._digits.append(digits)
        self._scales.append(scale)

    @property
    def next_start_s(self) -> int:
        """When the minute after the last one begins, in seconds since 1970 (UTC)."""
        return self.start_s + MINUTE_S * len(self)

    def rows(self) -> Iterator[tuple[int, int, int, int, int, str]]:
        """Every minute as start, open, high, low, close and the volume in plain digits, as short as it can be."""
        starts = range(self.start_s, self.next_start_s, MINUTE_S)
        prices = (self.open_nano, self.high_nano, self.low_nano, self.close_nano)
        return zip(starts, *prices, self._volume_texts(), strict=True)

    def volumes_xrp(self) -> Iterator[Decimal]:
        """Every minute's volume."""
        for place, (digits, scale) in enumerate(zip(self._digits, self._scales, strict=True)):
            yield self._volume(place, digits, scale)

    def untraded(self) -> Iterator[bool]:
        """Whether nobody traded, minute by minute."""
        return (digits == 0 for digits in self._digits)

    def _volume_texts(self) -> Iterator[str]:
        for place, (digits, scale) in enumerate(zip(self._digits, self._scales, strict=True)):
            if digits == _KEPT_APART:
                text = f"{self._apart[place]:f}"
                yield text.rstrip("0").rstrip(".") if "." in text else text
            elif scale:
                text = str(digits).zfill(scale + 1)
                yield f"{text[:-scale]}.{text[-scale:]}"
            else:
                yield str(digits)

    def _volume(self, place: int, digits: int, scale: int) -> Decimal:
        # From a text, which no context rounds.
        return self._apart[place] if digits == _KEPT_APART else Decimal(digits).scaleb(-scale, EXACT)

    def __len__(self) -> int:
        return len(self.open_nano)

    @overload
    def __getitem__(self, index: int) -> Bar: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Bar, ...]: ...
    def __getitem__(self, index: int | slice) -> Bar | tuple[Bar, ...]:
        if isinstance(index, slice):
            return tuple(self[place] for place in range(*index.indices(len(self))))
        place = range(len(self))[index]
        return Bar(
            self.start_s + MINUTE_S * place,
            self.open_nano[place],
            self.high_nano[place],
            self.low_nano[place],
            self.close_nano[place],
            self._volume(place, self._digits[place], self._scales[place]),
        )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Minutes):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self.__slots__)

    __hash__ = None  # type: ignore[assignment]  # it grows


def _parts(volume_xrp: Decimal) -> tuple[int, int]:
    """A volume as digits and their scale, or as one that is kept apart."""
    text = f"{volume_xrp:f}"
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    digits = int(whole + part)
    return (digits, len(part)) if 0 <= digits <= _DIGITS_MAX else (_KEPT_APART, 0)


@functools.lru_cache(50_000)  # prices recur
def price_text(price_nano: int) -> str:
    """A price in RLUSD per XRP, as short as it can be."""
    whole, part = divmod(price_nano, NANO)
    return f"{whole}.{part:0{PRICE_DECIMALS_MAX}}".rstrip("0").rstrip(".")
