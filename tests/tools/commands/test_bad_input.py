"""Every message about bad input names what was given, where it was given, and the mend.

Method: a table of command lines with one thing wrong each, run in this process; and every option of every command with
a value that none takes. An operator's mistake ends with its code, 2 on the command line and 30 in a file, and never
with a traceback.
"""

from __future__ import annotations

import gzip
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest

from tools.commands.table import neo, run_command_line
from tools.settings.profiles import PROFILES_FOLDER

PROFILE = (PROFILES_FOLDER / "paper.toml").read_text(encoding="utf-8")
RECORDING = (PROFILES_FOLDER / "market" / "xrpusdt-1m-2026-01-21.csv").read_text(encoding="utf-8")
BID = "strategy.bid_offset_bps"


def with_value(key: str, value: str) -> str:
    """The shipped profile with one value changed."""
    lines = PROFILE.splitlines()
    [place] = [number for number, line in enumerate(lines) if line.startswith(f"{key} = ")]
    lines[place] = f"{key} = {value}"
    return "\n".join(lines).replace('"market/', f'"{(PROFILES_FOLDER / "market").as_posix()}/')


def with_cell(column: int, cell: str) -> str:
    """The shipped recording with one cell of line 51 changed."""
    lines = RECORDING.splitlines()
    cells = lines[50].split(",")
    cells[column] = cell
    lines[50] = ",".join(cells)
    return "\n".join(lines)


TEXTS = {
    "type.toml": with_value("bid_offset_bps", '"wide"'),
    "unknown.toml": PROFILE.replace("bid_offset_bps", "bid_ofset_bps"),
    "list.toml": with_value("bid_offset_bps", "[5]"),
    "date.toml": with_value("bid_offset_bps", "2026-01-21"),
    "seed.toml": with_value("seed", "-1"),
    "slow.toml": with_value("speed", "0.0001"),
    "hex.toml": with_value("seed", f"0x{'f' * 100_000}"),
    "binary.toml": with_value("seed", f"0b{'1' * 100_000}"),
    "digits.toml": with_value("seed", "9" * 5000),
    "tiny.toml": with_value("bid_offset_bps", "1e-999999999"),
    "huge.toml": with_value("bid_offset_bps", "1e999999999"),
    "endless.toml": with_value("bid_offset_bps", "1e-99999999999999999999"),
    "deep.toml": f"a = {'[' * 50_000}",
    "dots.toml": f"{'.'.join('a' * 50_000)} = 1",
    "many.toml": "\n".join(f"key{number} = 1" for number in range(5000)),
    "twice.toml": "a = 1\n" * 5000,
    "fat.toml": "#" * 300_000,
    "word.toml": with_value("model", f'"{"x" * 100_000}"'),
    "nomarket.toml": with_value("market_file", '"none.csv"'),
    "empty.csv": "",
    "header.csv": RECORDING.replace("timestamp", "time", 1),
    "semicolons.csv": RECORDING.replace(",", ";"),
    "exponent.csv": with_cell(5, "5e-06"),
    "text.csv": with_cell(1, "abc"),
    "blank.csv": RECORDING.replace("\n", "\n\n", 5),
    "gap.csv": "\n".join(line for number, line in enumerate(RECORDING.splitlines()) if number != 40),
    "spike.csv": with_cell(2, "99"),
    "idle.csv": "\n".join(
        f"{line.rpartition(',')[0]},0" if 100 < number < 120 else line
        for number, line in enumerate(RECORDING.splitlines())
    ),
    "line.csv": f"timestamp,open,high,low,close,volume\n{'9' * 1_000_000}",
    "commas.csv": f"timestamp,open,high,low,close,volume\n{',' * 1_000_000}",
    "lines.csv": "timestamp,open,high,low,close,volume\n" + "\n" * 1_000_000 + "x",
    "key.points": "strategy.bid_ofset_bps\n5\n",
    "value.points": f"{BID}\n5\nabc\n",
    "cells.points": f"{BID},strategy.ask_offset_bps\n5\n",
    "twice.points": f"{BID},{BID}\n5,5\n",
    "seed.points": "venue.seed\n5\n",
    "field.points": f"{BID}\n{'9' * 200_000}\n",
    "rows.points": f"{BID}\n" + "5\n" * 100_001,
    "none.points": f"{BID}\n",
    "same.points": f"{BID}\n" + "5\n" * 90_000,
    "columns.points": ",".join(f"k{number}" for number in range(2000)) + "\n" + "1," * 1999 + "1\n",
    "array.jsonl": "[]\n",
    "other.jsonl": "{}\n" * 100_000,
    "cut.jsonl": '{"id": \n',
    "deep.jsonl": "[" * 100_000,
    "digits.jsonl": f'{{"id": {"9" * 5000}}}\n',
    "long.jsonl": f'{{"id": "{"x" * 7_000_000}"}}\n',
}


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of spoilt files."""
    folder = tmp_path_factory.mktemp("spoilt")
    for name, text in TEXTS.items():
        (folder / name).write_text(text, encoding="utf-8")
    (folder / "packed.csv").write_bytes(gzip.compress(RECORDING.encode()))
    (folder / "sheet.csv").write_bytes(b"PK\x03\x04rest")
    (folder / "wide.csv").write_bytes(RECORDING.encode("utf-16"))
    (folder / "latin.csv").write_bytes(RECORDING.encode().replace(b"2026", b"\xe9", 3))
    (folder / "bomb.jsonl.gz").write_bytes(gzip.compress(b" " * 50_000_000))
    (folder / "lines.jsonl.gz").write_bytes(gzip.compress(b"\n" * 1_000_001))
    with (folder / "sparse").open("wb") as file:
        file.truncate(50_000_000_000 if sys.platform != "win32" else 500_000_000)
    (folder / "folder").mkdir()
    if sys.platform != "win32":
        os.mkfifo(folder / "pipe")
        (folder / "loop").symlink_to("loop")
    return folder


@pytest.fixture(autouse=True)
def _at_home(files: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In that folder, with a data folder of the test's own."""
    monkeypatch.chdir(files)
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))


