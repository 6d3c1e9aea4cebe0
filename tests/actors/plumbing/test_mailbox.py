"""Mailboxes: what a crash, a slow reader and a full box do to messages."""

from __future__ import annotations

import pytest
import trio
import trio.testing

from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.plumbing.wiring import BOUNDS, Channels
from neo.messages import Message, StopQuoting


async def test_messages_arrive_in_order_and_the_walk_ends_with_its_senders() -> None:
    """Nothing overtakes; when the last sender closes, the reader's loop ends by itself."""
    box: Mailbox[int] = Mailbox("box", 2)
    got: list[int] = []

    async def read() -> None:
        got.extend([number async for number in box])

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        with box.sender() as end:
            box.seal()
            for number in range(10):
                await end.send(number)
    assert got == list(range(10))


async def test_the_message_in_hand_at_a_crash_comes_once_more() -> None:
    """A reader that breaks in the middle of a message gets that one again, then the rest."""
    box: Mailbox[str] = Mailbox("box", 5)
    with box.sender() as end:
        for word in ("a", "b", "c"):
            await end.send(word)
    box.seal()
    seen: list[str] = []

    async def break_on_b() -> None:
        async for word in box:
            seen.append(word)
            if word == "b":
                raise RuntimeError

    with pytest.raises(RuntimeError):
        await break_on_b()
    assert (box.hand, box.deliveries) == ("b", 1)
    box.redeliver()
    async for word in box:
        seen.append(word)
        if seen.count("b") == 2 and word == "b":
            assert box.deliveries == 2
    assert seen == ["a", "b", "b", "c"]


async def test_a_handled_message_does_not_come_again() -> None:
    """A crash with an empty hand (while waiting, say) delivers nothing twice."""
    box: Mailbox[str] = Mailbox("box", 5)
    with box.sender() as end:
        await end.send("a")

        async def read() -> None:
            async for _ in box:
                pass

        async with trio.open_nursery() as nursery:
            nursery.start_soon(read)
            await trio.testing.wait_all_tasks_blocked()
            nursery.cancel_scope.cancel()
        assert box.deliveries == 0
        box.redeliver()
        await end.send("b")
    box.seal()
    assert [word async for word in box] == ["b"]


async def test_a_full_mailbox_makes_its_sender_wait_and_remembers_its_peak() -> None:
    """The bound holds, and the statistics show how full it was."""
    box: Mailbox[int] = Mailbox("box", 2)
    end = box.sender()
    await end.send(1)
    await end.send(2)
    with pytest.raises(trio.WouldBlock):
        end.send_nowait(3)
    assert await anext(box) == 1
    depth = box.depth()
    assert (depth.waiting, depth.peak, depth.bound) == (1, 2, 2)


async def test_a_sender_goes_on_at_once_while_there_is_room_and_waits_where_there_is_none() -> None:
    """A free place costs no turn of the scheduler; a full box holds its sender up, and nothing overtakes."""
    box: Mailbox[int] = Mailbox("box", 1)
    end = box.sender()
    others: list[str] = []

    async def send_two() -> None:
        await end.send(1)
        await end.send(2)
        others.append("sent")

    async with trio.open_nursery() as nursery:
        with trio.CancelScope() as scope:
            # No await of its own is cut, as none came to the scheduler.
            scope.cancel()
            await end.send(0)
        assert not scope.cancelled_caught
        assert await anext(box) == 0
        nursery.start_soon(send_two)
        await trio.testing.wait_all_tasks_blocked()
        assert others == []
        assert [await anext(box), await anext(box)] == [1, 2]
    assert others == ["sent"]


async def test_a_slow_reader_of_a_state_gets_the_latest() -> None:
    """States that nobody read in time are conflated and counted; the sender never waits."""
    box: LatestBox[int] = LatestBox("box")
    for number in range(5):
        box.put(number)
    assert await anext(box) == 4
    assert box.depth().dropped == 4
    box.put(5)
    box.close()
    assert [number async for number in box] == [5]


async def test_a_reader_of_a_state_waits_for_one() -> None:
    """An empty box holds its reader until something comes, or until it closes."""
    box: LatestBox[int] = LatestBox("box")
    got: list[int] = []

    async def read() -> None:
        async for number in box:
            got.append(number)  # noqa: PERF401 - seen as it comes, not at the end

    async with trio.open_nursery() as nursery:
        nursery.start_soon(read)
        await trio.testing.wait_all_tasks_blocked()
        box.put(7)
        await trio.testing.wait_all_tasks_blocked()
        assert got == [7]
        box.close()


async def test_a_state_in_hand_comes_again_only_if_nothing_newer_waits() -> None:
    """After a crash, an outdated state is not worth deciding on twice."""
    box: LatestBox[int] = LatestBox("box")
    box.put(1)
    assert await anext(box) == 1
    box.redeliver()
    assert (await anext(box), box.deliveries) == (1, 2)
    box.put(2)
    box.redeliver()
    assert (await anext(box), box.deliveries) == (2, 1)


async def test_telemetry_drops_and_counts_instead_of_waiting() -> None:
    """What doesn't fit is lost and counted, also after the reader has gone."""
    box: Mailbox[Message] = Mailbox("telemetry", 2)
    end = LossyEnd(box.sender())
    for _ in range(5):
        end.publish(StopQuoting())
    assert end.dropped == 3
    box.close()
    end.publish(StopQuoting())
    assert end.dropped == 4
    end.close()


async def test_it_is_known_since_when_the_gateway_has_its_message(autojump_clock: trio.testing.MockClock) -> None:
    """Since it was delivered first: a gateway that breaks at it again and again is at it all the while."""
    channels = Channels(BOUNDS)
    end = channels.gateway.sender()
    for _ in range(2):
        await trio.sleep(3)
        await end.send(StopQuoting())
        await anext(channels.gateway)
        took_at_s = trio.current_time()
        assert channels.gateway_took_at_s == took_at_s
        await trio.sleep(2)
        channels.gateway.redeliver()
        await anext(channels.gateway)
        assert channels.gateway_took_at_s == took_at_s
