"""The page's addresses asked without a server, and a running session that a test has in its hand."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import trio
from support import cli_feed as feed
from support.page_markup import Markup

from actors.operator.protocol import Done, Order, Reply, Status
from actors.page.exchange import PageAnswer, PageRequest
from actors.plumbing.tap import Lost, Tapped
from neo.analysis.moment import Moment, Present
from neo.messages import Message
from tools.page.ground import PageGround
from tools.page.running import PageEnding
from tools.page.site import make_site


def moment_of(messages: Sequence[Message]) -> Moment:
    """Where a session stands that told these messages."""
    present = Present()
    for message in messages:
        present.observe(message)
    return present.moment()


def status_at(moment: Moment, session_id: str = "s1", **fields: Any) -> Status:
    """What a session tells at a moment."""
    told = Status(
        session_id=session_id, venue="sim", seed=7, elapsed_s=125.0, duration_s=7200, ledger_index=None,
        ledger_age_s=3.0, tick=moment.tick, mid_price=None, pool_price=None, own_bid=None, own_ask=None, offers=0,
        xrp_drops=None, rlusd=None, fills=0, restarts=0, paused=False, pause_cause="", halting=None, halt_detail="",
        moment=moment, limits=feed.outset().limits, channels=(), taps=0,
    )  # fmt: skip
    return msgspec.structs.replace(told, **fields)


class StandIn:
    """A session that stands as it is told to."""

    def __init__(self, database: Path, status: Status) -> None:
        self.session_id = status.session_id
        self.database = database
        self.now = status
        self.orders: list[Order] = []
        # What its tap tells, each once to each listener.
        self.flow: list[Tapped | Lost] = []
        self._over = trio.Event()
        self._how = PageEnding(status.session_id, "", "")

    async def status(self) -> Status:
        await trio.lowlevel.checkpoint()
        return self.now

    async def obey(self, _request_id: str, order: Order) -> Reply:
        await trio.lowlevel.checkpoint()
        self.orders.append(order)
        return Done(self.session_id, "done")

    @contextlib.asynccontextmanager
    async def tap(self, _types: tuple[str, ...]) -> AsyncGenerator[AsyncIterator[Tapped | Lost]]:
        async def items() -> AsyncIterator[Tapped | Lost]:
            for item in self.flow:
                yield item
            await self._over.wait()

        async with contextlib.aclosing(items()) as flow:
            yield flow

    async def ended(self) -> PageEnding:
        await self._over.wait()
        return self._how

    def end(self, reason: str, detail: str) -> None:
        """It has ended."""
        self._how = PageEnding(self.session_id, reason, detail)
        self._over.set()


async def asked(ground: PageGround, address: str) -> PageAnswer:
    """What an address answers."""
    parts = urlsplit(address)
    query = parse_qs(parts.query, keep_blank_values=True)
    answer = await make_site(ground)(PageRequest(method="GET", path=parts.path, query=query))
    assert isinstance(answer, PageAnswer)
    return answer


async def looked_at(ground: PageGround, address: str) -> Markup:
    """A page that must be there and without a fault."""
    answer = await asked(ground, address)
    assert answer.status == 200, answer.body
    page = Markup(answer.body)
    assert page.faults == []
    return page
