"""The plan of the house, kept true: which floor may import what, and what no repository should hold.

Method: each rule is a function from source text to findings (``support/cli_house.py``). It is run over the tree, where
it must find nothing, and over a bad sample, where it must find something: a rule that can't fail protects nothing.
"""

from __future__ import annotations

import functools
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from support import cli_house as house

from neo.config import Config
from neo.messages.routes import ROUTES
from tools.commands.table import _COMMANDS

ROOT = Path(__file__).parents[1]
SOURCES = house.python_files(ROOT, house.FLOORS)
EVERY_SOURCE = SOURCES | house.python_files(ROOT, ["tests"])

# Files that hold no text of ours.
NOT_TEXT = (".gz", ".csv", ".png")


def tracked(*options: str) -> list[str]:
    """The files that git tracks, and with ``--others`` those that it would track next."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    listed = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True, text=True, check=True)
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).exists()]


def findings(rule: Callable[[str, str], list[str]], sources: dict[str, str]) -> list[str]:
    """All that a rule finds."""
    return [finding for path, source in sources.items() for finding in rule(path, source)]


# --- Floors ------------------------------------------------------------------------------------------------------


def test_the_floors_are_there_to_be_checked() -> None:
    """An empty list of sources would pass every rule."""
    assert {path.split("/")[0] for path in SOURCES} == set(house.FLOORS)
    assert all(f"actors/{actor}.py" in SOURCES for actor in house.ACTORS)


def test_no_module_lies_loose_at_a_floors_root() -> None:
    """In ``neo/`` everything has a street; ``actors/`` has the five actors at its root, ``tools/`` the way in."""
    at_root = {path for path in SOURCES if path.count("/") == 1 and not path.endswith("__init__.py")}
    assert at_root == {f"actors/{actor}.py" for actor in house.ACTORS} | {"tools/cli.py"}


def test_no_two_files_share_a_name_but_a_command_and_what_it_is_about() -> None:
    """A file's name alone tells which it is."""
    assert house.same_names(path for path in SOURCES if not path.startswith("tools/commands/")) == []


def test_two_files_of_one_name_are_found() -> None:
    """Packages' faces are no namesakes."""
    assert house.same_names(["neo/a/x.py", "neo/b/x.py", "neo/b/__init__.py", "neo/a/__init__.py"]) == [
        "x.py: neo/a/x.py, neo/b/x.py"
    ]


def test_imports_go_one_way_only() -> None:
    """Tools take from actors and neo, actors from neo, neo from neither and from nothing with side effects."""
    assert findings(house.wrong_imports, SOURCES) == []


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("neo/desk/desk.py", "import trio"),
        ("neo/desk/desk.py", "import time"),
        ("neo/desk/desk.py", "import random"),
        ("neo/desk/desk.py", "import asyncio"),
        ("neo/desk/desk.py", "def f():\n    import sqlite3"),
        ("neo/desk/desk.py", "from loguru import logger"),
        ("neo/desk/desk.py", "from pathlib import Path"),
        ("neo/desk/desk.py", "import os.path"),
        ("neo/desk/desk.py", "from xrpl.clients import JsonRpcClient"),
        ("neo/desk/desk.py", "from actors.plumbing.clock import VirtualClock"),
        ("neo/desk/desk.py", "from . import fills"),
        ("neo/config/parse.py", "import tomli"),
        ("actors/plumbing/clock.py", "from tools.commands.run import run"),
        ("actors/risk.py", "from actors.strategy import StrategyActor"),
        ("tools/commands/run.py", "from support.cli_feed import view"),
    ],
)
def test_a_wrong_import_is_found(path: str, source: str) -> None:
    """Wherever it stands in the file, and in whichever form."""
    assert len(house.wrong_imports(path, source)) == 1


def test_nothing_outside_its_folder_names_the_simulation() -> None:
    """A second venue changes no file of the session; the exceptions are named and needed."""
    assert findings(house.names_a_venue, SOURCES) == []
    assert [path for path in house.NAMES_SIM if not house.names_a_venue(f"{path}x", SOURCES[path])] == []


