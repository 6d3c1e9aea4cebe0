"""Server-sent events of a running session.

``now`` tells each second where it stands. A tap's messages come as ``message`` if they are asked for (``tap=1``,
``type=Fill``, ``where=side=buy``, the last two as often as wanted), ``lost`` tells how many did not, and ``ended`` is
the last: how the session ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from typing import Final

import msgspec
import trio

from actors.operator.filters import (
    MESSAGE_TYPES,
    Condition,
    FilterError,
    matches,
    parse_condition,
    unknown_fields,
    unknown_types,
)
from actors.operator.protocol import Status
from actors.page.exchange import PageEvent, PageRequest, PageStream
from actors.plumbing.tap import Lost, Tapped
from neo.text.redaction import excerpt, hide_within
from tools.page.ground import PageError, PageGround, PageRoute, only_running, running_session
from tools.page.now_cells import now_data
from tools.page.plain_page import as_json
from tools.page.running import RunningSession, SessionGoneError
from tools.page.shared_now import INTERVAL_S, SharedNow

# Of a tap: more messages than that in a second nobody reads, and each costs the session's process something.
MESSAGES_SECOND_MAX: Final = 200

# At its end a session's last messages may take so long to be told, in seconds.
_LAST_WORDS_S: Final = 2.0

_FILTERS_MAX: Final = 32
_SHOWN_CHARS: Final = 60
_KNOWN: Final = frozenset({"session", "type", "where", "tap"})


class TapFilter(msgspec.Struct, frozen=True):
    """Which messages are wanted: of these types, all if there are none, and where all conditions hold."""

    types: tuple[str, ...]
    conditions: tuple[Condition, ...]


async def events(ground: PageGround, request: PageRequest) -> PageStream:
    """The stream of one listener."""
    wanted = tap_filter(request.query)
    named = request.query.get("session", ())
    session = running_session(ground, named[-1]) if named else only_running(ground)
    return PageStream(_told(session, ground.shared(session, _now), wanted))


def tap_filter(query: Mapping[str, Sequence[str]]) -> TapFilter | None:
    """The tap that a query asks for; None if it asks for none.

    Raises:
        PageError: It can show nothing, so it is mistyped: what is wrong and what there is.
    """
    if unknown := sorted(query.keys() - _KNOWN):
        takes = ", ".join(sorted(_KNOWN))
        raise PageError(400, f"'{_short(unknown[0])}' is nothing that /events takes; it takes {takes}.")
    types, where = tuple(query.get("type", ())), query.get("where", ())
    if not types and not where and query.get("tap", ("0",))[-1] in ("", "0"):
        return None
    if len(types) + len(where) > _FILTERS_MAX:
        raise PageError(400, f"At most {_FILTERS_MAX} filters are taken.")
    if unknown := unknown_types(types):
        names = ", ".join(MESSAGE_TYPES)
        raise PageError(400, f"type: no message is called '{_short(unknown[0])}'; there are {names}.")
    try:
        conditions = tuple(parse_condition(text) for text in where)
    except FilterError as error:
        raise PageError(400, f"where: {error}.") from None
    if unknown := unknown_fields(conditions, types):
        which = ", ".join(types) if types else "any message"
        raise PageError(400, f"where: '{_short(unknown[0])}' is no field of {which}.")
    return TapFilter(types, conditions)


@trio.as_safe_channel
async def _told(session: RunningSession, shared: SharedNow, wanted: TapFilter | None) -> AsyncGenerator[PageEvent]:
    send, receive = trio.open_memory_channel[PageEvent](0)
    told_all = trio.Event()
    async with trio.open_nursery() as nursery:
        nursery.start_soon(_tell_now, shared, send)
        nursery.start_soon(_tell_messages, session, wanted, send, told_all)
        nursery.start_soon(_tell_end, session, send, told_all)
        async for event in receive:
            yield event
            if event.event == "ended":
                break
        nursery.cancel_scope.cancel()


async def _tell_now(shared: SharedNow, send: trio.MemorySendChannel[PageEvent]) -> None:
    # One that has ended is told of elsewhere; one that is only slow is asked again.
    while True:
        with contextlib.suppress(SessionGoneError):
            await send.send(PageEvent(event="now", data=await shared.told()))
        await trio.sleep(INTERVAL_S)


async def _tell_messages(
    session: RunningSession, wanted: TapFilter | None, send: trio.MemorySendChannel[PageEvent], told_all: trio.Event
) -> None:
    if wanted is not None:
        with contextlib.suppress(SessionGoneError):
            async with session.tap(wanted.types) as items:
                await _pass_on(items, wanted, send)
    told_all.set()


async def _pass_on(
    items: AsyncIterator[Tapped | Lost], wanted: TapFilter, send: trio.MemorySendChannel[PageEvent]
) -> None:
    lost, count, since_s = 0, 0, trio.current_time()
    async for item in items:
        if isinstance(item, Lost):
            lost += item.count
            continue
        if not matches(item.message, wanted.conditions):
            continue
        if trio.current_time() - since_s >= 1.0:
            count, since_s = 0, trio.current_time()
        if count >= MESSAGES_SECOND_MAX:
            lost += 1
            continue
        count += 1
        if lost:
            await send.send(_lost(lost))
            lost = 0
        await send.send(PageEvent(event="message", data=as_json(hide_within(msgspec.to_builtins(item))).decode()))
    if lost:
        await send.send(_lost(lost))


async def _tell_end(session: RunningSession, send: trio.MemorySendChannel[PageEvent], told_all: trio.Event) -> None:
    ending = await session.ended()
    with trio.move_on_after(_LAST_WORDS_S):
        await told_all.wait()
    await send.send(PageEvent(event="ended", data=as_json(hide_within(msgspec.to_builtins(ending))).decode()))


def _lost(count: int) -> PageEvent:
    return PageEvent(event="lost", data=as_json({"count": count}).decode())


def _now(status: Status) -> str:
    return as_json(hide_within(msgspec.to_builtins(now_data(status)))).decode()


def _short(text: str) -> str:
    return excerpt(text, _SHOWN_CHARS)


EVENT_ROUTES = (PageRoute("GET", "/events", events, takes=None),)
