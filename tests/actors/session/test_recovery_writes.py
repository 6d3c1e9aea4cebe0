"""One failed write, anywhere, never ends in a wrong balance: sessions whose database or checkpointer fails on purpose.

Method: a whole session in this process, with one call of the store failing; then database and ledger are compared to
the last drop, as after a kill.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from support.kill_check import check_all
from support.sessions import plan_for, run

from actors.store import Checkpointer, DiskFullError, LockedError, Store, StoreError, list_sessions
from actors.venues.kept.kept_file import KeptFile
from neo.analysis.summary import SessionSummary
from neo.messages import OrderSigned
from neo.messages.halts import HaltReason


@pytest.fixture
def database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A database whose sessions leave their ledger's file for the test."""
    remove = KeptFile.remove

    def kept(file: KeptFile) -> None:
        shutil.copyfile(file.path, file.path.with_name(f"{file.path.name}.kept-000"))
        remove(file)

    monkeypatch.setattr(KeptFile, "remove", kept)
    return tmp_path / "neo.sqlite3"


def fail_append(monkeypatch: pytest.MonkeyPatch, error: type[StoreError], numbers: set[int], *, signed: bool) -> None:
    """Let the store fail at these calls of append (of those with a signed order, if so asked)."""
    append, calls = Store.append, [0]

    def failing(store: Store, appends: Any) -> None:
        if not signed or any(isinstance(record, OrderSigned) for one in appends for record in one.records):
            calls[0] += 1
            if calls[0] in numbers:
                raise error(store.path, "it fails on purpose", "Nothing to mend: it is a test.")
        append(store, appends)

    monkeypatch.setattr(Store, "append", failing)


def session(database: Path) -> SessionSummary:
    """A session of 160 s."""
    return run(plan_for(database, duration_s=160))


@pytest.mark.parametrize("error", [DiskFullError, LockedError])
@pytest.mark.parametrize(("numbers", "signed"), [({3}, True), ({9}, True), ({5}, False), ({2, 12}, False)])
def test_one_failed_write_is_made_again(
    database: Path, monkeypatch: pytest.MonkeyPatch, error: type[StoreError], numbers: set[int], signed: bool
) -> None:
    """What was not written stays in hand and is written by the next incarnation: nothing missing, nothing twice."""
    fail_append(monkeypatch, error, numbers, signed=signed)
    summary = session(database)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.restarts == len(numbers)
    assert summary.inventory.exact
    check_all(database, lost=0)


def test_a_database_that_takes_nothing_any_more_ends_the_session_and_says_so(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Past its restarts it is an actor_failure, what it could not write is named, and what it wrote is whole."""
    with monkeypatch.context() as patched:
        fail_append(patched, DiskFullError, set(range(20, 10_000)), signed=False)
        summary = session(database)
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    assert "it fails on purpose" in summary.halt_detail
    assert summary.rungs_failed
    (row,) = list_sessions(database)
    assert (row.status, row.halt_reason) == ("ended", "actor_failure")


def test_a_checkpointer_that_always_fails_changes_nothing(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each round is an ERROR in the row's warnings; the journal is that of a session whose checkpointer works."""
    expected = session(database.with_name("healthy.sqlite3")).journal_sha256

    def fails(checkpointer: Checkpointer) -> None:
        raise DiskFullError(database, "it fails on purpose", "Nothing to mend: it is a test.")

    monkeypatch.setattr(Checkpointer, "passive", fails)
    summary = session(database)
    assert summary.journal_sha256 == expected
    assert any(warning.startswith("ERROR checkpoint_failed") for warning in list_sessions(database)[0].warnings)
    check_all(database, lost=0)
