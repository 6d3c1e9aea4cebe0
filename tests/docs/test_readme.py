"""The README is one page, names every folder, page and command that is there, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

from support.cli_house import FLOORS
from support.pages_from_code import labels, panel_picture, part_of

from tools.commands.table import _COMMANDS

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
HOUSE = (ROOT / "docs" / "house.md").read_text(encoding="utf-8")

LINES_MAX = 120


def inner_folders() -> set[str]:
    """The folders of the three floors that hold modules, such as ``neo/desk/``."""
    return {f"{path.parent.relative_to(ROOT).as_posix()}/" for floor in FLOORS for path in ROOT.glob(f"{floor}/*/*.py")}


OUTER = {f"{folder}/" for folder in (*FLOORS, "config", "tests", "docs")}


def folders_of_the_readme(text: str) -> set[str]:
    """The map's rows: a folder, and in the last column the folders in it."""
    rows = re.findall(r"^\| `(\w+/)` \|.*?\|(.*)\|$", text.partition("## Map")[2], flags=re.MULTILINE)
    return {outer + inner for outer, told in rows for inner in ("", *re.findall(r"`(\w+/)`", told))}


def folders_of_the_house(text: str) -> set[str]:
    """The first column of the map in ``docs/house.md``."""
    return set(re.findall(r"^\| `([a-z]+/(?:[a-z]+/)?)` \|", text, flags=re.MULTILINE))


def commands_told(text: str) -> set[str]:
    """Every command that a text names."""
    return set(re.findall(r"`neo ([a-z]+)", text))


def test_it_is_one_page() -> None:
    """A new user reads it whole; more than so many lines belong into ``docs/``."""
    assert len(README.splitlines()) <= LINES_MAX


def test_its_map_has_every_folder_and_none_that_is_not_there() -> None:
    """The folders of the floors too; a folder that the map forgets is told here."""
    assert folders_of_the_readme(README) == inner_folders() | OUTER


def test_a_folder_that_the_map_forgets_is_seen() -> None:
    """Both maps, one row or one name taken away."""
    assert folders_of_the_readme(README.replace("`desk/` ", "")) == (inner_folders() | OUTER) - {"neo/desk/"}
    assert folders_of_the_house(HOUSE.replace("| `neo/desk/` |", "| desk |")) == (inner_folders() | OUTER) - {
        "neo/desk/"
    }


def test_the_map_of_the_house_tells_what_every_folder_is() -> None:
    """In the same words of folders as the tree."""
    assert folders_of_the_house(HOUSE) == inner_folders() | OUTER


def test_it_names_every_command_and_none_that_is_not_there() -> None:
    """Six are told with what they do, the others in a sentence."""
    assert commands_told(README) == set(_COMMANDS)


def test_a_command_that_it_forgets_is_seen() -> None:
    """So that the test above can fail."""
    assert commands_told(README.replace("`neo tap`", "the tap")) == set(_COMMANDS) - {"tap"}


def test_it_leads_to_every_page() -> None:
    """And CONTRIBUTING and the changelog; that what it leads to is there is tested with all links."""
    pages = {path.relative_to(ROOT).as_posix() for path in ROOT.glob("docs/*.md")}
    told = {link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", README)}
    assert told == pages | {"CONTRIBUTING.md", "CHANGELOG.md", "LICENSE"}


def test_ci_runs_the_command_that_it_tells() -> None:
    """Word for word."""
    command = "uv run pytest\n"
    assert f"pip install uv && {command}" in README
    assert f"\n{command}" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")


def test_its_two_commands_are_whole_lines_to_be_copied() -> None:
    """Run a session, run the tests."""
    assert {"pip install uv && uv run neo run", "pip install uv && uv run pytest"} <= set(README.splitlines())


def test_the_picture_has_the_rows_of_the_panel() -> None:
    """Drawn anew from a real session; its figures may differ, its rows and its size may not."""
    shown, drawn = part_of(README, "panel"), panel_picture(after_ledgers=40)
    assert labels(shown) == labels(drawn)
    assert len(labels(shown)) >= 15
    assert len(shown.splitlines()[1]) == len(drawn.splitlines()[1])
    assert shown.splitlines()[1].startswith("╭─ NEO sim | seed")


def test_a_picture_with_a_row_less_is_seen() -> None:
    """So that the test above can fail."""
    shown = part_of(README, "panel")
    assert "Equity" in labels(shown)
    assert "Equity" not in labels("\n".join(line for line in shown.splitlines() if "Equity" not in line))
