"""The supervisor under a virtual clock, with actors that break where the test says."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest
import trio
import trio.testing

from actors.plumbing.mailbox import Mailbox
from actors.plumbing.supervisor import Slot, Supervisor
from neo.messages import ActorRestarted, HaltRequested, PoisonSetAside
from neo.messages.halts import Halt, HaltReason
from neo.watch.supervision import RestartHistory, RestartPolicy

POLICY = RestartPolicy(restarts_max=3, window_s=60, backoff_s=1)


def chance() -> random.Random:
    return random.Random(1)


class Breaking:
    """An actor that notes each message it gets and raises where ``breaks`` says so."""

    def __init__(self, inbox: Mailbox[int], seen: list[int], breaks: Callable[[int, list[int]], bool]) -> None:
        self._inbox = inbox
        self._seen = seen
        self._breaks = breaks

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        task_status.started()
        async for number in self._inbox:
            self._seen.append(number)
            if self._breaks(number, self._seen):
                raise RuntimeError(f"broke on {number}")


class Outcome:
    """What a supervised run came to."""

    def __init__(self) -> None:
        self.seen: list[int] = []
        self.halts: list[Halt] = []
        self.poison: list[PoisonSetAside] = []
        self.restarts: list[ActorRestarted] = []
        self.ends_closed = 0

    async def halt(self, requested: HaltRequested | PoisonSetAside) -> None:
        if isinstance(requested, HaltRequested):
            self.halts.append(requested.halt)
        else:
            self.poison.append(requested)

    def close(self) -> None:
        self.ends_closed += 1


async def supervise(numbers: range, breaks: Callable[[int, list[int]], bool]) -> Outcome:
    outcome = Outcome()
    inbox: Mailbox[int] = Mailbox("box", 100)
    with inbox.sender() as send:
        for number in numbers:
            await send.send(number)
    inbox.seal()
    supervisor = Supervisor(chance(), outcome.halt, outcome.restarts.append)
    slot = Slot("breaker", inbox, lambda: Breaking(inbox, outcome.seen, breaks), outcome.close)
    await supervisor.supervise(slot, RestartHistory(POLICY))
    return outcome


async def test_a_crash_loses_no_message(autojump_clock: trio.testing.MockClock) -> None:
    """One crash: the message in hand comes again, all others once, and the session goes on."""
    outcome = await supervise(range(5), lambda number, seen: number == 2 and seen.count(2) == 1)
    assert outcome.seen == [0, 1, 2, 2, 3, 4]
    assert [(r.actor, r.error, r.restarts) for r in outcome.restarts] == [("breaker", "RuntimeError: broke on 2", 1)]
    assert outcome.halts == []
    assert outcome.ends_closed == 1


async def test_a_poison_message_ends_the_session(autojump_clock: trio.testing.MockClock) -> None:
    """A message that breaks its actor twice is not tried a third time."""
    outcome = await supervise(range(5), lambda number, _: number == 2)
    assert outcome.seen == [0, 1, 2, 2]
    (halt,) = outcome.halts
    assert halt.reason is HaltReason.ACTOR_FAILURE
    assert "breaker" in halt.detail
    assert "poison" in halt.detail
    assert "broke on 2" in halt.detail
    assert outcome.ends_closed == 1


async def test_running_out_of_restarts_ends_the_session(autojump_clock: trio.testing.MockClock) -> None:
    """An actor that breaks on message after message is given up after its restarts are used up."""
    outcome = await supervise(range(10), lambda number, seen: seen.count(number) == 1)
    assert len(outcome.restarts) == POLICY.restarts_max
    (halt,) = outcome.halts
    assert halt.reason is HaltReason.ACTOR_FAILURE
    assert "restarts_max" in halt.detail


async def test_back_off_doubles(autojump_clock: trio.testing.MockClock) -> None:
    """Restarts wait 1, 2 and 4 session seconds, each up to a quarter more."""
    times: list[float] = []

    def breaks(number: int, seen: list[int]) -> bool:
        if seen.count(number) == 2:
            times.append(trio.current_time())
        return seen.count(number) == 1

    start_s = trio.current_time()
    await supervise(range(3), breaks)
    waits_s = [later - earlier for earlier, later in zip([start_s, *times], times, strict=False)]
    assert len(waits_s) == 3
    for wait_s, least_s in zip(waits_s, (1, 2, 4), strict=True):
        assert least_s <= wait_s <= least_s * 1.25


async def test_an_actor_that_never_gets_ready_fails_the_start() -> None:
    """Before its first readiness a failure is not restarted: the session can't start and says why."""

    class Unready:
        async def run(self, task_status: trio.TaskStatus[None]) -> None:  # noqa: ARG002 - the actor's signature
            raise OSError("no such venue")

    outcome = Outcome()
    inbox: Mailbox[int] = Mailbox("box", 1)
    supervisor = Supervisor(chance(), outcome.halt, outcome.restarts.append)
    slot = Slot("unready", inbox, Unready, outcome.close)
    with pytest.raises(OSError, match="no such venue"):
        await supervisor.supervise(slot, RestartHistory(POLICY))
    assert outcome.restarts == []


async def test_cancellation_is_not_a_crash() -> None:
    """Cancelling the session ends the actor without a restart."""
    outcome = Outcome()
    inbox: Mailbox[int] = Mailbox("box", 1)
    send = inbox.sender()
    supervisor = Supervisor(chance(), outcome.halt, outcome.restarts.append)
    slot = Slot("waiting", inbox, lambda: Breaking(inbox, outcome.seen, lambda *_: False), outcome.close)
    async with trio.open_nursery() as nursery:
        await nursery.start(supervisor.supervise, slot, RestartHistory(POLICY))
        nursery.cancel_scope.cancel()
    assert outcome.restarts == []
    assert outcome.ends_closed == 1
    send.close()
