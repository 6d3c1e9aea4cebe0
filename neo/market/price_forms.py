"""Which exchange's form a price file has: told by its header, or by how many columns it has without one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import msgspec

from neo.market.bars import COLUMNS
from neo.market.price_cells import is_number, is_time

KNOWN: Final = "Binance, Kraken, Bitstamp, CryptoDataDownload, Yahoo, and any header that names the columns"

# What may stand between columns. A comma comes last: beside another one it is a decimal mark.
_SEPARATORS: Final = ("\t", ";", "|", ",")
_COLUMNS_LEAST: Final = 6
# Of open, high, low, close and volume: a row with one of them wrong is still known for what it is.
_NUMBERS_LEAST: Final = 4

# Without a header. Source: github.com/binance/binance-public-data, "Klines"; support.kraken.com, "Downloadable
# historical OHLCVT data".
_BINANCE: Final = (
    *("open_time", "open", "high", "low", "close", "volume", "close_time", "quote_volume", "count"),
    *("taker_buy_volume", "taker_buy_quote_volume", "ignore"),
)
_KRAKEN: Final = ("time", "open", "high", "low", "close", "volume", "trades")
_WITHOUT_HEADER: Final = {
    12: ("Binance klines, without a header", _BINANCE),
    7: ("Kraken OHLCVT", _KRAKEN),
    6: ("time, open, high, low, close, volume, without a header", COLUMNS),
}

# How a time is called, the surest first: where there are seconds and a text, the seconds have no zone to mistake.
_TIME_NAMES: Final = (
    *("unix", "unix timestamp", "timestamp", "open time", "opentime", "time", "datetime", "date"),
    "price",  # Yahoo's, by way of yfinance: the corner of its table
)
_PRICE_NAMES: Final = ("open", "high", "low", "close")
_BASE_VOLUMES: Final = ("volume xrp", "base volume", "volume base", "volume")
_DOLLARS: Final = re.compile(r"(usd|usdt|usdc|fdusd|busd|tusd|usds|rlusd)", re.IGNORECASE)
_DOLLAR_VOLUMES: Final = ("quote volume", "volume quote", "quote asset volume", "volume currency", "volume dollars")
_VOLUME_OF: Final = re.compile(r"volume ([a-z]{3,5})")

_MORE_HEADER: Final = frozenset({"ticker", "datetime", "date"})


class PriceForm(msgspec.Struct, frozen=True, kw_only=True):
    """How a file's rows are read; columns are counted from 0.

    Args:
        name: The exchange's, or what the form is.
        columns: Their names, as the file has them.
        time: The column of a minute's start.
        prices: Those of open, high, low, close.
        volume: That of the volume.
        in_dollars: Whether that is in dollars, not in XRP.
        symbol: That of the market's name, if there is one.
        mark: The decimal mark.
        header: The row that names the columns, as it is; None if none does.
    """

    name: str
    columns: tuple[str, ...]
    time: int
    prices: tuple[int, int, int, int]
    volume: int
    in_dollars: bool = False
    symbol: int | None = None
    mark: str = "."
    header: tuple[str, ...] | None = None


class FormError(ValueError):
    """A header from which prices can't be read; its words follow the row's text."""

    def __init__(self, problem: str, mend: str) -> None:
        super().__init__(problem, mend)
        self.problem = problem
        self.mend = mend


def separator_of(lines: Sequence[str]) -> str:
    """What stands between a file's columns, by its first lines; a comma if they don't tell."""
    for line in lines:
        for separator in _SEPARATORS:
            if line.count(separator) >= _COLUMNS_LEAST - 1:
                return separator
    return ","


def form_of(cells: Sequence[str], before: Sequence[str]) -> PriceForm | None:
    """The form of a file by one of its first rows, or None if that row doesn't tell.

    Args:
        cells: The row.
        before: The texts of those above it.

    Raises:
        FormError: It is a header, and names too little.
    """
    names = [_plain(cell) for cell in cells]
    if set(_PRICE_NAMES) <= set(names):
        return _by_names(cells, names, before)
    return _by_count(cells)


def is_more_header(form: PriceForm, cells: Sequence[str]) -> bool:
    """Whether a row below the header is still none of prices: it is the header again, or Yahoo's second and third."""
    return tuple(cells) == form.header or (form.header is not None and _plain(cells[0]) in _MORE_HEADER)


