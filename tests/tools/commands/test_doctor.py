"""``neo doctor`` tells everything at once, never the seed, and fails if one thing does.

What it finds on the ledger's side is held in ``tests/actors/venues/live/test_checkup.py``; here it is the command, on
a ledger server of the tests' own over loopback.
"""

from __future__ import annotations

import contextlib
import re
import socket
import sqlite3
import time
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from support.ledger_chain import Chain
from support.ledger_thread import served

from actors.venues.live import signer
from actors.venues.live.account_lock import holding_account
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from tools.commands.table import run_command_line
from tools.console.paths import data_folder

# The ledger's first account and its seed, which the whole world knows. Source: xrpl.org, "Genesis Ledger".
ACCOUNT = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"
SEED = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb"


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    for name in ("NEO_ACCOUNT", "NEO_ISSUER", "NEO_ENDPOINTS", "NEO_WALLET_SEED", "NEO_WALLET_SEED_FILE"):
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


@pytest.fixture
def stage(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shipped live profile for a server of one's own, and the seed in its place."""
    monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    shipped = Path("config/live-stage1.toml").read_text(encoding="utf-8")
    profile = tmp_path / "stage.toml"
    profile.write_text(shipped.replace('min = "3.0.0"', 'min = "3.0.0-b1"'), encoding="utf-8")
    return profile


def small_chain(*, xrp: int = 50) -> Chain:
    """A market whose second ledger closes about now, and our account in it, with some XRP and 100 RLUSD."""
    start_s = int(time.time()) - RIPPLE_EPOCH_UNIX_S - 8
    return Chain(account=ACCOUNT, xrp_drops=xrp * 1_000_000, rlusd=Decimal(100), start_close_time_s=start_s)


def documented(page: str = "live") -> list[str]:
    """The checks of the table in docs/live.md, or another page."""
    text = Path(f"docs/{page}.md").read_text(encoding="utf-8")
    table = text[text.index("| check |") :].partition("\n\n")[0]
    rows = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)[2:]
    return [name.removesuffix(" (each)") for row in rows for name in row.split(", ")]


def test_a_sound_account_passes_every_check_that_the_page_has(
    capsys: pytest.CaptureFixture[str], stage: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the issuer out of the environment; a lone endpoint is noted, which fails nothing."""
    chain = small_chain()
    monkeypatch.setenv("NEO_ISSUER", chain.ledger.issuer)
    with served(chain) as url:
        code, found = examined(capsys, "--config", str(stage), "--account", ACCOUNT, "--endpoint", url)
    assert {name: one for name, one in found.items() if one[0] is not True} == {}
    assert code == 0
    assert found["profile"][1].endswith(f"with the account {ACCOUNT} and the token of {chain.ledger.issuer}")
    assert sorted(name.partition(" ws:")[0] for name in found) == sorted(documented())


def test_a_sound_paper_market_passes_every_check_that_its_page_has(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """No account is named and none is needed; nor is a seed."""
    shipped = Path("config/paper-network.toml").read_text(encoding="utf-8")
    profile = tmp_path / "network.toml"
    profile.write_text(shipped.replace('min = "3.0.0"', 'min = "3.0.0-b1"'), encoding="utf-8")
    chain = small_chain()
    with served(chain) as url:
        options = ["--config", str(profile), "--venue", "paper", "--issuer", chain.ledger.issuer, "--endpoint", url]
        code, found = examined(capsys, *options)
    assert {name: one for name, one in found.items() if one[0] is not True} == {}
    assert code == 0
    assert sorted(name.partition(" ws:")[0] for name in found) == sorted(documented("paper"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--venue", "paper", "--account", ACCOUNT], "--account: a venue of kind"),
        (["--venue", "paper", "--config", "live-stage1"], "--venue paper: the venue of 'live-stage1' is of kind"),
        (["--venue", "sim"], "--venue"),
    ],
)
def test_what_is_no_kind_of_venue_with_servers_is_refused(
    capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    """Before anything is asked."""
    assert run_command_line(["doctor", *options]) == 2
    assert told in capsys.readouterr().err


def test_venue_paper_takes_the_shipped_profile(capsys: pytest.CaptureFixture[str]) -> None:
    """Whatever servers are named instead of its own."""
    code, found = examined(capsys, "--venue", "paper", "--endpoint", closed_port())
    assert code == 1
    assert found["profile"] == (True, "paper-network, on paper, with the token of rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De")
    assert "seed" not in found


def test_what_failed_stands_in_the_terminal_with_its_mend_below(
    capsys: pytest.CaptureFixture[str], stage: Path
) -> None:
    """100 XRP are worth 194 RLUSD, more than the 150 of the profile: a session would end at once."""
    chain = small_chain(xrp=100)
    with served(chain) as url:
        options = ["--account", ACCOUNT, "--issuer", chain.ledger.issuer, "--endpoint", url]
        code = run_command_line(["doctor", "--config", str(stage), *options])
    lines = capsys.readouterr().out.splitlines()
    assert code == 1
    place = next(number for number, line in enumerate(lines) if "limits:" in line)
    assert re.fullmatch(
        r"FAILED  limits: in RLUSD: XRP 19\d\.\d\d of 150, RLUSD 100\.00 of 150: above risk\.max_xrp_exposure, so a"
        r" session ends at once with risk_xrp_exposure",
        lines[place],
    )
    assert re.fullmatch(
        r"        -> Pay 2\d\.\d\d XRP or more out of the account, or set risk\.max_xrp_exposure to 19\d\.\d\d or more",
        lines[place + 1],
    )
    assert "note    agreement: only one endpoint, so nobody confirms it" in lines
    assert "good    reserve: " in "\n".join(lines)
    assert lines[-1].endswith("checks, 1 failed.")


def test_what_is_wrong_with_this_machine_is_told_by_name(
    capsys: pytest.CaptureFixture[str], stage: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Another xrpl-py, a database that is none, a session that has the account: each in its own line."""
    monkeypatch.setattr(signer, "XRPL_PY_VERSION", "0.0.1")
    with contextlib.closing(sqlite3.connect(tmp_path / "neo.db")) as others:
        others.execute("CREATE TABLE recipes (name TEXT)")
    arguments = ("--config", str(stage), "--account", ACCOUNT, "--endpoint", closed_port())
    with holding_account(data_folder(), ACCOUNT):
        code, found = examined(capsys, *arguments, "--db", str(tmp_path / "neo.db"))
    assert code == 1
    assert "NEO is proven with 0.0.1" in found["xrpl-py"][1]
    assert found["key"][0] is False
    assert found["journals"][0] is False
    assert found["one session"][0] is False
    assert f"runs a session with the account {ACCOUNT}" in found["one session"][1]
    _, found = examined(capsys, *arguments, "--db", str(tmp_path / "neo.db" / "below.db"))
    assert found["database"][0] is False
    assert found["journals"][0] is None


def test_the_key_is_proven_and_a_server_that_is_not_there_is_told(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One failure does not hide what is right, and what could not be looked at is told as such."""
    monkeypatch.setenv("NEO_WALLET_SEED", SEED)
    endpoint = closed_port()
    code, found = examined(capsys, "--account", ACCOUNT, "--endpoint", endpoint)
    assert code == 1
    passed = {name: one for name, (one, _) in found.items()}
    for name in ("profile", "xrpl-py", "seed", "key", "database", "one session", "journals"):
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
