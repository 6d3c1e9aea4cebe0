"""``neo doctor`` tells everything at once, never the seed, and fails if one thing does."""

from __future__ import annotations

import socket
from pathlib import Path

import msgspec
import pytest

from tools.commands.table import run_command_line

# The ledger's first account and its seed, which the whole world knows. Source: xrpl.org, "Genesis Ledger".
ACCOUNT = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
SEED = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("NEO_ACCOUNT", "NEO_ENDPOINTS", "NEO_WALLET_SEED", "NEO_WALLET_SEED_FILE"):
        monkeypatch.delenv(name, raising=False)


def examined(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, dict[str, tuple[bool | None, str]]]:
    """The exit code, and what was found by its name; the seed is nowhere in it."""
    code = run_command_line(["doctor", *arguments, "--json"])
    out, err = capsys.readouterr()
    assert SEED not in out + err
    told = msgspec.json.decode(out)
    assert told["ok"] == (code == 0)
    assert all(check["mend"] for check in told["checks"] if check["passed"] is False)
    return code, {check["name"]: (check["passed"], check["told"]) for check in told["checks"]}


def closed_port() -> str:
    """An endpoint on loopback where nobody listens."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        return f"ws://127.0.0.1:{held.getsockname()[1]}"


def test_the_key_is_proven_and_a_server_that_is_not_there_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One failure does not hide what is right, and what could not be looked at is told as such."""
    monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    endpoint = closed_port()
    code, found = examined(capsys, "--account", ACCOUNT, "--endpoint", endpoint)
    assert code == 1
    passed = {name: one for name, (one, _) in found.items()}
    for name in ("profile", "xrpl-py", "seed", "key", "database", "one session"):
        assert passed[name] is True, found[name]
    assert passed[f"endpoint {endpoint}"] is False
    assert passed["trust line"] is None
    assert "NEO_WALLET_SEED" in found["seed"][1]


def test_a_seed_of_another_account_is_told_with_whose_it_is(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And one that is missing, with where it may be."""
    monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    other = ("--account", "rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De", "--endpoint", closed_port())
    _, found = examined(capsys, *other)
    assert found["key"][0] is False
    assert ACCOUNT in found["key"][1]
    _, found = examined(capsys, *other)
    assert (found["seed"][0], found["key"][0]) == (False, None)


def test_a_profile_that_can_not_go_live_is_told_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """No account, a simulation, no such profile: nothing else is looked at."""
    for arguments, told in (
        ((), "it names no account to trade with"),
        (("--config", "paper"), 'its venue is of kind "sim"'),
        (("--config", "none"), "no such file"),
    ):
        code, found = examined(capsys, *arguments)
        assert code == 1
        assert list(found) == ["profile"]
        assert told in found["profile"][1]


def test_a_live_run_is_refused_before_anything_is_touched(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """Without --live, without an account, with the simulation's options: exit 2 or 30, and no database is made."""
    for arguments, code, told in (
        ((), 2, "trades real money on a real ledger"),
        (("--live",), 2, "--live needs the address of the account"),
        (("--live", "--account", SEED), 2, "clear it from the shell's history"),
        (
            ("--live", "--account", ACCOUNT, "--speed", "10"),
            30,
            'venue.speed = 10.0: is no key of a venue of kind "live"',
        ),
        (("--live", "--account", ACCOUNT, "--seed", "7"), 30, 'venue.seed = 7: is no key of a venue of kind "live"'),
        (("--live", "--account", ACCOUNT, "--market", "x.csv"), 30, "takes no recorded prices; leave that option out"),
        (("--live", "--account", ACCOUNT), 30, "There is no seed to sign with"),
    ):
        assert run_command_line(["run", "--config", "live-stage1", *arguments]) == code
        _, err = capsys.readouterr()
        assert told in err
        assert SEED not in err
    assert not list(tmp_path.glob("data/neo/*.sqlite3"))
