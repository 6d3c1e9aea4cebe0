"""A pair followed through servers and written down: no account, no key, nothing sent.

It survives lost connections, and asks for the ledgers that it missed; what no server tells any more is written down as
a gap with the pair as it is then behind it. A recording that is there goes on where it stands.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec
import trio

from actors.plumbing.files import FileRefusedError
from actors.recordings.recording_writer import RecordingWriter
from actors.venues.live.live_settings import StreamSettings
from actors.venues.live.observer import Observed, ObservedGap, ObservedPlace, Observer
from actors.venues.venue_errors import VenueError
from neo.chain.pair import Pair
from neo.mirror.embedded import UNREADABLE_ENTRY
from neo.replay.pair_part import PairPart
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingEnd, RecordingGap, RecordingItem


class RecorderProgress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a recorder has come.

    Args:
        ledger_index: The last ledger that was written; None before the first.
        ledgers: Of the file.
        ledgers_now: Of them, those of this recorder.
        size_bytes: Of the file.
        grown_bytes: Of it, what this recorder wrote.
        elapsed_s: Since it began.
    """

    ledger_index: int | None
    ledgers: int
    ledgers_now: int
    size_bytes: int
    grown_bytes: int
    elapsed_s: float


class Recorder:
    """Records until it is told to stop.

    Args:
        observer: Tells what is written, of the pair that the recording is of.
        writer: The recording, at its end.
        show: Told after every line.
    """

    def __init__(self, observer: Observer, writer: RecordingWriter, show: Callable[[RecorderProgress], None]) -> None:
        self._observer = observer
        self._writer = writer
        self._show = show
        self._scope = trio.CancelScope()
        self._why = ""
        self._last: int | None = None
        self._begun_with = writer.ledgers, writer.size_bytes
        self._begun_s = 0.0

    def stop(self, why: str) -> None:
        """End it properly; only the first word counts."""
        self._why = self._why or why
        self._scope.cancel()

    async def run(self) -> str:
        """Record; returns why it ended, which is in the recording too.

        Raises:
            FileRefusedError: The file can't be written.
            VenueError: Trying again is of no use; the recording ends with the reason.
        """
        self._begun_s = trio.current_time()
        try:
            with self._scope:
                await self._follow()
        except VenueError as error:
            self._writer.write(RecordingEnd(f"given up: {error.what}"))
            raise
        self._writer.write(RecordingEnd(self._why))
        return self._why

    async def _follow(self) -> None:
        failure: VenueError | FileRefusedError | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._observer.run)
            try:
                while True:
                    self._write(await self._observer.next())
            except (VenueError, FileRefusedError) as error:  # alone, not in a group
                failure = error
            nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure

    def _write(self, told: Observed) -> None:
        writer = self._writer
        if isinstance(told, ObservedGap):
            writer.write(RecordingGap(told.first_index, told.last_index, told.why))
        else:
            writer.write(told)
            self._last = told.ledger_index
        ledgers, size_bytes = self._begun_with
        self._show(
            RecorderProgress(
                ledger_index=self._last,
                ledgers=writer.ledgers,
                ledgers_now=writer.ledgers - ledgers,
                size_bytes=writer.size_bytes,
                grown_bytes=writer.size_bytes - size_bytes,
                elapsed_s=trio.current_time() - self._begun_s,
            )
        )


class KnownBefore:
    """What a recording that goes on tells: where it stands, and who has something of the pair there.

    Args:
        path: The recording.
        settings: Which pair.

    Attributes:
        place: The ledger to go on from; None if it has none.
    """

    def __init__(self, path: Path, settings: StreamSettings) -> None:
        self._path = path
        self._part = PairPart(Pair(settings.issuer, settings.currency, settings.issuer))
        self.place: ObservedPlace | None = None

    @property
    def known(self) -> frozenset[str]:
        """Whose doings belong to the pair."""
        return self._part.followed

    def take(self, item: RecordingItem) -> None:
        """Look at the next line.

        Raises:
            FileRefusedError: It has not the form of what a recorder wrote.
        """
        try:
            self._take(item)
        except UNREADABLE_ENTRY as error:
            what = f"what it has can't be gone on with ({error!r})"
            raise FileRefusedError(self._path, what, "Choose another file with --out.") from error

    def _take(self, item: RecordingItem) -> None:
        if isinstance(item, RecordedState):
            self._part.follow(each["address"] for each in item.state["accounts"])
            closed_s = item.state["parent_close_time_s"]
            self.place = ObservedPlace(item.ledger_index, item.ledger_hash, closed_s)
        elif isinstance(item, RecordedLedger):
            self._part.of(item.transactions)
            self.place = ObservedPlace(item.ledger_index, item.ledger_hash, item.close_time_s)
