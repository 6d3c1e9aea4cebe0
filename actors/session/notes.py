"""What a session notes beside its journal, for its row: restarts of its parts, warnings, and its results at the end."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from loguru import logger

from actors.plumbing.supervisor import describe
from actors.store import Store, Writer
from actors.store.rescue import Loss
from neo.analysis import Results, flat_figures, results_of
from neo.analysis.summary import SessionSummary
from neo.desk.reconcile import DRIFT_KEY, Drift
from neo.messages import ActorRestarted
from neo.messages.halts import HALT_FACTS, Halt, HaltReason
from neo.text.redaction import hide_seeds

if TYPE_CHECKING:
    from loguru import Message

# A session that warns more than this has said what it has to say; the log has all of it.
_WARNINGS_MAX = 200


# Whose notes a warning belongs to: Trio hands it on to every task that a session starts, and the session to its
# threads. Two sessions in one process note each its own.
_LISTENING: ContextVar[SessionNotes | None] = ContextVar("listening", default=None)


class SessionNotes:
    """Restarts and warnings of one session, as they come."""

    def __init__(self) -> None:
        self.restarts: list[dict[str, str | int]] = []
        # What of the inventory did not add up at the end.
        self.drift: Drift | None = None
        self._warnings: dict[str, int] = {}
        self._events: Counter[str] = Counter()

    @property
    def warnings(self) -> tuple[str, ...]:
        """The warnings in the order of their first coming; one that came again is told with its count."""
        return tuple(text if count == 1 else f"{text} ({count:,} times)" for text, count in self._warnings.items())

    @property
    def differences(self) -> tuple[str, ...]:
        """What tables, engine and ledger did not agree on at the end."""
        return () if self.drift is None else self.drift.differences

    def times(self, event: str) -> int:
        """How often the log warned of this event."""
        return self._events[event]

    @contextlib.contextmanager
    def listening(self) -> Iterator[None]:
        """Take note of every warning and error that this session's tasks and threads log meanwhile."""
        sink = logger.add(
            self._on_warning, level="WARNING", format="{message}", filter=lambda _: _LISTENING.get() is self
        )
        before = _LISTENING.set(self)
        try:
            yield
        finally:
            _LISTENING.reset(before)
            logger.remove(sink)

    def restarted(self, restarted: ActorRestarted, ledger_index: int | None) -> None:
        """A part was started again."""
        self.restarts.append(
            {
                "actor": restarted.actor,
                "error": restarted.error,
                "restarts": restarted.restarts,
                "ledger_index": ledger_index or 0,
            }
        )

    def _on_warning(self, message: Message) -> None:
        record = message.record
        self._events[record["message"]] += 1
        # The ledger alone makes no other warning of it.
        told = " ".join(f"{key}={value}" for key, value in record["extra"].items() if key != "ledger_index")
        # An error's own words may hold anything, and these go into the database.
        text = hide_seeds(f"{record['level'].name} {record['message']} {told}".rstrip())
        if text in self._warnings or len(self._warnings) < _WARNINGS_MAX:
            self._warnings[text] = self._warnings.get(text, 0) + 1


async def look_back(writer: Writer, store: Store, session_id: str) -> tuple[Results | None, Drift | None]:
    """A session's results from its journal, and an ERROR in the log if its inventory did not add up at the end.

    Returns:
        The results, or None if the journal can't be read as one: that must not keep the session from ending; and what
        does not add up, or None.
    """

    def work() -> tuple[Results, Drift | None]:
        course, drift = store.look_back(session_id)
        return results_of(course), drift

    try:
        results, drift = await writer.run(work)
    except Exception as error:  # noqa: BLE001 - whatever is wrong with the statistics, the end must be written
        logger.opt(exception=error).error("results_unknown")
        return None, None
    if drift is not None:
        logger.bind(drift=msgspec.json.encode(drift).decode()).error(DRIFT_KEY)
    return results, drift


@contextlib.contextmanager
def closing_trouble(database: Path) -> Iterator[None]:
    """What goes wrong when all is written loses nothing, and must not take the place of what the session came to."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - whatever it is, the next start does what is left
        logger.bind(path=str(database), cause=describe(error)).error("database_not_closed")


def results_text(results: Results | None) -> str | None:
    """The results as the database keeps them: flat, so that a later build still reads them."""
    return None if results is None else msgspec.json.encode(flat_figures(results)).decode()


def loss_halt(loss: Loss) -> Halt:
    """The cause to end a session whose database was lost: persistence can't do its work any more."""
    return Halt(HaltReason.ACTOR_FAILURE, f"persistence: {loss}", "persistence")


def told_halt(first: Halt, loss: Loss | None) -> Halt:
    """The cause that a session's end is told with: the first one, unless that is an end in order without a database."""
    return first if loss is None or HALT_FACTS[first.reason].exit_code != 0 else loss_halt(loss)


def with_loss(summary: SessionSummary, loss: Loss) -> SessionSummary:
    """A summary that tells of a database lost under the session, and how it is put back."""
    halt = told_halt(Halt(summary.halt_reason, summary.halt_detail, "session"), loss)
    notices = (*summary.notices, f"{loss}. {loss.mend}")
    return msgspec.structs.replace(summary, halt_reason=halt.reason, halt_detail=halt.detail, notices=notices)
