"""A process whose children run real sessions and are killed in the middle of them.

``python kill_child.py`` reads jobs from standard input, one JSON object a line, runs each in a forked child (everything
is imported by then, so a child starts at once) and answers with the signal that ended the child, or 0 if it came to its
end. The children kill themselves with SIGKILL at a named step, the n-th time they come to it, or are killed at a moment
of real time; nothing of theirs runs after that.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from loguru import logger
from support.replays import replay_for
from support.sessions import plan_for, run

import actors.persistence
import actors.store.backup
import actors.store.store
import actors.venues.kept.kept_file
from actors.store import Checkpointer, Store
from actors.venues.kept.kept_file import KeptFile
from actors.venues.kept.kept_world import KeptWorld
from actors.venues.sim.world import World
from neo.messages import (
    Fill,
    HaltRaised,
    LedgerObserved,
    OrderIntended,
    OrderSigned,
    OrderSubmitted,
    SessionEnded,
    SessionStarted,
)

# So that a session of some thirty ledgers comes to write its world's file anew. The journal may be behind by as many
# messages as one commit takes, and each ledger is one at least: a smaller share of the file than in a real session.
SNAPSHOT_LEDGERS = 8
GROUP_MAX = 4


class Job(msgspec.Struct):
    """One child.

    Args:
        database: Where its session runs.
        seed: Of the session.
        duration_s: Of the session.
        step: Where it dies; empty for not at a step.
        number: At which coming to that step, from 1.
        after_ms: When it dies, in real milliseconds; 0 for not at a time.
        is_replay: It plays the shipped recording; else it is on the simulation.
    """

    database: str
    seed: int
    duration_s: int
    step: str = ""
    number: int = 1
    after_ms: int = 0
    is_replay: bool = False


class Strike:
    """Kills the process when it is called for the n-th time."""

    def __init__(self, number: int) -> None:
        self._left = number

    def __call__(self) -> None:
        if self.due():
            self.kill()

    def due(self) -> bool:
        """Count; True the n-th time."""
        self._left -= 1
        return self._left == 0

    @staticmethod
    def kill() -> None:
        """End here and now."""
        os.kill(os.getpid(), signal.SIGKILL)


def _wrap(owner: Any, name: str, before: Callable[..., None] | None, after: Callable[..., None] | None) -> None:
    inner = getattr(owner, name)

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        if before is not None:
            before(*args)
        result = inner(*args, **kwargs)
        if after is not None:
            after(*args)
        return result

    setattr(owner, name, wrapped)


def _around(owner: Any, name: str, *, before: bool) -> Callable[[Strike], None]:
    def install(strike: Strike) -> None:
        def hit(*_: Any) -> None:
            strike()

        if isinstance(owner, type) and isinstance(owner.__dict__.get(name), classmethod):
            inner = getattr(owner, name)

            def made(_cls: Any, *args: Any) -> Any:
                result = inner(*args)
                strike()
                return result

            setattr(owner, name, classmethod(made))
            return
        _wrap(owner, name, hit if before else None, None if before else hit)

    return install


def _append(kind: type, *, before: bool) -> Callable[[Strike], None]:
    def install(strike: Strike) -> None:
        def hit(_store: Store, appends: Any) -> None:
            if any(isinstance(record, kind) for append in appends for record in append.records):
                strike()

        _wrap(Store, "append", hit if before else None, None if before else hit)

    return install


def _inside_commit(strike: Strike) -> None:
    def hit(record: Any) -> None:
        if isinstance(record, OrderSigned):
            strike()

    _wrap(actors.store.store, "encode_record", hit, None)


def _torn(word: bytes) -> Callable[[Strike], None]:
    def install(strike: Strike) -> None:
        def hit(file: KeptFile, line: bytes) -> None:
            if word in line and file._fd is not None and strike.due():
                os.write(file._fd, line[: len(line) // 2])
                strike.kill()

        _wrap(KeptFile, "write", hit, None)

    return install


def _ladder_cancel(strike: Strike) -> None:
    halted: list[bool] = []

    def note(_store: Store, appends: Any) -> None:
        if any(isinstance(record, HaltRaised) for append in appends for record in append.records):
            halted.append(True)

    def hit(_world: KeptWorld[Any, Any], tx: Any, _tx_hash: str) -> None:
        if halted and tx["TransactionType"] == "OfferCancel":
            strike()

    _wrap(Store, "append", None, note)
    _wrap(KeptWorld, "submit", None, hit)


def _replacing(*, before: bool) -> Callable[[Strike], None]:
    def install(strike: Strike) -> None:
        def hit(path: Path, _target: Path) -> None:
            if path.name.endswith((".world.new", ".replay.new")):
                strike()

        _wrap(Path, "replace", hit if before else None, None if before else hit)

    return install


# Where a child can be told to die. ``before_*`` is before it is done, the others right after.
STEPS: dict[str, Callable[[Strike], None]] = {
    "before_backup_is_named": _around(actors.store.backup, "_copy_checked", before=False),
    "before_session_begins": _around(Store, "begin_session", before=True),
    "session_begun": _around(Store, "begin_session", before=False),
    "capital_claimed": _around(Store, "claim_capital", before=False),
    "world_created": _around(World, "create", before=False),
    "world_joined": _around(KeptWorld, "join", before=False),
    "opening_journaled": _append(SessionStarted, before=False),
    "before_intent": _append(OrderIntended, before=True),
    "inside_intent_commit": _inside_commit,
    "intent_and_blob_durable": _append(OrderSigned, before=False),
    "before_submission_arrives": _around(KeptWorld, "submit", before=True),
    "inside_submission_write": _torn(b'"Submitted"'),
    "submitted_unanswered": _around(KeptWorld, "submit", before=False),
    "answer_durable": _append(OrderSubmitted, before=False),
    "inside_ledger_write": _torn(b'"Closed"'),
    "ledger_closed_unbooked": _around(KeptWorld, "close_next", before=False),
    "before_fill_is_booked": _append(Fill, before=True),
    "ledger_booked": _append(LedgerObserved, before=False),
    "before_snapshot_is_named": _replacing(before=True),
    "snapshot_named": _replacing(before=False),
    "before_checkpoint": _around(Checkpointer, "passive", before=True),
    "checkpointed": _around(Checkpointer, "passive", before=False),
    "halt_journaled": _append(HaltRaised, before=False),
    "cancel_sent_on_the_way_down": _ladder_cancel,
    "before_end_is_journaled": _append(SessionEnded, before=True),
    "end_journaled": _append(SessionEnded, before=False),
    "row_ended": _around(Store, "end_session", before=False),
    "before_close": _around(Store, "close", before=True),
}


def keep_history() -> None:
    """Copy a world's file aside whenever it is written anew or removed: together the copies tell all that happened."""

    def copy(file: KeptFile, *_: Any) -> None:
        if file.path.exists():
            kept = len(list(file.path.parent.glob(f"{file.path.name}.kept-*")))
            shutil.copyfile(file.path, file.path.with_name(f"{file.path.name}.kept-{kept:03d}"))

    for name in ("begin", "remove"):
        _wrap(KeptFile, name, copy, None)
    actors.venues.kept.kept_file.SNAPSHOT_LEDGERS = SNAPSHOT_LEDGERS
    actors.persistence.GROUP_MAX = GROUP_MAX


def child(job: Job) -> None:
    """Run the session, and die in it if told to."""
    keep_history()
    if job.step:
        STEPS[job.step](Strike(job.number))
    make = replay_for if job.is_replay else plan_for
    run(make(Path(job.database), seed=job.seed, duration_s=job.duration_s))


def kill_at(pid: int, after_ms: int) -> None:
    """Kill a child at a moment, unless it has come to its end by then; it is still to be waited for."""
    # A timer of ours and not the child's: a session takes an alarm for a word to end.
    signal.signal(signal.SIGALRM, lambda _number, _frame: os.kill(pid, signal.SIGKILL))
    signal.setitimer(signal.ITIMER_REAL, after_ms / 1000)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)


def serve() -> None:
    """Take jobs until there are no more."""
    logger.remove()
    for line in sys.stdin:
        job = msgspec.json.decode(line, type=Job)
        pid = os.fork()
        if pid == 0:
            code = 1
            try:
                child(job)
                code = 0
            except BaseException as error:  # noqa: BLE001 - told by the exit code, and on standard error
                sys.stderr.write(f"{error!r}\n")
                sys.stderr.flush()
            os._exit(code)
        if job.after_ms:
            kill_at(pid, job.after_ms)
        sys.stdout.write(f"{-os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