@pytest.mark.parametrize("module", ["actors.venues.sim", "actors.venues.sim.world", "neo.sim.facts", "neo.sim"])
def test_naming_the_simulation_is_found(module: str) -> None:
    """From its own folder it is no finding; nor is a name that only begins alike."""
    source = f"from {module} import x"
    assert len(house.names_a_venue("actors/session/session.py", source)) == 1
    assert len(house.names_a_venue("neo/network/network.py", source)) == 1
    assert house.names_a_venue("actors/venues/sim/world.py", source) == []
    assert house.names_a_venue("tools/commands/run.py", "from neo.similar import x") == []


def test_the_settings_are_on_top_of_neo() -> None:
    """Nothing that decides knows where its numbers come from."""
    assert findings(house.imports_settings, SOURCES) == []


@pytest.mark.parametrize("module", ["neo.config", "neo.config.key_wiring", "neo.config.schema"])
def test_an_import_of_the_settings_from_below_is_found(module: str) -> None:
    """Actors and tools stand above them and may; a name that only begins alike is another's."""
    source = f"from {module} import x"
    assert len(house.imports_settings("neo/risk/limits.py", source)) == 1
    assert house.imports_settings("actors/session/plan.py", source) == []
    assert house.imports_settings("neo/risk/limits.py", "from neo.configured import x") == []


def test_keys_are_mapped_to_who_takes_them_in_one_file() -> None:
    """A venue reads its own sections beside its code, a command the log's and the duration."""
    sections = set(Config.__struct_fields__) - {"session", "venue", "gateway", "log"}
    assert findings(functools.partial(house.reads_settings, sections=sections), SOURCES) == []


def test_a_key_that_is_mapped_elsewhere_is_found() -> None:
    """Which part takes a key is written in one file."""
    source = "def f(plan):\n    return plan.config.risk.max_order_rlusd, config.venue.seed, view.risk"
    assert house.reads_settings("actors/risk.py", source, {"risk"}) == ["actors/risk.py:2: reads config.risk"]
    assert house.reads_settings("neo/config/key_wiring.py", source, {"risk"}) == []


def test_neo_calls_no_clock_no_file_and_no_terminal() -> None:
    """What decides gives the same answer to the same messages on any day."""
    assert findings(house.impure_calls, {path: text for path, text in SOURCES.items() if path.startswith("neo/")}) == []


@pytest.mark.parametrize("source", ["open('x')", "print(1)", "datetime.now(UTC)", "date.today()"])
def test_an_impure_call_is_found(source: str) -> None:
    """Calls need no import to be impure."""
    assert len(house.impure_calls("neo/desk/desk.py", source)) == 1


def test_money_and_prices_are_never_floats() -> None:
    """By the names that money has: drops, RLUSD, price."""
    assert findings(house.float_money, SOURCES) == []


@pytest.mark.parametrize(
    "source",
    [
        "fee_drops: float = 1.0",
        "class A:\n    base_size_rlusd: float | None",
        "def f(mid_price: float): ...",
        "def best_price() -> float: ...",
        "self.price: 'float' = 1",
    ],
)
def test_money_as_a_float_is_found(source: str) -> None:
    """As a field, an argument, a result, and in a union or in quotes."""
    assert len(house.float_money("neo/desk/desk.py", source)) == 1


def test_the_exchange_leaves_no_type_open_but_where_json_is_named() -> None:
    """Amounts, entries, state and flow are all typed. The number below may only shrink."""
    ledger = {path: text for path, text in SOURCES.items() if path.startswith("neo/ledger/")}
    found = findings(house.any_types, ledger)
    assert {place.split(":")[0] for place in found} == {"neo/ledger/json_forms.py"}
    assert len(found) <= 1


@pytest.mark.parametrize("source", ["x: Any = 0", "def f(x: dict[str, Any]): ...", "In: TypeAlias = Any"])
def test_an_open_type_is_found(source: str) -> None:
    assert len(house.any_types("neo/ledger/pool.py", source)) == 1


def test_one_module_owns_every_rounding_rule_and_money_is_never_worked_out_by_the_ambient_one() -> None:
    """A sum that is rounded without a word is a balance that is nearly right."""
    assert findings(house.loose_decimals, SOURCES) == []