# A command line, the code that it ends with, and what its message has: the value, its place, the mend.
BAD: list[tuple[str, int, tuple[str, ...]]] = [
    # Options of the command line.
    ("run --seed lucky", 2, ("--seed", "'lucky' is not a whole number", "write one from 0 to 9223372036854775807")),
    ("run --seed -1", 2, ("--seed", "'-1' is too small", "write one from 0")),
    ("run --seed 9223372036854775808", 2, ("--seed", "'9223372036854775808' is too large", "write one from 0")),
    (f"run --seed {'9' * 5000}", 2, ("--seed", "has 5000 digits", "write one from 0")),
    ("run --seed 1.5", 2, ("--seed", "'1.5' is not a whole number", "write one from 0")),
    ("run --seed \u0663", 2, ("--seed", "'\u0663' is not a whole number", "write one from 0")),
    ("run --speed 0", 2, ("--speed", "'0' is too slow", "0.001 or more")),
    ("run --speed 0.0001", 2, ("--speed", "'0.0001' is too slow", "0.001 or more")),
    ("run --speed 5e-06", 2, ("--speed", "'5e-06' is not a speed in plain digits", "write max, or")),
    ("run --speed 1e999999999", 2, ("--speed", "'1e999999999' is not a speed in plain digits", "write max, or")),
    (f"run --speed {'9' * 5000}", 2, ("--speed", "is not a speed in plain digits", "write max, or")),
    ("run --speed fast", 2, ("--speed", "'fast' is not a speed", "write max, or")),
    ("run --duration 90", 2, ("--duration", "'90' has no unit", "write 90s, 90m or 90h")),
    ("run --duration 0s", 2, ("--duration", "'0s' is no time at all", "write 90s")),
    ("run --duration 1.5h", 2, ("--duration", "'1.5h' is not a duration", "1h30m")),
    ("run --duration 400d", 2, ("--duration", "'400d' is longer than 366 days", "write a shorter one")),
    (f"run --duration {'9' * 4300}h", 2, ("--duration", "is not a duration", "write 90s")),
    (f"run --duration {'9' * 4300}", 2, ("--duration", "has no unit", "write 90s, 30m, 2h or 1h30m")),
    ("run --duration 3s", 30, ("--duration", "session.duration_seconds = 3", "give at least")),
    ("run --sped 1", 2, ("'--sped' is no option of neo run", "did you mean --speed", "neo run --help")),
    ("run --seed", 2, ("--seed has no value", "--help")),
    ("run --quiet=yes", 2, ("--quiet takes no value", "write it alone")),
    ("run now", 2, ("'now' is one word too many for neo run", "leave it out")),
    ("rnu", 2, ("'rnu' is no command of neo", "neo --help")),
    ("db cheek", 2, ("'cheek' is no command of neo db", "neo db --help")),
    ("config check", 2, ("FILE is missing", "neo config check --help")),
    ("config show --seed x", 2, ("--seed", "'x' is not a whole number", "write one from 0")),
    ("config show --duration 3s", 30, ("--duration", "session.duration_seconds = 3", "give at least")),
    ("capital deposit x XRP", 2, ("AMOUNT", "'x' is not an amount", "write a number above 0")),
    ("capital deposit -- -5 XRP", 2, ("AMOUNT", "'-5' is not an amount", "write a number above 0")),
    ("capital deposit 1e999999999 XRP", 2, ("AMOUNT", "'1e999999999' is not an amount", "in plain digits")),
    (f"capital deposit {'9' * 5000} XRP", 2, ("AMOUNT", "is not an amount", "in plain digits")),
    ("capital deposit 5 EUR", 2, ("ASSET", "'EUR' is not known here", "write XRP or RLUSD")),
    ("capital deposit 5", 2, ("ASSET is missing", "neo capital deposit --help")),
    ("experiments note", 2, ("SESSION is missing", "neo experiments note --help")),
    ("orphans resolve", 2, ("SESSION is missing", "neo orphans resolve --help")),
    ("orphans resolve 20260101-000000-abcd", 2, ("ORDER is missing", "neo orphans resolve --help")),
    ("tap --since yesterday", 2, ("--since", "'yesterday' is not a duration", "write 90s", "or start")),
    ("tap --type Fil", 2, ("--type", "no message is called Fil", "Fill")),
    ("tap --where side", 2, ("--where", "'side' is not a condition", "write FIELD=VALUE")),
    ("tap --where sied=buy", 2, ("--where", "sied is no field", "neo tap --json")),
    ("tap --actor rsik", 2, ("--actor", "no actor is called rsik", "risk")),
    ("drill no_such", 2, ("no drill is called 'no_such'", "`neo drill` lists them")),
    # A sweep.
    ("sweep --jobs x", 2, ("--jobs", "'x' is not a whole number", "write one from 1 to 256")),
    ("sweep --jobs 100000", 2, ("--jobs", "'100000' is too large", "write one from 1 to 256")),
    ("sweep --seeds x", 2, ("--seeds", "'x' is no seed", "write 1-20")),
    ("sweep --seeds 9-1", 2, ("--seeds", "'9-1': seeds go up", "write 1-20")),
    ("sweep --seeds 1-1000000000", 2, ("--seeds", "'1-1000000000' is more than 100,000", "write 1-20")),
    (f"sweep --seeds {'9' * 5000}", 2, ("--seeds", "is no seed", "write 1-20")),
    ("sweep --seeds 1-99999,100000-199999", 2, ("--seeds", "is more than 100,000 seeds", "write 1-20")),
    ("sweep --set x", 2, ("--set", "'x' has no values", "write section.key=2,4,6")),
    (f"sweep --set {BID}=1,,2", 2, ("--set", "has an empty value", "write section.key=2,4,6")),
    (f"sweep --set {BID}={'1,' * 100_001}2", 2, ("--set", "has more than 100,000 values", "write fewer")),
    (f"sweep --set {BID}=1,2 --seeds 1-60000", 2, ("100,000 sessions", "fewer values or seeds")),
    ("sweep --set venue.seed=1", 2, ("--set", "venue.seed is not swept", "use --seeds")),
    ("sweep --set strategy.bid_ofset_bps=5", 30, ("--set: strategy.bid_ofset_bps = 5", f"did you mean {BID}?")),
    (f"sweep --set {BID}=abc", 30, (f'--set: {BID} = "abc"', "write a number at least 0")),
    (f"sweep --set {BID}=1e-999999999", 30, (f"--set: {BID} = 1E-999999999", "more than 40 digits", "write a number")),
    (f"sweep --set {BID}=1e999999999", 30, (f"--set: {BID} = 1E+999999999", "must be below 1000", "write a number")),
    (f"sweep --set {BID}=0x{'f' * 50_000}", 30, (f"--set: {BID} = a number of hundreds", "must be below", "write a")),
    ("sweep --duration 3s", 30, ("--duration", "session.duration_seconds = 3", "give at least")),
    ("sweep --points key.points", 30, ("--points key.points, line 2: strategy.bid_ofset_bps = 5", "did you mean")),
    ("sweep --points value.points", 30, (f'--points value.points, line 3: {BID} = "abc"', "write a number")),
    ("sweep --points cells.points", 30, ("--points cells.points, line 2", "2 cells", "write one for each key")),
    ("sweep --points twice.points", 30, ("--points twice.points, line 1", BID, "write each key once")),
    ("sweep --points seed.points", 30, ("--points seed.points, line 1: venue.seed", "use --seeds")),
    ("sweep --points field.points", 30, ("--points field.points, line 2", "field larger", "write a CSV")),
    ("sweep --points rows.points", 30, ("--points rows.points", "more than 100,000 rows", "write fewer")),
    ("sweep --points none.points", 30, ("--points none.points", "no settings", "write a header")),
    ("sweep --points same.points --seeds 1", 2, ("--points same.points, line 3", f"{BID}=5", "leave one out")),
    ("sweep --points columns.points", 30, ("--points columns.points, line 1", "2,000 columns", "write fewer")),
    ("sweep --points nowhere.csv", 30, ("--points nowhere.csv", "No such file", "Check the path")),
    ("sweep --points sparse", 30, ("--points sparse", "more than the 4,194,304 bytes", "Check the path")),
    ("sweep --market spike.csv", 30, ("--market spike.csv, line 51, column high: 99", "--allow-implausible-prices")),
    # Recorded prices.
    ("run --market nowhere.csv", 30, ("--market nowhere.csv", "No such file", "Check the path")),
    ("run --market folder", 30, ("--market folder", "a folder", "Check the path")),
    ("run --market sparse", 30, ("--market sparse", "more than the 50,331,648 bytes", "Check the path")),
    ("run --market empty.csv", 30, ("--market empty.csv, line 1", "not the header", "The first line must be")),
    ("run --market header.csv", 30, ("--market header.csv, line 1", '"time,open', "The first line must be")),
    ("run --market semicolons.csv", 30, ("--market semicolons.csv, line 1", "timestamp;open", "The first line must")),
    ("run --market exponent.csv", 30, ("exponent.csv, line 51, column volume", '"5e-06"', "Write it out: 0.000005")),
    ("run --market text.csv", 30, ("--market text.csv, line 51, column open", '"abc"', "Write a positive decimal")),
    ("run --market blank.csv", 30, ("--market blank.csv, line 2", "an empty line between rows", "Take it away")),
    ("run --market gap.csv", 30, ("--market gap.csv, line 41, column timestamp", "belongs here", "fill the gaps")),
    ("run --market line.csv", 30, ("--market line.csv, line 2", "goes on for 1,000,000 characters", "Write timestamp")),
    ("run --market commas.csv", 30, ("--market commas.csv, line 2", "too long for a row", "Write timestamp")),
    ("run --market lines.csv", 30, ("--market lines.csv, line 2", "an empty line", "Take it away")),
    ("run --market packed.csv", 30, ("--market packed.csv", "is compressed (gzip)", "unpack it first")),
    ("run --market sheet.csv", 30, ("--market sheet.csv", "a spreadsheet", "save the sheet as CSV")),
    ("run --market wide.csv", 30, ("--market wide.csv", "UTF-16", "save it as UTF-8")),
    ("run --market latin.csv", 30, ("--market latin.csv, line 2", "not UTF-8 text", "save it as UTF-8")),
    ("run --market spike.csv", 30, ("spike.csv, line 51, column high: 99", "line 50 closes at", "Mend or cut")),
    ("run --market idle.csv", 30, ("idle.csv, line 102, column volume: 0", "19 minutes in a row", "Mend or cut")),
    # An exchange's prices.
    ("market import nowhere.csv out.csv", 30, ("nowhere.csv", "No such file", "Check the path")),
    ("market import folder out.csv", 30, ("folder", "a folder", "Check the path")),
    ("market import sparse out.csv", 30, ("sparse, line 1", "too long for a row")),
    ("market import latin.csv out.csv", 30, ("latin.csv, line 2", "not UTF-8 text", "save it as UTF-8")),
    ("market import sheet.csv out.csv", 30, ("sheet.csv", "can't be unpacked", "download it again")),
    (
        "market import lines.csv out.csv",
        30,
        ('lines.csv, line 1000002: "x" has 1 column, not 6', "Write timestamp, open"),
    ),
    ("market import spike.csv out.csv", 30, ("spike.csv, line 51, column high: 99", "--allow-implausible-prices")),
    # Profiles.
    (
        "run --config papre",
        30,
        ("config papre", "no such file", "give a profile (live-stage1, paper, paper-network, rehearsal, replay)"),
    ),
    ("run --config folder", 30, ("config folder", "is a folder", "give a profile")),
    ("config check sparse", 30, ("sparse", "more than the 262,144 bytes", "Check the path: a profile")),
    ("config check type.toml", 30, ("type.toml", f'{BID} = "wide"', "write a number at least 0")),
    ("config check unknown.toml", 30, ("unknown.toml", "bid_ofset_bps = ", f"did you mean {BID}?")),
    ("config check list.toml", 30, ("list.toml", "a list", "write a number at least 0")),
    ("config check date.toml", 30, ("date.toml", "a date or time", "write a number at least 0")),
    ("config check seed.toml", 30, ("seed.toml", "venue.seed = -1", "write a whole number from 0")),
    ("config check slow.toml", 30, ("slow.toml", "venue.speed = 0.0001: is too slow", "0.001 or more")),
    ("config check hex.toml", 30, ("hex.toml", "venue.seed = a number of hundreds", "write a whole number")),
    ("config check binary.toml", 30, ("binary.toml", "venue.seed = a number of hundreds", "write a whole number")),
    ("config check digits.toml", 30, ("digits.toml, line ", "a number that is too long", "write it shorter")),
    ("config check tiny.toml", 30, ("tiny.toml", f"{BID} = 1E-999999999", "more than 40 digits", "write a number")),
    ("config check huge.toml", 30, ("huge.toml", f"{BID} = 1E+999999999", "must be below 1000", "write a number")),
    ("config check endless.toml", 30, ("endless.toml, line ", "a number that is too long", "write it shorter")),
    ("config check deep.toml", 30, ("deep.toml", "nested without end", "a profile is")),
    ("config check dots.toml", 30, ("dots.toml", "nested without end", "a profile is")),
    ("config check many.toml", 30, ("many.toml", "key0 = 1: unknown key", "4,980 more keys", "delete it")),
    ("config check twice.toml", 30, ("twice.toml, line 2", "Cannot overwrite", "a profile is TOML")),
    ("config check fat.toml", 30, ("fat.toml", "more than the 262,144 bytes", "Check the path")),
    ("config check word.toml", 30, ("word.toml", "strategy.model = ", "write one of")),
    ("config check nomarket.toml", 30, ("nomarket.toml", 'venue.market_file = "none.csv"', "path of another CSV")),
    # Records of a real ledger.
    ("conformance", 2, ("name at least one file",)),
    ("conformance nowhere.jsonl", 2, ("nowhere.jsonl is not there", "Check the name")),
    ("conformance folder", 2, ("folder: a folder", "Name plain files")),
    ("conformance sparse", 2, ("sparse, line 1", "longer than the 6,291,456 bytes", "Split the file")),
    ("conformance long.jsonl", 2, ("long.jsonl, line 1", "longer than the 6,291,456 bytes", "Split the file")),
    ("conformance bomb.jsonl.gz", 2, ("bomb.jsonl.gz, line 1", "longer than the 6,291,456 bytes", "Split the file")),
    ("conformance lines.jsonl.gz", 2, ("lines.jsonl.gz", "more than the 1,000,000 lines", "Split the file")),
    ("conformance array.jsonl", 2, ("array.jsonl, line 1", "not an object", "mend that line")),
    ("conformance other.jsonl", 2, ("other.jsonl, line 20", "the key 'id' is missing", "mend that line")),
    ("conformance cut.jsonl", 2, ("cut.jsonl, line 1", "not JSON", "mend that line")),
    ("conformance deep.jsonl", 2, ("deep.jsonl, line 1", "nested too deep", "Fetch the file again")),
    ("conformance digits.jsonl", 2, ("digits.jsonl, line 1", "thousands of digits", "mend that line")),
    ("record info none.gz", 30, ("none.gz", "No such file", "Name a recording")),
    ("record info other.jsonl", 30, ("other.jsonl: line 1", "no line of a recording", "Name a recording")),
    ("record info deep.jsonl", 30, ("deep.jsonl", "not one whole line", "Name a recording")),
    ("record info digits.jsonl", 30, ("digits.jsonl: line 1", "no JSON", "Name a recording")),
    ("record info empty.csv", 30, ("empty.csv: empty", "Name a recording")),
    (
        "record info bomb.jsonl.gz",
        30,
        ("bomb.jsonl.gz: line 1", "longer than the 33,554,432", "Name a recording"),
    ),
    ("record convert other.jsonl --out a", 30, ("other.jsonl: line 1", "no answer to `ledger`", "Give files with")),
    ("record convert digits.jsonl --out a", 30, ("digits.jsonl: from line 1 on", "no JSON", "Give files with")),
    ("record convert none.json --out a", 30, ("none.json", "No such file", "Give files with")),
    ("record convert a --out a --config paper", 2, ("--config", 'kind "sim"', "give a live or a paper profile")),
    ("record --out a --duration 5", 2, ("--duration: '5' has no unit", "write 5s")),
    ("record --out other.jsonl --duration 1s", 30, ("other.jsonl", "not packed with gzip", "Choose another file")),
    ("record --snapshot-every 1", 2, ("--out FILE is missing",)),
]
if sys.platform != "win32":
    BAD += [
        ("run --market pipe", 30, ("--market pipe", "a pipe", "Check the path")),
        ("run --market /dev/zero", 30, ("--market /dev/zero", "a device", "Check the path")),
        ("run --market loop", 30, ("--market loop", "symbolic links", "Check the path")),
        ("sweep --market /dev/zero", 30, ("--market /dev/zero", "a device", "Check the path")),
        ("sweep --points pipe", 30, ("--points pipe", "a pipe", "Check the path")),
        ("run --config pipe", 30, ("config pipe", "is a pipe", "give a profile")),
        ("run --config /dev/zero", 30, ("config /dev/zero", "is a device", "give a profile")),
        ("config check loop", 30, ("config loop", "symbolic links", "give a profile")),
        ("conformance pipe", 2, ("pipe: a pipe", "Name plain files")),
        ("conformance /dev/zero", 2, ("/dev/zero: a device", "Name plain files")),
    ]


