"""A screen's own heartbeat: it is asked now and then in real time, whatever the session does.

A session that waits for a ledger has nothing to tell, but a terminal may have another size by now, the last ledger has
grown older, and a line is due. A thread asks, so that neither the session's virtual time nor its order of events knows.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

from loguru import logger

# Soon enough for an eye that waits for a terminal to be drawn anew.
_BEAT_S = 0.2


@contextlib.contextmanager
def beating(beat: Callable[[], None]) -> Iterator[None]:
    """Call ``beat`` in a thread of its own every fifth of a second while the block runs, or until it fails."""
    over = threading.Event()

    def run() -> None:
        try:
            while not over.wait(_BEAT_S):
                beat()
        except Exception as error:  # noqa: BLE001 - whatever breaks in drawing, it is told and nothing else ends
            logger.opt(exception=error).error("screen_pulse_broke")

    thread = threading.Thread(target=run, name="screen-pulse", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
