"""Tasks beside a block: they end with it, and the block's own error stays what it was."""

from __future__ import annotations

import pytest
import trio
from trio.testing import MockClock

from actors.venues.live.background import open_background


async def test_its_tasks_end_with_the_block(autojump_clock: MockClock) -> None:
    """Nothing goes on working in the background of a block that has been left."""
    ended = trio.Event()

    async def work() -> None:
        try:
            await trio.sleep_forever()
        finally:
            ended.set()

    async with open_background() as background:
        background.start_soon(work)
        await trio.sleep(1)
    assert ended.is_set()


async def test_the_blocks_error_comes_out_as_it_is(autojump_clock: MockClock) -> None:
    """Callers can catch what they raise by its own type: the background wraps it in no group."""

    async def fail() -> None:
        async with open_background() as background:
            background.start_soon(trio.sleep_forever)
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        await fail()


async def test_a_cancel_from_outside_goes_through_it(autojump_clock: MockClock) -> None:
    """A shutdown or a deadline reaches a block with a background as it reaches any other."""
    with trio.move_on_after(1) as scope:
        async with open_background() as background:
            background.start_soon(trio.sleep_forever)
            await trio.sleep_forever()
    assert scope.cancelled_caught


async def test_a_task_that_fails_ends_the_block_and_is_told_in_a_group(autojump_clock: MockClock) -> None:
    """A defect in the background stops the block at once, and is never lost in silence."""

    async def work() -> None:
        raise ValueError("a defect")

    with pytest.RaisesGroup(pytest.RaisesExc(ValueError, match="a defect")):
        async with open_background() as background:
            background.start_soon(work)
            await trio.sleep_forever()
