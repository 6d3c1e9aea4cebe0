"""The one rule for text that may come from anybody: what is seen stays, everything else is written out as JSON does."""

from __future__ import annotations

import json
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


@pytest.mark.parametrize(
    ("char", "told"),
    [
        ("\u00ad", r"\u00ad"),
        ("\u00a0", r"\u00a0"),
        ("\u0085", r"\u0085"),
        ("\x7f", r"\u007f"),
        ("\u2066", r"\u2066"),
        ("\ufff9", r"\ufff9"),
        ("\ue000", r"\ue000"),
        ("\U0010ffff", r"\udbff\udfff"),
    ],
    ids=["soft hyphen", "wide blank", "next line", "delete", "isolate", "anchor", "private use", "the last one"],
)
def test_what_only_looks_like_nothing_is_written_out(char: str, told: str) -> None:
    """Each could make two names look alike, or one line two."""
    assert printable(f"a{char}b") == f"a{told}b"


def test_a_screens_commands_are_words_afterwards() -> None:
    """A title, a link and a cleared screen, as a name could bring them, do nothing where the name is shown."""
    told = printable("\x1b]0;mine\x07\x1b]8;;http://x\x1b\\\x1b[2J\x9b1m")
    assert told == r"\u001b]0;mine\u0007\u001b]8;;http://x\u001b\\u001b[2J\u009b1m"


def test_a_blank_is_seen() -> None:
    """The one character without ink that everybody reads."""
    assert printable(" a  b ") == " a  b "


@given(st.text(st.characters(exclude_categories=()), max_size=60))
def test_all_that_is_told_can_be_seen_and_is_told_the_same_again(text: str) -> None:
    """Whatever comes in, halves of characters too; a second time changes nothing more."""
    told = printable(text)
    assert told.isprintable()
    assert printable(told) == told
    told.encode()


@given(st.text(max_size=60), st.sampled_from(["", "\n", "\n\t"]))
def test_visible_characters_and_kept_ones_are_never_lost(text: str, kept: str) -> None:
    """Left out what was written out, the rest is what it was, in its order."""
    seen = [char for char in text if char.isprintable() or char in kept]
    told = printable(text.replace("\\", "/"), kept=kept)
    rest = re.sub(r"(?:\\u[0-9a-f]{4})", "", told)
    assert rest == "".join(seen).replace("\\", "/")
