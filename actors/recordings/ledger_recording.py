"""A recording of ledgers as a session plays it: looked through once, and then read a ledger at a time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from actors.plumbing.files import FileRefusedError, open_plain
from actors.recordings.recording_file import read_recording
from neo.chain.fills import UNREADABLE
from neo.replay.forked_market import UNTOLD_INTERVAL_S
from neo.replay.nodes import read_nodes
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingHead
from neo.replay.replayed import Played
from neo.text.redaction import hide_secrets

_NOTHING_TO_PLAY: Final = "has no ledger that follows on its first snapshot, so there is nothing to play"
_CHUNK_BYTES: Final = 1024 * 1024
_ANOTHER: Final = "Name another recording, or record on: `neo record --out FILE`."


class LedgerRecording(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that can be played: from its first snapshot on, and behind a gap from the next one.

    Args:
        name: As the operator knows it.
        sha256: Of its file.
        size_bytes: How long that was.
        path: Where it is.
        currency: Of the token, as the ledger writes it.
        issuer: Its issuer's address.
        last_index: Of the last ledger that is played.
        lasts_s: How long it plays, in seconds of a session.
        ledgers: How many are played.
        gaps: How often ledgers are missing.
        missing: How many.
    """

    name: str
    sha256: str
    size_bytes: int
    path: Path
    currency: str
    issuer: str
    last_index: int
    lasts_s: int
    ledgers: int
    gaps: int
    missing: int

    @property
    def warning(self) -> str | None:
        """What is to be told of it, or None."""
        if not self.gaps:
            return None
        ledgers = f"{self.missing:,} ledger{'' if self.missing == 1 else 's'}"
        times = f"in {self.gaps:,} gap{'' if self.gaps == 1 else 's'}"
        return f"{self.name}: {ledgers} missing, {times}; behind each the market begins anew"


class Opened(NamedTuple):
    """What a recording begins with, and what follows on that; both are read as they are asked for."""

    state: RecordedState
    items: Iterator[Played]


def read_ledger_recording(path: Path) -> LedgerRecording:
    """Look a whole recording through, so that what is wrong with the file is told before a session begins.

    Raises:
        FileRefusedError: It can't be read, is no recording from some line on, or has nothing to play.
    """
    head: RecordingHead | None = None
    last_index: int | None = None
    lasts_s = ledgers = gaps = missing = 0
    for number, item in read_recording(path):
        if isinstance(item, RecordingHead):
            head = item
        elif isinstance(item, RecordedLedger):
            _require_shape(path, number, item)
            last_index, ledgers = item.ledger_index, ledgers + 1
            lasts_s += item.close_time_s - item.parent_close_time_s
        elif isinstance(item, RecordedState):
            behind = 0 if last_index is None else item.ledger_index - last_index
            gaps, missing = gaps + (behind > 0), missing + behind
            last_index, lasts_s = item.ledger_index, lasts_s + (UNTOLD_INTERVAL_S if behind else 0)
    if head is None or last_index is None or not ledgers:
        raise FileRefusedError(path, _NOTHING_TO_PLAY, _ANOTHER)
    size_bytes, sha256 = _read_sha256(path)
    return LedgerRecording(
        name=hide_secrets(path.name),
        sha256=sha256,
        size_bytes=size_bytes,
        path=path,
        currency=head.currency,
        issuer=head.issuer,
        last_index=last_index,
        lasts_s=lasts_s,
        ledgers=ledgers,
        gaps=gaps,
        missing=missing,
    )


def opened(recording: LedgerRecording) -> Opened:
    """A recording from its first snapshot on.

    Raises:
        FileRefusedError: It can't be read any more.
    """
    items = _items(recording.path)
    state = next(item for item in items if isinstance(item, RecordedState))
    return Opened(state, items)


def _require_shape(path: Path, number: int, ledger: RecordedLedger) -> None:
    try:
        for transaction in ledger.transactions:
            read_nodes(transaction.meta)
    except UNREADABLE as error:
        what = f"line {number}: ledger {ledger.ledger_index} lacks the ledger's shape ({error!r})"
        raise FileRefusedError(path, what, _ANOTHER) from error


def begins_with(recording: LedgerRecording, size_bytes: int, sha256: str) -> bool:
    """Whether a recording's file begins with one that was looked through before: a recorder adds to its file.

    Args:
        recording: As it is now.
        size_bytes: How long that one was.
        sha256: Of that one.

    Raises:
        FileRefusedError: It can't be read any more.
    """
    return size_bytes <= recording.size_bytes and _read_sha256(recording.path, size_bytes) == (size_bytes, sha256)


def _read_sha256(path: Path, size_bytes: int | None = None) -> tuple[int, str]:
    """The length and the hash of a file, or of its beginning."""
    digest, length = hashlib.sha256(), 0
    with open_plain(path, _ANOTHER) as file:
        while chunk := file.read(_CHUNK_BYTES if size_bytes is None else min(_CHUNK_BYTES, size_bytes - length)):
            digest.update(chunk)
            length += len(chunk)
    return length, digest.hexdigest()


def _items(path: Path) -> Iterator[Played]:
    for _, item in read_recording(path):
        if isinstance(item, RecordedState | RecordedLedger):
            yield item
