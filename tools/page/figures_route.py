"""``/metrics``, where Prometheus asks: every session that runs is asked how it stands, all at once."""

from __future__ import annotations

from typing import Final

import trio

from actors.operator.protocol import Status
from actors.page.exchange import Answer, PageAnswer, PageRequest
from tools.page.ground import PageGround, PageRoute
from tools.page.running import RunningSession, SessionGoneError

# Real seconds that a session may take: Prometheus waits for ten at most by its own default.
_PATIENCE_S: Final = 5.0


async def figures_page(ground: PageGround, request: PageRequest) -> Answer:
    """The figures of all sessions that run; one that does not answer is told as such and holds up no other's."""
    del request
    statuses: dict[str, Status | None] = dict.fromkeys(ground.running)

    async def ask(session: RunningSession) -> None:
        try:
            statuses[session.session_id] = await session.status()
        except SessionGoneError:
            return

    with trio.move_on_after(_PATIENCE_S):
        async with trio.open_nursery() as nursery:
            for session in ground.running.values():
                nursery.start_soon(ask, session)
    # Prometheus's client takes a tenth of a second to import, and nobody may ever ask.
    from tools.page import exposition  # noqa: PLC0415

    return PageAnswer(body=exposition.exposed(statuses), content_type=exposition.CONTENT_TYPE)


FIGURES_ROUTES: Final = (PageRoute("GET", "/metrics", figures_page),)
