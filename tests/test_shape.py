"""The shape of the house: a test file for each module, a class for each name, a deadline for each shield.

Method: as in ``test_house.py``; each rule is run over the tree and over a bad sample. The lists of exceptions only
shrink: one that is no longer needed has to go.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from support import cli_house as house
from support import house_shape as shape

ROOT = Path(__file__).parents[1]
SOURCES = house.python_files(ROOT, house.FLOORS)
TESTS = house.python_files(ROOT, ["tests"])

# Shields in the tree. Each is a place that an interrupt can't leave, so each one more needs a word here: the rungs of
# the way down, and the answer of the database's thread.
SHIELDS = 2

# Names that two classes still share.
TWICE = {"Bounds", "Case", "Channels", "Course", "Lost", "Row"}

# Modules without a test file of their own, by the folder's or the module's path, and where they are tested instead.
UNMIRRORED = {
    # A folder ends with a slash.
    "neo/analysis/course.py": "the report's figures: tests/tools/reporting",
    "neo/analysis/figures.py": "the report's figures: tests/tools/reporting",
    "neo/analysis/markouts.py": "tests/neo/analysis/test_flow.py",
    "neo/analysis/results.py": "tests/tools/commands/test_report_command.py",
    "neo/analysis/summary.py": "every whole session reads one: tests/actors/session",
    "neo/chain/pair.py": "three fields",
    "neo/chain/prices.py": "what the booking writes of each ledger: tests/neo/desk/test_desk.py",
    "neo/config/": "through whole profiles: test_parse.py, tests/tools/settings",
    "neo/desk/": "through the desk, on recorded ledgers and in whole sessions: test_desk.py",
    "neo/ledger/": "recorded ledgers play all of it at once: test_conformance.py, test_rules.py, test_properties.py",
    "neo/market/minute_bridge.py": "through the path that it bridges: test_path.py",
    "neo/messages/": "values, of which every other test is made",
    "neo/risk/gates.py": "each gate at its edge, through the judge: test_judge.py",
    "neo/risk/limits.py": "fields, each filled from its key: tests/neo/config/test_key_wiring.py",
    "neo/risk/room.py": "by properties of what the judge passes: test_judge.py",
    "neo/market/recording.py": "five fields",
    "neo/network/account_view.py": "what the gateway sees: tests/actors/venues/sim, tests/neo/sim/test_market.py",
    "neo/network/pending.py": "through the network that holds them: test_network.py",
    "neo/sim/": "through whole crowds and markets: test_crowd.py, test_market.py, tests/actors/venues/sim",
    "neo/strategy/settings.py": "fields, each filled from its key: tests/neo/config/test_key_wiring.py",
    "neo/strategy/models/": "every model in one table: tests/neo/strategy/test_models.py",
    "neo/text/wordlists.py": "two lists, read by test_redaction.py",
    "neo/watch/session_watch.py": "in whole sessions: tests/actors/session/test_gates_session.py",
    "actors/operator/": "through the channel as a client sees it: test_channel.py, test_channel_strangers.py",
    "actors/plumbing/board.py": "what the panel and the safety watch read: tests/tools/screen, tests/actors/session",
    "actors/plumbing/seeded.py": "one line, which every whole session depends on",
    "actors/plumbing/wiring.py": "every whole session is wired by it, one of them with the least bounds",
    "actors/risk.py": "test_actor_kit.py; what it decides: tests/neo/risk",
    "actors/session/": "through whole sessions: test_session.py, test_endings.py, test_recovery.py",
    "actors/store/": "through the store's face: test_append.py, test_tables.py, test_verify.py, test_trouble.py",
    "actors/strategy.py": "test_actor_kit.py; what it decides: tests/neo/strategy",
    "actors/telemetry.py": "test_actor_kit.py; what it logs: tests/actors/session/test_session.py",
    "actors/venues/": "through the world and whole sessions: tests/actors/venues/sim/test_world.py",
    "tools/commands/": "as they are typed: test_<command>_command.py",
    "tools/console/": "through what is printed: test_output.py, test_terminal.py, tests/tools/commands/test_signals.py",
    "tools/proofs/": "through the drills and the audit themselves: test_audit.py, tests/actors/session/test_drills.py",
    "tools/reporting/": "through whole pages: test_pages.py, test_forms.py, and tests/tools/commands",
    "tools/screen/": "through what it draws: test_screen.py, test_screen_session.py",
    "tools/sweep/": "through whole sweeps: tests/tools/commands/test_sweep_command.py, test_results.py",
}


# --- Names -------------------------------------------------------------------------------------------------------


def test_no_two_public_classes_share_a_name() -> None:
    found = shape.same_class_names(SOURCES)
    assert {finding.partition(":")[0] for finding in found} == TWICE, found


def test_two_classes_of_one_name_are_found() -> None:
    sample = {"neo/a.py": "class Row: ...\nclass _Own: ...", "tools/b.py": "class Row: ...\nclass _Own: ..."}
    assert shape.same_class_names(sample) == ["Row: neo/a.py, tools/b.py"]


# --- Mirrors -----------------------------------------------------------------------------------------------------


def covered(module: str) -> set[str]:
    """The exceptions that a module is under: itself, or a folder above it."""
    return {each for each in UNMIRRORED if module == each or (each.endswith("/") and module.startswith(each))}


def test_every_module_has_a_test_file_of_its_name_or_a_reason_for_none() -> None:
    missing = shape.without_mirror(SOURCES, TESTS)
    assert [module for module in missing if not covered(module)] == []
    needed = {each for module in missing for each in covered(module)}
    assert sorted(set(UNMIRRORED) - needed) == [], "no longer an exception: take it off the list"


def test_a_module_without_its_test_file_is_found() -> None:
    sources = ["neo/__init__.py", "neo/risk/judge.py", "neo/risk/room.py"]
    assert shape.without_mirror(sources, ["tests/neo/risk/test_judge.py", "tests/neo/test_room.py"]) == [
        "neo/risk/room.py"
    ]


def test_no_two_test_files_share_a_name() -> None:
    """One name is one module to the type checker."""
    assert house.same_names(TESTS) == []


# --- Docstrings --------------------------------------------------------------------------------------------------


def test_what_a_docstring_lists_stands_one_a_line() -> None:
    assert [finding for path, source in SOURCES.items() for finding in shape.crowded_lists(path, source)] == []


@pytest.mark.parametrize("line", ["pays: drops. gets: tokens.", "fee: the fee, if any. low, high: the bounds."])
def test_a_docstring_that_lists_two_things_in_a_line_is_found(line: str) -> None:
    source = f'class Offer:\n    """An offer.\n\n    Attributes:\n        {line}\n    """\n'
    assert shape.crowded_lists("neo/a.py", source) == [f"neo/a.py: {line}"]
    assert shape.crowded_lists("neo/a.py", source.replace("Attributes:", "It is made of:")) == []


# --- Shields -----------------------------------------------------------------------------------------------------


def test_shields_are_few_and_each_has_its_deadline() -> None:
    assert [finding for path, source in SOURCES.items() for finding in shape.endless_shields(path, source)] == []
    assert sum(len(shape.shields(path, source)) for path, source in SOURCES.items()) == SHIELDS


@pytest.mark.parametrize(
    "source",
    [
        "with trio.CancelScope(shield=True): ...",
        "with trio.move_on_after(5): scope.shield = True",
        "with trio.CancelScope() as scope:\n    scope.shield = True",
    ],
)
def test_a_shield_without_a_deadline_of_its_own_is_found(source: str) -> None:
    assert len(shape.endless_shields("actors/risk.py", source)) == 1


@pytest.mark.parametrize("call", ["move_on_after(5, shield=True)", "CancelScope(deadline=5, shield=True)"])
def test_a_shield_with_its_deadline_is_counted_and_good(call: str) -> None:
    assert len(shape.shields("actors/risk.py", f"with trio.{call}: ...")) == 1
    assert shape.endless_shields("actors/risk.py", f"with trio.{call}: ...") == []
