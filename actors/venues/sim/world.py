"""The simulated network, which goes on when the process that runs it is gone: the world, and its file.

The file (``<database>.world``) is written as things happen, each in one unbuffered write, so that a kill loses nothing
that the network has: a transaction is taken, and a ledger closed, once its line is with the operating system. A cut of
the power may take the last lines; a ledger that is only simulated need not survive that, and recovery says what could
not be asked. It takes microseconds without the disk, so it is done in Trio's thread.

Reading back costs a few tenths of a millisecond for each ledger, so every ``SNAPSHOT_LEDGERS`` ledgers the file is
written anew from the snapshot before: it always tells of at least that many ledgers, far more than the journal can be
behind (seconds), and never of more than twice as many.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections import deque
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final

from loguru import logger

from actors.plumbing.files import FileRefusedError, append_private, create_private
from actors.plumbing.seeded import seeded
from actors.store.place import beside
from neo.market.minutes import Bar
from neo.messages import LedgerClosed
from neo.network.account_view import opening_ledger
from neo.network.network_text import Joined, SubmittedLine, TextLine, WorldError, closed_line, line_of, read_text
from neo.sim.market import SimMarket
from neo.sim.world_text import WorldOrigin, WorldText, new_market, retrace, snapshot_of, told

SNAPSHOT_LEDGERS: Final = 256

# Ledgers kept for a gateway that comes back after a restart: far more than any back-off lasts.
_LEDGERS_KEPT: Final = 512


def world_file(database: Path) -> Path:
    """Where the simulated ledger of a database's running session is kept."""
    return beside(database, ".world")


def load_world(path: Path) -> WorldText:
    """Read a world's file.

    Raises:
        WorldError: There is none, or it can't be used.
    """
    try:
        return read_text(path.read_bytes(), WorldOrigin)
    except FileNotFoundError:
        raise WorldError("its file is not there") from None
    except OSError as error:
        raise WorldError(f"its file can't be read ({error.strerror})") from None


class World:
    """A simulated network and what it last told. Made by :meth:`create` or :meth:`reopen`."""

    def __init__(self, path: Path, origin: WorldOrigin, market: SimMarket, before: list[LedgerClosed]) -> None:
        self.origin = origin
        self.market = market
        self.latest = before[-1] if before else opening_ledger(market.ledger, origin.account)
        self._recent: deque[LedgerClosed] = deque(before, maxlen=_LEDGERS_KEPT)
        self._session_id = origin.session_id
        self._file = _WorldFile(path)

    @classmethod
    def create(cls, path: Path, origin: WorldOrigin, bars: Sequence[Bar]) -> World:
        """A new world."""
        world = cls(path, origin, new_market(origin, bars, partial(seeded, origin.seed)), [])
        world._file.begin(line_of(origin))
        return world

    @classmethod
    def reopen(cls, path: Path, text: WorldText, bars: Sequence[Bar], after_index: int) -> World:
        """The world of a file, as it was when its process ended. It goes on when somebody lets it.

        Args:
            path: The file.
            text: What it says.
            bars: The recording that it was made of.
            after_index: Ledgers after this one can be asked for.

        Raises:
            WorldError: It does not come out as the file says.
        """
        market, before = retrace(text, bars, partial(seeded, text.origin.seed), after_index)
        world = cls(path, text.origin, market, before)
        world._session_id = text.session_id
        world._file.resume(text.length_bytes)
        return world

    def join(self, session_id: str) -> None:
        """Another session trades on it from now on. What was before is settled, so the file begins anew here."""
        self._session_id = session_id
        self._file.begin(self._head(snapshot_of(self.market)))

    def submit(self, tx: dict[str, Any], tx_hash: str, *, fail_hard: bool = False) -> str:
        """Take a transaction of ours for the next ledger; returns the preliminary result. See ``Network.submit``."""
        self._file.write(line_of(SubmittedLine(tx_hash=tx_hash, tx=tx, fail_hard=fail_hard)))
        return self.market.submit(tx, tx_hash, fail_hard=fail_hard)

    def close_next(self) -> LedgerClosed:
        """Close the next ledger."""
        closed = told(self.market, self.market.close_next(), self.origin.pair)
        self._file.write(line_of(closed_line(closed.ledger_index, closed.balances)))
        if self._file.ledger_written():
            self._file.shorten(self._head(snapshot_of(self.market)))
        self.latest = closed
        self._recent.append(closed)
        return closed

    def newer(self, after_index: int) -> list[LedgerClosed]:
        """The kept ledgers after that one, oldest first. Usually there is one, so they are looked for from the end."""
        newer = list(itertools.takewhile(lambda closed: closed.ledger_index > after_index, reversed(self._recent)))
        newer.reverse()
        return newer

    def lookup(self, tx_hash: str) -> int | None:
        """The kept ledger that has this transaction of ours, or None."""
        return next((closed.ledger_index for closed, found in self._ours() if found == tx_hash), None)

    def our_hashes(self) -> list[str]:
        """Our transactions in the kept ledgers, and those that wait for the next one."""
        return [*(tx_hash for _, tx_hash in self._ours()), *self.market.network.waiting_hashes]

    def leave(self) -> None:
        """Let go of the file. It stays where the next start finds it."""
        self._file.close()

    def remove(self) -> None:
        """The session ended in order: the next one gets a world of its own."""
        self._file.remove()

    def _ours(self) -> list[tuple[LedgerClosed, str]]:
        return [
            (closed, done.tx_hash)
            for closed in self._recent
            for done in closed.transactions
            if done.tx["Account"] == self.origin.account
        ]

    def _head(self, *lines: TextLine) -> bytes:
        return b"".join(map(line_of, (self.origin, *lines, Joined(session_id=self._session_id))))


