"""The kill file: the last resort, which works where there is no shell, no channel, and nothing to be read.

Whatever has that name, ends the session: a plain file, a folder, a pipe, a link to nowhere, a device, a file that
nobody may read. The halt is raised at its sight. Only then is it read, for its text is the reason: without following
links, without waiting for a pipe's writer, and for ``WORDS_S`` at most, which the end of the session waits for at its
last step, when nothing of ours rests any more. A file that can't be read costs the words and nothing else.

The watch has a thread of its own, so that no flood on the control channel keeps it from looking, and no file that hangs
holds up anything but that thread.
"""

from __future__ import annotations

import contextlib
import contextvars
import os
import stat
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from actors.operator.protocol import LINE_BYTES_MAX
from actors.plumbing.files import READ_NO_LINK
from actors.store.place import beside

# How often it is looked for: nothing tells of a file that comes to be.
KILL_FILE_INTERVAL_S: Final = 0.2

# Real seconds for the words, from the sight of the file: one that is made first and written then (``echo why > ...``)
# has none at first.
WORDS_S: Final = 1.0
_STEP_S: Final = 0.02


def kill_file(database: Path) -> Path:
    """The file whose being there ends a session on this database."""
    return beside(database, ".kill")


def has_kill_file(database: Path) -> bool:
    """True if there is anything of that name. What can't be seen, in a folder that is closed to us, is not there."""
    return os.path.lexists(kill_file(database))


class KillFileWatch:
    """Looks for one database's kill file, from :meth:`start` to :meth:`stop`.

    Args:
        database: Beside which it would lie.
        seen: Called in the watch's thread, once.
    """

    def __init__(self, database: Path, seen: Callable[[], None]) -> None:
        # Looked up once: what has the database's name later on may be another's.
        self.file = kill_file(database)
        self._seen = seen
        self._stopping = threading.Event()
        self._words = ""
        self._read = threading.Event()
        self._thread = threading.Thread(
            target=contextvars.copy_context().run, args=(self._watch,), name="kill-file", daemon=True
        )

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(KILL_FILE_INTERVAL_S)

    def words(self) -> str:
        """What a file that was seen says; waits for it, ``WORDS_S`` at most. "" if it says nothing in that time."""
        return self._words if self._read.wait(WORDS_S) else ""

    def _watch(self) -> None:
        while not os.path.lexists(self.file):
            if self._stopping.wait(KILL_FILE_INTERVAL_S):
                return
        self._seen()
        self._words = words_of(self.file, WORDS_S)
        self._read.set()


def words_of(file: Path, patience_s: float) -> str:
    """What a kill file says; nothing if it is neither a plain file nor a pipe, or can't be read."""
    last_s = time.monotonic() + patience_s
    words = b""
    with contextlib.suppress(OSError):
        mode = file.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            return ""
        descriptor = os.open(file, READ_NO_LINK)
        try:
            while not words and time.monotonic() < last_s:
                with contextlib.suppress(BlockingIOError):
                    words = os.read(descriptor, LINE_BYTES_MAX)
                if not words:
                    time.sleep(_STEP_S)
        finally:
            os.close(descriptor)
    return words.decode(errors="replace")
