"""The heartbeat, in virtual time: a sign while the session is healthy, silence when it is not, a file that is whole."""

from __future__ import annotations

import json
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

import pytest
import trio
import trio.testing
from support.alert_samples import status, watched
from support.odd_http import reply, serving
from trio.testing import MockClock

from actors.alerts.delivery import ChannelError
from actors.alerts.secret_url import SecretUrl
from actors.alerts.url_pulse import UrlPulse
from actors.lookout.heartbeat import FilePulse, Heartbeat
from actors.lookout.vital_signs import VitalSigns
from actors.lookout.watched import Ended
from actors.operator.bridge import NotDoneError
from actors.operator.protocol import Status
from neo.messages.halts import HaltReason


class FakePulse:
    """Keeps when it beat; fails as often as it is told to, or hangs."""

    def __init__(self, *failures: ChannelError, hangs: bool = False) -> None:
        self.target = "fake"
        self.failures = list(failures)
        self.hangs = hangs
        self.beats_s: list[float] = []

    async def beat(self, status: Status) -> None:  # noqa: ARG002 - any will do
        self.beats_s.append(trio.current_time())
        if self.hangs:
            await trio.sleep_forever()
        if self.failures:
            raise self.failures.pop(0)


@asynccontextmanager
async def beating(*pulses: FakePulse, interval_s: float = 60) -> AsyncIterator[Heartbeat]:
    heart = Heartbeat(pulses, interval_s, VitalSigns(60, 45))
    async with trio.open_nursery() as nursery:
        await nursery.start(heart.run)
        # The look at the very beginning, before the session.
        await trio.testing.wait_all_tasks_blocked()
        yield heart
        nursery.cancel_scope.cancel()


async def test_signs_come_at_the_interval_from_the_first_ledger_on(autojump_clock: MockClock) -> None:
    """Not before: a session that never trades wakes someone."""
    pulse = FakePulse()
    async with beating(pulse) as heart:
        heart.begin(watched(*[status(ledger_age_s=None)] * 5, status()))
        await trio.sleep(200)
        [row] = heart.health()
        assert (row.ok, row.detail) == (True, "arrives")
    # The look at the very beginning comes before the session.
    assert pulse.beats_s == [6, 66, 126, 186]


async def test_there_is_silence_while_the_session_is_ill_and_after_its_end(autojump_clock: MockClock) -> None:
    """However it ended, and whatever it is ill of; a look that is not answered is no health either."""
    pulse = FakePulse()
    async with beating(pulse, interval_s=10) as heart:
        ill: list[Status | Exception] = [
            status(ledger_age_s=61.0),
            status(halting="kill_switch"),
            NotDoneError("busy"),
        ]
        heart.begin(watched(status(), *ill, status()))
        await trio.sleep(25)
        assert pulse.beats_s == [1, 14, 24]
        heart.end(Ended(session_id="", reason=HaltReason.DURATION_ELAPSED, detail=""))
        await trio.sleep(500)
        assert pulse.beats_s == [1, 14, 24]
        [row] = heart.health()
        assert (row.ok, row.detail) == (True, "silent: no session")


async def test_a_sign_that_does_not_arrive_is_shown_and_the_others_go_on(autojump_clock: MockClock) -> None:
    """One that hangs is left in time for the next."""
    failing = FakePulse(*[ChannelError("HTTP 500")] * 3)
    hanging, well = FakePulse(hangs=True), FakePulse()
    hanging.target, well.target = "hanging", "well"
    async with beating(failing, hanging, well) as heart:
        heart.begin(watched(status()))
        await trio.sleep(145)
        [row] = heart.health()
        assert (row.ok, row.detail) == (False, "fake: HTTP 500, hanging: no answer within 20 s")
        await trio.sleep(60)
        assert heart.health()[0].detail == "hanging: no answer within 20 s"
    assert failing.beats_s == hanging.beats_s == well.beats_s == [1, 61, 121, 181]


async def test_one_that_hangs_for_longer_than_the_interval_makes_no_other_late(autojump_clock: MockClock) -> None:
    """Whoever waits for the others would take their silence for the session's."""
    hanging, well = FakePulse(hangs=True), FakePulse()
    hanging.target = "hanging"
    async with beating(hanging, well, interval_s=5) as heart:
        heart.begin(watched(status()))
        await trio.sleep(22)
    assert well.beats_s == [1, 6, 11, 16, 21]
    assert hanging.beats_s == [1, 21]


async def test_the_file_says_when_and_of_which_session(tmp_path: Path) -> None:
    """Written anew each time, whole, for its owner alone; a reader never sees half of it."""
    file = tmp_path / "alive"
    pulse = FilePulse(file)
    for index in (7, 8):
        await pulse.beat(status(ledger_index=index))
        told = json.loads(file.read_text())
        assert (told["session_id"], told["ledger_index"]) == ("20260121-120000-ab12", index)
        assert datetime.fromisoformat(told["at"]).tzinfo is not None
    assert os.listdir(tmp_path) == ["alive"]  # noqa: PTH208 - no waiting for it is of interest here
    assert file.stat().st_mode & 0o777 == 0o600


async def test_a_file_that_can_not_be_written_is_told(tmp_path: Path) -> None:
    """The folder was there at the start."""
    with pytest.raises(ChannelError, match="No such file"):
        await FilePulse(tmp_path / "gone" / "alive").beat(status())


async def test_an_address_is_asked_for_and_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """A service that waits for signs counts the request alone."""
    monkeypatch.setenv("NO_PROXY", "*")
    async with serving(reply(), reply(503, b"")) as server:
        pulse = UrlPulse(SecretUrl(f"{server.url}/ping/SECRET"))
        await pulse.beat(status())
        with pytest.raises(ChannelError, match=r"^HTTP 503 Service Unavailable$"):
            await pulse.beat(status())
    assert [(asked.method, asked.path, asked.body) for asked in server.asked] == [("GET", "/ping/SECRET", b"")] * 2
    assert pulse.target == server.url
