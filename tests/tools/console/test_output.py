"""Whatever a command says goes through one place: it may be lost, but it breaks nothing, and it is only text.

Method: whole command lines in this process, before streams that fail, or that take few characters; over every command
that there is, so that a new one is held to it too.
"""

from __future__ import annotations

import csv
import errno
import io
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import msgspec
import pytest
from support.cli_process import NEO, PATIENCE_S, environment
from support.sessions import plan_for, run, shipped_recording

from actors.store import list_sessions
from actors.store.reports import write_note
from neo.text.redaction import HIDDEN
from tools.commands.table import neo, run_command_line
from tools.console.errors import EXIT_OUTPUT_LOST
from tools.console.forms import csv_value, markdown_cell
from tools.console.output import Outlet, shown

ROOT = Path(__file__).parents[3]

# What a terminal would obey: colours, a title, a clipboard, 8-bit controls, directions, breaks, things without width.
OBEYED = "\x1b[31m\x1b]0;owned\x07\x9b2J\r\x08\x7f\u202e\u2066\u200b\ufeff\u2028\U000e0041\ud800"
SEED = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"

# Command lines that say something of a database; {db} is its path.
SAYING = (
    "sessions", "sessions --json", "sessions --csv", "report", "report --json", "report --csv", "compare 1 2",
    "compare 1 2 --json", "compare 1 2 --csv", "experiments", "experiments --json", "experiments --csv",
    "experiments --markdown", "capital list", "capital list --json", "capital list --csv", "db check", "db list",
)  # fmt: skip


class Failing(io.StringIO):
    """A stream whose disk is full, or whose reader left."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number = number

    def write(self, _text: str, /) -> int:
        raise OSError(self._number, "No space left on device")


def every_command() -> Iterator[list[str]]:
    """Every command and every command of a group, by its words."""
    context = click.Context(neo)
    for name in neo.list_commands(context):
        command = neo.get_command(context, name)
        yield [name]
        if isinstance(command, click.Group):
            yield from ([name, inner] for inner in command.list_commands(context))


HELPS = [["--help"], ["--version"], *([*words, "--help"] for words in every_command())]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two sessions with names and notes that somebody else chose."""
    path = tmp_path_factory.mktemp("output") / "neo.sqlite3"
    for seed in (1, 2):
        hostile = OBEYED.replace("\ud800", "")
        recording = msgspec.structs.replace(shipped_recording(), name=f"{hostile}.csv")
        plan = plan_for(path, seed=seed, duration_s=20, recording=recording)
        run(msgspec.structs.replace(plan, profile=f"p{hostile}"))
    for row in list_sessions(path):
        write_note(path, row.id, f"=HYPERLINK(1) {OBEYED}".replace("\ud800", ""))
    return path


def said(database: Path, line: str) -> list[str]:
    """A command line about the database, its sessions by number."""
    ids = [row.id for row in list_sessions(database)]
    words = [ids[int(word) - 1] if word.isdigit() else word for word in line.split()]
    return [words[0], "--db", str(database), *words[1:]]


def outcome(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch, out: io.TextIOBase, err: io.TextIOBase | None = None
) -> tuple[int, str]:
    """A command line's code before these streams, and what standard error got."""
    errors = io.StringIO() if err is None else err
    monkeypatch.setattr(sys, "stdout", out)
    monkeypatch.setattr(sys, "stderr", errors)
    code = run_command_line(arguments)
    return code, errors.getvalue() if isinstance(errors, io.StringIO) else ""


