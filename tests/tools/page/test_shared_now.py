"""What all listeners share: one question for all, asked anew only when its answer is old."""

from __future__ import annotations

import pytest
import trio
import trio.testing
from support.page_sessions import ScriptedSession
from support.page_site import moment_of, status_at

from tools.page.running import SessionGoneError
from tools.page.shared_now import SharedNow

STATUSES = [status_at(moment_of([]), tick=tick) for tick in (1, 2)]


async def test_who_asks_together_is_told_the_same(autojump_clock: trio.testing.MockClock) -> None:
    """And a second later what is true then."""
    session = ScriptedSession(STATUSES)
    shared = SharedNow(session, lambda status: str(status.tick))
    told: list[str] = []

    async def ask() -> None:
        told.append(await shared.told())

    for _ in range(2):
        async with trio.open_nursery() as nursery:
            for _ in range(5):
                nursery.start_soon(ask)
        await trio.sleep(1)
    assert told == ["1"] * 5 + ["2"] * 5
    assert session.asked == 2


async def test_a_session_that_is_gone_is_not_told_as_it_was(autojump_clock: trio.testing.MockClock) -> None:
    """What it said last is old by then."""
    session = ScriptedSession(STATUSES[:1])
    shared = SharedNow(session, lambda status: str(status.tick))
    assert await shared.told() == "1"
    session.forget()
    await trio.sleep(1)
    with pytest.raises(SessionGoneError):
        await shared.told()
