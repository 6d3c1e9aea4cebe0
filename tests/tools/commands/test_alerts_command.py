"""``neo alerts test``, and a session that tells of itself, as an operator meets them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from support.cli_process import NEO, PATIENCE_S, environment, neo
from support.odd_http import HANGS, reply, served

from tools.commands.table import run_command_line
from tools.settings.profiles import PROFILES_FOLDER


def profile(folder: Path, **variables: str) -> Path:
    """The default profile with these channels on, each by its variable's name."""
    text = (PROFILES_FOLDER / "paper.toml").read_text(encoding="utf-8")
    text = text.replace("market/", f"{(PROFILES_FOLDER / 'market').as_posix()}/")
    for section, variable in variables.items():
        head, found, rest = text.partition(f"[{section}]\n")
        assert found
        text = head + found + rest.replace('url_variable = ""', f'url_variable = "{variable}"', 1)
    file = folder / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


def test_each_channel_is_tried_and_what_came_of_it_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With nothing secret in it; it fails if one of them did."""
    file = str(profile(tmp_path, alert_slack="SLACK", alert_webhook="HOOK"))
    monkeypatch.setenv("NO_PROXY", "*")
    with served(reply()) as well, served(reply(404, b"no_service")) as dead:
        monkeypatch.setenv("HOOK", f"{well.url}/SECRET")
        monkeypatch.setenv("SLACK", f"{dead.url}/SECRET")
        assert run_command_line(["alerts", "test", "--config", file]) == 1
        text = capsys.readouterr().out
        assert run_command_line(["alerts", "test", "--config", file, "--json"]) == 1
        told = json.loads(capsys.readouterr().out)
        monkeypatch.setenv("SLACK", f"{well.url}/SECRET")
        assert run_command_line(["alerts", "test", "--config", file]) == 0
    assert f"webhook  {well.url}: delivered in " in text
    assert f"slack    {dead.url}: FAILED: HTTP 404 Not Found (no_service)\n2 channels, 1 failed.\n" in text
    assert "SECRET" not in text + json.dumps(told)
    assert not told["ok"]
    assert [(one["channel"], one["delivered"], one["detail"]) for one in told["trials"]] == [
        ("webhook", True, ""),
        ("slack", False, "HTTP 404 Not Found (no_service)"),
    ]
    assert well.asked[0].json["event"] == "test"


def test_a_profile_without_channels_and_a_missing_variable_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do."""
    assert run_command_line(["alerts", "test"]) == 30
    assert "config paper: no channel of alerts is on; docs/alerts.md tells" in capsys.readouterr().err
    monkeypatch.delenv("SLACK", raising=False)
    assert run_command_line(["alerts", "test", "--config", str(profile(tmp_path, alert_slack="SLACK"))]) == 30
    assert 'alert_slack.url_variable = "SLACK": the environment has no such variable' in capsys.readouterr().err


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_a_trial_is_interrupted_without_a_traceback(tmp_path: Path) -> None:
    """As any command is, while a channel hangs."""
    file = profile(tmp_path, alert_webhook="HOOK")
    with served(HANGS) as server:
        extra = {"HOOK": server.url, "NO_PROXY": "*"}
        with subprocess.Popen(
            [NEO, "alerts", "test", "--config", str(file)],
            env=environment(tmp_path, **extra),
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            server.wait_asked(1)
            process.send_signal(signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in told


def test_a_session_of_its_own_tells_of_its_end_and_of_a_start_that_failed(tmp_path: Path) -> None:
    """The summary comes as ever; what a dead channel is told of goes to the terminal, without its address."""
    file = profile(tmp_path, alert_webhook="HOOK", alert_slack="SLACK")
    file.write_text(file.read_text().replace('severity_min = "warning"', 'severity_min = "info"'))
    run = ("run", "--config", str(file), "--duration", "60s", "--db", "neo.sqlite3", "--json", "--quiet")
    with served(reply()) as well, served(reply(410, b"gone")) as dead:
        urls = {"HOOK": f"{well.url}/SECRET", "SLACK": f"{dead.url}/SECRET", "NO_PROXY": "*"}
        done = neo(tmp_path, *run, **urls)
        failed = neo(tmp_path, *run, "--market", "gone.csv", **urls)
    assert done.returncode == 0
    assert json.loads(done.stdout.splitlines()[-1])["halt_reason"] == "duration_elapsed"
    assert f"warning: alert_channel_failed channel=slack target={dead.url}" in done.stderr
    assert failed.returncode == 30
    # No log was opened for that one, and still it is a line as any other.
    warned = [line for line in failed.stderr.splitlines() if "alert_" in line]
    assert [line.partition(" cause=")[0] for line in warned] == [
        f"warning: alert_channel_failed channel=slack target={dead.url}"
    ]
    told = [asked.json for asked in well.asked]
    assert {"ended", "channel_failed", "startup_failed"} <= {alert["event"] for alert in told}
    [start] = [alert for alert in told if alert["event"] == "startup_failed"]
    assert "gone.csv" in start["detail"]
    everything = done.stdout + done.stderr + failed.stderr + (tmp_path / "neo.sqlite3.log").read_text()
    assert "SECRET" not in everything
    assert b"SECRET" not in (tmp_path / "neo.sqlite3").read_bytes()
