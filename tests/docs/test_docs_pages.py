"""What ``docs/`` tells is what the code does: made pages equal what the code makes, links lead somewhere."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import click
import pytest
from support import pages_from_code as made
from support.cli_house import python_files

from actors.session.watches import NAMED_SIGNALS
from neo.config import dotted_values
from neo.messages.halts import HALT_FACTS, INTERRUPTED, HaltReason
from neo.strategy.models import MODELS
from tools.commands.table import neo
from tools.console.errors import EXIT_STARTUP
from tools.settings.profiles import find_profile, read_profile
from tools.settings.shipped import SHIPPED

ROOT = Path(__file__).parents[2]
PAGES = {
    path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/*.md")))
}
AGAIN = "make it anew: PYTHONPATH=tests uv run python -m support.pages_from_code"

# Further than this a line of a table can't be read beside the others.
LINE_MAX = 200


@pytest.mark.parametrize("path", sorted(made.pages()))
def test_what_is_made_from_the_code_is_as_the_code_makes_it(path: str) -> None:
    """Whole pages, and the parts of others."""
    assert PAGES[path] == made.pages()[path], AGAIN


def test_a_part_that_was_changed_by_hand_is_seen() -> None:
    """And one that is not there is an error."""
    page = PAGES["docs/operate.md"].replace("| `neo drill` |", "| `neo rehearse` |")
    assert made.with_part(page, "commands", made.commands()) == PAGES["docs/operate.md"] != page
    with pytest.raises(AssertionError, match="no part"):
        made.part_of(page, "nothing")


def exit_constants(source: str) -> set[str]:
    """The names of exit codes that a module sets."""
    targets = [node.targets[0] for node in ast.parse(source).body if isinstance(node, ast.Assign)]
    return {name.id for name in targets if isinstance(name, ast.Name) and re.match(r"_?EXIT_", name.id)}


def test_every_exit_code_of_a_command_is_on_the_page() -> None:
    """Each constant of ``tools/`` is in the list that the page is made from."""
    constants = {name for text in python_files(ROOT, ["tools"]).values() for name in exit_constants(text)}
    assert constants
    listed = {name for name in vars(made) if name.startswith("EXIT_")}
    assert constants == listed
    assert {getattr(made, name) for name in listed} | {2} == {code for code, _, _ in made.COMMAND_CODES}


def test_an_exit_code_that_the_page_forgets_is_seen() -> None:
    """So that the test above can fail."""
    assert exit_constants("_EXIT_NEW = 9\nEXIT_TOO = 8\nOTHER = 1") == {"_EXIT_NEW", "EXIT_TOO"}


def test_a_start_that_failed_has_the_code_of_its_ending() -> None:
    """A broken install tells it without importing the list of endings."""
    assert HALT_FACTS[HaltReason.STARTUP_FAILURE].exit_code == EXIT_STARTUP


def test_the_page_of_settings_has_every_key_of_a_profile_under_its_section() -> None:
    """And none that is not there."""
    told: set[str] = set()
    section = ""
    for line in PAGES["docs/settings.md"].splitlines():
        head, key = re.match(r"## `\[(\w+)\]`", line), re.match(r"- \*\*`(\w+)`\*\*", line)
        section = head[1] if head else section
        told |= {f"{section}.{key[1]}"} if key else set()
    shipped = [read_profile(find_profile(name)) for name in SHIPPED.values()]
    assert told == {key for config in shipped for key in dotted_values(config)}


def test_the_page_on_operating_has_every_signal_with_its_ending() -> None:
    """And every ending by a signal, with its exit code."""
    for name, reason in NAMED_SIGNALS.items():
        [row] = [line for line in PAGES["docs/operate.md"].splitlines() if line.startswith("|") and f"`{name}`" in line]
        assert f"`{reason}`" in row
        assert row.endswith(f"| {HALT_FACTS[reason].exit_code} |")
    assert set(NAMED_SIGNALS.values()) == INTERRUPTED


def test_the_unit_restarts_after_what_may_pass_by_itself_and_nothing_else() -> None:
    """Every ending's code is on one side or the other; asked to stop is no failure."""
    page = PAGES["docs/operate.md"]
    prevented = set(map(int, re.findall(r"^RestartPreventExitStatus=(.+)$", page, re.MULTILINE)[0].split()))
    passing = {
        HaltReason.RISK_RPC_FAILURE,
        HaltReason.RISK_STALE_LEDGER,
        HaltReason.RISK_GATEWAY_UNHEALTHY,
        HaltReason.ACTOR_FAILURE,
    }
    # A lost process ends with no code of its own, and SIGBREAK is of Windows.
    elsewhere = {HaltReason.PROCESS_LOST, HaltReason.INTERRUPTED_SIGBREAK, HaltReason.INTERRUPTED_SIGTERM}
    left = {facts.exit_code for reason, facts in HALT_FACTS.items() if reason not in passing | elsewhere}
    assert prevented == (left - {0}) | {2}
    assert "SuccessExitStatus=143\n" in page