@pytest.mark.parametrize(("line", "code", "words"), BAD, ids=[line[:40] for line, _, _ in BAD])
def test_a_mistake_is_told_with_what_was_given_where_and_the_mend(
    capsys: pytest.CaptureFixture[str], line: str, code: int, words: tuple[str, ...]
) -> None:
    """No traceback, no line that fills the screen, and the exit code of the mistake's kind."""
    assert ended(line.split()) == code
    written = capsys.readouterr()
    told = written.out + written.err
    assert [word for word in words if word not in told] == [], told[:2000]
    assert "Traceback" not in told
    assert max(len(one) for one in told.splitlines()) < 1500


def ended(arguments: list[str]) -> int:
    """A command line's exit code."""
    try:
        return run_command_line(arguments)
    except SystemExit as error:  # conformance ends the process itself
        return int(str(error.code))


# --- Every option ------------------------------------------------------------------------------------------------


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command below a group, with what calls it."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


# Options whose value may be any text: a path, a name or words. Paths are tried as files, above and in other tests.
ANY_TEXT = {
    "--db",
    "--html",
    "--out",
    "--reason",
    "--config",
    "--market",
    "--recording",
    "--points",
    "--state",
    "--member",
    "--certificate",
    "--key",
}


def valued_options() -> list[tuple[tuple[str, ...], str]]:
    """Every option of every command that takes a value of a kind."""
    return [
        (path, max(option.opts, key=len))
        for path, command in commands(neo)
        for option in command.params
        if isinstance(option, click.Option) and not option.is_flag and not ANY_TEXT & set(option.opts)
    ]