class _WorldFile:
    """The file of a world. One that can't be written any more is given up with an ERROR; the world goes on unkept."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._staged = path.with_name(f"{path.name}.new")
        self._fd: int | None = None
        self._ledgers = 0
        # The file's beginning from the last snapshot on, and where in the file that snapshot belongs.
        self._next: tuple[bytes, int] | None = None

    def begin(self, head: bytes) -> None:
        """Write the file anew with this beginning, in one step: a kill leaves the old file or the new one."""
        self.close()
        self._ledgers, self._next = 0, None
        try:
            self._stage(head)
            self._staged.replace(self.path)
            self._fd = append_private(self.path, create=False)
        except (OSError, FileRefusedError) as error:
            self._give_up(error)

    def resume(self, length_bytes: int) -> None:
        """Go on after so many bytes; what follows them was cut short in the writing."""
        try:
            self._fd = append_private(self.path, create=False)
            os.truncate(self._fd if os.truncate in os.supports_fd else self.path, length_bytes)
        except (OSError, FileRefusedError) as error:
            self._give_up(error)

    def write(self, line: bytes) -> None:
        """Add a line."""
        if self._fd is None:
            return
        try:
            if os.write(self._fd, line) != len(line):
                self._give_up(OSError(None, "no room for a whole line"))
        except OSError as error:
            self._give_up(error)

    def ledger_written(self) -> bool:
        """Count a ledger; True if it is time for a snapshot."""
        self._ledgers += 1
        return self._fd is not None and self._ledgers % SNAPSHOT_LEDGERS == 0

    def shorten(self, head: bytes) -> None:
        """Drop what lies before the last snapshot, and remember this one."""
        try:
            if self._next is not None:
                before, offset = self._next
                self.begin(before + self.path.read_bytes()[offset:])
            self._next = (head, self.path.stat().st_size)
        except OSError as error:
            self._give_up(error)

    def close(self) -> None:
        """Close it; without effect if it is."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def remove(self) -> None:
        """Close and delete it."""
        self.close()
        try:
            for path in (self.path, self._staged):
                path.unlink(missing_ok=True)
        except OSError as error:
            # The next start finds no open session for it, and tries again.
            logger.bind(path=str(self.path), cause=error.strerror).warning("world_file_left")

    def _stage(self, head: bytes) -> None:
        # Never into what lies there: somebody else may have put it there, and be able to read it.
        self._staged.unlink(missing_ok=True)
        with open(create_private(self._staged), "wb") as file:  # noqa: PTH123 - from a descriptor: it has the mode
            file.write(head)

    def _give_up(self, error: OSError | FileRefusedError) -> None:
        """It stays as it is, as after a kill at this moment: whole up to here. If the journal goes on, the next start
        does not ask it; if the journal stops as well, on a full disk, it tells what became of the orders.
        """
        told = "a kill from now on loses the simulated ledger; the session itself goes on"
        cause = error.strerror if isinstance(error, OSError) else error.what
        logger.bind(path=str(self.path), cause=cause, effect=told).error("world_unkept")
        self.close()
        with contextlib.suppress(OSError):
            self._staged.unlink(missing_ok=True)