def market_trouble(symbol: str) -> str | None:
    """What keeps a market's name from being that of XRP against a dollar; None if nothing does."""
    name = re.sub(r"[^A-Z]", "", symbol.upper())
    if name.startswith("XRP") and _DOLLARS.fullmatch(name.removeprefix("XRP")):
        return None
    return "is not XRP against a dollar"


def with_mark_of(form: PriceForm, cells: Sequence[str]) -> PriceForm:
    """The form with the decimal mark that its first row of prices has."""
    has_comma = any("," in cells[column] for column in form.prices)
    has_point = any("." in cells[column] for column in form.prices)
    return msgspec.structs.replace(form, mark="," if has_comma and not has_point else ".")


def _plain(cell: str) -> str:
    """A column's name without what its writers differ in: ``Volume_(XRP)`` is ``volume xrp``."""
    return " ".join(re.sub(r"[^a-z0-9]+", " ", cell.lower()).split())


def _by_names(cells: Sequence[str], names: list[str], before: Sequence[str]) -> PriceForm:
    time = next((names.index(name) for name in _TIME_NAMES if name in names), None)
    if time is None:
        raise FormError("names no column of times", f"Name it {', '.join(_TIME_NAMES[:3])}, date or datetime.")
    name = _name_of(names, before)
    volume, in_dollars = _volume_of(names)
    open_, high, low, close = (names.index(one) for one in _PRICE_NAMES)
    return PriceForm(
        name=name,
        columns=tuple(cell.strip() for cell in cells),
        time=time,
        prices=(open_, high, low, close),
        volume=volume,
        # Yahoo tells a coin's volume in the currency of its price. Source: finance.yahoo.com, "XRP-USD", "Volume".
        in_dollars=in_dollars or name.startswith("Yahoo"),
        symbol=names.index("symbol") if "symbol" in names else None,
        header=tuple(cells),
    )


def _name_of(names: list[str], before: Sequence[str]) -> str:
    """Whose header it is; many a header is anybody's."""
    if "unix" in names or any("cryptodatadownload" in text.lower() for text in before):
        return "CryptoDataDownload"
    if "adj close" in names or "dividends" in names or names[0] == "price":
        return "Yahoo"
    if "close time" in names or "taker buy volume" in names:
        return "Binance klines, with a header"
    if "weighted price" in names or (set(names) - {""} == set(COLUMNS) and names[-6:] != list(COLUMNS)):
        return "Bitstamp"
    return "columns by the header's names"


def _volume_of(names: list[str]) -> tuple[int, bool]:
    """The column of the volume, and whether it is in dollars."""
    for name in _BASE_VOLUMES:
        if name in names:
            return names.index(name), False
    others = []
    for place, name in enumerate(names):
        of = _VOLUME_OF.fullmatch(name)
        if name in _DOLLAR_VOLUMES or (of and _DOLLARS.fullmatch(of[1])):
            return place, True
        others += [of[1].upper()] if of else []
    if others:
        raise FormError(f"has a volume of {others[0]}, and none of XRP", "Give a file of XRP against a dollar.")
    raise FormError("names no column of volumes", "Name it volume, or leave the file as it was downloaded.")


def _by_count(cells: Sequence[str]) -> PriceForm | None:
    """A form without a header, if the row is one of its."""
    if len(cells) not in _WITHOUT_HEADER or not is_time(cells[0]):
        return None
    numbers = sum(is_number(cell, ".") or is_number(cell, ",") for cell in cells[1:6])
    if numbers < _NUMBERS_LEAST:
        return None
    name, columns = _WITHOUT_HEADER[len(cells)]
    return PriceForm(name=name, columns=columns, time=0, prices=(1, 2, 3, 4), volume=5)
