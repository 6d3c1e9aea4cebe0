"""The file of an embedded ledger, which goes on when the process that runs it is gone.

It is written as things happen, each in one unbuffered write, so that a kill loses nothing that the network has: a
transaction is taken, and a ledger closed, once its line is with the operating system. A cut of the power may take the
last lines; a ledger that is only embedded need not survive that, and recovery says what could not be asked. It takes
microseconds without the disk, so it is done in Trio's thread.

Reading back costs a few tenths of a millisecond for each ledger, so every ``SNAPSHOT_LEDGERS`` ledgers the file is
written anew from the snapshot before: it always tells of at least that many ledgers, and never of more than twice as
many. Recovery needs all that the journal lacks: never more than ``actors.persistence.GROUP_MAX`` messages that wait for
a commit, for the session's clock stands still while more are on their way, and each ledger is one message at least.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path
from typing import Final, TypeVar

from loguru import logger

from actors.plumbing.files import FileRefusedError, append_private, create_private
from neo.network.network_text import Head, NetworkText, WorldError, read_text

SNAPSHOT_LEDGERS: Final = 256

H = TypeVar("H", bound=Head)


def load_kept(path: Path, head: type[H]) -> NetworkText[H]:
    """Read a kept ledger's file.

    Args:
        path: Where it is.
        head: What its first line is.

    Raises:
        WorldError: There is none, or it can't be used.
    """
    try:
        return read_text(path.read_bytes(), head)
    except FileNotFoundError:
        raise WorldError("its file is not there") from None
    except OSError as error:
        raise WorldError(f"its file can't be read ({error.strerror})") from None


class KeptFile:
    """A file that is written line by line, and anew from time to time. One that can't be written any more is given up
    with an ERROR; its ledger goes on unkept.

    Args:
        path: Where it is.
        ledger: What is kept in it, as the operator knows it.
    """

    def __init__(self, path: Path, ledger: str) -> None:
        self.path = path
        self._ledger = ledger
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
        told = f"a kill from now on loses {self._ledger}; the session itself goes on"
        cause = error.strerror if isinstance(error, OSError) else error.what
        logger.bind(path=str(self.path), cause=cause, effect=told).error("world_unkept")
        self.close()
        with contextlib.suppress(OSError):
            self._staged.unlink(missing_ok=True)
