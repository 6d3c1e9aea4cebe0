"""``neo record --out``: a pair recorded until Ctrl+C or for some time, with a line on how far it has come."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import msgspec
import trio
from loguru import logger

from actors.plumbing.files import FileRefusedError
from actors.recordings.recorder import KnownBefore, Recorder, RecorderProgress
from actors.recordings.recording_writer import writing
from actors.session.watches import SIGNALS, heeded, signal_name
from actors.venues.live.live_host import endpoints_of
from actors.venues.live.live_settings import StreamSettings
from actors.venues.live.observer import Observer
from actors.venues.venue_errors import VenueError
from neo.mirror.assembly import Completeness
from neo.replay.recording_text import RecordingItem
from tools.console.errors import EXIT_SIGNALLED, OperatorError
from tools.console.logs import warning
from tools.console.words import count
from tools.recordings.converting import PairNamed, head_of_now
from tools.recordings.gauge import Gauge
from tools.recordings.recording_report import show_size

# Without a terminal a line is written so often.
_LINES_S = 60.0
_HOUR_S = 3600


class LiveRecording(msgspec.Struct, frozen=True, kw_only=True):
    """The command line: where to, for how long, and what.

    Args:
        out: The recording.
        duration_s: Seconds; None until it is stopped.
        snapshot_ledgers: After how many ledgers the pair is written down as it is.
        is_whole: Every transaction of a ledger.
    """

    out: Path
    duration_s: int | None
    snapshot_ledgers: int
    is_whole: bool


def record_live(wanted: LiveRecording, settings: StreamSettings) -> int:
    """Record; returns the exit code.

    Raises:
        OperatorError: The file or the servers are not fit for it.
    """
    if wanted.is_whole and settings.completeness is not Completeness.ALL:
        raise OperatorError('--whole: give a profile with completeness = "all", where all of a ledger is streamed.', 2)
    head = head_of_now(PairNamed(settings.currency, settings.issuer, settings.network_id), "live", frozenset())
    before = KnownBefore(wanted.out, settings)
    last: list[RecorderProgress] = []
    logger.remove()
    with Gauge(sys.stderr, _LINES_S) as gauge, warning(gauge.tell):

        def look(item: RecordingItem) -> None:
            before.take(item)
            gauge.show(lambda: f"{wanted.out}: going through what is there")

        def show(progress: RecorderProgress) -> None:
            last[:] = [progress]
            gauge.show(lambda: progress_line(progress))

        try:
            with writing(wanted.out, head, look) as writer:
                observer = Observer(
                    settings,
                    endpoints_of(settings),
                    after=before.place,
                    known=before.known,
                    is_whole=wanted.is_whole,
                    snapshot_ledgers=wanted.snapshot_ledgers,
                )
                why, number = trio.run(_until_stopped, Recorder(observer, writer, show), wanted.duration_s)
        except VenueError as error:
            raise OperatorError(str(error)) from error
    for progress in last:
        gauge.tell(progress_line(progress))
    if number is None and not any(progress.ledger_index is not None for progress in last):
        raise OperatorError(
            f"{wanted.out}: {why}, and nothing was recorded: no server told of the pair. Name servers that do"
            " (venue.endpoints, --endpoint); `neo doctor --venue paper` looks at them."
        )
    gauge.tell(f"{wanted.out}: ended, {why}.")
    return 0 if number in (None, signal.SIGINT) else EXIT_SIGNALLED + number


async def _until_stopped(recorder: Recorder, duration_s: int | None) -> tuple[str, int | None]:
    """Record until the time is over or a signal comes; returns why it ended, and the signal."""
    came: list[int] = []

    async def hear(task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        with trio.open_signal_receiver(*heeded(SIGNALS)) as signals:
            task_status.started()
            async for number in signals:
                came.append(number)
                recorder.stop("Ctrl+C" if number == signal.SIGINT else f"asked to by {signal_name(number)}")

    async def expire(seconds: int) -> None:
        await trio.sleep(seconds)
        recorder.stop("the time is over")

    failure: VenueError | FileRefusedError | None = None
    why = ""
    async with trio.open_nursery() as nursery:
        await nursery.start(hear)
        if duration_s is not None:
            nursery.start_soon(expire, duration_s)
        try:
            why = await recorder.run()
        except (VenueError, FileRefusedError) as error:  # alone, not in a group
            failure = error
        nursery.cancel_scope.cancel()
    if failure is not None:
        raise failure
    return why, came[0] if came else None


def progress_line(progress: RecorderProgress) -> str:
    """How far it has come: ledger, ledgers, size, and how fast both grow."""
    at = "waiting for the first ledger" if progress.ledger_index is None else f"ledger {progress.ledger_index:,}"
    rate = ""
    if progress.elapsed_s > 0:
        minutes, hours = progress.elapsed_s / 60, progress.elapsed_s / _HOUR_S
        rate = (
            f", {progress.ledgers_now / minutes:,.1f} ledgers a minute, {show_size(int(progress.grown_bytes / hours))}"
            " an hour"
        )
    return f"{at}: {count(progress.ledgers, 'ledger')} recorded, {show_size(progress.size_bytes)}{rate}"
