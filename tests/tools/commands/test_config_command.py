"""``neo config check`` and ``neo config show``: all that is wrong with a profile, and what it comes to."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import tomli
from click.testing import CliRunner, Result

from neo.config import config_sha256, dotted_values
from tools.commands.config import config, shown_values
from tools.commands.table import run_command_line
from tools.console.errors import EXIT_STARTUP
from tools.settings.profiles import PROFILES_FOLDER, find_profile, read_profile

PAPER = PROFILES_FOLDER / "paper.toml"


def asked(*arguments: str) -> Result:
    """A ``neo config`` command, run to its end."""
    return CliRunner().invoke(config, list(arguments), standalone_mode=False)


def broken(tmp_path: Path, *replaced: tuple[str, str]) -> Path:
    """The shipped profile with texts replaced, beside its prices."""
    text = PAPER.read_text(encoding="utf-8").replace("market/", f"{(PROFILES_FOLDER / 'market').as_posix()}/")
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    file = tmp_path / "mine.toml"
    file.write_text(text, encoding="utf-8")
    return file


# --- check -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["paper", "rehearsal", "live-stage1"])
def test_a_good_profile_passes(name: str) -> None:
    """A shipped profile's own name is enough, and the answer names the file."""
    done = asked("check", name)
    assert done.return_value == 0
    assert done.output == f"{find_profile(name)}: good.\n"


def test_every_problem_is_told_at_once_and_the_exit_code_is_that_of_a_session(tmp_path: Path) -> None:
    """Four mistakes, four lines in the file's order, with the successor of a retired key."""
    file = broken(
        tmp_path,
        ("requote_interval_seconds = 4", "requote_interval_seconds = 8"),
        ("[order_size]", "[order_size]\nmax_inventory_usd = 4"),
        ("bid_offset_bps = 8", "bid_offset_bps = -5\nmax_inventory_usd = 400"),
    )
    done = asked("check", str(file))
    assert done.return_value == EXIT_STARTUP
    lines = done.stdout.splitlines()
    assert [line.removeprefix(f"{file}: ").split(":")[0] for line in lines] == [
        "strategy.bid_offset_bps = -5",
        "strategy.max_inventory_usd = 400",
        "order_size.max_inventory_usd = 4",
        "strategy.requote_interval_seconds = 8",
    ]
    assert "set the limits risk.max_xrp_exposure and risk.max_rlusd_exposure" in lines[1]
    assert done.stderr == f"{file}: 4 problems.\n"


def test_problems_are_told_to_programs_too(tmp_path: Path) -> None:
    """As JSON, key and fault apart."""
    done = asked("check", "--json", str(broken(tmp_path, ("levels = 1", "levels = 11"))))
    told = json.loads(done.stdout)
    assert told["ok"] is False
    [problem] = told["problems"]
    assert problem["key"] == "strategy.levels"
    assert problem["fault"] == "must be at most 10"
    assert json.loads(asked("check", "--json", "paper").stdout)["ok"] is True


def test_prices_that_are_not_there_are_a_problem_of_the_profile(tmp_path: Path) -> None:
    """The check finds what would keep a session from starting."""
    file = tmp_path / "mine.toml"
    file.write_text(PAPER.read_text(encoding="utf-8"), encoding="utf-8")
    done = asked("check", str(file))
    assert done.return_value == EXIT_STARTUP
    assert done.stdout.startswith(f'{file}: venue.market_file = "market/xrpusdt-1m-2026-01-21.csv": {tmp_path}')


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("opening_rlusd = 200", "opening_rlusd = 401",
         "venue.opening_rlusd = 401: is above risk.max_rlusd_exposure = 400; the session would end with its first"),
        ("levels = 1\n", "levels = 10\n", "strategy.levels = 10: of order_size.base_size_rlusd = 45 come to more than"),
        ("stale_ledger_seconds = 60", "stale_ledger_seconds = 4",
         "risk.stale_ledger_seconds = 4: is not above venue.ledger_interval_seconds = 4; the session would end"),
        ("request_retries_max = 3", "request_retries_max = 7",
         "risk.request_retries_max = 7: with risk.request_backoff_seconds = 0.5 takes 63.5 s, and"),
    ],
    ids=["opening", "levels", "stale", "retries"],
)  # fmt: skip
def test_keys_that_contradict_each_other_are_refused(tmp_path: Path, before: str, after: str, told: str) -> None:
    """With both keys, both values, and what would come of it."""
    more = [("base_size_rlusd = 15", "base_size_rlusd = 45"), ("max_order_rlusd = 25", "max_order_rlusd = 45")]
    file = broken(tmp_path, (before, after), *(more if "levels" in before else []))
    assert f"{file}: {told}" in asked("check", str(file)).stdout


