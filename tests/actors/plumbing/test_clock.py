"""The virtual clock: Trio runs on it for real; real time is a number that the test moves."""

from __future__ import annotations

import math
import threading
from collections.abc import Awaitable, Callable

import pytest
import trio
import trio.testing

from actors.plumbing.clock import WORK_PATIENCE_S, RealClock, VirtualClock, sleep_until


def test_a_day_of_sleeping_takes_no_time_at_full_speed() -> None:
    """At full speed the clock steps to each deadline as soon as nothing else can run."""
    clock = VirtualClock()

    async def day() -> float:
        for _ in range(24):
            await trio.sleep(3600)
        return trio.current_time()

    assert trio.run(day, clock=clock) == 86_400


def test_everything_that_can_happen_now_happens_before_time_moves() -> None:
    """A chain of messages is delivered to its end at one instant, however long the machine takes over it."""
    seen: list[tuple[int, float]] = []

    async def main() -> None:
        send, receive = trio.open_memory_channel[int](0)

        async def relay() -> None:
            seen.extend([(number, trio.current_time()) async for number in receive])

        async with trio.open_nursery() as nursery:
            nursery.start_soon(relay)
            async with send:
                await trio.sleep(1)
                for number in range(50):
                    await send.send(number)
                await trio.sleep(1)

    trio.run(main, clock=VirtualClock())
    assert seen == [(number, 1.0) for number in range(50)]


def test_the_clock_holds_still_while_a_worker_thread_is_busy() -> None:
    """A deadline does not pass while work in flight could still beat it."""
    clock = VirtualClock()
    go = threading.Event()

    async def main() -> tuple[bool, float]:
        with clock.working(), trio.move_on_after(5) as scope:
            async with trio.open_nursery() as nursery:
                nursery.start_soon(trio.to_thread.run_sync, lambda: go.wait())  # noqa: PLW0108 - its types don't fit bare
                # Were the clock free to jump, the deadline would fire before this thread is even started.
                nursery.start_soon(trio.to_thread.run_sync, go.set)
        return scope.cancelled_caught, trio.current_time()

    assert trio.run(main, clock=clock) == (False, 0.0)


def test_a_hung_worker_does_not_freeze_the_deadlines_forever() -> None:
    """Past its patience the clock moves although work is in flight, so a dead disk can't keep a session from ending."""
    real_s = 0.0
    clock = VirtualClock(real_time_s=lambda: real_s)
    clock.start_clock()
    with clock.working():
        assert clock.deadline_to_sleep_time(10.0) == WORK_PATIENCE_S
        real_s = WORK_PATIENCE_S - 1
        assert clock.deadline_to_sleep_time(10.0) == 1.0
        assert clock.current_time() == 0.0
        real_s = WORK_PATIENCE_S
        assert clock.deadline_to_sleep_time(10.0) == 0.0
        assert clock.current_time() == 10.0


@pytest.mark.parametrize(("speed", "wait_s"), [(1, 20.0), (10, 2.0), (0.5, 40.0)])
def test_a_paced_clock_waits_for_its_share_of_real_time(speed: float, wait_s: float) -> None:
    """At speed N, N session seconds pass in a real one."""
    real_s = 100.0
    clock = VirtualClock(speed, real_time_s=lambda: real_s)
    clock.start_clock()
    assert clock.deadline_to_sleep_time(20.0) == wait_s
    assert clock.current_time() == 0.0
    real_s += wait_s
    assert clock.deadline_to_sleep_time(20.0) == 0.0
    assert clock.current_time() == 20.0


def test_a_paced_clock_that_is_late_catches_up() -> None:
    """Work that took too long delays a deadline, and the ones after it are on time again."""
    real_s = 0.0
    clock = VirtualClock(1, real_time_s=lambda: real_s)
    clock.start_clock()
    real_s = 7.0
    assert clock.deadline_to_sleep_time(4.0) == 0.0
    assert clock.deadline_to_sleep_time(8.0) == 1.0


