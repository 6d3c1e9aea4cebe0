"""What is wrong with a profile: one line each, with file, key, value, fault and mend, and all of them together."""

from __future__ import annotations

import pytest

from neo.config.problems import ConfigError, Problem

WRONG = Problem("risk.max_order_rlusd", "-1", "must be above 0", "write a number above 0")
MISSING = Problem("risk", None, "the section is missing", "add [risk] with all its keys")


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (WRONG, "my.toml: risk.max_order_rlusd = -1: must be above 0; write a number above 0"),
        (MISSING, "my.toml: risk: the section is missing; add [risk] with all its keys"),
        (Problem("venue.x", "", "is empty", "write it"), "my.toml: venue.x = : is empty; write it"),
    ],
)
def test_a_problem_is_one_line_with_its_value_if_there_is_one(problem: Problem, line: str) -> None:
    """Each mistake can be searched for, counted and mended by its line."""
    assert problem.line("my.toml") == line


def test_an_error_tells_all_of_them_in_their_order_and_keeps_them_for_whoever_shows_them() -> None:
    """The text is for people, the list for a program that shows them in its own way."""
    error = ConfigError("my.toml", [WRONG, MISSING])
    assert str(error).splitlines() == [WRONG.line("my.toml"), MISSING.line("my.toml")]
    assert (error.source, error.problems) == ("my.toml", (WRONG, MISSING))
