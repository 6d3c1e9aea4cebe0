"""The strategy actor: a market view comes in, the quotes it asks for go to risk."""

from __future__ import annotations

import trio

from actors.mailbox import LatestBox
from neo.messages import MarketView, QuotesWanted
from neo.strategy import QuoteSettings, TickClock, quotes_wanted


class StrategyActor:
    """One incarnation of the strategy.

    Args:
        inbox: Market views, the latest only.
        to_risk: Where wanted quotes go.
        settings: Offsets, sizes and the tick.
        ticks: The session's count of ticks, kept across incarnations.
    """

    def __init__(
        self,
        inbox: LatestBox[MarketView],
        to_risk: trio.MemorySendChannel[QuotesWanted],
        settings: QuoteSettings,
        ticks: TickClock,
    ) -> None:
        self._inbox = inbox
        self._to_risk = to_risk
        self._settings = settings
        self._ticks = ticks

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Quote on every tick until there are no more views."""
        async with self._to_risk:
            task_status.started()
            async for view in self._inbox:
                tick = self._ticks.due(view.close_time_s)
                if tick is not None:
                    await self._to_risk.send(quotes_wanted(self._settings, view, tick))
