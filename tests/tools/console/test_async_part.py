"""An interrupt of a command's async part: where it strikes, and what comes out."""

from __future__ import annotations

import signal

import pytest
import trio

from tools.console.async_part import run_async


def test_it_gives_what_the_part_returns() -> None:
    """With its arguments."""

    async def part(number: int) -> int:
        await trio.lowlevel.checkpoint()
        return number + 1

    assert run_async(part, 41) == 42


def test_an_interrupt_strikes_at_a_checkpoint_and_comes_out_alone() -> None:
    """Of a task below, which is in the middle of something, the first one hears; no group is left around it."""
    course: list[str] = []

    async def below() -> None:
        signal.raise_signal(signal.SIGINT)
        course.append("the step is done")
        try:
            await trio.sleep_forever()
        finally:
            course.append("and left in order")

    async def part() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(below)
            await trio.sleep_forever()

    with pytest.raises(KeyboardInterrupt):
        run_async(part)
    assert course == ["the step is done", "and left in order"]


def test_what_goes_wrong_is_told_as_it_is() -> None:
    """Errors are no interrupts."""

    async def part() -> None:
        raise ValueError("no such thing")

    with pytest.raises(ValueError, match="no such thing"):
        run_async(part)
