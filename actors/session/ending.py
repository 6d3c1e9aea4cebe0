"""A session's end: its row, its summary, its leave of the venue, and what persistence left unwritten."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import trio
from loguru import logger

from actors.operator.protocol import Timing
from actors.plumbing.timings import timings_text
from actors.plumbing.wiring import Channels
from actors.session.ladder import Ladder
from actors.session.notes import SessionNotes, results_text, told_halt
from actors.session.plan import SessionPlan, now_text
from actors.store import InHand, SessionEnding, Store, StoreError, Writer
from actors.store.checkpoint import CHECKPOINT_FAILED
from actors.venues.host import HostedVenue
from neo.analysis import Results
from neo.analysis.summary import SessionSummary, ending_fields, standing_fields
from neo.desk.capital_moves import open_moves
from neo.desk.desk import Desk
from neo.messages import Append, MoveCapital, Record, SessionEnded, Standing
from neo.messages.halts import Halt, HaltReason, HaltRecord


class OwnJournal:
    """The journal of one session, past the actor that writes it while it runs.

    Args:
        writer: The thread that owns the database.
        store: The open database, used in the writer's thread alone.
        session_id: Whose journal.
        in_hand: What persistence took and did not write.
    """

    def __init__(self, writer: Writer, store: Store, session_id: str, in_hand: InHand) -> None:
        self._writer = writer
        self._store = store
        self._session_id = session_id
        self.in_hand = in_hand

    async def load(self) -> list[Record]:
        """Its records so far."""
        return await self._writer.run(self._read)

    async def desk(self) -> Desk:
        """The desk that they give."""
        return Desk.replay(await self.load())

    async def standing(self) -> Standing | None:
        """Where the session stands, None if the journal can't be replayed: that must not keep the end from coming."""
        try:
            return (await self.desk()).standing()
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, the end must be written
            logger.opt(exception=error).error("standing_unknown")
            return None

    async def write_end(self, ladder: Ladder, left: Sequence[Append]) -> None:
        """Write what persistence left in its hands, and why the session ended, as far as it can be.

        The end comes last, and says what the journal says then, with all that came late.

        Args:
            ladder: The way down, which could not write its end.
            left: What persistence had and did not write.
        """
        unwritten = Append(records=tuple(ladder.unwritten), sender="ending", batch=1, wants_receipt=False)
        for append in (*self.in_hand.all(), *left, unwritten):
            records = tuple(record for record in append.records if not isinstance(record, SessionEnded))
            await self._write(msgspec.structs.replace(append, records=records))
        try:
            ladder.look_at(await self.desk())
        except Exception as error:  # noqa: BLE001 - what was known before is then all that can be told
            logger.opt(exception=error).error("standing_unknown")
        end = ladder.end(ladder.standing or Desk().standing())
        await self._write(Append(records=(end,), sender="ending", batch=2, wants_receipt=False))

    async def left_open(self) -> tuple[str, ...] | None:
        """Orders whose end the database does not tell; None if it can't be asked."""
        try:
            return (await self._writer.run(self._store.lost_session, self._session_id)).open_ids
        except StoreError as error:
            logger.bind(path=str(error.path), cause=error.what, mend=error.mend).error("orders_left_unknown")
            return None

    async def open_moves(self, moves: Sequence[MoveCapital]) -> tuple[str, ...]:
        """Deposits and withdrawals that the session took and did not see through, each a warning in the log too."""
        if not moves:
            return ()
        try:
            told = open_moves(moves, await self.desk())
        except Exception as error:  # noqa: BLE001 - as above
            logger.opt(exception=error).error("capital_unknown")
            return ("what became of the deposits and withdrawals is not known, as the journal can't be read",)
        for one in told:
            logger.bind(what=one).warning("capital_left_open")
        return told

    async def _write(self, append: Append) -> None:
        try:
            await self._writer.run(self._store.append, (append,))
        except Exception as error:  # noqa: BLE001 - the one that was poison fails here too, and the others must not
            logger.opt(exception=error).error("append_lost")

    def _read(self) -> list[Record]:
        return [record for _, record in self._store.read_journal(self._session_id)]


