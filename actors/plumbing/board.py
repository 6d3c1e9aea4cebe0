"""What ``neo status`` and the session's own watches know of the session: the latest of everything that the actors tell
telemetry, kept up to date whatever becomes of telemetry itself.
"""

from __future__ import annotations

import trio

from neo.analysis.moment import Present
from neo.messages import MarketView, Message


class Board:
    """The present of the session, and the session time at which the last ledger came."""

    def __init__(self) -> None:
        self.present = Present()
        self.view_at_s: float | None = None

    @property
    def view(self) -> MarketView | None:
        """The last ledger's."""
        return self.present.view

    def observe(self, message: Message) -> None:
        """Take a message in."""
        self.present.observe(message)
        if isinstance(message, MarketView):
            self.view_at_s = trio.current_time()
