"""The services that a profile asks for, and what of them can't be used: told before a session begins."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import trio
from support.alert_samples import an_alert
from support.sessions import config_with, shipped_config

from actors.alerts.alert_service import AlertService
from actors.lookout.heartbeat import Heartbeat
from actors.lookout.service_manager import ServiceManager
from tools.console.errors import OperatorError
from tools.settings.lookout_services import alert_channels, services_of


def test_a_shipped_profile_has_none() -> None:
    """A session of it costs no thread."""
    assert services_of(shipped_config(), "paper", {}) == []


def test_each_that_is_on_is_there(tmp_path: Path) -> None:
    """Alerts, the heartbeat, and systemd if it started the process."""
    config = config_with(alert_slack={"url_variable": "SLACK"}, heartbeat={"file": str(tmp_path / "alive")})
    environment = {"SLACK": "https://hooks.example/x", "NOTIFY_SOCKET": "/run/systemd/notify"}
    found = services_of(config, "paper", environment)
    assert [type(each) for each in found] == [AlertService, Heartbeat, ServiceManager]


def test_what_can_not_be_used_is_told_with_its_profile_and_key(tmp_path: Path) -> None:
    """With the exit code of a start that failed."""
    missing = config_with(alert_slack={"url_variable": "SLACK"})
    with pytest.raises(OperatorError, match=r'^config mine.toml: alert_slack.url_variable = "SLACK": ') as caught:
        services_of(missing, "mine.toml", {})
    assert caught.value.exit_code == 30
    bad = config_with(heartbeat={"url_variable": "PING"})
    with pytest.raises(OperatorError, match="what that variable has does not begin"):
        services_of(bad, "mine.toml", {"PING": "ftp://SECRET"})
    nowhere = config_with(heartbeat={"file": str(tmp_path / "gone" / "alive")})
    with pytest.raises(OperatorError, match="its folder does not exist"):
        services_of(nowhere, "mine.toml", {})


def test_a_program_of_ones_own_is_not_given_the_heartbeats_address(tmp_path: Path) -> None:
    """Whoever has it can keep everyone asleep."""
    out = tmp_path / "out"
    program = [sys.executable, "-c", f"import os; open({str(out)!r}, 'w').write(repr(sorted(os.environ)))"]
    config = config_with(alert_command={"command": tuple(program)}, heartbeat={"url_variable": "PING"})
    [(channel, _)] = alert_channels(config, {"PING": "https://ping.example/SECRET", "TZ": "UTC"})
    trio.run(channel.send, an_alert())
    assert "'TZ'" in out.read_text()
    assert "'PING'" not in out.read_text()


def test_the_http_client_is_loaded_by_who_needs_it_alone() -> None:
    """A session without alerts begins as fast as ever."""
    code = (
        "import sys; from tools.commands.run import services_of; from tools.settings.profiles import *;"
        " services_of(read_profile(find_profile('paper')), 'paper', {});"
        " print(sorted({'httpx', 'httpcore', 'anyio', 'smtplib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
