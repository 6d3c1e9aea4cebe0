"""A network's text: whole lines count, a head of the wrong kind is refused, and what earlier versions wrote is read.

Method: text written by hand, as a file has it.
"""

from __future__ import annotations

import pytest

from neo.network.network_text import FORMAT, Head, SubmittedLine, WorldError, line_of, read_text


class Sample(Head, frozen=True):
    """What a network may be made of."""

    seed: int


HEAD = Sample(format=FORMAT, session_id="one", seed=7)


def test_what_is_written_is_read() -> None:
    """The sender's ``fail_hard`` too."""
    sent = SubmittedLine(tx_hash="A", tx={"Account": "r"}, fail_hard=True)
    text = read_text(line_of(HEAD) + line_of(sent), Sample)
    assert (text.origin, text.steps, text.session_id, text.ledgers) == (HEAD, (sent,), "one", 0)


def test_a_submission_of_an_earlier_version_is_read() -> None:
    """It says nothing of ``fail_hard``, and neither does a usual one of today."""
    usual = SubmittedLine(tx_hash="A", tx={})
    line = b'{"type":"Submitted","tx_hash":"A","tx":{}}\n'
    assert line_of(usual) == line
    assert read_text(line_of(HEAD) + line, Sample).steps == (usual,)


def test_half_a_line_never_happened() -> None:
    """It is passed over, and its bytes don't count."""
    whole = line_of(HEAD)
    assert read_text(whole + b'{"type":"Submi', Sample).length_bytes == len(whole)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (b"", "does not begin"),
        (b"[]\n", "does not begin"),
        (b'{"type":"Other","format":1}\n', "does not begin"),
        (b'{"type":"Sample","format":1}\n', "line 1 can't be read"),
        (line_of(Sample(format=9, session_id="one", seed=7)), "format 9"),
        (line_of(HEAD) + line_of(HEAD), "line 2 can't be read"),
    ],
)
def test_another_text_is_refused(text: bytes, what: str) -> None:
    """A foreign, newer or damaged file is named as what it is, and no market is built from half of it."""
    with pytest.raises(WorldError, match=what):
        read_text(text, Sample)
