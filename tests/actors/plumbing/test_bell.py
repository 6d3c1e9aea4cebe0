"""The bell: one task waits, others ring, and neither a lost ring nor a cancelled wait leaves anything behind."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.plumbing.bell import Bell


async def test_a_ring_wakes_the_task_that_waits_and_only_once() -> None:
    """A second ring before the task's turn finds nobody."""
    bell, woken = Bell(), list[int]()

    async def wait() -> None:
        for number in range(2):
            await bell.wait()
            woken.append(number)

    async with trio.open_nursery() as nursery:
        nursery.start_soon(wait)
        await trio.testing.wait_all_tasks_blocked()
        assert (bell.ring(), bell.ring()) == (True, False)
        await trio.testing.wait_all_tasks_blocked()
        assert woken == [0]
        assert bell.ring()
    assert woken == [0, 1]
    assert not bell.ring()


async def test_a_wait_that_is_cancelled_leaves_the_bell_to_the_next() -> None:
    """Whoever waits after that is woken; a wait under a cancellation that came before ends at once."""
    bell = Bell()
    with trio.CancelScope() as scope:
        scope.cancel()
        await bell.wait()
    assert scope.cancelled_caught
    assert not bell.ring()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bell.wait)
        await trio.testing.wait_all_tasks_blocked()
        assert bell.ring()


async def test_a_second_listener_is_refused() -> None:
    """Or one of the two would wait for ever."""
    bell = Bell()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(bell.wait)
        await trio.testing.wait_all_tasks_blocked()
        with pytest.raises(trio.BusyResourceError):
            await bell.wait()
        bell.ring()
