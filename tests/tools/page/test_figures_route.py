"""``/metrics`` at the page's table of addresses: who is asked, for how long, and what a silent session costs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import msgspec
import pytest
import trio
from support.figure_pages import families, sim_seen, values
from trio.testing import MockClock

from actors.operator.protocol import Status
from actors.page.exchange import PageAnswer, PageRequest
from tools.page.ground import PageGround
from tools.page.running import OwnSession, SessionGoneError
from tools.page.site import make_site


class Stub(OwnSession):
    """A session that answers with a status, after a while, or does not."""

    def __init__(self, status: Status, session_id: str, delay_s: float = 0.0, *, is_gone: bool = False) -> None:
        self.told = msgspec.structs.replace(status, session_id=session_id)
        self.session_id = session_id
        self.database = Path("none.sqlite3")
        self.delay_s = delay_s
        self.is_gone = is_gone

    async def status(self) -> Status:
        await trio.sleep(self.delay_s)
        if self.is_gone:
            raise SessionGoneError("it has ended")
        return self.told


@pytest.fixture(scope="module")
def status() -> Status:
    """A whole session's, which is run before Trio runs the test."""
    return sim_seen().status


async def asked(*sessions: Stub) -> PageAnswer:
    ground = PageGround([])
    for session in sessions:
        ground.begin(session)
    answer = await make_site(ground)(PageRequest(method="GET", path="/metrics"))
    assert isinstance(answer, PageAnswer)
    return answer


async def test_the_page_answers_in_the_format_that_prometheus_reads(status: Status, autojump_clock: MockClock) -> None:
    """With nothing but what is asked: no word that it is allowed to, and none about a session that is not there."""
    answer = await asked(Stub(status, "one"))
    assert (answer.status, answer.content_type) == (200, "text/plain; version=0.0.4; charset=utf-8")
    told = families(answer.body)
    assert {sample.labels["session"] for sample in told["neo_ticks"].samples} == {"one"}
    assert values(families((await asked()).body)["neo_sessions"])[()] == 0


async def test_sessions_are_asked_at_once_and_a_slow_one_holds_up_no_other(
    status: Status, autojump_clock: MockClock
) -> None:
    """Within what Prometheus waits for; one that is too slow, or has just ended, is told as silent."""
    began_s = trio.current_time()
    slow, gone = Stub(status, "slow", 60.0), Stub(status, "gone", is_gone=True)
    answer = await asked(Stub(status, "a", 4.0), Stub(status, "b", 4.0), slow, gone)
    assert trio.current_time() - began_s == 5.0
    up = {sample.labels["session"]: sample.value for sample in families(answer.body)["neo_session_up"].samples}
    assert up == {"a": 1, "b": 1, "slow": 0, "gone": 0}


def test_the_library_is_imported_when_somebody_asks() -> None:
    """A page that nobody scrapes, and a session without one, start as fast as before."""
    code = "import sys, tools.page.site; sys.exit('prometheus_client' in sys.modules)"
    root = Path(__file__).parents[3]
    assert subprocess.run([sys.executable, "-c", code], cwd=root, check=False).returncode == 0
