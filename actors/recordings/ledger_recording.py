"""A recording of ledgers as a session plays it: looked through once, and then read a ledger at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from actors.plumbing.files import FileRefusedError, open_plain
from actors.recordings.recording_file import read_recording
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingHead
from neo.text.redaction import hide_secrets

_NOTHING_TO_PLAY: Final = "has no ledger that follows on its first snapshot, so there is nothing to play"
_CHUNK_BYTES: Final = 1024 * 1024
_ANOTHER: Final = "Name another recording, or record on: `neo record --out FILE`."


class LedgerRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that can be played: from its first snapshot on, as far as ledger follows on ledger.

    Args:
        name: As the operator knows it.
        sha256: Of its file.
        path: Where it is.
        currency: Of the token, as the ledger writes it.
        issuer: Its issuer's address.
        begin_s: The close time of the first snapshot's ledger, in seconds of the ripple epoch.
        end_s: The same of the last ledger that is played.
        ledgers: How many are played.
        left_out: How many it has behind a gap, which are not played.
    """

    name: str
    sha256: str
    path: Path
    currency: str
    issuer: str
    begin_s: int
    end_s: int
    ledgers: int
    left_out: int

    @property
    def lasts_s(self) -> int:
        """How long it plays, in seconds of its own time."""
        return self.end_s - self.begin_s

    @property
    def warning(self) -> str | None:
        """What is to be told of it, or None."""
        if not self.left_out:
            return None
        return f"{self.name}: {self.left_out:,} of its ledgers lie behind a gap, and are not played"


class Played(NamedTuple):
    """What a recording begins with, and what follows on that; both are read as they are asked for."""

    state: RecordedState
    ledgers: Iterator[RecordedLedger]


def read_ledger_recording(path: Path) -> LedgerRecording:
    """Look a whole recording through, so that nothing in it surprises a session in the middle.

    Raises:
        FileRefusedError: It can't be read, is no recording from some line on, or has nothing to play.
    """
    head: RecordingHead | None = None
    begin_s = end_s = 0
    last_index: int | None = None
    ledgers = left_out = 0
    for _, item in read_recording(path):
        if isinstance(item, RecordingHead):
            head = item
        elif isinstance(item, RecordedState) and last_index is None:
            last_index = item.ledger_index
        elif isinstance(item, RecordedLedger):
            if left_out or item.ledger_index != (last_index or 0) + 1:
                left_out += 1
                continue
            begin_s = begin_s if ledgers else item.parent_close_time_s
            last_index, end_s, ledgers = item.ledger_index, item.close_time_s, ledgers + 1
    if head is None or not ledgers:
        raise FileRefusedError(path, _NOTHING_TO_PLAY, _ANOTHER)
    return LedgerRecording(
        name=hide_secrets(path.name),
        sha256=_sha256(path),
        path=path,
        currency=head.currency,
        issuer=head.issuer,
        begin_s=begin_s,
        end_s=end_s,
        ledgers=ledgers,
        left_out=left_out,
    )


def played(recording: LedgerRecording) -> Played:
    """A recording from its first snapshot on.

    Raises:
        FileRefusedError: It can't be read any more.
    """
    items = _items(recording.path)
    state = next(item for item in items if isinstance(item, RecordedState))
    return Played(state, (item for item in items if isinstance(item, RecordedLedger)))


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with open_plain(path, _ANOTHER) as file:
        while chunk := file.read(_CHUNK_BYTES):
            digest.update(chunk)
    return digest.hexdigest()


def _items(path: Path) -> Iterator[RecordedState | RecordedLedger]:
    for _, item in read_recording(path):
        if isinstance(item, RecordedState | RecordedLedger):
            yield item
