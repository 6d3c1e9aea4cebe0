"""Rows picked by their fields and put in order: as numbers where both are, and a mistyped field is never nothing."""

from __future__ import annotations

import pytest

from neo.analysis import Value
from tools.console.errors import OperatorError
from tools.reporting.picking import picked, wanted_from

Row = dict[str, Value]
ROWS: list[Row] = [
    {"name": "a", "fills": 9, "result": "-1.5", "strategy.levels": "2"},
    {"name": "b", "fills": 10, "result": "0.25"},
    {"name": "c", "fills": 100, "result": None},
]


def names(*where: str, sort: str | None = None) -> list[Value]:
    return [row["name"] for row in picked(ROWS, lambda row: row, [wanted_from(text) for text in where], sort)]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("fills>9", ["b", "c"]),
        ("fills >= 9.0", ["a", "b", "c"]),
        ("fills<10", ["a"]),
        ("fills<=10", ["a", "b"]),
        ("fills=1e1", ["b"]),
        ("name=b", ["b"]),
        ("name!=b", ["a", "c"]),
        ("name>a", ["b", "c"]),
        ("result<0", ["a"]),
        ("result!=0.250", ["a", "c"]),
        ("strategy.levels=2", ["a"]),
    ],
)
def test_a_condition_compares_numbers_as_numbers_and_texts_as_texts(where: str, found: list[str]) -> None:
    """What a row lacks meets nothing but !=."""
    assert names(where) == found


def test_conditions_hold_at_once() -> None:
    """All of them."""
    assert names("fills>9", "fills<100") == ["b"]


def test_an_order_is_by_number_and_what_is_not_there_comes_last() -> None:
    """Not by the first digit."""
    assert names(sort="result") == ["a", "b", "c"]
    assert names(sort="fills") == ["a", "b", "c"]
    assert names(sort="strategy.levels") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("where", "sort", "told"),
    [
        (["fils>9"], None, "--where: 'fils' is no field here; did you mean fills?"),
        ([], "fils", "--sort: 'fils' is no field here; did you mean fills?"),
        (["fills"], None, "'fills' is not a condition; write FIELD=VALUE"),
    ],
)
def test_a_mistake_is_told(where: list[str], sort: str | None, told: str) -> None:
    """With what could have been meant, and the code of a mistake on the command line."""
    with pytest.raises(OperatorError) as refused:
        names(*where, sort=sort)
    assert told in refused.value.message
    assert refused.value.exit_code == 2
