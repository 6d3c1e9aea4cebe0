"""A program of the operator's own: what it gets, how its ends are told, and that it can't outstay its time."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
import trio
from support.alert_samples import EVERYTHING, an_alert

from actors.alerts.delivery import ChannelError, ChannelRefusedError
from actors.alerts.own_command import CommandChannel
from neo.alerts.alert_settings import CommandSettings
from neo.alerts.webhook_forms import alert_text

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the programs of this test are a shell's")


def running(*argv: str, deadline_s: int = 20, **environment: str) -> CommandChannel:
    """The channel of a program."""
    settings = CommandSettings(argv=argv, deadline_s=deadline_s, choice=EVERYTHING)
    return CommandChannel(settings, {"PATH": os.environ["PATH"], **environment})


async def test_it_gets_the_alert_as_json_and_in_variables(tmp_path: Path) -> None:
    """And its arguments as they are written: no shell makes anything of them, or of the alert."""
    out = tmp_path / "out"
    told = "[sys.argv[1:], json.load(sys.stdin), dict(os.environ)]"
    code = f"import json, os, sys; json.dump({told}, open(sys.argv[1], 'w'))"
    alert = an_alert(title="$(touch /nowhere) `id` ; rm", detail="größer")
    await running(sys.executable, "-c", code, str(out), "$HOME", "a b", KEPT="yes").send(alert)
    argv, given, environment = json.loads(out.read_text())
    assert argv == [str(out), "$HOME", "a b"]
    assert (given["title"], given["detail"], given["app"]) == (alert.title, "größer", "neo")
    assert {name: value for name, value in environment.items() if name.startswith("NEO_")} == {
        "NEO_ALERT_ID": "a1",
        "NEO_ALERT_EVENT": "halt",
        "NEO_ALERT_SEVERITY": "warning",
        "NEO_ALERT_TITLE": alert.title,
        "NEO_ALERT_SESSION": alert.session_id,
        "NEO_ALERT_TEXT": alert_text(alert),
    }
    assert environment["KEPT"] == "yes"


@pytest.mark.parametrize(
    ("script", "told", "is_final"),
    [
        ("exit 3", "failed with 3", True),
        ("exit 75", "failed with 75", False),
        ("kill -9 $$", "ended by signal 9", True),
    ],
)
async def test_a_failure_is_told_and_not_repeated_unless_it_asks_for_that(
    script: str, told: str, is_final: bool
) -> None:
    """What it did before is not known; 75 is the usual word for later."""
    with pytest.raises(ChannelError) as caught:
        await running("sh", "-c", script).send(an_alert())
    assert (caught.value.what, caught.value.is_final) == (told, is_final)


async def test_it_need_not_read_what_it_is_given_and_may_write_what_it_likes() -> None:
    """More than a pipe holds, both ways: nobody hangs over it."""
    await running("sh", "-c", "exec <&-; yes | head -c 1000000; yes | head -c 1000000 >&2").send(
        an_alert(detail="x" * 500_000)
    )


async def test_one_that_hangs_is_ended_with_all_that_it_started(tmp_path: Path) -> None:
    """Asked first, killed then: it ignores the asking here, and so does its child."""
    pids = tmp_path / "pids"
    stubborn = tmp_path / "stubborn"
    stubborn.write_text(f"trap '' TERM\necho $$ >> {pids}\n[ -z \"$1\" ] || sh $0 &\nwhile :; do sleep 600; done\n")
    with pytest.raises(ChannelError) as caught:
        await running("sh", str(stubborn), "with a child", deadline_s=1).send(an_alert())
    assert (caught.value.what, caught.value.is_final) == ("took more than 1 s and was ended", True)
    with trio.fail_after(20):
        for pid in map(int, pids.read_text().split()):
            while _lives(pid):  # noqa: ASYNC110 - another process sets no event
                await trio.sleep(0.01)


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def test_one_that_goes_while_the_session_runs_is_told(tmp_path: Path) -> None:
    """It was there at the start."""
    program = tmp_path / "tell"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o700)
    channel = running(str(program))
    program.unlink()
    with pytest.raises(ChannelError, match="can't be started: No such file"):
        await channel.send(an_alert())


@pytest.mark.parametrize("name", ["no-such-program-here", "/nowhere/tell"])
def test_one_that_is_not_there_is_refused_at_the_start(name: str) -> None:
    """Who relies on it hears so before a session does."""
    with pytest.raises(ChannelRefusedError, match="no program that can be started"):
        running(name)