# --- It may be lost ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", HELPS, ids=" ".join)
def test_a_full_disk_costs_a_line_and_a_code_and_a_reader_may_leave(
    arguments: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """``neo ... | head`` is no fault; output that is lost is."""
    code, err = outcome(arguments, monkeypatch, Failing(errno.ENOSPC))
    assert (code, len(err.splitlines())) == (EXIT_OUTPUT_LOST, 1)
    assert "No space left on device" in err
    assert outcome(arguments, monkeypatch, Failing(errno.EPIPE)) == (0, "")
    assert outcome(arguments, monkeypatch, Failing(errno.ENOSPC), Failing(errno.ENOSPC))[0] == EXIT_OUTPUT_LOST


@pytest.mark.parametrize("line", SAYING)
def test_what_a_command_has_to_say_may_be_lost_too(database: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same for figures as for help."""
    code, err = outcome(said(database, line), monkeypatch, Failing(errno.ENOSPC))
    assert (code, err.count("\n")) == (EXIT_OUTPUT_LOST, 1), err
    assert outcome(said(database, line), monkeypatch, Failing(errno.EPIPE)) == (0, "")


def test_a_command_that_failed_keeps_its_own_code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why it failed matters more than that nobody could read it."""
    arguments = ["config", "check", str(tmp_path / "none.toml")]
    wanted = outcome(arguments, monkeypatch, io.StringIO())
    assert wanted[0] not in (0, EXIT_OUTPUT_LOST)
    assert outcome(arguments, monkeypatch, Failing(errno.ENOSPC)) == wanted
    assert outcome(["nope"], monkeypatch, io.StringIO(), Failing(errno.EIO))[0] == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device here that is always full")
def test_a_session_whose_summary_is_lost_ends_properly_and_says_so(tmp_path: Path) -> None:
    """The row in the database is whole."""
    with Path("/dev/full").open("w", encoding="utf-8") as full:
        done = subprocess.run(
            [NEO, "run", "--duration", "20s", "--db", "mine.sqlite3", "--json", "--quiet"],
            cwd=tmp_path,
            env=environment(tmp_path),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=PATIENCE_S,
            check=False,
        )
    assert done.returncode == EXIT_OUTPUT_LOST
    assert done.stderr == ("neo: standard output: No space left on device; what should stand there is not whole.\n")
    [row] = list_sessions(tmp_path / "mine.sqlite3")
    assert (row.status, row.halt_reason) == ("ended", "duration_elapsed")


# --- It is only text ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("line", SAYING)
def test_nothing_that_a_terminal_obeys_reaches_it(database: Path, line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names in a database may come from anywhere: no escape sequence gets through."""
    out = io.StringIO()
    code, err = outcome(said(database, line), monkeypatch, out)
    assert code == 0, err
    assert [char for char in out.getvalue() if not char.isprintable() and char != "\n"] == []


def test_json_means_the_same_for_all_that(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was escaped for the terminal reads back as the name that it was."""
    out = io.StringIO()
    outcome(said(database, "sessions --json"), monkeypatch, out)
    names = {json.loads(row)["market"] for row in out.getvalue().splitlines()}
    assert names == {f"{OBEYED}.csv".replace("\ud800", "")}


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1"])
@pytest.mark.parametrize("line", ["experiments", "experiments --json", "sessions", "report", "--help"])
def test_a_character_that_the_stream_lacks_is_written_out(
    database: Path, line: str, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No command dies of a terminal's encoding."""
    out = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    for row in list_sessions(database):
        write_note(database, row.id, "\u20ac \u4e2d \N{GRINNING FACE}")
    code, err = outcome(said(database, line) if line != "--help" else [line], monkeypatch, out)
    assert (code, err) == (0, "")


@pytest.mark.parametrize("name", ["kill", "pause", "resume"])
def test_a_word_to_a_session_is_not_refused_for_a_byte(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In need ``neo kill`` must work whatever the shell made of the reason."""
    arguments = [name, "--db", str(tmp_path / "none.db"), "--reason", "\udcff"]
    code, err = outcome(arguments, monkeypatch, io.StringIO())
    assert code not in (0, 2, 70)
    assert "no database there" in err


@pytest.mark.parametrize(
    "words", [words for words in every_command() if words[0] not in ("kill", "pause", "resume")], ids=" ".join
)
def test_an_argument_that_is_no_text_is_a_mistake(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The usage error shows the bytes written out."""
    code, err = outcome([*words, "--db=\udcff\x1b"], monkeypatch, io.StringIO())
    assert code == 2
    assert "is not UTF-8" in err
    assert "Traceback" not in err
    assert r"\udcff\u001b" in err


def test_a_console_keeps_its_colours_and_its_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is shown in a table can bring in neither colours nor width."""
    from rich.table import Table  # noqa: PLC0415 - with the console, which is imported for this test alone

    from tools.console.steady_console import SteadyConsole  # noqa: PLC0415

    out = io.StringIO()
    streams = Outlet.of(out)
    monkeypatch.setattr(sys, "stdout", streams)
    console = SteadyConsole(width=30, force_terminal=True, color_system="standard", highlight=False)
    table = Table(style="red")
    table.add_column("[b]name[/b]", no_wrap=True)
    table.add_row("\x1b[2J[red]x[/red]" * 9)
    console.print(table)
    lines = out.getvalue().splitlines()
    assert any("\x1b[31m" in line for line in lines), "the console's own colours are gone"
    plain = [re.sub(r"\x1b\[[0-9;]*m", "", line) for line in lines]
    assert all(line.isprintable() and len(line) <= 30 for line in plain)
    assert any(r"\u001b[2J[red]x" in line for line in plain)


def test_consoles_are_made_in_one_place() -> None:
    """Rich's own console would leave with code 1 when its reader does, and let control characters pass."""
    makers = [
        path.name
        for path in (ROOT / "tools").rglob("*.py")
        if re.search(r"(?<!Steady)\bConsole\(", path.read_text("utf-8"))
    ]
    assert makers == []


# --- Other programs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", ["=HYPERLINK(1)", "+1+cmd|' /C calc'!A0", "-cmd", "@SUM(A1)", "\t=1", "\r=1", "\n-1+1", "  =1", "\uff1d1"]
)
def test_a_text_that_a_spreadsheet_would_calculate_is_text(text: str) -> None:
    """In every form in which a formula can begin."""
    assert csv_value(text) == f"'{text}"


@pytest.mark.parametrize("value", ["-1.25", "+0.5", "-1e-7", "-", "1,000", -1.5, 7, None, "plain - text", "a=b"])
def test_figures_and_plain_words_stay_as_they_are(value: str | float | None) -> None:
    """A negative number is no formula."""
    assert csv_value(value) == value


def test_a_note_in_a_csv_is_text(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While the figures beside it stay figures."""
    write_note(database, list_sessions(database)[0].id, "=1+1")
    out = io.StringIO()
    outcome(said(database, "experiments --csv"), monkeypatch, out)
    rows = list(csv.DictReader(io.StringIO(out.getvalue())))
    assert rows[0]["note"] == "'=1+1"
    assert all(float(row["result_rlusd"]) < 1 for row in rows)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("a|b", r"a\|b"),
        ("[x](https://evil.example)", r"\[x\](http&#115;://evil.example)"),
        ("<img src=x>", r"\<img src=x\>"),
        ("`code` *b* _i_", r"\`code\` \*b\* \_i\_"),
        ("two\nlines", "two lines"),
        ("session_2026_x, bid_offset_bps=5", "session_2026_x, bid_offset_bps=5"),
    ],
)
def test_a_cell_of_markdown_is_what_it_says(text: str, cell: str) -> None:
    """No second cell, no link, no picture, no markup."""
    assert markdown_cell(text) == cell


def test_the_last_line_of_defence_hides_a_seed() -> None:
    """Whatever a command writes passes here."""
    assert shown(f"x {SEED} y") == f"x {HIDDEN} y"