def test_the_page_on_quoting_has_every_model() -> None:
    """In the table at its end, and none that is not there."""
    table = PAGES["docs/quoting.md"].partition("## The models")[2]
    assert re.findall(r"^\| `(\w+)`", table, flags=re.MULTILINE) == list(MODELS)


def anchor(title: str) -> str:
    """The name by which a heading is linked to."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def broken(path: str, text: str) -> list[str]:
    """Links of a page that lead nowhere, and files of the tree that it names and that are not there."""
    found = []
    for link in re.findall(r"\]\(([^)]+)\)", text):
        file, _, name = link.partition("#")
        target = ROOT / path if not file else ((ROOT / path).parent / file)
        titles = re.findall(r"^#+ (.+)$", target.read_text(encoding="utf-8"), re.MULTILINE) if target.is_file() else []
        if not target.is_file() or (name and name not in map(anchor, titles)):
            found.append(f"{path}: {link}")
    named = re.findall(r"(?<![\w/])(?:neo|actors|tools|config|tests|docs)/[\w/.-]*\w\.(?:py|toml|md|csv)\b", text)
    return found + [f"{path}: {name}" for name in named if "my_" not in name and not (ROOT / name).is_file()]


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_link_and_every_file_named_is_there(path: str) -> None:
    """Headings that are linked to as well."""
    assert broken(path, PAGES[path]) == []


@pytest.mark.parametrize("text", ["[x](gone.md)", "[x](../README.md#gone)", "see `neo/desk/gone.py`"])
def test_a_broken_link_is_found(text: str) -> None:
    """So that the test above can fail."""
    assert len(broken("docs/house.md", text)) == 1


@pytest.mark.parametrize("path", sorted(PAGES))
def test_lines_can_be_read(path: str) -> None:
    """A page is read in an editor too."""
    assert [line for line in PAGES[path].splitlines() if len(line) > LINE_MAX] == []


def command_lines(text: str) -> list[str]:
    """What a page gives to be typed: spans of code, and the lines of its blocks."""
    block = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
    return re.findall(r"`([^`\n]+)`", block.sub("", text)) + [
        line for found in block.findall(text) for line in found.splitlines()
    ]


def dead(text: str) -> list[str]:
    """Command lines of a page that do nothing: an option that is none, a choice of tests that chooses none."""
    found = []
    for line in command_lines(text):
        for name, rest in re.findall(r"(?:^|[ /])neo ([a-z]+)\b([^|#&]*)", line):
            command = neo.get_command(click.Context(neo), name)
            inner = command.commands.values() if isinstance(command, click.Group) else ()
            known = {option for one in (command, *inner) if one for param in one.params for option in param.opts}
            found += [f"neo {name} {option}" for option in re.findall(r"(?<!\S)--[a-z-]+", rest) if option not in known]
        for file, word in re.findall(r"pytest.* (tests/\S+\.py) -k (\w+)", line):
            names = re.findall(r"^def (test_\w+)", (ROOT / file).read_text(encoding="utf-8"), flags=re.MULTILINE)
            found += [] if any(word in name for name in names) else [line]
    return found


@pytest.mark.parametrize("path", sorted(PAGES))
def test_every_command_line_does_something(path: str) -> None:
    """Its options are there, and the one test that it runs is."""
    assert dead(PAGES[path]) == []


@pytest.mark.parametrize(
    "text",
    [
        "`neo run --sed 7`",
        "```\nuv run neo sweep --set a.b=1 --seed 1-20\n```",
        "`uv run pytest -n 0 tests/neo/messages/test_halts.py -k contract`",
    ],
)
def test_a_command_line_that_does_nothing_is_found(text: str) -> None:
    """So that the test above can fail."""
    assert len(dead(text)) == 1
