"""``--market`` through the whole command: one name however they are spelled, and absurd ones are refused."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path
from typing import Any

from tools.commands.table import run_command_line
from tools.settings.profiles import PROFILES_FOLDER, read_market

RECORDING = PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv"
ALLOW = "--allow-implausible-prices"


def said(home: Path, *arguments: str) -> tuple[int, Any, str]:
    """A command line's code, its JSON and its errors, in this process: one of its own would only take longer."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(home), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command_line([*arguments, "--json"])
    return code, json.loads(out.getvalue() or "null"), err.getvalue()


def session(home: Path, *arguments: str) -> dict[str, Any]:
    """The summary of a short session."""
    code, told, err = said(home, "run", "--duration", "20s", "--quiet", *arguments)
    assert code == 0, err
    assert isinstance(told, dict)
    return told


def spiked(path: Path) -> Path:
    """The shipped prices with a high of 99 in one minute."""
    lines = RECORDING.read_text(encoding="utf-8").splitlines()
    cells = lines[50].split(",")
    cells[2] = "99"
    lines[50] = ",".join(cells)
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


def test_the_same_prices_give_the_same_journal_however_their_file_is_saved(tmp_path: Path) -> None:
    """A byte-order mark, CRLF, zeros and blank lines at the end: what a spreadsheet makes of it."""
    resaved = tmp_path / "resaved.csv"
    text = RECORDING.read_text(encoding="utf-8").replace(",1.9", ",01.9").replace(":00,", ":00+00:00,") + "\n\n"
    resaved.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    one = session(tmp_path, "--db", "one.sqlite3")
    other = session(tmp_path, "--db", "other.sqlite3", "--market", str(resaved))
    assert one["journal_sha256"] == other["journal_sha256"]


def test_the_files_own_hash_is_known_beside_it(tmp_path: Path) -> None:
    """By it, earlier versions named a recording."""
    resaved = tmp_path / "resaved.csv"
    resaved.write_bytes(RECORDING.read_bytes().replace(b"\n", b"\r\n"))
    market, again = read_market(RECORDING), read_market(resaved)
    assert market.sha256 == again.sha256
    assert market.file_sha256 != again.file_sha256


def test_an_absurd_price_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    """With file, line, column and its neighbours, and no database is left behind."""
    spiked(tmp_path / "spike.csv")
    code, told, err = said(tmp_path, "run", "--market", "spike.csv", "--db", "mine.sqlite3")
    assert (code, told["halt_reason"]) == (30, "startup_failure")
    assert "--market spike.csv, line 51, column high: 99 moves more than a market does" in err
    assert "line 50 closes at 1.9557 and line 52 opens at 1.9542" in err
    assert not list(tmp_path.glob("mine.sqlite3*"))


def test_an_absurd_price_that_is_allowed_is_told_in_the_log_and_the_notices(tmp_path: Path) -> None:
    """Whoever reads the summary later knows what the figures rest on."""
    spiked(tmp_path / "spike.csv")
    summary = session(tmp_path, "--market", "spike.csv", "--db", "mine.sqlite3", ALLOW)
    [notice] = summary["notices"]
    assert notice.startswith("spike.csv: 1 implausible price allowed; first there, line 51, column high: 99")
    log = (tmp_path / "mine.sqlite3.log").read_text(encoding="utf-8")
    [line] = [line for line in log.splitlines() if " WARNING " in line]
    assert 'venue_warning told="spike.csv: 1 implausible price allowed' in line


def test_a_sweep_tells_of_it_with_its_results(tmp_path: Path) -> None:
    """Refused as a run is, and told in the results once it is allowed."""
    spiked(tmp_path / "spike.csv")
    arguments = ("sweep", "--duration", "20s", "--seeds", "1", "--market", "spike.csv", "--out", "mine")
    assert said(tmp_path, *arguments)[0] == 30
    assert not (tmp_path / "mine").exists()
    code, told, err = said(tmp_path, *arguments, ALLOW)
    assert code == 0, err
    assert any(fact.startswith("spike.csv: 1 implausible price allowed") for fact in told["facts"])
