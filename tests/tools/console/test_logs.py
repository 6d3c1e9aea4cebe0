"""The log's promises: one line an event, readable by programs, rotated, without secrets; warnings are shown."""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest
from loguru import logger

from neo.config import LogConfig
from neo.text.redaction import HIDDEN, hide_seeds
from tools.console.errors import OperatorError
from tools.console.log_redaction import redact
from tools.console.logs import logging_to

INFO = LogConfig(level="INFO", rotation_mb=1, keep_files=2)

# The seed of XRPL's documentation for "masterpassphrase", and one of the Ed25519 kind: known to the world.
FAMILY_SEED = "snoPBrXtMeMyMHUVTgbuqAfg1SUTb"
ED_SEED = "sEdTM1uX8pu2do5XvTnutH6HsouMaM2"


@pytest.fixture
def told() -> list[str]:
    """What the operator's terminal got."""
    return []


@pytest.fixture
def log_file(tmp_path: Path, told: list[str]) -> Iterator[Path]:
    file = tmp_path / "neo.log"
    with logging_to(file, INFO, told.append):
        yield file


def test_an_event_is_one_line_with_its_fields_in_order(log_file: Path, told: list[str]) -> None:
    """Time, level, event, then the fields as they were bound; quoted only where needed."""
    fields = {"zeta": 1, "alpha": Decimal("1.9430"), "detail": "115.20 > 100.0", "parts": {"x": None}, "side": "buy"}
    logger.bind(**fields).info("fill")
    [line] = log_file.read_text(encoding="utf-8").splitlines()
    time, rest = line.split(" ", 1)
    assert time.endswith("Z")
    assert rest == 'INFO fill zeta=1 alpha=1.9430 detail="115.20 > 100.0" parts={"x":null} side=buy'
    assert told == []


def test_a_value_of_several_lines_stays_on_one_and_can_be_read_back(log_file: Path) -> None:
    """As JSON, whatever is in it."""
    text = 'two\nlines {with} <tags> and "quotes" = \N{EURO SIGN}'
    logger.bind(text=text).info("event")
    [line] = log_file.read_text(encoding="utf-8").splitlines()
    assert json.loads(line.partition("text=")[2]) == text


def test_warnings_and_errors_reach_the_operator_and_the_file(log_file: Path, told: list[str]) -> None:
    """The rest is in the file alone, and what is finer than INFO nowhere."""
    logger.debug("too_fine")
    logger.info("quiet")
    logger.bind(actor="risk").warning("actor_restarted")
    logger.bind(rung="reconcile").error("rung_failed")
    assert told == ["warning: actor_restarted actor=risk", "error: rung_failed rung=reconcile"]
    events = [line.split()[1:3] for line in log_file.read_text(encoding="utf-8").splitlines()]
    assert events == [["INFO", "quiet"], ["WARNING", "actor_restarted"], ["ERROR", "rung_failed"]]


def _crash() -> ValueError:
    try:
        int(f"wallet {FAMILY_SEED}")
    except ValueError as error:
        return error
    raise AssertionError("a wallet's seed is no number")


def test_a_traceback_is_a_field_of_the_same_line(log_file: Path, told: list[str]) -> None:
    """The operator gets the error without it, and a secret in it is hidden from both."""
    logger.opt(exception=_crash()).error("actor_crashed")
    [line] = log_file.read_text(encoding="utf-8").splitlines()
    assert "test_logs.py" in json.loads(line.partition("traceback=")[2])
    assert FAMILY_SEED not in line
    assert told == [
        f"error: actor_crashed error=\"ValueError: invalid literal for int() with base 10: 'wallet {HIDDEN}'\""
    ]


def test_the_file_is_put_aside_when_full_and_only_so_many_are_kept(log_file: Path) -> None:
    """4.5 MB of events leave the current file and as many full ones as are to be kept."""
    for _ in range(45):
        logger.bind(text="x" * 100_000).info("event")
    sizes = {file.name: file.stat().st_size for file in log_file.parent.iterdir()}
    assert len(sizes) == INFO.keep_files + 1
    assert max(sizes.values()) <= 1_100_000
    # All but the one that is being written are full.
    assert min(size for name, size in sizes.items() if name != log_file.name) >= 900_000


