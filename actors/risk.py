"""The risk actor: wanted quotes come in, what the gates let pass goes to the gateway."""

from __future__ import annotations

import trio

from actors.plumbing.mailbox import Mailbox, SendEnd
from neo.messages import Message, QuotesWanted
from neo.risk import RiskLimits, judge


class RiskActor:
    """One incarnation of risk.

    Args:
        inbox: Wanted quotes.
        to_gateway: Where verdicts go.
        limits: The limits of every gate.
    """

    def __init__(
        self,
        inbox: Mailbox[QuotesWanted],
        to_gateway: SendEnd[Message],
        limits: RiskLimits,
    ) -> None:
        self._inbox = inbox
        self._to_gateway = to_gateway
        self._limits = limits

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Judge until there is nothing more to judge."""
        with self._to_gateway:
            task_status.started()
            async for wanted in self._inbox:
                try:
                    await self._to_gateway.send(judge(self._limits, wanted))
                except trio.BrokenResourceError:
                    return  # the gateway has ended: there is nobody left to judge for