@pytest.mark.parametrize(("path", "option"), valued_options(), ids=lambda one: one if isinstance(one, str) else one[-1])
def test_every_option_refuses_what_it_does_not_take(
    capsys: pytest.CaptureFixture[str], path: tuple[str, ...], option: str
) -> None:
    """The message names the option, the value, and what to write; never a type of click's."""
    assert run_command_line([*path, option, "?!"]) == 2
    told = capsys.readouterr().err
    message = told.partition("Error: ")[2]
    assert option in message
    assert "?!" in message
    assert any(mend in message for mend in ("write ", "there are ", "shows "))
    assert "not a valid" not in message


@pytest.mark.parametrize("path", [path for path, _ in commands(neo)], ids=" ".join)
def test_every_command_tells_of_an_option_that_it_has_not(
    capsys: pytest.CaptureFixture[str], path: tuple[str, ...]
) -> None:
    """With the way to those that it has."""
    assert run_command_line([*path, "--no-such-option"]) == 2
    called = " ".join(("neo", *path))
    told = capsys.readouterr().err
    assert f"'--no-such-option' is no option of {called}" in told
    assert f"`{called} --help` lists those there are." in told


@pytest.mark.parametrize("made", [str.upper, str.title], ids=["capitals", "title"])
def test_words_that_are_listed_may_be_written_in_any_case(
    capsys: pytest.CaptureFixture[str], made: Callable[[str], str]
) -> None:
    """``--since START`` means what ``--since start`` does."""
    assert run_command_line(["tap", "--since", made("start"), "--type", "?"]) == 2
    assert "--since" not in capsys.readouterr().err
