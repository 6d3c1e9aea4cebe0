"""What ``neo status`` and the session's own watches know of the session: a fold over what the actors tell telemetry,
kept up to date whatever becomes of telemetry itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import trio

from neo.messages import (
    ActorRestarted,
    Fill,
    MarketView,
    Message,
    OrdersAllowed,
    QuotingPaused,
    QuotingResumed,
)


class Board:
    """The latest of everything, and the session time at which the last ledger came."""

    def __init__(self) -> None:
        self.view: MarketView | None = None
        self.view_at_s: float | None = None
        self.tick = 0
        self.fills = 0
        self.restarts = 0
        self.paused = False
        self.pause_cause = ""
        self._takers: dict[type[Message], Callable[[Any], None]] = {
            MarketView: self._on_view,
            OrdersAllowed: self._on_orders,
            Fill: self._on_fill,
            ActorRestarted: self._on_restart,
            QuotingPaused: self._on_pause,
            QuotingResumed: self._on_resume,
        }

    def observe(self, message: Message) -> None:
        """Take a message in."""
        taker = self._takers.get(type(message))
        if taker is not None:
            taker(message)

    def _on_view(self, view: MarketView) -> None:
        self.view = view
        self.view_at_s = trio.current_time()

    def _on_orders(self, orders: OrdersAllowed) -> None:
        self.tick = orders.tick

    def _on_fill(self, _fill: Fill) -> None:
        self.fills += 1

    def _on_restart(self, _restarted: ActorRestarted) -> None:
        self.restarts += 1

    def _on_pause(self, paused: QuotingPaused) -> None:
        self.paused, self.pause_cause = True, paused.cause

    def _on_resume(self, _resumed: QuotingResumed) -> None:
        self.paused, self.pause_cause = False, ""
