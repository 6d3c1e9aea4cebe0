"""``neo market import`` as it is typed: what it writes, what it says, and what it leaves alone."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tools.commands.table import run_command_line

FORMS = Path(__file__).parents[2] / "data" / "prices"

Said = Callable[..., tuple[int, str, str]]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Said:
    """Runs ``neo market import`` in a folder of its own: its code and both streams."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = run_command_line(["market", "import", *arguments])
        return code, *capsys.readouterr()

    return run


def test_it_says_what_it_did_in_words(said: Said) -> None:
    """The recording, the form, and everything that was done to the rows."""
    kraken = FORMS / "kraken.csv"
    assert said(str(kraken), "out.csv", "--fill-gaps") == (
        0,
        f"out.csv: 4 minutes of {kraken}, 2026-01-21 15:03:00 to 2026-01-21 15:06:00 UTC.\n"
        "Form     Kraken OHLCVT; times: s; decimal point\n"
        "Volume   in XRP\n"
        "Read     3 rows\n"
        "Gaps     1 gap of 1 minute, the longest of 1 after 2026-01-21 15:04:00; filled: the close before, no volume\n"
        "Dropped  none\n"
        "Rounded  none\n"
        "Allowed  none\n",
        "",
    )


def test_it_tells_what_was_turned_around_dropped_and_rounded(said: Said, tmp_path: Path) -> None:
    """Each with how many, and why."""
    rows = ["1769007840,1.9,2.0000000001,1.8,1.9,5.1234567", "1769007780,1.9,2,1.8,1.9,5"]
    (tmp_path / "in.csv").write_text(
        "\n".join(["time,open,high,low,close,volume", *rows, rows[1], ""]), encoding="utf-8"
    )
    _, out, _ = said("in.csv", "out.csv")
    assert "Read     3 rows, newest first: turned around\n" in out
    assert "Dropped  1 x rows twice there\n" in out
    assert "Rounded  1 price to nine decimals, 1 volume to six (drops)\n" in out


