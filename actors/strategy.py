"""The strategy actor: a market view comes in, the quotes it asks for go to risk."""

from __future__ import annotations

import trio

from actors.plumbing.mailbox import LatestBox, SendEnd
from neo.messages import MarketView, QuotesWanted
from neo.strategy.quoter import Quoter


class StrategyActor:
    """One incarnation of the strategy.

    Args:
        inbox: Market views, the latest only.
        to_risk: Where wanted quotes go.
        quoter: Decides; what it remembers of the market is kept across incarnations.
    """

    def __init__(
        self,
        inbox: LatestBox[MarketView],
        to_risk: SendEnd[QuotesWanted],
        quoter: Quoter,
    ) -> None:
        self._inbox = inbox
        self._to_risk = to_risk
        self._quoter = quoter

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Quote on every tick until there are no more views."""
        with self._to_risk:
            task_status.started()
            async for view in self._inbox:
                wanted = self._quoter.on_view(view)
                if wanted is not None:
                    await self._to_risk.send(wanted)
