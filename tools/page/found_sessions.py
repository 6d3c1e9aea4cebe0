"""The sessions of other processes: found by what lies beside their databases, followed until they end."""

from __future__ import annotations

import contextlib
from functools import partial
from pathlib import Path
from typing import Final

import trio

from actors.operator.endpoint import read_endpoint
from actors.plumbing.files import FileRefusedError
from actors.store import StoreError, session
from actors.store.lock import holder_of
from tools.page.ground import PageError, PageGround, read
from tools.page.running import OtherSession, PageEnding, SessionGoneError

# How often it is looked whether one has begun or ended, in seconds.
_LOOK_S: Final = 1.0

# A session that can't be reached any more may be on its way down still: so long it is waited for, in seconds.
_DOWN_S: Final = 120.0


async def follow_sessions(ground: PageGround) -> None:
    """Have the sessions that run on the ground's databases among its running ones, until cancelled."""
    async with trio.open_nursery() as nursery:
        for database in ground.databases:
            nursery.start_soon(_follow, ground, database)


async def _follow(ground: PageGround, database: Path) -> None:
    while True:
        found = await trio.to_thread.run_sync(_listening, database)
        if found and await _answers(running := OtherSession(database, found)):
            ground.begin(running)
            await _until_gone(running)
            ground.end(running.session_id)
            running.end(await _ending(running))
        await trio.sleep(_LOOK_S)


def _listening(database: Path) -> str:
    """The session that says beside a database that it listens; "" for none."""
    try:
        return read_endpoint(database).session_id
    except (FileNotFoundError, FileRefusedError):
        return ""


async def _until_gone(running: OtherSession) -> None:
    while await trio.to_thread.run_sync(_listening, running.database) == running.session_id:
        # One that was killed has left its file.
        if not await _answers(running) and not await trio.to_thread.run_sync(_is_held, running.database):
            return
        await trio.sleep(_LOOK_S)


async def _answers(running: OtherSession) -> bool:
    with contextlib.suppress(SessionGoneError):
        await running.status()
        return True
    return False


def _is_held(database: Path) -> bool:
    try:
        return holder_of(database) is not None
    except StoreError:
        return True


async def _ending(running: OtherSession) -> PageEnding:
    """How it ended, as its database has it once it is written there."""
    with trio.move_on_after(_DOWN_S):
        while True:
            held = await trio.to_thread.run_sync(_is_held, running.database)
            with contextlib.suppress(PageError):
                row = await read(partial(session, running.database, running.session_id))
                if row is not None and row.halt_reason is not None:
                    return PageEnding(running.session_id, row.halt_reason, row.halt_detail or "")
            if not held:
                break
            await trio.sleep(_LOOK_S)
    return PageEnding(running.session_id, "", "")