def test_without_a_deadline_it_waits_to_be_woken() -> None:
    """An idle program with nothing due neither spins nor moves its clock."""
    clock = VirtualClock()
    clock.start_clock()
    assert clock.deadline_to_sleep_time(math.inf) > 3600
    assert clock.current_time() == 0.0


@pytest.mark.parametrize("speed", [0, -1, math.nan])
def test_a_speed_that_is_no_speed_is_refused(speed: float) -> None:
    """The error names the value."""
    with pytest.raises(ValueError, match=str(speed)):
        VirtualClock(speed)


def test_the_real_clock_goes_on_whoever_works() -> None:
    """Seconds from the run's start, and the wait that is left to a deadline; work in flight holds nothing."""
    real_s = 100.0
    clock = RealClock(real_time_s=lambda: real_s)
    clock.start_clock()
    assert clock.current_time() == 0.0
    with clock.working():
        real_s = 102.5
        assert clock.current_time() == 2.5
        assert clock.deadline_to_sleep_time(4.0) == 1.5
        assert clock.deadline_to_sleep_time(1.0) == 0.0


def test_trio_runs_on_the_real_clock() -> None:
    """A deadline that has passed is met at once, as on Trio's own."""

    async def main() -> bool:
        with trio.move_on_after(0) as scope:
            await trio.sleep_forever()
        return scope.cancelled_caught

    assert trio.run(main, clock=RealClock())


def test_alarms_and_deadlines_come_in_the_order_of_their_times() -> None:
    """What sleeps by an alarm and what sleeps by Trio wakes at its own time, neither before the other's."""
    seen: list[tuple[str, float]] = []

    async def sleep(name: str, sleeper: Callable[[float], Awaitable[None]], *times_s: float) -> None:
        for at_s in times_s:
            await sleeper(at_s)
            seen.append((name, trio.current_time()))

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sleep, "alarm", sleep_until, 4, 8, 8, 3)
            nursery.start_soon(sleep, "other alarm", sleep_until, 1, 5)
            nursery.start_soon(sleep, "deadline", trio.sleep_until, 2, 6, 9)

    trio.run(main, clock=VirtualClock())
    assert seen[:6] == [
        ("other alarm", 1.0), ("deadline", 2.0), ("alarm", 4.0), ("other alarm", 5.0), ("deadline", 6.0), ("alarm", 8.0)
    ]  # fmt: skip
    # What is past already is no reason to sleep.
    assert seen[6:] == [("alarm", 8.0), ("alarm", 8.0), ("deadline", 9.0)]


def test_a_cancelled_alarm_rings_for_nobody_and_does_not_move_the_clock() -> None:
    """The next one that is due is the one that counts."""

    async def main() -> float:
        with trio.move_on_at(2) as scope:
            await sleep_until(3)
        assert scope.cancelled_caught
        assert trio.current_time() == 2.0
        await sleep_until(7)
        return trio.current_time()

    assert trio.run(main, clock=VirtualClock()) == 7.0


def test_an_alarm_waits_for_work_in_flight_and_for_the_pace() -> None:
    """As a deadline does."""
    real_s = 0.0
    clock = VirtualClock(2, real_time_s=lambda: real_s)

    async def main() -> list[float]:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(sleep_until, 20)
            await trio.testing.wait_all_tasks_blocked()
            waits_s = [clock.deadline_to_sleep_time(math.inf)]
            with clock.working():
                waits_s.append(clock.deadline_to_sleep_time(30))
            nursery.cancel_scope.cancel()
        return waits_s

    assert trio.run(main, clock=clock) == [10.0, WORK_PATIENCE_S]


async def test_under_another_clock_it_sleeps_as_trio_does(autojump_clock: trio.testing.MockClock) -> None:
    """A venue that is tried without a session has Trio's clock."""
    before_s = trio.current_time()
    await sleep_until(before_s + 5)
    assert trio.current_time() == before_s + 5
