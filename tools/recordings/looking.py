"""A recording gone through once, for all that is told of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from actors.plumbing.files import FileRefusedError
from actors.recordings.recording_file import read_recording
from neo.chain.fills import MetadataError
from neo.ledger import Ledger
from neo.mirror.embedded import UNREADABLE_ENTRY
from neo.replay.market_setup import as_scenario
from neo.replay.quiet_replay import QuietReplay
from neo.replay.recording_facts import RecordingFacts
from neo.replay.recording_text import MarketEnd, RecordingError, RecordingHead
from tools.proofs.ledger_conformance import Mismatch, compare, compare_extra
from tools.proofs.record_shape import RecordError

_MEND = "Fetch or record it again: whoever told this ledger told it wrongly."


class Looked(NamedTuple):
    """What was found.

    Attributes:
        facts: Counted.
        replay: Lived through.
        size_bytes: Of the file.
        end_compared: A market's end was compared with the ledger that was reached.
        mismatch: The first difference; None if there is none, or none was looked for.
    """

    facts: RecordingFacts
    replay: QuietReplay
    size_bytes: int
    end_compared: bool
    mismatch: str | None


def look_at(path: Path, *, compares: bool, progress: Callable[[RecordingFacts], None]) -> Looked:
    """Go through a recording.

    Args:
        path: The file.
        compares: Compare what it tells of later ledgers with what is reached.
        progress: Told of every item.

    Raises:
        FileRefusedError: It can't be read, or is no recording; the line is named.
    """
    lines = read_recording(path)
    head = next(lines).item
    assert isinstance(head, RecordingHead), "the order of a recording was looked at"
    facts, replay = RecordingFacts(head), QuietReplay(compares=compares)
    end: Mismatch | None = None
    end_compared = False
    for number, item in lines:
        try:
            facts.take(item)
            replay.take(item)
            if isinstance(item, MarketEnd) and compares and replay.ledger is not None:
                end_compared = True
                end = end_difference(replay.ledger, item)
        except (MetadataError, RecordingError) as error:
            raise FileRefusedError(path, f"line {number}: {error}", _MEND) from error
        progress(facts)
    mismatch = replay.mismatch if compares else None
    if mismatch is None and end is not None:
        mismatch = f"{end.step}: {end.field} is {end.got!r}, recorded {end.expected!r}"
    return Looked(facts, replay, path.stat().st_size, end_compared, mismatch)


def end_difference(ledger: Ledger, end: MarketEnd) -> Mismatch | None:
    """The first difference between a market's end and the ledger that was reached.

    Raises:
        RecordingError: They can't be compared: one of them has not the form that it must have.
    """
    setup, state = end.setup, end.state
    try:
        found = compare(ledger, setup["accounts"], state, "the end")
        if found is None and "extra" in state:
            found = compare_extra(ledger, as_scenario(setup, 0), state["extra"], "the end")
    except (RecordError, *UNREADABLE_ENTRY) as error:
        raise RecordingError(f"the market's end can't be compared ({error!r})") from error
    return found
