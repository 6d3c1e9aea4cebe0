"""Codes of refusing, holding back and being absent: one word for one thing, with its meaning and its true keys."""

from __future__ import annotations

import enum
import re
from collections.abc import Mapping
from typing import Any

import pytest

from neo.config.schema import VENUE_KINDS, sections_of
from neo.messages.halts import HALT_FACTS
from neo.messages.reasons import (
    ABSENCE_MEANINGS,
    HOLD_MEANINGS,
    REFUSAL_MEANINGS,
    AbsenceCode,
    HoldCode,
    RefusalCode,
    RiskState,
)

MEANINGS = [(RefusalCode, REFUSAL_MEANINGS), (HoldCode, HOLD_MEANINGS), (AbsenceCode, ABSENCE_MEANINGS)]
SENTENCES = [*REFUSAL_MEANINGS.values(), *HOLD_MEANINGS.values(), *ABSENCE_MEANINGS.values()]
SENTENCES += [facts.meaning for facts in HALT_FACTS.values()]


def test_the_codes_are_these_words() -> None:
    """Stored sessions count by them, and reports compare the counts: none may go, and none may change its meaning."""
    assert {str(code) for code in RefusalCode} == {
        "halted", "reduce_only", "xrp_exposure", "rlusd_exposure", "order_size", "price_band", "self_cross", "reserve",
        "insufficient_xrp", "insufficient_rlusd", "loss_room", "fee_budget", "request_budget",
    }  # fmt: skip
    assert {str(code) for code in HoldCode} == {
        "no_anchor", "crossed_book", "anchor_diverged", "order_pending", "not_viable", "below_minimum", "stale_verdict",
        "paused", "replaced_gone", "would_cross", "would_fail", "frozen", "fee_above_cap",
    }  # fmt: skip
    assert {str(code) for code in AbsenceCode} == {"starting", "filled", "undecided", "ending"}
    assert [str(state) for state in RiskState] == ["active", "reduce_only", "halted"]


def test_no_code_stands_for_two_things() -> None:
    """One list of reasons counts refusals and holds together, and one cell of the screen shows either or an absence."""
    codes = [str(code) for kind in (RefusalCode, HoldCode, AbsenceCode) for code in kind]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize(("kind", "meanings"), MEANINGS, ids=["refusals", "holds", "absences"])
def test_every_code_has_its_own_meaning(kind: type[enum.StrEnum], meanings: Mapping[Any, str]) -> None:
    """The documentation's tables are made from them: no row is missing, none says what another one says."""
    assert list(meanings) == list(kind)
    assert all(meanings.values())
    assert len(set(meanings.values())) == len(meanings)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_a_meaning_fits_into_a_cell(sentence: str) -> None:
    """One line of a Markdown table, told as a part of a sentence, its code marks closed."""
    assert "|" not in sentence
    assert sentence.isprintable()
    assert not sentence.endswith(".")
    assert sentence.count("`") % 2 == 0


def test_the_keys_that_a_meaning_names_are_there_to_be_set() -> None:
    """An operator who reads why a quote was refused goes and finds the key in the profile."""
    keys = {
        f"{name}.{key}"
        for kind in VENUE_KINDS
        for name, section in sections_of(kind).items()
        for key in section.__struct_fields__
    }
    named = {key for sentence in SENTENCES for key in re.findall(r"`(\w+\.\w+)`", sentence)}
    assert len(named) > 10
    assert named - keys == set()