class Ending:
    """How one session ends: its row, its leave of the venue, its summary.

    Args:
        plan: What it was started with.
        session_id: Its name.
        journal: Its own.
        writer: The thread that owns the database.
        store: The open database, used in the writer's thread alone.
        halts: The causes so far.
        ladder: Its way down.
        notes: What it noted beside its journal.
    """

    def __init__(
        self,
        plan: SessionPlan,
        session_id: str,
        journal: OwnJournal,
        writer: Writer,
        store: Store,
        halts: HaltRecord,
        ladder: Ladder,
        notes: SessionNotes,
    ) -> None:
        self._plan = plan
        self._session_id = session_id
        self._journal = journal
        self._writer = writer
        self._store = store
        self._halts = halts
        self._ladder = ladder
        self._notes = notes
        # What the operator has to know.
        self.notices: tuple[str, ...] = ()

    def row(self, results: Results | None) -> SessionEnding:
        """What the session's row ends with."""
        halt = told_halt(self._first_halt(), self._store.loss)
        return SessionEnding(
            ended_at=now_text(),
            reason=halt.reason,
            detail=halt.detail,
            secondary=self._halts.secondary,
            rungs_failed=self._ladder.rungs_failed,
            restarts=tuple(self._notes.restarts),
            warnings=self._notes.warnings,
            results=results_text(results),
        )

    async def write_row(self, results: Results | None, hosted: HostedVenue | None, timings: Sequence[Timing]) -> None:
        """End the session's row. If the database can't take even that, the next start ends it."""
        try:
            # Before the row says why the session ended: it may have to say this.
            await self._writer.run(self._store.require_in_place)
            row = msgspec.structs.replace(self.row(results), timings=timings_text(timings))
            await self._writer.run(self._store.end_session, row)
        except StoreError as error:
            logger.bind(path=str(error.path), cause=error.what, mend=error.mend).error("session_row_left_open")
            self.notices += (f"the session's row could not be ended ({error.what}); the next start does it",)
            return
        if hosted is not None:
            await self._part_with(hosted)

    async def _part_with(self, hosted: HostedVenue) -> None:
        """The venue goes with the session, unless something of it may still be there: then the next start asks it."""
        left = await self._journal.left_open()
        if left == ():
            hosted.remove()
        elif left:
            self.notices += (f"what became of {', '.join(left)} is not known yet; the next start settles it",)

    def summary(
        self, standing: Standing, results: Results | None, digest: str, *, channels: Channels, started_s: float,
        wall_s: float,
    ) -> SessionSummary:  # fmt: skip
        """What the session came to, for the operator.

        Args:
            standing: Where it stood at its end.
            results: Of its trading, if they could be worked out.
            digest: The journal's hash.
            channels: Its own.
            started_s: The moment of its start, session seconds.
            wall_s: Real seconds that it took.
        """
        return SessionSummary(
            session_id=self._session_id,
            secondary_halts=self._halts.secondary,
            rungs_failed=self._ladder.rungs_failed,
            restarts=len(self._notes.restarts),
            journal_sha256=digest,
            duration_s=trio.current_time() - started_s,
            wall_s=wall_s,
            orders_left=self._ladder.left or standing.orders_live,
            notices=self.notices,
            telemetry_dropped=channels.telemetry_dropped,
            database=str(self._plan.database),
            results=results,
            checkpoints_failed=self._notes.times(CHECKPOINT_FAILED),
            **ending_fields(self._first_halt()),
            **standing_fields(standing, self._notes.differences),
        )

    def _first_halt(self) -> Halt:
        return self._halts.first or Halt(HaltReason.UNEXPECTED_HALT, "the session ended without a cause", "session")
