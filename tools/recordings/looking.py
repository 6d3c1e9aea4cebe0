"""A recording gone through once, for all that is told of it."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from actors.plumbing.files import FileRefusedError
from actors.recordings.recording_file import read_recording
from neo.chain.fills import MetadataError
from neo.replay.recording_facts import RecordingFacts
from neo.replay.recording_text import RecordingHead

_MEND = "Fetch or record it again: whoever told this ledger told it wrongly."


class Looked(NamedTuple):
    """What was found."""

    facts: RecordingFacts
    size_bytes: int


def look_at(path: Path) -> Looked:
    """Go through a recording.

    Raises:
        FileRefusedError: It can't be read, or is no recording; the line is named.
    """
    lines = read_recording(path)
    head = next(lines).item
    assert isinstance(head, RecordingHead), "the order of a recording was looked at"
    facts = RecordingFacts(head)
    for number, item in lines:
        try:
            facts.take(item)
        except MetadataError as error:
            raise FileRefusedError(path, f"line {number}: {error}", _MEND) from error
    return Looked(facts, path.stat().st_size)
