"""What ``neo status`` and the session's own watches know of the session: the latest of everything that the actors tell
telemetry, kept up to date whatever becomes of telemetry itself.
"""

from __future__ import annotations

from collections.abc import Iterable

import trio

from neo.analysis.moment import Present
from neo.analysis.tally import SessionTally
from neo.messages import MarketView, Message, Record


class Board:
    """The present of the session, its counts, and the session time at which the last ledger came."""

    def __init__(self) -> None:
        self.present = Present()
        self.tally = SessionTally()
        self.view_at_s: float | None = None

    @property
    def view(self) -> MarketView | None:
        """The last ledger's."""
        return self.present.view

    def observe(self, message: Message) -> None:
        """Take a message in."""
        self.present.observe(message)
        self.tally.told(message)
        if isinstance(message, MarketView):
            self.view_at_s = trio.current_time()

    def journaled(self, records: Iterable[Record]) -> None:
        """Take records in as persistence gets them, each once."""
        for record in records:
            self.tally.journaled(record)
