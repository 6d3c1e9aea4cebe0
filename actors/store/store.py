"""The store: one database, one writer, one session at a time.

Synchronous, and bound to the thread that opened it; the async side reaches it through
:class:`actors.store.writer.Writer`. Every call is one transaction: it is in the database whole, or not at all.
"""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType
from typing import Self

import msgspec
from loguru import logger

from actors.plumbing.files import shell_line
from actors.store import backup
from actors.store.checkpoint import LOG_FRAMES_MAX, checkpoint
from actors.store.connection import Durability, connect, require_sound
from actors.store.holders import holders_of, told_holders
from actors.store.journal import JournalHash, encode_record, hash_of, journal_line, read_journal
from actors.store.lock import HeldError, ProcessLock
from actors.store.place import database_at
from actors.store.projection import WRITE_STATE, Projection
from actors.store.readers import lost_session, running_session_id, settled_orders, unsettled_sessions
from actors.store.reports import claim_capital, inventory_drift, read_course
from actors.store.rescue import Lifeboat, Loss, saved_copy
from actors.store.session_row import write_ending, write_opening, write_settlement
from actors.store.store_errors import GoneError, RefusedError, SessionRunningError, StoreError, translated, translating
from actors.store.table_rows import LostSession, SessionEnding, SessionOpening
from actors.store.tables import migrate, version_of
from actors.store.watch import FileWatch
from neo.analysis import Course
from neo.desk.opening import MovedBefore
from neo.desk.reconcile import DRIFT_KEY, Drift
from neo.messages import Append, Record, WalCheckpointed
from neo.messages.halts import HaltReason

# Pages kept in memory: a database up to this size can be saved even if its file is overwritten.
_CACHE_KIB = 32 * 1024

_APPEND = "INSERT INTO journal VALUES (?, ?, ?, ?, ?)"


class _Lost(msgspec.Struct, frozen=True):
    """What is still open of a database that was lost."""

    connection: sqlite3.Connection
    watch: FileWatch


