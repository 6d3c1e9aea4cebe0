"""Sessions of other processes: found beside their databases, followed to their end."""

from __future__ import annotations

from pathlib import Path

import trio
from support.page_sessions import PATIENCE_S
from support.talks import Moments, session_with, status_of

from actors.operator.protocol import Kill
from tools.console.link import asked
from tools.page.found_sessions import follow_sessions
from tools.page.ground import PageGround
from tools.page.running import PageEnding


def test_a_session_is_found_while_it_runs_and_its_end_is_known(tmp_path: Path) -> None:
    """Among databases that have none."""
    database = tmp_path / "neo.sqlite3"
    (tmp_path / "notes.sqlite3").write_text("no database\n")
    endings: list[PageEnding] = []

    async def follow(session_id: str) -> None:
        ground = PageGround([tmp_path / "none.sqlite3", tmp_path / "notes.sqlite3", database])
        with trio.fail_after(PATIENCE_S):
            async with trio.open_nursery() as nursery:
                nursery.start_soon(follow_sessions, ground)
                while session_id not in ground.running:  # noqa: ASYNC110 - found by looking, again and again
                    await trio.sleep(0.01)
                running = ground.running[session_id]
                assert running.database == database
                assert (await running.status()).session_id == session_id
                await trio.to_thread.run_sync(asked, database, Kill("enough"))
                endings.append(await running.ended())
                assert not ground.running
                nursery.cancel_scope.cancel()

    def talk(_moments: Moments) -> None:
        trio.run(follow, status_of(database).session_id)

    summary = session_with(database, talk)
    assert endings == [PageEnding(summary.session_id, "kill_switch", "neo kill: enough")]
