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
from actors.recordings.recording_writer import RecordingWriter, writing
from actors.venues.live.endpoints import Endpoints
from actors.venues.live.live_settings import StreamSettings
from actors.venues.live.observer import Observed, ObservedGap, ObservedPlace, Observer
from actors.venues.venue_errors import VenueError
from neo.chain.fills import MetadataError
from neo.chain.pair import Pair
from neo.replay.pair_part import PairPart
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingEnd, RecordingGap, RecordingHead, RecordingItem


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


class RecorderPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What is recorded.

    Args:
        path: The recording.
        head: Its first line, if it is new.
        settings: Which pair, and how it is followed.
        snapshot_ledgers: After how many ledgers the pair is written down as it is; 0 for never.
        is_whole: Every transaction of a ledger; else those of the pair.
    """

    path: Path
    head: RecordingHead
    settings: StreamSettings
    snapshot_ledgers: int
    is_whole: bool


class Recorder:
    """Records until it is told to stop.

    Args:
        plan: What.
        endpoints: The servers.
        show: Told after every line.

    Raises:
        ValueError: Whole ledgers are wanted of streams that are filtered.
    """

    def __init__(self, plan: RecorderPlan, endpoints: Endpoints, show: Callable[[RecorderProgress], None]) -> None:
        self._plan = plan
        self._endpoints = endpoints
        self._show = show
        self._before = _Before(plan.path, plan.settings)
        self._scope = trio.CancelScope()
        self._why = ""
        self._last: int | None = None
        self._begun_s = 0.0

    def stop(self, why: str) -> None:
        """End it properly; only the first word counts."""
        self._why = self._why or why
        self._scope.cancel()

    async def run(self) -> str:
        """Record; returns why it ended.

        Raises:
            FileRefusedError: The file can't be written, or is something else.
            VenueError: Trying again is of no use; the recording ends with the reason.
        """
        plan = self._plan
        self._begun_s = trio.current_time()
        with writing(plan.path, plan.head, self._before.take) as writer:
            begun_with = writer.ledgers, writer.size_bytes
            try:
                with self._scope:
                    await self._follow(writer, begun_with)
            except VenueError as error:
                writer.write(RecordingEnd(f"given up: {error.what}"))
                raise
            writer.write(RecordingEnd(self._why))
        return self._why

    async def _follow(self, writer: RecordingWriter, begun_with: tuple[int, int]) -> None:
        plan = self._plan
        observer = Observer(
            plan.settings,
            self._endpoints,
            after=self._before.place,
            known=self._before.known,
            is_whole=plan.is_whole,
            snapshot_ledgers=plan.snapshot_ledgers,
        )
        failure: VenueError | FileRefusedError | None = None
        async with trio.open_nursery() as nursery:
            nursery.start_soon(observer.run)
            try:
                while True:
                    self._write(writer, await observer.next(), begun_with)
            except (VenueError, FileRefusedError) as error:  # alone, not in a group
                failure = error
            nursery.cancel_scope.cancel()
        if failure is not None:
            raise failure

    def _write(self, writer: RecordingWriter, told: Observed, begun_with: tuple[int, int]) -> None:
        if isinstance(told, ObservedGap):
            writer.write(RecordingGap(told.first_index, told.last_index, told.why))
        else:
            writer.write(told)
            self._last = told.ledger_index
        ledgers, size_bytes = begun_with
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


class _Before:
    """What a recording that goes on tells: where it stands, and who has something of the pair there.

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
        except (MetadataError, KeyError, TypeError) as error:
            what = f"what it has can't be gone on with ({error})"
            raise FileRefusedError(self._path, what, "Choose another file with --out.") from error

    def _take(self, item: RecordingItem) -> None:
        if isinstance(item, RecordedState):
            self._part.follow(each["address"] for each in item.state["accounts"])
            closed_s = item.state["parent_close_time_s"]
            self.place = ObservedPlace(item.ledger_index, item.ledger_hash, closed_s)
        elif isinstance(item, RecordedLedger):
            self._part.of(item.transactions)
            self.place = ObservedPlace(item.ledger_index, item.ledger_hash, item.close_time_s)