@pytest.mark.parametrize("command", ["check", "show"])
@pytest.mark.parametrize(("text", "told"), [("[session\n", "line 1, column 9"), (None, "no such file; give a profile")])
def test_a_file_that_can_not_be_read_is_told_in_words(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], command: str, text: str | None, told: str
) -> None:
    """With the place in it, or with what to give instead."""
    file = tmp_path / "mine.toml"
    if text is not None:
        file.write_text(text, encoding="utf-8")
    assert run_command_line(["config", command, str(file)]) == EXIT_STARTUP
    err = capsys.readouterr().err
    assert told in err
    assert "Traceback" not in err


# --- show --------------------------------------------------------------------------------------------------------


def test_what_is_shown_is_a_profile_again() -> None:
    """Every effective key, in TOML that can be read back, with the hash that sessions keep."""
    done = asked("show", "live-stage1")
    read = tomli.loads(done.output, parse_float=str)
    effective = read_profile(find_profile("live-stage1"))
    assert {f"{name}.{key}" for name, table in read.items() for key in table} == set(dotted_values(effective))
    assert read["risk"]["max_xrp_exposure"] == 150
    assert f"# config_sha256 {config_sha256(effective)}\n" in done.output


def test_what_the_command_line_overrides_is_shown_and_marked(tmp_path: Path) -> None:
    """Which value is the profile's and which this session's can be told."""
    done = asked("show", "--seed", "7", "--duration", "30m", "--speed", "10", "--market", "mine.csv")
    lines = done.output.splitlines()
    assert "seed = 7  # from the command line" in lines
    assert "duration_seconds = 1800  # from the command line" in lines
    assert "speed = 10.0  # from the command line" in lines
    assert 'market_file = "mine.csv"  # from the command line' in lines
    assert 'kind = "sim"' in lines


def test_programs_get_numbers_and_the_hash() -> None:
    """Numbers as numbers, and a list of what was overridden."""
    told = json.loads(asked("show", "--json", "--seed", "7").output)
    assert told["values"]["venue.seed"] == 7
    assert told["values"]["venue.speed"] == "max"
    assert told["values"]["order_size.base_size_rlusd"] == 15
    assert told["overridden"] == ["venue.seed"]
    assert told["config_sha256"] == config_sha256(read_profile(PAPER))


def test_an_override_that_contradicts_the_profile_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """``config show`` fails where ``run`` would."""
    assert run_command_line(["config", "show", "--duration", "3s"]) == EXIT_STARTUP
    assert "session.duration_seconds = 3: is shorter than one tick" in capsys.readouterr().err


def test_a_secret_that_has_no_place_in_a_profile_is_not_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Others who are to help see what is wrong with a profile; by name or by shape, a secret stays out of it."""
    secret = "s" + "Ed" + "7" * 28
    file = broken(
        tmp_path,
        ("seed = 20260121", f'seed = "{secret}"'),
        ("[log]", '[log]\nwallet_seed = "abandon ability"'),
        ("level = ", f'note = "{secret}"\nlevel = '),
    )
    for told in (asked("check", str(file)).stdout, asked("check", "--json", str(file)).stdout):
        assert told.count("[hidden]") == 3
        assert "abandon" not in told
        assert secret not in told
    assert run_command_line(["run", "--config", str(file)]) == EXIT_STARTUP
    told = capsys.readouterr().err
    assert told.count("[hidden]") == 3
    assert secret not in told


def test_secrets_are_masked(monkeypatch: pytest.MonkeyPatch) -> None:
    """By a key's name as by a value's look; a seed of random numbers stays."""
    secret = "s" + "Ed" + "7" * 28
    values: dict[str, Any] = {"wallet.wallet_seed": "x", "wallet.note": f"my {secret}", "venue.seed": 7}
    monkeypatch.setattr("tools.commands.config.dotted_values", lambda _: values)
    shown = shown_values(read_profile(PAPER))
    assert shown == {"wallet.wallet_seed": "[hidden]", "wallet.note": "my [hidden]", "venue.seed": 7}