def test_programs_are_told_the_same_as_one_object(said: Said, tmp_path: Path) -> None:
    """Every figure of the account, and both files."""
    code, out, err = said(str(FORMS / "cryptodatadownload.csv"), "out.csv", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == {
        "form": "CryptoDataDownload",
        "times": ["s"],
        "decimal_mark": ".",
        "volume_in": "XRP",
        "rows": 4,
        "minutes": 4,
        "first": "2026-01-21 15:03:00",
        "last": "2026-01-21 15:06:00",
        "newest_first": True,
        "gaps": 0,
        "filled_minutes": 0,
        "longest_gap_minutes": 0,
        "longest_gap_after": None,
        "dropped": {},
        "rounded_prices": 0,
        "rounded_volumes": 0,
        "file": str(FORMS / "cryptodatadownload.csv"),
        "out": str(tmp_path / "out.csv"),
        "implausible": 0,
    }


def test_a_session_runs_on_what_was_imported(said: Said, capsys: pytest.CaptureFixture[str]) -> None:
    """The way from an exchange's file to a session is two commands."""
    assert said(str(FORMS / "binance.csv"), "out.csv")[0] == 0
    run = ["run", "--market", "out.csv", "--db", "a.sqlite3", "--duration", "20s", "--quiet", "--json"]
    assert run_command_line(run) == 0
    assert json.loads(capsys.readouterr().out)["ledgers"] >= 5


def test_a_part_is_taken_and_a_zone_too(said: Said) -> None:
    """From a minute on and before another, both UTC; the file's own times are two hours ahead here."""
    Path("in.csv").write_text(
        "time,open,high,low,close,volume\n" + "".join(f"2026-01-21 17:0{n},1.9,2,1.8,1.9,{n}\n" for n in range(6)),
        encoding="utf-8",
    )
    asked = ("--zone", "+02:00", "--from", "2026-01-21 15:02", "--to", "2026-01-21T15:04")
    code, out, err = said("in.csv", "out.csv", *asked)
    assert (code, err) == (0, "")
    assert Path("out.csv").read_text(encoding="utf-8").splitlines()[1:] == [
        "2026-01-21 15:02:00,1.9,2,1.8,1.9,2",
        "2026-01-21 15:03:00,1.9,2,1.8,1.9,3",
    ]
    assert "Dropped  2 x rows before --from, 2 x rows from --to on\n" in out


@pytest.mark.parametrize(
    ("zone", "first"), [("UTC", "12:00"), ("+05:30", "06:30"), ("-0530", "17:30"), ("z", "12:00"), ("+14:00", "22:00")]
)
def test_noon_in_a_zone_is_another_time_of_day_in_utc(said: Said, zone: str, first: str) -> None:
    """East of Greenwich it was earlier, west of it it will be later."""
    Path("in.csv").write_text("2026-01-21 12:00,1.9,2,1.8,1.9,5\n", encoding="utf-8")
    _, out, _ = said("in.csv", "out.csv", "--zone", zone, "--json")
    assert json.loads(out)["first"].endswith(f"{first}:00")


def test_what_is_allowed_is_told(said: Said) -> None:
    """As a run's log does."""
    rows = [f"{1_769_007_780 + 60 * n},1.9,{99 if n == 5 else 1.95},1.85,{1.9 + n / 1000},5" for n in range(20)]
    Path("in.csv").write_text("\n".join(["time,open,high,low,close,volume", *rows]), encoding="utf-8")
    code, out, _ = said("in.csv", "out.csv", "--allow-implausible-prices")
    assert code == 0
    assert "Allowed  1 implausible price; first there, line 7, column high: 99 moves more than" in out


@pytest.mark.parametrize(
    ("content", "options", "code", "words"),
    [
        ("id,price,qty\n1,2,3\n", (), 30, ("in.csv, line 1: ", "no form of prices that is known", "Known are Binance")),
        ("1769007780,1.9,2,1.8,x,5,1\n", (), 30, ("in.csv, line 1, column close: \"x\" is not a number. Write",)),
        ("1769007780,1.9,2,1.8,1.9,5,1\n1769007840,1.9", (), 30, ("line 2: ", "has 2 columns, not 7. Write time,")),
        ("1.77E+12,1.9,2,1.8,1.9,5,1\n", (), 30, ("column time: \"1.77E+12\" has lost its last digits", "downloaded")),
        ("unix,symbol,open,high,low,close,Volume\n1769007780,BTC/USD,9,9,9,9,9\n", (), 30,
         ("line 2, column symbol: \"BTC/USD\" is not XRP against a dollar. Give a file of XRP",)),
        ("1769007780,1.9,2,1.8,1.9,5,1\n1769007840,1.9,2,1.8,1.9,5,1\n1769008140,1.9,2,1.8,1.9,5,1\n", (), 30,
         ("line 3, column time: ", "comes after a gap: 4 of 7 minutes", "Say --fill-gaps")),
        ("1769007780,1.9,2,1.8,1.9,5,1\n", ("--from", "2026-02-01", "--to", "2026-01-01"), 2, ("--from", "swap them")),
        ("1769007780,1.9,2,1.8,1.9,5,1\n", ("--zone", "Berlin"), 2, ("--zone", "'Berlin'", "write UTC, +01:00")),
        ("1769007780,1.9,2,1.8,1.9,5,1\n", ("--from", "noon"), 2, ("--from", "'noon'", "write 2026-01-21")),
        ("1769007780,1.9,2,1.8,1.9,5,1\n", ("--member", "a.csv"), 2, ("--member a.csv", "no ZIP archive")),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told_and_nothing_is_written(
    said: Said, content: str, options: tuple[str, ...], code: int, words: tuple[str, ...]
) -> None:
    """No traceback, no draft."""
    Path("in.csv").write_text(content, encoding="utf-8")
    ended, out, err = said("in.csv", "out.csv", *options)
    assert (ended, out) == (code, "")
    assert [word for word in words if word not in err] == [], err
    assert "Traceback" not in err
    assert [path.name for path in Path().iterdir()] == ["in.csv"]


def test_a_file_that_is_there_stays_unless_it_is_a_recording_and_that_is_said(said: Said) -> None:
    """What was there is there still after a refusal, and after an import that fails."""
    assert said(str(FORMS / "binance.csv"), "out.csv")[0] == 0
    before = Path("out.csv").read_bytes()
    code, _, err = said(str(FORMS / "kraken.csv"), "out.csv", "--fill-gaps")
    assert (code, err) == (2, "neo: " + str(Path("out.csv").absolute())
                           + ": is there already; --force replaces it, or name another file.\n")  # fmt: skip
    assert said(str(FORMS / "kraken.csv"), "out.csv", "--force")[0] == 30
    assert Path("out.csv").read_bytes() == before
    assert said(str(FORMS / "kraken.csv"), "out.csv", "--force", "--fill-gaps")[0] == 0
    assert Path("out.csv").read_bytes() != before
