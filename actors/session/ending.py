"""A session's journal as its end needs it: read back, written without persistence, and asked what was left open."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from loguru import logger

from actors.session.ladder import Ladder
from actors.store import InHand, Store, StoreError, Writer
from neo.desk.capital_moves import open_moves
from neo.desk.desk import Desk
from neo.messages import Append, MoveCapital, Record, SessionEnded, Standing


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
        self._in_hand = in_hand

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
        for append in (*self._in_hand.all(), *left, unwritten):
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
