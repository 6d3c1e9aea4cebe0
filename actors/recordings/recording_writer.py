"""A recording being written: each line packed, made readable and handed to the system in one piece.

So a kill loses at most the line in hand, and what was written before can be read while the recorder runs. Who goes on
with a file cuts off what is half written, and says in a line that it was cut.
"""

from __future__ import annotations

import contextlib
import os
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from actors.plumbing.files import (
    FileRefusedError,
    append_private,
    create_private,
    open_plain,
    require_own,
    update_private,
)
from actors.recordings.recording_file import GZIP, head_of, read_recording
from actors.recordings.torn_tail import mend_tail
from actors.store.lock import HeldError, ProcessLock
from actors.store.store_errors import StoreError
from neo.replay.recorded import RecordedLedger
from neo.replay.recording_text import RecordingCut, RecordingHead, RecordingItem, write_line

_GZIP: Final = 16 + zlib.MAX_WBITS
_DISK: Final = "Check the folder and its disk; what was written before is good."
_CHOOSE: Final = "Choose another file with --out."


class RecordingStanding(NamedTuple):
    """Where a recording stands: behind how many ledgers, and whether it was cut off there."""

    ledgers: int
    cut: RecordingCut | None


class RecordingWriter:
    """A recording, open for its next line. Made by :func:`writing`.

    Args:
        path: The file.
        descriptor: The file's, at its end.
        standing: Where whoever wrote it before left it; None of a new one.

    Attributes:
        size_bytes: Of the file.
        ledgers: How many were written, by whoever began it too.
    """

    def __init__(self, path: Path, descriptor: int, standing: RecordingStanding | None) -> None:
        self._path = path
        self._descriptor = descriptor
        self._pack = zlib.compressobj(wbits=_GZIP)
        self.size_bytes = os.fstat(descriptor).st_size
        self.ledgers = 0 if standing is None else standing.ledgers

    def write(self, item: RecordingItem) -> None:
        """Write one line, readable once this returns.

        Raises:
            FileRefusedError: The disk is full, or something else of that kind.
        """
        self._append(self._pack.compress(write_line(item)) + self._pack.flush(zlib.Z_SYNC_FLUSH))
        self.ledgers += isinstance(item, RecordedLedger)

    def finish(self) -> None:
        """Close the file's member, so that any tool reads it without a complaint.

        Raises:
            FileRefusedError: As :meth:`write`.
        """
        self._append(self._pack.flush(zlib.Z_FINISH))
        with contextlib.suppress(OSError):  # a file system that can't is none that keeps less without it
            os.fsync(self._descriptor)

    def _append(self, packed: bytes) -> None:
        try:
            written = os.write(self._descriptor, packed)
            while written < len(packed):
                written += os.write(self._descriptor, packed[written:])
        except OSError as error:
            raise FileRefusedError(self._path, error.strerror or str(error), _DISK) from error
        self.size_bytes += len(packed)


@contextlib.contextmanager
def writing(
    path: Path, head: RecordingHead, look: Callable[[RecordingItem], None] = lambda _: None
) -> Iterator[RecordingWriter]:
    """A recording open for writing: a new file, or one that is there and goes on.

    Args:
        path: The file; packed, whatever it is called.
        head: What is to be recorded; written if the file is new.
        look: Shown all that is there already.

    Raises:
        FileRefusedError: The file is none of ours, no recording, one of another pair or network, damaged, or another
            recorder writes it.
    """
    lock = ProcessLock(path)
    try:
        lock.acquire()
    except HeldError as held:
        who = "another process" if held.pid is None else f"process {held.pid}"
        raise FileRefusedError(path, f"{who} records into it", _CHOOSE) from None
    except StoreError as error:
        raise FileRefusedError(path, str(error), _CHOOSE) from error
    try:
        with _open_writer(path, head, look) as writer:
            yield writer
    finally:
        lock.release()


@contextlib.contextmanager
def _open_writer(path: Path, head: RecordingHead, look: Callable[[RecordingItem], None]) -> Iterator[RecordingWriter]:
    require_own(path)
    standing = _standing(path, head, look) if path.exists() else None
    try:
        descriptor = create_private(path) if standing is None else append_private(path, create=False)
    except OSError as error:
        raise FileRefusedError(path, error.strerror or str(error), _CHOOSE) from error
    try:
        writer = RecordingWriter(path, descriptor, standing)
        if standing is None:
            writer.write(head)
        elif standing.cut is not None:
            writer.write(standing.cut)
        yield writer
        writer.finish()
    finally:
        os.close(descriptor)


def _standing(path: Path, head: RecordingHead, look: Callable[[RecordingItem], None]) -> RecordingStanding:
    """Where a recording stands that is to go on, once what is half written is cut off.

    Raises:
        FileRefusedError: It is of something else, or can't be read.
    """
    with open_plain(path, _CHOOSE, follows=False) as file:
        if file.read(len(GZIP)) != GZIP:
            raise FileRefusedError(path, "not packed with gzip, as what is recorded further would be", _CHOOSE)
    _require_alike(path, head_of(path), head)
    _mend(path)
    standing = RecordingStanding(0, None)
    for _, item in read_recording(path):
        look(item)
        ledgers = standing.ledgers + isinstance(item, RecordedLedger)
        standing = RecordingStanding(ledgers, item if isinstance(item, RecordingCut) else None)
    return standing


def _require_alike(path: Path, there: RecordingHead, wanted: RecordingHead) -> None:
    if there.about != wanted.about:
        told, meant = (f"{each.currency}/{each.issuer} of network {each.network_id}" for each in (there, wanted))
        raise FileRefusedError(path, f"a recording of {told}, where {meant} is to be recorded", _CHOOSE)


def _mend(path: Path) -> None:
    try:
        descriptor = update_private(path)
        try:
            mend_tail(descriptor)
        finally:
            os.close(descriptor)
    except zlib.error as error:
        raise FileRefusedError(path, f"damaged ({error})", _CHOOSE) from error
    except OSError as error:
        raise FileRefusedError(path, error.strerror or str(error), _CHOOSE) from error
