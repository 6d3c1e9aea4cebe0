"""The README's tables of codes are the engine's own lists."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import pytest

from neo.reasons import HOLD_MEANINGS, REFUSAL_MEANINGS, HoldCode, RefusalCode

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("codes", "meanings", "heading"),
    [(RefusalCode, REFUSAL_MEANINGS, "risk refuses a quote"), (HoldCode, HOLD_MEANINGS, "a quote is held back")],
)
def test_the_table_in_the_readme_is_the_list_of_codes(
    codes: type[StrEnum], meanings: dict[StrEnum, str], heading: str
) -> None:
    """Every code has its meaning, in the enum's order, and the README says the same."""
    assert list(meanings) == list(codes)
    rows = [f"| {heading} | because |", "| --- | --- |", *(f"| `{code}` | {meanings[code]} |" for code in codes)]
    assert "\n".join(rows) in README, "put this into the README:\n" + "\n".join(rows)
