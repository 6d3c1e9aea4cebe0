"""One real form of each exchange becomes the recording that it says, and the recording is what a session reads.

Method: four minutes of the shipped recording in every form (``tests/data/prices``), made from the exchanges' public
descriptions; the recording is written down.
"""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from neo.market.importer import ImportOptions
from tools.console.errors import OperatorError
from tools.settings import importing
from tools.settings.importing import import_prices, require_free, write_recording
from tools.settings.profiles import read_market

FORMS = Path(__file__).parents[2] / "data" / "prices"

RECORDING = """timestamp,open,high,low,close,volume
2026-01-21 15:03:00,1.9454,1.9475,1.9449,1.9469,162022.5
2026-01-21 15:04:00,1.9468,1.9468,1.9375,1.9377,206418.3
2026-01-21 15:05:00,1.9377,1.9409,1.9368,1.9404,65646.3
2026-01-21 15:06:00,1.9403,1.9432,1.9399,1.9402,100511.1
"""
# Kraken leaves out minutes without trades.
KRAKEN = RECORDING.replace("1.9377,1.9409,1.9368,1.9404,65646.3", "1.9377,1.9377,1.9377,1.9377,0")
# Yahoo's prices are floats, its volumes dollars: 315,442 at 1.94690001.
YAHOO = """timestamp,open,high,low,close,volume
2026-01-21 15:03:00,1.9454,1.94749999,1.944900036,1.94690001,162022.701926
2026-01-21 15:04:00,1.946799994,1.946799994,1.9375,1.937700033,0
"""

EXCHANGES = {
    "binance": (RECORDING, "Binance klines, without a header", "us"),
    "binance-header": (RECORDING, "Binance klines, with a header", "ms"),
    "kraken": (KRAKEN, "Kraken OHLCVT", "s"),
    "bitstamp": (RECORDING, "Bitstamp", "s"),
    "cryptodatadownload": (RECORDING, "CryptoDataDownload", "s"),
    "yahoo": (YAHOO, "Yahoo", "text with a zone"),
    "spreadsheet": (RECORDING, "columns by the header's names", "text with a zone"),
}


def written(source: Path, target: Path) -> str:
    """What an import writes."""
    _, imported, _ = import_prices(source, None, ImportOptions(fill_gaps=True), implausible_allowed=False)
    write_recording(target, imported.minutes)
    return target.read_text(encoding="utf-8")


@pytest.mark.parametrize("exchange", EXCHANGES)
def test_every_exchanges_form_becomes_the_recording_that_it_says(exchange: str, tmp_path: Path) -> None:
    """Recognised by itself; and a session reads what was written."""
    recording, form, times = EXCHANGES[exchange]
    name, imported, doubts = import_prices(
        FORMS / f"{exchange}.csv", None, ImportOptions(fill_gaps=True), implausible_allowed=False
    )
    assert (imported.account.form, imported.account.times, doubts) == (form, (times,), ())
    assert name == str(FORMS / f"{exchange}.csv")
    assert written(FORMS / f"{exchange}.csv", tmp_path / "out.csv") == recording
    assert read_market(tmp_path / "out.csv").bars == imported.minutes


def test_every_form_is_here() -> None:
    """A file that no test reads would be no test."""
    assert sorted(path.stem for path in FORMS.glob("*.csv")) == sorted(EXCHANGES)


def test_a_recording_is_a_form_too_and_stays_as_it_is(tmp_path: Path) -> None:
    """So a recording with gaps can be filled, and a part of one be taken."""
    source = tmp_path / "in.csv.gz"
    source.write_bytes(gzip.compress(RECORDING.encode()))
    assert written(source, tmp_path / "out.csv") == RECORDING


def test_an_implausible_price_is_told_by_the_line_of_the_file_that_was_given(tmp_path: Path) -> None:
    """Newest first, with six minutes left out: lines are counted there, not in the recording."""
    source = tmp_path / "prices.csv"
    rows = [f"{1_769_007_780 + 60 * n},1.9,1.95,1.85,{1.9 + n / 1000},5" for n in (*range(20), *range(26, 40))]
    rows[10] = rows[10].replace(",1.95,", ",99,")
    source.write_text("\n".join(["time,open,high,low,close,volume", *rows[::-1]]), encoding="utf-8")
    options = ImportOptions(fill_gaps=True)
    with pytest.raises(OperatorError) as refusal:
        import_prices(source, None, options, implausible_allowed=False)
    spike, idle, mend = refusal.value.message.splitlines()
    assert spike.startswith(f"{source}, line 25, column high: 99 moves more than a market does in one minute")
    assert spike.endswith("line 26 closes at 1.909 and line 24 opens at 1.9")
    assert idle.startswith(f"{source}, line 16, column volume: 0 for 6 minutes in a row: nobody traded")
    assert mend.endswith("say --allow-implausible-prices to take them here, and again to run or sweep.")
    _, imported, doubts = import_prices(source, None, options, implausible_allowed=True)
    assert (imported.account.minutes, len(doubts)) == (40, 2)


def test_a_quote_that_swallows_the_file_is_told(tmp_path: Path) -> None:
    """A spreadsheet's quotes are taken, one that is never closed is not."""
    source = tmp_path / "prices.csv"
    source.write_text('"time","open","high","low","close","volume"\n"' + "1,2,3,4,5,6\n" * 20_000, encoding="utf-8")
    with pytest.raises(OperatorError, match=r"line \d+: field larger than field limit"):
        import_prices(source, None, ImportOptions(), implausible_allowed=False)


def test_nothing_is_written_where_something_else_is(tmp_path: Path) -> None:
    """A recording is replaced if that is said; a note, a folder and a link never are."""
    ours, note, link = tmp_path / "ours.csv", tmp_path / "note.txt", tmp_path / "link.csv"
    ours.write_text(RECORDING, encoding="utf-8")
    note.write_text("mine", encoding="utf-8")
    link.symlink_to(ours)
    require_free(tmp_path / "new.csv", force=False)
    require_free(ours, force=True)
    for path, force, told in (
        (ours, False, "is there already; --force replaces it"),
        (note, True, "is no recording of NEO's"),
        (tmp_path, True, "can't be replaced (a folder)"),
        (link, True, "is a link"),
        (tmp_path / "none" / "a.csv", False, "its folder does not exist"),
        (tmp_path / "a\nb.csv", False, "is no name for a recording; write it to a file, such as prices.csv"),
        (tmp_path / "-", False, "is no name for a recording"),
        (tmp_path / "neo.sqlite3.kill", False, "is a name of what lies beside a database"),
    ):
        with pytest.raises(OperatorError) as refusal:
            require_free(path, force=force)
        assert told in refusal.value.message
        assert refusal.value.exit_code == 2


def test_a_recording_that_could_not_be_read_again_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor half of it, nor a draft beside it."""
    monkeypatch.setattr(importing, "MARKET_BYTES_MAX", 100)
    with pytest.raises(OperatorError, match="is more than the 100 bytes that are read of a recording"):
        written(FORMS / "binance.csv", tmp_path / "out.csv")
    assert list(tmp_path.iterdir()) == []