def test_a_new_file_that_cannot_be_made_is_told_once_and_tried_again(
    log_file: Path, told: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What comes meanwhile is lost, without a traceback for each line."""

    def refused(path: Path, *, create: bool) -> int:
        raise OSError(errno.ENOSPC, f"no room for {path}, {create}")

    with monkeypatch.context() as patch:
        patch.setattr("tools.console.logs.append_private", refused)
        for _ in range(8):
            logger.bind(text="x" * 200_000).info("event")
    logger.info("after")
    assert [line.partition(" file=")[0] for line in told] == ["error: log_unwritable"]
    assert log_file.read_text(encoding="utf-8").endswith(" INFO after\n")
    assert log_file.with_name("neo.log.1").exists()
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_put_aside_goes_on(
    log_file: Path, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """What stands in the way is told once; no line is lost, and no traceback is printed for any."""
    (log_file.with_name(f"{log_file.name}.1") / "of somebody").mkdir(parents=True)
    (log_file.with_name(f"{log_file.name}.2") / "of somebody").mkdir(parents=True)
    for _ in range(15):
        logger.bind(text="x" * 100_000).info("event")
    assert log_file.read_text(encoding="utf-8").count(" INFO event ") == 15
    assert len(told) == 1
    assert "log_unwritable" in told[0]
    assert capsys.readouterr().err == ""


def test_a_log_that_cannot_be_written_is_told_without_a_traceback(tmp_path: Path) -> None:
    """With what to check."""
    (tmp_path / "file").touch()
    with (
        pytest.raises(OperatorError, match="check its folder's permissions"),
        logging_to(tmp_path / "file" / "neo.log", INFO, print),
    ):
        pass


# --- Secrets -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["wallet_seed", "secret", "private_key", "WALLET_SECRET", "mnemonic", "passphrase", "db_password"]
)
def test_a_field_with_a_secrets_name_is_hidden(name: str) -> None:
    """At any depth, and its neighbours are not."""
    assert redact(name, "anything") == HIDDEN
    assert redact("wallet", {name: "anything", "address": "rEngine"}) == {name: HIDDEN, "address": "rEngine"}


def test_the_random_numbers_seed_is_no_secret() -> None:
    """Without it no session could be run again."""
    assert redact("seed", 20260121) == 20260121


def test_a_signed_blob_is_shown_by_its_beginning() -> None:
    """Enough to recognise it, too little to send it."""
    assert redact("blob", "1200" + "AB" * 200) == "1200ABABABABABAB..."


@pytest.mark.parametrize("seed", [FAMILY_SEED, ED_SEED])
def test_a_wallets_seed_is_hidden_wherever_it_turns_up(seed: str) -> None:
    """The words around it stay."""
    assert redact("detail", f"from {seed}, it says") == f"from {HIDDEN}, it says"
    assert redact("list", [f"({seed})"]) == [f"({HIDDEN})"]


@pytest.mark.parametrize(
    "text",
    ["rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", "session_20260121_000000000000000", "0123456789ABCDEF" * 4, "strategy"],
)
def test_addresses_hashes_and_words_stay_readable(text: str) -> None:
    """A log that hides too much tells nothing."""
    assert hide_seeds(text) == text


@pytest.mark.parametrize("name", ["neo.log", "neo.log.1", "neo.log.2"])
def test_a_file_that_is_no_log_is_neither_written_to_nor_put_aside(tmp_path: Path, name: str) -> None:
    """Somebody's own under such a name would go with the oldest log one day."""
    (tmp_path / name).write_text("notes of mine", encoding="utf-8")
    with (
        pytest.raises(OperatorError, match=rf"{name}: no log of NEO's.* Move it away"),
        logging_to(tmp_path / "neo.log", INFO, print),
    ):
        pass
    assert [(path.name, path.read_text(encoding="utf-8")) for path in tmp_path.iterdir()] == [(name, "notes of mine")]
