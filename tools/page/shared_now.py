"""What of a running session is told each second: asked once for all who listen, and only while somebody does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import trio

from actors.operator.protocol import Status
from tools.page.running import RunningSession

INTERVAL_S: Final = 1.0

# An answer is good for as long as the beat, less what beats are apart that should be one.
_FRESH_S: Final = 0.8


class SharedNow:
    """A session's status as text, made once for all.

    Args:
        session: The session.
        tell: Makes the text.
    """

    def __init__(self, session: RunningSession, tell: Callable[[Status], str]) -> None:
        self._session = session
        self._tell = tell
        self._asking = trio.Lock()
        self._told = ""
        self._told_s = -INTERVAL_S

    async def told(self) -> str:
        """The newest.

        Raises:
            SessionGoneError: It can't be asked.
        """
        async with self._asking:
            if trio.current_time() - self._told_s >= _FRESH_S:
                self._told = self._tell(await self._session.status())
                self._told_s = trio.current_time()
            return self._told
