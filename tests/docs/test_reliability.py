"""Each fault of ``docs/reliability.md`` names tests that are there, and no test of injected faults is missing on it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
FAULTS = PAGE.split("\n## ")[1:]
NAMED = re.compile(r"^- `(tests/[\w/]+\.py)::(\w+)`$", flags=re.MULTILINE)


def functions(path: str) -> set[str]:
    """The tests of a file."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = (node.name for node in ast.walk(tree) if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)))
    return {name for name in found if name.startswith("test_")}


def test_the_faults_are_there_to_be_checked() -> None:
    """The page is read by its headings."""
    assert len(FAULTS) >= 20


@pytest.mark.parametrize("fault", FAULTS, ids=[fault.partition("\n")[0] for fault in FAULTS])
def test_every_fault_is_shown_by_tests_that_are_there(fault: str) -> None:
    """One at least."""
    tests = NAMED.findall(fault)
    assert tests
    assert [name for path, name in tests if name not in functions(path)] == []


def test_no_test_of_an_injected_fault_is_missing() -> None:
    """Each of ``tests/tools/proofs/test_faults.py`` shows a fault that the page tells."""
    named = {name for path, name in NAMED.findall(PAGE) if path == "tests/tools/proofs/test_faults.py"}
    assert named == functions("tests/tools/proofs/test_faults.py")
