"""No code that nothing uses: vulture over the three floors, tests left out, so that a test alone keeps nothing alive.

Fields of structs are not asked about: they are written to JSON, to the database or to the screen as a whole. What is
used in a way that vulture can't see is on the list below, with its reason; an entry that is no longer needed has to go.
"""

from __future__ import annotations

import ast
from pathlib import Path

from support import cli_house as house
from vulture import Vulture

ROOT = Path(__file__).parents[1]

ALLOWED = {
    "actors.venues.live.client.late_answers": "the live venue is built on it",
    "actors.alerts.mail._get_socket": "the standard library's client calls it",
    "actors.plumbing.clock.start_clock": "Trio calls it",
    "actors.plumbing.clock.deadline_to_sleep_time": "Trio calls it",
    "neo.chain.result_codes.LOCAL": "a class of the ledger's, by its name there",
    "neo.chain.result_codes.RETRY": "a class of the ledger's, by its name there",
    "neo.market.chance.mu": "a parameter of the standard library's generator, by its name there",
    "neo.sim.facts.BOOK_FILL_LEGS_PER_DAY": "a fact with its source; tests compare a day of the crowd with it",
    "neo.sim.facts.TRADING_TRANSACTIONS_PER_DAY": "a fact with its source; tests compare a day of the crowd with it",
    "neo.sim.facts.AMM_SWAP_LEGS_PER_DAY": "a fact with its source; tests compare a day of the crowd with it",
    "actors.plumbing.wiring.LEAST_BOUNDS": "the smallest bounds; a session runs on them in a test",
    "actors.store.__getattr__": "Python calls it",
    "tools.commands.table.list_commands": "Click calls it",
    "tools.commands.table.get_command": "Click calls it",
    "tools.commands.table.format_commands": "Click calls it",
    "tools.screen.layout.no_wrap": "Rich reads it",
    "tools.console.options.get_metavar": "Click calls it",
    "tools.page.exposition.PAGE_FIGURES": "docs/metrics.md is made from it",
    "tools.page.figure.exported": "docs/metrics.md is made from it",
    "actors.plumbing.unpacking.readable": "the standard library's reader calls it",
    "actors.plumbing.unpacking.readinto": "the standard library's reader calls it",
}


def unused(folder: Path) -> set[str]:
    """What vulture finds below a folder that has the floors, as ``module.name``; Click's commands count as used."""
    # A syntax tree's visitor calls methods by the names of nodes.
    vulture = Vulture(ignore_names=["visit_*"], ignore_decorators=["@*.command", "@click.*", "@*.group"])
    vulture.scavenge([str(folder / floor) for floor in house.FLOORS if (folder / floor).exists()])
    found = set()
    for item in vulture.get_unused_code():
        path = Path(item.filename)
        if item.typ == "variable" and item.first_lineno in _field_lines(path):
            continue
        module = path.resolve().relative_to(folder.resolve()).with_suffix("").as_posix().replace("/", ".")
        found.add(f"{module.removesuffix('.__init__')}.{item.name}")
    return found


def _field_lines(path: Path) -> set[int]:
    classes = [node for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.ClassDef)]
    return {field.lineno for owner in classes for field in owner.body if isinstance(field, ast.AnnAssign)}


def test_nothing_is_there_that_nothing_uses_and_no_exception_that_is_not_needed() -> None:
    """Tests are no use: what only they call goes, and an exception that became needless goes too."""
    found = unused(ROOT)
    assert sorted(found - set(ALLOWED)) == [], "delete it, or use it"
    assert sorted(set(ALLOWED) - found) == [], "no longer an exception: take it off the list"


def test_dead_code_is_found_and_a_field_is_not(tmp_path: Path) -> None:
    """A struct's field is read by who decodes it, so its name alone is no proof."""
    (tmp_path / "neo").mkdir()
    sample = "class A:\n    field: int\n\n\ndef left_over() -> None:\n    A()\n"
    (tmp_path / "neo" / "sample.py").write_text(sample, encoding="utf-8")
    assert unused(tmp_path) == {"neo.sample.left_over"}
