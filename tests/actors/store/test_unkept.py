"""A database that is not kept: the same session by every figure, and nothing left of it.

Method: whole sessions of some minutes with a file and without one; then the store alone, in this thread.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

import msgspec
import pytest
from support.sessions import Blind, plan_for, run
from support.store_records import appends, opening, started, tick_records

from actors.store import StoreError
from actors.store.unkept import unkept_store


def test_a_session_without_a_file_has_the_journal_and_the_results_of_one_with_it(tmp_path: Path) -> None:
    """Byte for byte the same journal, figure for figure the same results, and no file but the folder's own."""
    there, nowhere = tmp_path / "there", tmp_path / "nowhere"
    there.mkdir()
    nowhere.mkdir()
    kept = run(plan_for(there / "neo.sqlite3"), Blind())
    unkept = run(msgspec.structs.replace(plan_for(nowhere / "neo.sqlite3"), is_kept=False), Blind())
    own = {"session_id": "", "wall_s": 0.0, "database": ""}
    assert msgspec.structs.replace(unkept, **own) == msgspec.structs.replace(kept, **own)
    assert unkept.results is not None
    assert (there / "neo.sqlite3").exists()
    assert list(nowhere.iterdir()) == []


def test_two_at_once_do_not_see_each_other(tmp_path: Path) -> None:
    """Of one name even: each is its own."""
    first, second = unkept_store(tmp_path / "neo.db"), unkept_store(tmp_path / "neo.db")
    first.begin_session(opening("one"))
    assert first.has_session("one")
    assert not second.has_session("one")
    first.close()
    second.close()
    assert list(tmp_path.iterdir()) == []


def test_its_journal_is_as_strict_as_a_files(tmp_path: Path) -> None:
    """What fails is not in it, not even by half, and what is in it stays."""
    store = unkept_store(tmp_path / "neo.db")
    store.begin_session(opening("one"))
    store.append(appends([started()]))
    before = store.journal_sha256
    store._connection.execute("CREATE TEMP TRIGGER full BEFORE INSERT ON journal BEGIN SELECT RAISE(ABORT, 'no'); END")
    with pytest.raises(StoreError):
        store.append(appends(tick_records(1), first=2))
    assert store.journal_sha256 == before
    assert len(list(store.read_journal("one"))) == len(started())
    assert store._connection.execute("SELECT count(*) FROM orders").fetchone() == (0,)
    with pytest.raises(sqlite3.IntegrityError):
        store._connection.execute("DELETE FROM journal")
    store.close()
