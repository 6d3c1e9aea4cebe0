"""``--venue`` and ``--recording`` through the whole command: what runs on a recording, and what is said of what can't.

Method: a few ledgers of a recorded market, written to files; good ones are run and swept, bad ones refused.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest
from support.recordings import ledgers_of, market_items, packed

from tools.commands.table import run_command_line
from tools.settings.profiles import PROFILES_FOLDER

ITEMS = market_items("plain", 30)
PRICES = PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv"
REPLAY = ("run", "--venue", "replay", "--quiet", "--db", "neo.sqlite3")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A folder with a recording of thirty ledgers."""
    packed(tmp_path / "some.jsonl.gz", ITEMS)
    return tmp_path


def said(home: Path, *arguments: str) -> tuple[int, str, str]:
    """A command line's code and both streams, in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.chdir(home), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = run_command_line(list(arguments))
    return code, out.getvalue(), err.getvalue()


def summary(home: Path, *arguments: str) -> dict[str, Any]:
    """The summary of a session."""
    code, out, err = said(home, *arguments, "--json")
    assert code == 0, err
    told: dict[str, Any] = json.loads(out)
    return told


def test_a_recording_of_ones_own_is_played_to_its_end(home: Path) -> None:
    """Thirty ledgers a second apart, and one or two more for the way down; ``neo report`` knows its name."""
    told = summary(home, *REPLAY, "--recording", "some.jsonl.gz")
    assert told["halt_detail"] == "30 s"
    assert 30 <= told["ledgers"] <= 33
    assert told["notices"] == []
    _, out, _ = said(home, "report", "--db", "neo.sqlite3", "--json")
    report = json.loads(out)
    assert (report["venue"], report["market"]) == ("replay", "some.jsonl.gz")
    assert report["config_changes"] == {}


def test_a_profile_of_ones_own_names_its_recording_from_its_folder_on(home: Path) -> None:
    """And its venue may be named beside it."""
    folder = home / "profiles"
    folder.mkdir()
    packed(folder / "other.jsonl.gz", market_items("plain", 20))
    text = (PROFILES_FOLDER / "replay.toml").read_text(encoding="utf-8")
    (folder / "mine.toml").write_text(
        text.replace("market/xrp-rlusd-450-ledgers.jsonl.gz", "other.jsonl.gz"), encoding="utf-8"
    )
    assert said(home, "config", "check", "profiles/mine.toml")[0] == 0
    told = summary(home, *REPLAY, "--config", "profiles/mine.toml")
    assert told["halt_detail"] == "20 s"
    _, out, _ = said(home, "config", "show", "profiles/mine.toml", "--recording", "mine.gz")
    assert 'recording_file = "mine.gz"  # from the command line' in out


def test_settings_are_swept_over_recordings(home: Path) -> None:
    """Two settings, two seeds, two recordings: eight sessions, each the one that ``neo run`` gives."""
    packed(home / "other.jsonl.gz", market_items("mixed", 25))
    code, out, err = said(
        home, "sweep", "--config", "replay", "--set", "strategy.bid_offset_bps+strategy.ask_offset_bps=3,8",
        "--seeds", "1-2", "--jobs", "1", "--recording", "some.jsonl.gz", "--recording", "other.jsonl.gz",
        "--duration", "20s", "--out", "swept", "--json",
    )  # fmt: skip
    assert code == 0, err
    told = json.loads(out)
    assert (told["sessions"], told["done"]) == (8, 8)
    assert "market some.jsonl.gz, other.jsonl.gz" in told["facts"]
    lines = [json.loads(line) for line in (home / "swept" / "results.jsonl").read_text().splitlines()]
    assert len({line["journal_sha256"] for line in lines}) == 8
    wide = summary(
        home, *REPLAY, "--recording", "some.jsonl.gz", "--seed", "2", "--duration", "20s"
    )  # the profile's offsets are 5
    assert wide["journal_sha256"] not in {line["journal_sha256"] for line in lines}
    code, out, err = said(home, "sweep", "--config", "replay", "--set", "strategy.bid_offset_bps=5", "--seeds", "2",
        "--recording", "some.jsonl.gz", "--duration", "20s", "--out", "one", "--json")  # fmt: skip
    assert code == 0, err
    [line] = (home / "one" / "results.jsonl").read_text().splitlines()
    assert json.loads(line)["journal_sha256"] == wide["journal_sha256"]


def test_who_asks_for_more_than_is_recorded_is_told(home: Path) -> None:
    """And gets what there is."""
    told = summary(home, *REPLAY, "--recording", "some.jsonl.gz", "--duration", "1m")
    assert told["halt_detail"] == "30 s"
    assert told["notices"] == ["some.jsonl.gz lasts 30 s of 60 s: the session ends with it"]


def test_two_replays_are_compared(home: Path) -> None:
    """As two simulations are."""
    for seed in ("1", "2"):
        summary(home, *REPLAY, "--recording", "some.jsonl.gz", "--seed", seed)
    _, out, _ = said(home, "sessions", "--db", "neo.sqlite3", "--json")
    ids = [json.loads(line)["id"] for line in out.splitlines()]
    code, out, err = said(home, "compare", "--db", "neo.sqlite3", *ids)
    assert code == 0, err
    assert "some.jsonl.gz" in out


def _cut(items: Path) -> bytes:
    whole = gzip.decompress(items.read_bytes())
    return gzip.compress(whole[: len(whole) // 2 * 2 - 40].replace(b'"kind":"ledger"', b'"kind":"leger"', 1))


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "empty. Name a recording; `neo record --out FILE` makes one"),
        (b"\x28\xb5\x2f\xfdrest", "packed with zstd, which is not read here. Name a recording;"),
        (b"\x00\x01\x02\x03\n", "line 1: no JSON ("),
        (PRICES.read_bytes(), "line 1: no JSON ("),
        (None, "line 3: a line of kind 'leger', which no recording has. Fetch or copy the file again"),
    ],
    ids=["empty", "zstd", "rubbish", "prices", "damaged"],
)
def test_what_is_no_recording_is_refused_with_the_place_and_the_mend(
    home: Path, content: bytes | None, told: str
) -> None:
    """Before anything is begun: no database is left behind."""
    path = home / "bad.jsonl.gz"
    path.write_bytes(_cut(home / "some.jsonl.gz") if content is None else content)
    code, out, err = said(home, *REPLAY, "--recording", "bad.jsonl.gz")
    assert (code, out) == (30, "")
    assert err.startswith("neo: --recording bad.jsonl.gz: ")
    assert told in err
    assert not (home / "neo.sqlite3").exists()


def test_ledgers_in_another_order_are_refused_by_their_numbers(home: Path) -> None:
    """The third before the second."""
    head, state, one, two, three, *_ = ITEMS
    packed(home / "bad.jsonl.gz", [head, state, one, three, two])
    code, _, err = said(home, *REPLAY, "--recording", "bad.jsonl.gz")
    missing = ledgers_of(ITEMS)[1].ledger_index
    assert code == 30
    assert f"line 4: ledger {missing} is missing, and no gap is told" in err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            "run --recording some.jsonl.gz",
            'neo: --recording some.jsonl.gz: a venue of kind "sim" takes no recorded ledgers; leave that option out.\n',
        ),
        (
            "run --venue replay --market some.csv",
            'neo: --market some.csv: a venue of kind "replay" takes no recorded prices; leave that option out.\n',
        ),
        (
            "run --venue replay --config paper",
            "--venue replay: the venue of 'paper' is of kind \"sim\"; leave one of the two out.",
        ),
        ("run --venue moon", "--venue: 'moon' is not known here; write sim or replay or paper or live."),
        ("sweep --set venue.recording_file=a,b --config replay", "--recording"),
    ],
)
def test_what_does_not_go_together_is_refused(home: Path, arguments: str, told: str) -> None:
    """With the words of the command line, and nothing is begun."""
    code, out, err = said(home, *arguments.split())
    assert code in (2, 30)
    assert out == ""
    assert told in err
