"""A file's form is known by its header or by its number of columns, and the right columns are taken.

Method: headers as exchanges write them.
"""

from __future__ import annotations

import pytest

from neo.market.price_forms import FormError, form_of, is_more_header, market_trouble, separator_of, with_mark_of

KRAKEN = ["1769007780", "1.9454", "1.9475", "1.9449", "1.9469", "162022.5", "212"]


@pytest.mark.parametrize(
    ("header", "name", "time", "prices", "volume", "in_dollars"),
    [
        ("unix,date,symbol,open,high,low,close,Volume XRP,Volume USD", "CryptoDataDownload", 0, (3, 4, 5, 6), 7, False),
        ("Unix,Date,Symbol,Open,High,Low,Close,Volume USDT,Volume XRP,tradecount", "CryptoDataDownload",
         0, (3, 4, 5, 6), 8, False),
        ("Unix Timestamp,Date,Symbol,Open,High,Low,Close,Volume", "columns by the header's names",
         0, (3, 4, 5, 6), 7, False),
        ("date,symbol,open,high,low,close,Volume USD", "columns by the header's names", 0, (2, 3, 4, 5), 6, True),
        ("Timestamp,Open,High,Low,Close,Volume_(XRP),Volume_(Currency),Weighted_Price", "Bitstamp",
         0, (1, 2, 3, 4), 5, False),
        (",close,high,low,open,timestamp,volume", "Bitstamp", 5, (4, 2, 3, 1), 6, False),
        ("open_time,open,high,low,close,volume,close_time,quote_volume,count", "Binance klines, with a header",
         0, (1, 2, 3, 4), 5, False),
        ("Datetime,Open,High,Low,Close,Adj Close,Volume", "Yahoo", 0, (1, 2, 3, 4), 6, True),
        ("Datetime,Open,High,Low,Close,Volume,Dividends,Stock Splits", "Yahoo", 0, (1, 2, 3, 4), 5, True),
        ("Price,Close,High,Low,Open,Volume", "Yahoo", 0, (4, 2, 3, 1), 5, True),
        ("timestamp,open,high,low,close,volume", "columns by the header's names", 0, (1, 2, 3, 4), 5, False),
    ],
)  # fmt: skip
def test_a_header_tells_the_form_and_the_columns(
    header: str, name: str, time: int, prices: tuple[int, ...], volume: int, in_dollars: bool
) -> None:
    """Whatever their order, capitals and what stands between words; a volume in XRP goes before one in dollars."""
    form = form_of(header.split(","), [])
    assert form is not None
    assert (form.name, form.time, form.prices, form.volume, form.in_dollars) == (name, time, prices, volume, in_dollars)


def test_the_address_above_a_header_tells_the_form_too() -> None:
    """Older files of that kind have no column that would."""
    form = form_of(["Date", "Symbol", "Open", "High", "Low", "Close", "Volume"], ["https://www.CryptoDataDownload.com"])
    assert form is not None
    assert (form.name, form.symbol) == ("CryptoDataDownload", 1)


@pytest.mark.parametrize(
    ("row", "name"),
    [
        ("1769007780000,1,2,1,2,5,1769007839999,9,3,1,1,0", "Binance klines, without a header"),
        (",".join(KRAKEN), "Kraken OHLCVT"),
        ("2026-01-21 15:03,1,2,1,2,5", "time, open, high, low, close, volume, without a header"),
        ("51175358,17.8,5.69,101.29,1583709433583,True,True", None),
        ("1769007780,1.9,x,1.8,1.9,5,1", "Kraken OHLCVT"),
        ("1769007780,1.9,XRP,USD,1.9,5,1", None),
        ("1769007780,1.9,2", None),
        ("https://www.CryptoDataDownload.com", None),
    ],
)
def test_without_a_header_the_number_of_columns_tells(row: str, name: str | None) -> None:
    """If they are a time and numbers, one of which may be wrong; an exchange's single trades are not."""
    form = form_of(row.split(","), [])
    assert (None if form is None else form.name) == name


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("day,open,high,low,close,volume", "names no column of times"),
        ("timestamp,open,high,low,close", "names no column of volumes"),
        ("timestamp,open,high,low,close,Volume BTC,Volume USD", None),
        ("timestamp,open,high,low,close,Volume BTC", "has a volume of BTC, and none of XRP"),
    ],
)
def test_a_header_that_names_too_little_is_refused(header: str, problem: str | None) -> None:
    """A volume in dollars is enough; one of another coin is not."""
    if problem is None:
        assert form_of(header.split(","), []) is not None
        return
    with pytest.raises(FormError) as refusal:
        form_of(header.split(","), [])
    assert refusal.value.problem == problem


@pytest.mark.parametrize("symbol", ["XRP/USD", "XRPUSDT", "XRP-USD", "xrpusdc", "XRP_RLUSD"])
def test_xrp_against_a_dollar_is_taken(symbol: str) -> None:
    """However the market's name is written."""
    assert market_trouble(symbol) is None


@pytest.mark.parametrize("symbol", ["BTC/USD", "XRP/EUR", "XRPBTC", "USDXRP", "", "XRP"])
def test_any_other_market_is_not(symbol: str) -> None:
    """Its prices would be taken for dollars an XRP."""
    assert market_trouble(symbol) == "is not XRP against a dollar"


@pytest.mark.parametrize(
    ("lines", "separator"),
    [
        (["1769007780;1,9;2,0;1,8;1,9;5,5"], ";"),
        (["a note", "", "a\tb\tc\td\te\tf"], "\t"),
        (["a|b|c|d|e|f"], "|"),
        (["1769007780,1.9,2,1.8,1.9,5"], ","),
        (["nothing, told"], ","),
        ([], ","),
    ],
)
def test_the_first_lines_tell_what_stands_between_columns(lines: list[str], separator: str) -> None:
    """A comma beside another sign is a decimal mark."""
    assert separator_of(lines) == separator


@pytest.mark.parametrize(("price", "mark"), [("1,9454", ","), ("1.9454", "."), ("2", ".")])
def test_the_first_row_of_prices_tells_the_decimal_mark(price: str, mark: str) -> None:
    """A point unless there are commas, and no points."""
    form = form_of(KRAKEN, [])
    assert form is not None
    assert with_mark_of(form, [KRAKEN[0], *[price] * 4, *KRAKEN[5:]]).mark == mark


def test_a_header_that_comes_again_is_known_and_a_row_is_not_taken_for_one() -> None:
    """Files that were put together from others have several."""
    header = ["timestamp", "open", "high", "low", "close", "volume"]
    form = form_of(header, [])
    assert form is not None
    assert is_more_header(form, header)
    assert not is_more_header(form, ["x", "1", "2", "1", "2", "5"])
    kraken = form_of(KRAKEN, [])
    assert kraken is not None
    assert not is_more_header(kraken, ["Date", *KRAKEN[1:]])
