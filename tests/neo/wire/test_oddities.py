"""Oddities: each kind is told once, and a server that makes up kinds without end fills no memory with them."""

from __future__ import annotations

from neo.wire.oddities import Oddities


def test_each_kind_is_counted_and_told_once() -> None:
    """The log shows a strange thing once, while the count of all of them is kept."""
    oddities = Oddities()
    assert [oddities.note(kind) for kind in ("news", "x", "news")] == ["news", "x", None]
    assert oddities.counts == {"news": 2, "x": 1}


def test_kinds_are_told_apart_only_so_far() -> None:
    """A thousand made-up kinds are a hundred, and one for all the others."""
    oddities = Oddities()
    told = [oddities.note(f"kind {number}") for number in range(1_000)]
    assert sum(each is not None for each in told) == 101
    assert len(oddities.counts) == 101
    assert oddities.counts["further kinds"] == 900


def test_a_kind_is_shown_short_and_without_what_moves_a_cursor() -> None:
    """What a server makes up can neither flood the operator's terminal nor play tricks on it."""
    told = Oddities().note("\x1b[2J" + "x" * 500)
    assert told is not None
    assert told.startswith("\\u001b[2J")
    assert len(told) < 100
