"""The risk actor: wanted quotes come in, what the gates let pass goes to the gateway."""

from __future__ import annotations

import trio

from actors.mailbox import Mailbox
from neo.messages import HaltRequested, Message, QuotesWanted
from neo.risk import RiskLimits, judge


class RiskActor:
    """One incarnation of risk.

    Args:
        inbox: Wanted quotes.
        to_gateway: Where verdicts go.
        to_session: Where a cause to end the session goes.
        limits: The limits of every gate.
    """

    def __init__(
        self,
        inbox: Mailbox[QuotesWanted],
        to_gateway: trio.MemorySendChannel[Message],
        to_session: trio.MemorySendChannel[Message],
        limits: RiskLimits,
    ) -> None:
        self._inbox = inbox
        self._to_gateway = to_gateway
        self._to_session = to_session
        self._limits = limits

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Judge until there is nothing more to judge."""
        async with self._to_gateway, self._to_session:
            task_status.started()
            async for wanted in self._inbox:
                verdict, halt = judge(self._limits, wanted)
                if halt is not None:
                    await self._to_session.send(
                        HaltRequested(reason=halt.reason, detail=halt.detail, source=halt.source)
                    )
                await self._to_gateway.send(verdict)