class Store:
    """A database that this process may write. Made by :meth:`open`."""

    def __init__(
        self,
        path: Path,
        durability: Durability,
        connection: sqlite3.Connection,
        lock: ProcessLock,
        watch: FileWatch | None = None,
    ) -> None:
        self.path = path
        self.durability = durability
        # What became of the database, if it was lost under us; from then on this is a store on what was saved of it.
        self.loss: Loss | None = None
        self._connection = connection
        self._lock = lock
        self._watch = FileWatch(path, lock.read_head, self._snapshot) if watch is None else watch
        # What a commit changes; the database itself only as long as SQLite makes checkpoints of its own.
        self._files_written: tuple[str, ...] = ("", "-wal")
        self._lifeboat: Lifeboat | None = None
        self._lost: _Lost | None = None
        self._is_open = True
        self._session_id: str | None = None
        self._begun_id: str | None = None
        self._is_ended = False
        self._journal = JournalHash()
        self._projection: Projection | None = None
        self._last_batch: dict[str, int] = {}
        self._commits = 0

    @classmethod
    def open(cls, path: Path, *, durability: Durability, backup_keep: int) -> Self:
        """Open a database, or create it, and make it fit for a session.

        The order matters: the process lock first, then the check of the whole file, that no other program is writing
        in it, then a verified backup of the sound file, then migrations, and last the log that a dead process left is
        worked into the file.

        Args:
            path: The file; its folder must exist.
            durability: What each commit has to survive.
            backup_keep: Backups to keep, the new one among them; 0 makes none.

        Raises:
            SessionRunningError: Another process has the database.
            StoreError: What else can be wrong with it, each its own class.
        """
        path = database_at(path)
        lock = ProcessLock(path)
        connection = connect(path, durability)
        try:
            with translating(path):
                known = version_of(connection, path)
                _take(lock, path, connection, known)
                require_sound(connection, path)
                _require_unlocked(connection)
                if known > 0 and backup_keep > 0:
                    backup.make(connection, path, backup_keep)
                migrate(connection, path)
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                # SQLite's own rule keeps the log short until a checkpointer does. At four times its default, as most
                # of a checkpoint's cost is the flush and not the copying.
                connection.execute(f"PRAGMA wal_autocheckpoint = {LOG_FRAMES_MAX}")
                connection.execute(f"PRAGMA cache_size = -{_CACHE_KIB}")
            return cls(path, durability, connection, lock)
        except BaseException:
            connection.close()
            lock.release()
            raise

    @property
    def commits(self) -> int:
        """Transactions of :meth:`append` so far. Read by the checkpointer from its own thread."""
        return self._commits

    @property
    def journal_sha256(self) -> str:
        """The hash of the current session's journal so far."""
        return self._journal.hexdigest

    def disable_autocheckpoint(self) -> None:
        """From now on a checkpointer of its own works the log into the file, never a commit."""
        self._connection.execute("PRAGMA wal_autocheckpoint = 0")
        self._files_written = ("-wal",)

    def checkpoint(self) -> WalCheckpointed:
        """A checkpoint in the writer's own turn, for a log that grows faster than the checkpointer copies."""
        with self._watch.checkpointing():
            return checkpoint(self._connection, self.path, "PASSIVE")

    def checkpointed(self, job: Callable[[], WalCheckpointed | None]) -> WalCheckpointed | None:
        """Make a checkpoint of somebody else's, in whose thread this is called: the file changes by our own hand."""
        with self._watch.checkpointing():
            return job()

    def require_in_place(self) -> None:
        """See that the database is still there and still what we wrote, before anything is added to it.

        If it is not, a whole copy of it is made, and from here on this is a store on that one: the session has to end,
        but it can do so in order. ``loss`` tells.
        """
        if self.loss is not None or not self._is_open:
            return
        what = self._watch.trouble() or self._watch.content_trouble(self._session_id, self.journal_sha256)
        if what is not None:
            self._save(what)

    def begin_session(
        self, opening: SessionOpening, endings: Mapping[str, SessionEnding] = MappingProxyType({})
    ) -> str | None:
        """Start a session's row, and end those that a dead process left open as ``process_lost``, all in one step.

        Args:
            opening: What the new row says.
            endings: By session, what recovery found out about those that were lost.

        Returns:
            The newest of these, which the new session names as its parent, or None.
        """
        with self._transaction():
            lost = self.lost_sessions()
            for session_id in lost:
                ending = endings.get(session_id) or self.lost_ending(session_id, opening.started_at)
                write_ending(self._connection, session_id, ending, hash_of(self._connection, session_id).hexdigest)
            parent_id = lost[-1] if lost else None
            write_opening(self._connection, opening, parent_id)
        self._adopt(opening.id)
        self._begun_id = opening.id
        return parent_id

    def has_session(self, session_id: str) -> bool:
        """Whether a session of this name is in it, however that ended."""
        with translating(self.path):
            found = self._connection.execute("SELECT 1 FROM sessions WHERE id = ?", (session_id,)).fetchone()
        return found is not None

    def lost_sessions(self) -> list[str]:
        """Sessions that were never ended, oldest first, but for the one begun here: as the lock is ours, nobody else
        runs any.
        """
        rows = self._connection.execute(
            "SELECT id FROM sessions WHERE status = 'running' AND id IS NOT ? ORDER BY started_at, rowid",
            (self._begun_id,),
        )
        return [str(row[0]) for row in rows]

    def unsettled_sessions(self) -> list[str]:
        """Sessions that ended and left orders whose end their journal does not tell, oldest first."""
        with translating(self.path):
            return unsettled_sessions(self._connection)

    def lost_session(self, session_id: str) -> LostSession:
        """What is known of one of them, or of any other session that left orders open."""
        with translating(self.path):
            return lost_session(self._connection, session_id)

    def settled_orders(self, session_id: str) -> dict[str, str]:
        """The orders that a session left open at its end, and what became of each."""
        with translating(self.path):
            return settled_orders(self._connection, session_id)

    def lost_ending(self, session_id: str, ended_at: str, found: str = "") -> SessionEnding:
        """The ending of one of them, with what was found out about it."""
        lost = self.lost_session(session_id)
        return SessionEnding(
            ended_at=ended_at,
            reason=HaltReason.PROCESS_LOST,
            detail=f"process {lost.pid} {lost.cause}{found}",
            secondary=(),
            rungs_failed=(),
        )

    def resume_session(self, session_id: str) -> None:
        """Append to a session that is there already: recovery settles a lost one before its successor begins."""
        with translating(self.path):
            self._adopt(session_id)

    def note_settlement(self, session_id: str, detail: str, results: str | None) -> None:
        """Write down that what an ended session had left open is settled.

        Args:
            session_id: The session, whose journal has what was found.
            detail: The same in words.
            results: JSON of its results with that; None leaves those of its end.
        """
        with self._transaction():
            write_settlement(self._connection, session_id, detail, results)

    def append(self, appends: Sequence[Append]) -> None:
        """Write records to the journal, and what follows from them to the tables, all in one transaction.

        A mailbox delivers the message in hand once more after a crash, and whether that came before or after the
        commit only the store knows: a batch whose number is not above its sender's last one is here already and
        changes nothing. The numbers live as long as this store, as the mailboxes do.

        Args:
            appends: In the order of their arrival, which is the journal's order.

        Raises:
            StoreError: Nothing of it was written; the same call may be made again.
        """
        fresh = self._fresh(appends)
        records = [record for append in fresh for record in append.records]
        # An empty batch asks for a receipt of what came before it.
        if records:
            self._commit(records)
        for append in fresh:
            self._last_batch[append.sender] = append.batch

    def end_session(self, ending: SessionEnding) -> str:
        """End the current session's row.

        Returns:
            Its ``journal_sha256``.
        """
        session_id, _ = self._current()
        digest = self._journal.hexdigest
        with self._transaction():
            write_ending(self._connection, session_id, ending, digest)
        self._session_id = self._begun_id = None
        self._projection = None
        return digest

    def read_journal(self, session_id: str, after_seq: int = 0) -> Iterator[tuple[int, Record]]:
        """The records of a session in order, with their numbers."""
        return read_journal(self._connection, session_id, after_seq)

    def look_back(self, session_id: str) -> tuple[Course, Drift | None]:
        """A session's course, and what of its inventory does not add up in the tables as they are now, which is noted
        in ``engine_state``.
        """
        with self._transaction():
            # A session's results ask for equity at its end alone.
            course = read_course(self._connection, session_id, split_points=1)
            drift = inventory_drift(self._connection, session_id, course.standing)
            if drift is not None:
                state = (session_id, DRIFT_KEY, msgspec.json.encode(drift).decode())
                self._connection.execute(WRITE_STATE, state)
            return course, drift

    def claim_capital(self, session_id: str, xrp_drops: int, rlusd: Decimal) -> list[MovedBefore]:
        """Give the deposits and withdrawals that wait for an opening to this session's, which has so much without them.

        Raises:
            OtherStoreError: More was withdrawn than it has; all of them go on waiting.
        """
        with self._transaction():
            return claim_capital(self._connection, self.path, session_id, xrp_drops, rlusd)

    def close(self, *, truncate: bool = True) -> WalCheckpointed | None:
        """Close the database and free it for others.

        Args:
            truncate: First work the whole log into the file, which leaves an empty one. No checkpointer may run now.

        Returns:
            What that did; None if it failed or was not asked for. A failure is told in the log and loses nothing: the
            next start does what is left.
        """
        try:
            self.require_in_place()
            return self._emptied_log() if truncate else None
        except (StoreError, OSError, MemoryError) as error:
            cause = error.what if isinstance(error, StoreError) else f"{type(error).__name__}: {error}"
            logger.bind(path=str(self.path), cause=cause).error("wal_truncate_failed")
            return None
        finally:
            self._is_open = False
            self._connection.close()
            if self._lost is not None:
                self._lost.connection.close()
                self._lost.watch.set_log_aside(self.path)
            if self._lifeboat is not None:
                self._lifeboat.close()
            self._lock.release()

    def _snapshot(self) -> bytes | None:
        execute = self._connection.execute
        size_bytes = execute("PRAGMA page_count").fetchone()[0] * execute("PRAGMA page_size").fetchone()[0]
        return self._connection.serialize() if size_bytes <= _CACHE_KIB * 1024 else None

    def _save(self, what: str) -> None:
        """The database is lost: go on with what can be saved of it."""
        lost = self.path
        moved = self._lock.whereabouts()
        if self._watch.is_in_place():
            self._lock.keep_sqlite_off()
        what += "" if moved is None else f" (it is {moved} now, without its last moments)"
        saved = saved_copy(self._connection, lost, moved, self._session_id, self.journal_sha256)
        try:
            if saved is not None:
                self._go_on_with(saved)
                kept = f"all of it, and this ending, is in {saved}"
                mend = f"`{shell_line('neo', 'db', 'restore', '--db', str(lost), str(saved))}` puts it back."
            else:
                self._lifeboat = Lifeboat(lost, moved)
                kept = f"what came after that is in {self._lifeboat.path}, a line each record"
                copies = [str(copy.path) for copy in backup.listed(lost)]
                mend = f"The newest backup is {copies[0]}." if copies else "There is no backup of it."
        except (OSError, StoreError) as error:
            raise GoneError(lost, what, f"Nothing could be saved: {error}") from error
        self.loss = Loss(lost, what, kept, mend)
        logger.bind(path=str(lost), cause=what, kept=kept, mend=mend).error("database_lost")

    def _go_on_with(self, saved: Path) -> None:
        connection = connect(saved, self.durability)
        # Kept open to the end, as SQLite tidies up when the last connection closes.
        self._lost = _Lost(self._connection, self._watch)
        self._connection = connection
        self.path = saved
        self._watch = FileWatch(saved, lambda: None, self._snapshot)
        if self._session_id is not None:
            self._projection = Projection(connection, self._session_id)

    def _require_database(self) -> None:
        if self._lifeboat is not None and self.loss is not None:
            raise GoneError(self.loss.path, self.loss.what, f"Kept is this: {self.loss.kept}.")

    def _emptied_log(self) -> WalCheckpointed:
        done = checkpoint(self._connection, self.path, "TRUNCATE")
        if done.busy:
            told = told_holders(holders_of(self.path))
            logger.bind(path=str(self.path), holders=told, wal_bytes=done.wal_bytes).warning("wal_kept_by_reader")
        return done

    def _current(self) -> tuple[str, Projection]:
        if self._session_id is None or self._projection is None:
            raise RefusedError(self.path, "no session has begun", "Begin one before writing to it.")
        return self._session_id, self._projection

    def _adopt(self, session_id: str) -> None:
        self._journal = hash_of(self._connection, session_id)
        self._projection = Projection(self._connection, session_id)
        self._session_id = session_id
        status = self._connection.execute("SELECT status FROM sessions WHERE id = ?", (session_id,)).fetchone()[0]
        self._is_ended = status == "ended"
        self._last_batch.clear()

    def _fresh(self, appends: Sequence[Append]) -> list[Append]:
        last = dict(self._last_batch)
        fresh = []
        for append in appends:
            if append.batch > last.get(append.sender, -1):
                last[append.sender] = append.batch
                fresh.append(append)
        return fresh

    def _commit(self, records: list[Record]) -> None:
        self.require_in_place()
        first_seq = self._journal.seq + 1
        if self._lifeboat is not None:
            self._keep_lines(self._lifeboat, first_seq, records)
            return
        session_id, projection = self._current()
        execute = self._connection.execute
        rows = []
        lines = []
        try:
            execute("BEGIN IMMEDIATE")
            for seq, record in enumerate(records, first_seq):
                body = encode_record(record)
                projection.apply(seq, record)
                rows.append((session_id, seq, type(record).__name__, projection.ledger_index, body.decode()))
                lines.append(journal_line(seq, body))
            self._connection.executemany(_APPEND, rows)
            if self._is_ended:
                # A settlement goes on with a journal whose hash is taken: row and journal agree at every moment.
                digest = self._journal.with_lines(b"".join(lines))
                execute("UPDATE sessions SET journal_sha256 = ? WHERE id = ?", (digest, session_id))
            execute("COMMIT")
        except BaseException as error:
            with translating(self.path):
                self._undo()
            if isinstance(error, sqlite3.Error):
                raise translated(self.path, error) from error
            raise
        self._watch.note(*self._files_written)
        self._journal.add(first_seq + len(records) - 1, b"".join(lines))
        self._commits += 1

    def _keep_lines(self, lifeboat: Lifeboat, first_seq: int, records: list[Record]) -> None:
        lines = b"".join(journal_line(seq, encode_record(record)) for seq, record in enumerate(records, first_seq))
        try:
            lifeboat.add(lines)
        except OSError as error:
            raise GoneError(lifeboat.path, error.strerror or str(error), "Check its disk.") from error
        self._journal.add(first_seq + len(records) - 1, lines)
        self._commits += 1

    def _undo(self) -> None:
        # SQLite may have rolled back by itself (a full disk, say).
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
        if self._session_id is not None:
            # Its running balances have seen records that are not in the database.
            self._projection = Projection(self._connection, self._session_id)

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[None]:
        self.require_in_place()
        self._require_database()
        with translating(self.path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        self._watch.note(*self._files_written)


def _require_unlocked(connection: sqlite3.Connection) -> None:
    """Wait for another program's write transaction once, and no longer: each step after this would wait for it anew."""
    connection.execute("BEGIN IMMEDIATE")
    connection.execute("ROLLBACK")


def _take(lock: ProcessLock, path: Path, connection: sqlite3.Connection, known: int) -> None:
    try:
        lock.acquire()
    except HeldError as held:
        session_id = running_session_id(connection) if known > 0 else None
        raise SessionRunningError(path, held.pid, session_id) from held