@pytest.mark.parametrize(
    "source",
    [
        "from decimal import Context, Decimal",
        "from decimal import localcontext",
        "import decimal\n_WIDE = decimal.Context(prec=250)",
        "import decimal\ndecimal.getcontext().prec = 50",
        "share = (off / value).quantize(step)",
        "total_rlusd = fills_rlusd + capital",
        "held = inventory.xrp * price - inventory.rlusd_total",
        "self.rlusd_fills += fill.traded",
        "worst = value_rlusd(drops, mid) / 2",
        "paid = -fill.rlusd",
        "size = abs(move.rlusd)",
        "total = sum((part.rlusd for part in moved), ZERO)",
        "total = sum([part.rlusd for part in moved])",
    ],
)
def test_a_loose_decimal_is_found(source: str) -> None:
    """Any context but the owner's, and any operator on what is called RLUSD."""
    assert len(house.loose_decimals("neo/desk/desk.py", source)) == 1
    assert house.loose_decimals(house.DECIMALS_OWNER, source) == []


def test_exact_sums_of_money_are_no_loose_decimals() -> None:
    """What goes through a context, or is whole drops, is as it should be."""
    kept = "total = EXACT.add(fill.rlusd, sum_rlusd(part.rlusd for part in moved))\ndrops = -fee_drops + 1"
    assert house.loose_decimals("neo/desk/desk.py", kept) == []


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Every file can be read before those that use it."""
    assert house.import_cycles(SOURCES) == []


def test_a_circle_is_found() -> None:
    """Two files are enough for one."""
    assert house.import_cycles({"neo/a.py": "import neo.b", "neo/b.py": "from neo.a import x"})


def test_every_command_has_a_file_of_its_name_and_no_other_file_lies_there() -> None:
    """Besides the table that names them: who looks for ``neo pause`` opens ``tools/commands/pause.py``."""
    commands = {name: module for name, (module, _) in _COMMANDS.items()}
    files = [path for path in SOURCES if path.startswith("tools/commands/")]
    assert house.not_a_file_a_command(commands, files) == []


@pytest.mark.parametrize(
    ("commands", "files"),
    [
        ({"kill": "tools.commands.control"}, ["tools/commands/kill.py"]),
        ({"kill": "tools.commands.kill"}, []),
        ({"kill": "tools.commands.kill"}, ["tools/commands/kill.py", "tools/commands/helpers.py"]),
    ],
    ids=["lives elsewhere", "no file", "a file too many"],
)
def test_a_command_without_a_file_of_its_name_is_found(commands: dict[str, str], files: list[str]) -> None:
    """And so is a file among them that is no command."""
    both = ["tools/commands/__init__.py", "tools/commands/table.py"]
    assert len(house.not_a_file_a_command(commands, [*both, *files])) == 1


# Built ahead of what will be assembled of it: a command reaches it then.
BUILT_AHEAD: tuple[str, ...] = ()


def test_no_module_is_there_that_no_command_reaches() -> None:
    """What ``neo`` never imports is not part of it."""
    roots = ["tools.cli", *(module for module, _ in _COMMANDS.values())]
    left = house.unreached(SOURCES, roots)
    assert [module for module in left if not module.startswith(BUILT_AHEAD)] == []
    needed = {ahead for module in left for ahead in BUILT_AHEAD if module.startswith(ahead)}
    assert sorted(set(BUILT_AHEAD) - needed) == [], "no longer ahead: take it off the list"


def test_a_module_that_nothing_reaches_is_found() -> None:
    """What a dead module imports is not alive through it."""
    sources = {"tools/cli.py": "def main():\n    from neo import desk", "neo/__init__.py": "", "neo/desk.py": ""}
    assert house.unreached(sources | {"neo/old.py": "import neo.desk"}, ["tools.cli"]) == ["neo.old"]


def test_no_helper_of_the_tests_is_there_that_no_test_reaches() -> None:
    """Unless it is a program of its own."""
    sources = {path.removeprefix("tests/"): text for path, text in house.python_files(ROOT, ["tests"]).items()}
    tests = [path.removesuffix(".py").replace("/", ".") for path in sources if not path.startswith("support/")]
    # Programs of their own are started by a test, or by hand when their data is to be made anew.
    programs = [path for path, text in sources.items() if '\nif __name__ == "__main__":\n' in text]
    started = [path.removesuffix(".py").replace("/", ".") for path in programs]
    assert house.unreached(sources, [*tests, *started]) == []


# --- Routes ------------------------------------------------------------------------------------------------------

# Maps from a message to the method that takes it in, which the table of routes can't hold.
READERS = {
    "actors/store/projection.py",
    "neo/analysis/course.py",
    "neo/analysis/moment.py",
    "neo/analysis/tally.py",
    "neo/desk/desk.py",
    "neo/position/pnl.py",
    "neo/watch/session_watch.py",
}


def test_the_table_of_routes_is_the_only_one() -> None:
    """What is known of messages stands there; a map beside it is one that a new message would be missing from."""
    keeping = {path for path, text in SOURCES.items() if house.side_maps(path, text, ROUTES.by_name)}
    assert sorted(keeping - READERS) == []
    assert sorted(READERS - keeping) == [], "no longer an exception: take it off the list"


@pytest.mark.parametrize(
    "source",
    [
        "LEVELS = {Fill: 1, HaltRaised: 2, messages.Durable: 3}",
        "STYLES = {'Fill': 'green', 'HaltRaised': 'red', 'Durable': 'dim', 'x': ''}",
        "SESSIONS = frozenset({'HaltRaised', 'SessionEnded', 'SettlementBegun'})",
    ],
)
def test_a_map_beside_the_table_of_routes_is_found(source: str) -> None:
    """Three message names as keys or members are a table that a new message would have to be added to."""
    assert len(house.side_maps("actors/telemetry.py", source, ROUTES.by_name)) == 1


# --- Style -------------------------------------------------------------------------------------------------------


def test_files_and_functions_stay_short() -> None:
    """500 lines a file and 60 a function at most."""
    assert findings(house.too_long, SOURCES) == []


@pytest.mark.parametrize("source", ["\n" * 501, "def f():\n" + "    a = 1\n" * 60])
def test_what_is_too_long_is_found(source: str) -> None:
    """One line above either bound is enough."""
    assert len(house.too_long("neo/desk/desk.py", source)) == 1


def test_nothing_is_left_for_later() -> None:
    """Work that is not done has an issue, and no mark in the code."""
    assert findings(house.unfinished, EVERY_SOURCE) == []


@pytest.mark.parametrize("mark", ["# TO" + "DO: later", "raise Not" + "ImplementedError", "# FIX" + "ME"])
def test_a_mark_of_work_left_for_later_is_found(mark: str) -> None:
    """In a comment as in an exception."""
    assert len(house.unfinished("neo/desk/desk.py", mark)) == 1


# --- Hygiene -----------------------------------------------------------------------------------------------------


def test_no_stale_file_is_tracked_or_about_to_be() -> None:
    """Copies, archives, databases and what a tool dropped are no part of a repository."""
    assert house.stale_files([*tracked(), *tracked("--others", "--exclude-standard")]) == []


@pytest.mark.parametrize(
    "path",
    [
        "neo/main_loop_Old.py",
        "neo/main_loop_old",
        "neo_old/desk.py",
        "neo/desk/desk.py.old",
        "neo/desk_bak.py",
        "neo/desk copy.py",
        "neo.tar.gz",
        "NEO.zip",
        "neo/strategy_old.py",
        "tools/runner.bak.py",
        "neo/desk/desk.py.bak",
        ".fuse_hidden0001",
        "neo/.fuse_hidden0002",
        "<MagicMock name='x'>",
        "<MagicMock id='140'>/neo.db",
        "neo/Archive/desk.py",
        "NEO Back up/main.py",
        "uv.lock",
        "tests/x.sqlite3-wal",
    ],
)
def test_a_stale_file_is_found(path: str) -> None:
    """Whatever form its name has, and the good file beside it is not."""
    assert house.stale_files([path, "neo/desk/desk.py"]) == [path]


def test_no_tracked_file_tells_of_one_machine_or_of_a_registry() -> None:
    """The repository works wherever it is cloned to."""
    texts = {path: (ROOT / path).read_text(encoding="utf-8") for path in tracked() if not path.endswith(NOT_TEXT)}
    assert findings(house.of_this_machine, texts) == []


@pytest.mark.parametrize(
    "text", ["see /ro" + "ot/x", "in /wo" + "rk/main", "/ho" + "me/me/neo", "https://pypi." + "org"]
)
def test_a_machines_path_is_found(text: str) -> None:
    """Any of the usual homes of a checkout, or the address of a registry."""
    assert len(house.of_this_machine("README.md", text)) == 1


def test_the_changelog_has_room_for_what_is_not_released() -> None:
    """Whoever changes something that users see finds the heading there."""
    assert "\n## [Unreleased]\n" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
