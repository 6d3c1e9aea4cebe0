"""The kill file: the last resort, which works where there is no shell, no channel, and nothing to be read.

Whatever has that name, ends the session: a plain file, a folder, a pipe, a link to nowhere, a device, a file that
nobody may read. Its text is the reason, if it is there to be had at once. For it nothing is risked: it is read in a
thread of its own, without following links and without waiting for a pipe's writer, and the halt is raised
``WORDS_S`` after the file was seen, with the words or without.

The watch has a thread of its own too, so that no flood on the control channel keeps it from looking.
"""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from actors.store.place import beside
from neo.control import LINE_BYTES_MAX

# How often it is looked for: nothing tells of a file that comes to be.
KILL_FILE_INTERVAL_S: Final = 0.2

# What a file that is made first and written then (`echo why > ...`) gets before the halt is raised, and how long words
# that come later are still taken note of.
WORDS_S: Final = 0.1
_LATE_WORDS_S: Final = 0.4
_STEP_S: Final = 0.02

if sys.platform == "win32":
    _OPEN: Final = os.O_RDONLY | os.O_BINARY
else:
    _OPEN: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC


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
        seen: Called in the watch's thread with the words, "" if there are none (yet); a second time with words that
            came after that.
    """

    def __init__(self, database: Path, seen: Callable[[str], None]) -> None:
        # Looked up once: what has the database's name later on may be another's.
        self.file = kill_file(database)
        self._seen = seen
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="kill-file", daemon=True)

    def start(self) -> None:
        """Begin to look."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more."""
        self._stopping.set()
        self._thread.join(KILL_FILE_INTERVAL_S)

    def _watch(self) -> None:
        while not os.path.lexists(self.file):
            if self._stopping.wait(KILL_FILE_INTERVAL_S):
                return
        words: list[str] = []
        read = threading.Event()

        def look() -> None:
            words.append(words_of(self.file, WORDS_S + _LATE_WORDS_S))
            read.set()

        # Of its own, and left behind if it hangs: a file on a network that is down would hold up everything.
        threading.Thread(target=look, name="kill-file-words", daemon=True).start()
        in_time = read.wait(WORDS_S)
        self._seen(words[0] if in_time else "")
        if not in_time and read.wait(_LATE_WORDS_S) and words[0]:
            self._seen(words[0])


def words_of(file: Path, patience_s: float) -> str:
    """What a kill file says; nothing if it is neither a plain file nor a pipe, or can't be read."""
    last_s = time.monotonic() + patience_s
    words = b""
    with contextlib.suppress(OSError):
        mode = file.lstat().st_mode
        if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
            return ""
        descriptor = os.open(file, _OPEN)
        try:
            while not words and time.monotonic() < last_s:
                with contextlib.suppress(BlockingIOError):
                    words = os.read(descriptor, LINE_BYTES_MAX)
                if not words:
                    time.sleep(_STEP_S)
        finally:
            os.close(descriptor)
    return words.decode(errors="replace")
