"""A mailbox beside Trio's memory channel: whatever is done to both, both tell the same of it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import pytest
import trio
import trio.testing
from hypothesis import given
from hypothesis import strategies as st

from actors.plumbing.mailbox import Mailbox

ENDS = 2

# What is done to an end, and to the reader or to all.
STEPS = st.one_of(
    st.tuples(st.sampled_from(["send", "send_nowait", "send", "cancel_sender", "close_end"]), st.integers(0, ENDS - 1)),
    st.tuples(st.sampled_from(["read", "read", "settle", "cancel_reader", "seal"]), st.just(0)),
)

# How every course goes on: the reader waits, or takes what is there, until the end of all ends ends its walk; or the
# mailbox is closed, with whoever still waits.
WAYS_OUT = st.sampled_from(
    [
        [("read", 0), ("seal", 0), ("close_end", 0), ("close_end", 1), ("settle", 0), *[("read", 0)] * 5],
        [("read", 0), ("close_end", 1), ("close_end", 0), ("seal", 0), ("settle", 0), ("close", 0)],
        [("send", 0), ("send", 1), ("close", 0), ("read", 0), ("send", 0), ("send_nowait", 1)],
        [("send", 0), ("send", 1), ("close_end", 0), ("read", 0), ("read", 0), ("close_end", 1), ("close", 0)],
    ]
)


class End(Protocol):
    """An end to send through, of either kind."""

    def send_nowait(self, message: int, /) -> None: ...

    async def send(self, message: int, /) -> None: ...

    def close(self) -> None: ...


class Ours:
    """The mailbox."""

    def __init__(self, bound: int) -> None:
        self.box: Mailbox[int] = Mailbox("box", bound)
        self.ends: list[End] = [self.box.sender() for _ in range(ENDS)]
        self.seal = self.box.seal
        self.left = self.box.left

    async def read(self) -> int:
        return await anext(self.box)

    def close(self) -> None:
        self.box.close()

    def depth(self) -> tuple[int, int]:
        now = self.box.depth()
        return now.waiting, now.peak


class Theirs:
    """Trio's channel, used as a mailbox is."""

    def __init__(self, bound: int) -> None:
        self._send, self._receive = trio.open_memory_channel[int](bound)
        self.ends: list[End] = [self._send.clone() for _ in range(ENDS)]
        self.seal = self._send.close
        self.left: list[int] = []

    async def read(self) -> int:
        try:
            return self._receive.receive_nowait()
        except (trio.WouldBlock, trio.EndOfChannel):
            pass
        try:
            return await self._receive.receive()
        except trio.EndOfChannel:
            raise StopAsyncIteration from None

    def close(self) -> None:
        try:
            while True:
                self.left.append(self._receive.receive_nowait())
        except (trio.WouldBlock, trio.EndOfChannel, trio.ClosedResourceError):
            self._receive.close()

    def depth(self) -> tuple[int, int]:
        now = self._receive.statistics()
        return now.current_buffer_used, now.peak_buffer_used


async def send_or_wait(end: End, message: int) -> None:
    try:
        end.send_nowait(message)
    except trio.WouldBlock:
        await end.send(message)


class Course:
    """One course of steps, and what everyone was told in it."""

    def __init__(self, one: Ours | Theirs, nursery: trio.Nursery) -> None:
        self._one = one
        self._nursery = nursery
        self._scopes: dict[str, trio.CancelScope] = {}
        self._number = 0
        self.told: list[object] = []

    async def do(self, step: str, place: int) -> None:
        end, one = self._one.ends[place], self._one
        self._number += 1
        match step:
            case "send":
                await self._begin(f"sender {place}", send_or_wait, end, self._number)
            case "read":
                await self._begin("reader", one.read)
            case "send_nowait":
                self._at_once(lambda: end.send_nowait(self._number))
            case "cancel_sender" | "cancel_reader":
                name = f"sender {place}" if step == "cancel_sender" else "reader"
                if name in self._scopes:
                    self._scopes[name].cancel()
            case "close_end":
                end.close()
            case "seal":
                one.seal()
            case "close":
                one.close()
                self.told.append(tuple(one.left))
            case "settle":
                await trio.testing.wait_all_tasks_blocked()
        self.told.append((step, one.depth()))

    async def _begin(self, name: str, call: Callable[..., Awaitable[object]], *args: object) -> None:
        """Begin what may wait, one of each at a time, and see how far it gets."""
        await trio.testing.wait_all_tasks_blocked()
        if name not in self._scopes:
            self._scopes[name] = trio.CancelScope()
            self._nursery.start_soon(self._run, name, call, *args)
            await trio.testing.wait_all_tasks_blocked()

    async def _run(self, name: str, call: Callable[..., Awaitable[object]], *args: object) -> None:
        with self._scopes[name] as scope:
            try:
                self.told.append((name, await call(*args)))
            except (trio.ClosedResourceError, trio.BrokenResourceError, StopAsyncIteration) as error:
                self.told.append((name, type(error)))
        if scope.cancelled_caught:
            self.told.append((name, "cancelled"))
        del self._scopes[name]

    def _at_once(self, call: Callable[[], None]) -> None:
        try:
            call()
        except (trio.WouldBlock, trio.ClosedResourceError, trio.BrokenResourceError) as error:
            self.told.append(type(error))


async def told_of(kind: type[Ours | Theirs], bound: int, steps: list[tuple[str, int]]) -> list[object]:
    async with trio.open_nursery() as nursery:
        course = Course(kind(bound), nursery)
        for step, place in steps:
            await course.do(step, place)
        await trio.testing.wait_all_tasks_blocked()
        # Which of several that were woken together goes first is Trio's chance.
        told = sorted(map(repr, course.told))
        nursery.cancel_scope.cancel()
    return [*told]


@given(bound=st.integers(0, 3), steps=st.lists(STEPS, max_size=20), way_out=WAYS_OUT)
def test_a_mailbox_does_what_trios_channel_does(
    bound: int, steps: list[tuple[str, int]], way_out: list[tuple[str, int]]
) -> None:
    """Who sends, waits, is cancelled, closes or reads, in any order and before the woken had their turns: the same."""
    course = [*steps, *way_out]
    assert trio.run(told_of, Ours, bound, course) == trio.run(told_of, Theirs, bound, course)


@pytest.mark.parametrize("bound", [0, 1])
async def test_what_was_handed_to_a_reader_is_not_lost_when_it_is_cancelled(bound: int) -> None:
    """Between the hand-over and the reader's turn nothing takes the message back; the next one keeps its order."""
    box: Mailbox[int] = Mailbox("box", bound)
    end, got = box.sender(), list[Any]()

    async def read() -> None:
        got.append(await anext(box))

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        end.send_nowait(1)
        nursery.cancel_scope.cancel()
    assert got == [1]


async def test_a_sealed_mailbox_gives_out_no_more_ends() -> None:
    """It could not end while somebody may still come."""
    box: Mailbox[int] = Mailbox("box", 1)
    box.seal()
    with pytest.raises(trio.ClosedResourceError):
        box.sender()
