"""What the README says of the command is what the command does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest
from support.cli_house import FLOORS

from actors.session.watches import NAMED_SIGNALS
from neo.messages.halts import HALT_FACTS, INTERRUPTED, HaltReason
from neo.messages.reasons import ABSENCE_MEANINGS, HOLD_MEANINGS, REFUSAL_MEANINGS
from tools.commands.conformance import EXIT_FAILED, EXIT_UNREADABLE
from tools.commands.db import EXIT_UNSOUND
from tools.commands.drill import EXIT_NOT_AS_PROMISED
from tools.commands.run import run
from tools.commands.table import neo
from tools.console.errors import EXIT_OUTPUT_LOST, EXIT_STARTUP
from tools.console.link import EXIT_NO_SESSION, EXIT_REFUSED, EXIT_UNSURE

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_table_of_exit_codes_is_the_list_of_halt_reasons() -> None:
    rows = ["| code | ending | meaning |", "| ---: | --- | --- |"]
    for reason, facts in sorted(HALT_FACTS.items(), key=lambda item: item[1].exit_code):
        rows.append(f"| {facts.exit_code} | `{reason}` | {facts.meaning} |")
    assert "\n".join(rows) in README, "put this into the README:\n" + "\n".join(rows)


def test_the_page_on_running_has_every_signal_with_its_ending() -> None:
    """And every ending by a signal; the README leads to it."""
    page = (ROOT / "docs" / "running.md").read_text(encoding="utf-8")
    assert "(docs/running.md)" in README
    for name, reason in NAMED_SIGNALS.items():
        [row] = [line for line in page.splitlines() if line.startswith("|") and f"`{name}`" in line]
        assert f"`{reason}`" in row
        assert row.endswith(f"| {HALT_FACTS[reason].exit_code} |")
    assert set(NAMED_SIGNALS.values()) == INTERRUPTED


@pytest.mark.parametrize(
    "meanings", [REFUSAL_MEANINGS, HOLD_MEANINGS, ABSENCE_MEANINGS], ids=["refused", "held back", "absent"]
)
def test_the_tables_of_codes_are_the_lists_of_reasons(meanings: Mapping[str, str]) -> None:
    rows = ["| code | meaning |", "| --- | --- |", *(f"| `{code}` | {told} |" for code, told in meanings.items())]
    assert "\n".join(rows) in README, "put this into the README:\n" + "\n".join(rows)


def test_the_other_exit_codes_are_told_too() -> None:
    [told] = [part for part in README.split("\n\n") if part.startswith("Besides these: ")]
    others = {EXIT_UNSOUND, EXIT_NO_SESSION, EXIT_REFUSED, EXIT_NOT_AS_PROMISED, EXIT_UNSURE, EXIT_OUTPUT_LOST}
    assert {int(number) for number in re.findall(r"\b\d+\b", told)} == {0, EXIT_FAILED, EXIT_UNREADABLE, *others}
    assert f"{EXIT_UNSOUND} when `neo db check` found damage" in told
    assert HALT_FACTS[HaltReason.STARTUP_FAILURE].exit_code == EXIT_STARTUP


def test_every_option_of_a_session_is_told_and_none_that_is_not_there() -> None:
    told = set(re.findall(r"^\| `(--[a-z-]+)", README, flags=re.MULTILINE))
    assert told == {option for parameter in run.params for option in parameter.opts}


def test_every_command_named_exists() -> None:
    named = set(re.findall(r"`neo ([a-z]+)", README))
    assert named
    assert all(name in neo.list_commands(None) for name in named)  # type: ignore[arg-type]


def test_ci_runs_the_command_that_the_readme_tells() -> None:
    command = "uv run pytest\n"
    assert f"pip install uv && {command}" in README
    assert f"\n{command}" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_the_map_has_every_folder_and_none_that_is_not_there() -> None:
    told = set(re.findall(r"`([a-z]+/(?:[a-z]+/)?)`", README.partition("## Map of the house")[2]))
    inner = {path.parent.relative_to(ROOT).as_posix() for floor in FLOORS for path in ROOT.glob(f"{floor}/*/*.py")}
    assert told == {f"{folder}/" for folder in (*inner, *FLOORS, "config", "tests", "docs")}


def test_every_fault_is_shown_by_tests_that_are_there() -> None:
    """Each row of the table of faults names one at least."""
    table = README.partition("| fault | what happens | shown by |\n")[2].partition("\n\n")[0]
    for row in table.splitlines()[1:]:
        tests = re.findall(r"`(tests/[a-z_/]+\.py)::(test_[a-z_]+)`", row)
        assert tests, row
        for file, name in tests:
            assert f"def {name}(" in (ROOT / file).read_text(encoding="utf-8")
