"""The one rule for text that may come from anybody: what is seen stays, everything else is written out as JSON does."""

from __future__ import annotations

import json
import sys

import pytest

from neo.text.printable import printable


@pytest.mark.parametrize("text", ["", "plain", "Ärger é 漢字 😀", '"quoted" \\u001b', "[red]x[/red]"])
def test_what_can_be_seen_stays(text: str) -> None:
    """Letters of any language, and text that only looks like an escape."""
    assert printable(text) == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a\x1b[31m\x07", r"a\u001b[31m\u0007"),
        ("a\nb\tc\r", r"a\u000ab\u0009c\u000d"),
        ("\u202e\u200b\ufeff\u2028", r"\u202e\u200b\ufeff\u2028"),
        ("\udcff", r"\udcff"),
        ("\U000e0041", r"\udb40\udc41"),
    ],
)
def test_what_cannot_is_written_out(text: str, told: str) -> None:
    """Controls, line ends, direction marks, what has no width, halves of characters and what lies beyond 16 bits."""
    assert printable(text) == told


def test_what_the_caller_keeps_stays() -> None:
    """Text of many lines keeps its line ends and tabs, and nothing else."""
    assert printable("a\n\tb\x1b", kept="\n\t") == "a\n\tb\\u001b"


def test_a_line_of_json_means_the_same_afterwards() -> None:
    """Whatever character stands in it."""
    text = "".join(map(chr, range(0x20, min(sys.maxunicode, 0x3000)))) + "\U000e0041"
    line = json.dumps(text, ensure_ascii=False)
    assert printable(line).isprintable()
    assert json.loads(printable(line)) == text
