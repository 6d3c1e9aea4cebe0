"""The check of a database: every table against its journal, the schema against this build's, values within bounds.

Method: databases that a store wrote, changed past it as somebody would who knows SQLite.
"""

from __future__ import annotations

import contextlib
import functools
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin

import msgspec
import pytest
from msgspec.structs import fields
from support.store_database import ending, opened, rows, tamper
from support.store_records import appends, opening, started, tick_records

from actors.store import CorruptedError, StoreError, list_sessions
from actors.store.connection import connect_read_only
from actors.store.journal import decode_record, encode_record, hash_of
from actors.store.maintenance import check, rebuild
from actors.store.money_text import decimal_from
from actors.store.reports import capital_events, course, experiments
from actors.store.store_errors import DamagedValueError
from actors.store.verify import NO_SESSIONS, tables
from neo.desk.desk import Desk
from neo.messages import QuotingPaused, Record, SessionEnded, SpendingCarried
from neo.messages.halts import HaltReason


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A database with a session that ended and one that was lost."""
    made = tmp_path / "neo.db"
    store = opened(made)
    for name in ("one", "two"):
        store.begin_session(opening(name))
        store.append(appends([started(), *(batch for tick in range(1, 8) for batch in tick_records(tick))]))
        if name == "one":
            store.end_session(ending())
    store.close()
    return made


FALSIFIED = {
    "orders": "UPDATE orders SET status = 'filled' WHERE rowid = 3",
    "fills": "UPDATE fills SET xrp_drops = xrp_drops + 30000000 WHERE order_id = (SELECT min(order_id) FROM fills)",
    "inventory_ledger": "UPDATE inventory_ledger SET new_balance = new_balance + 30000000 WHERE asset = 'XRP'",
    "capital_events": "UPDATE capital_events SET rlusd = '201.5'",
    "fees": "DELETE FROM fees WHERE tx_hash = (SELECT min(tx_hash) FROM fees)",
    "market_snapshots": "UPDATE market_snapshots SET own_bid = NULL WHERE ledger_index = 90000003",
    "engine_state": "INSERT INTO engine_state VALUES ('one', 'invented', 'x')",
    "experiments": "UPDATE experiments SET fills = 1000",
    "sessions": "UPDATE sessions SET fills = 1000 WHERE id = 'one'",
    "journal": "UPDATE journal SET kind = 'Fill' WHERE seq = 4",
    "taker_trades": "INSERT INTO taker_trades VALUES ('one', 3, 'T', 1, 't', 'buy', 1, '1', 0, '0', '1', 0)",
    "inventory_checks": "INSERT INTO inventory_checks VALUES ('two', 3, 1, 't', 1, 1, '1', '1', 1)",
}


def test_a_falsified_row_of_any_table_is_found_and_mended(path: Path) -> None:
    """Whichever table it is, the check names it; a rebuild gives back every row as it was. New tables need a case."""
    with contextlib.closing(connect_read_only(path, brief=True)) as connection:
        assert {table.name for table in tables(connection)} == set(FALSIFIED)
    every = {name: rows(path, f"SELECT * FROM {name}") for name in {*FALSIFIED, *NO_SESSIONS}}  # noqa: S608 - schema's names
    assert check(path).findings == ()
    for name, statement in FALSIFIED.items():
        tamper(path, statement)
        findings = check(path).findings
        assert findings, name
        assert all(finding.startswith(f"{name} ") for finding in findings)
        if name == "journal":
            with pytest.raises(CorruptedError, match="its journal is damaged"):
                rebuild(path)
            (kind,) = {row[2] for row in every["journal"] if row[1] == 4}
            tamper(path, f"UPDATE journal SET kind = '{kind}' WHERE seq = 4")  # noqa: S608 - the schema's own words
            continue
        assert rebuild(path).changed == findings
        assert check(path).findings == ()
    assert {name: rows(path, f"SELECT * FROM {name}") for name in every} == every  # noqa: S608 - schema's names


def test_a_journal_is_known_by_its_bytes_and_not_by_how_this_build_would_write_it(path: Path) -> None:
    """An older build's records lack today's fields: that is no damage, and a rebuild keeps the hash."""
    tamper(path, "UPDATE journal SET body = '{ ' || substr(body, 2) WHERE session_id = 'one'")
    with contextlib.closing(connect_read_only(path, brief=True)) as connection:
        sha256 = hash_of(connection, "one").hexdigest
    tamper(path, f"UPDATE sessions SET journal_sha256 = '{sha256}' WHERE id = 'one'")  # noqa: S608 - a hash
    assert check(path).findings == ()
    assert rebuild(path).changed == ()
    assert rows(path, "SELECT journal_sha256 FROM sessions WHERE id = 'one'") == [(sha256,)]


def test_a_rebuild_keeps_what_no_journal_has(path: Path) -> None:
    """A note beside an experiment stays, and a copy of what was there is kept."""
    tamper(path, "UPDATE experiments SET note = 'mine', fills = 7")
    copy = rebuild(path).copy.path
    assert [row.note for row in experiments(path)] == ["mine"]
    assert rows(copy, "SELECT fills FROM experiments") == [(7,)]


def test_a_rebuild_refuses_a_damaged_journal(path: Path) -> None:
    """From a journal with a gap, or of another hash, nothing is worked out, and nothing is changed."""
    tamper(path, "DELETE FROM fees", "UPDATE journal SET body = body || ' ' WHERE seq = 5")
    before = path.read_bytes()
    with pytest.raises(CorruptedError, match="not the one that its hash was taken of"):
        rebuild(path)
    assert path.read_bytes() == before


ENDLESS = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x FROM c"


@pytest.mark.parametrize(
    ("statements", "what"),
    [
        ((f"CREATE VIEW endless AS {ENDLESS}",), "the view endless in it is not NEO's"),
        (("CREATE TRIGGER t AFTER INSERT ON fees BEGIN DELETE FROM fees; END",), "the trigger t in it is not NEO's"),
        (("CREATE INDEX i ON fees (fee_drops)",), "the index i in it is not NEO's"),
        (("CREATE TABLE more (a TEXT)",), "the table more in it is not NEO's"),
        (("CREATE VIRTUAL TABLE f USING fts5 (a)",), "the table f in it is not NEO's"),
        (("CREATE TABLE z (a INTEGER PRIMARY KEY AUTOINCREMENT)", "DROP TABLE z"), "the table sqlite_sequence"),
        (("DROP TRIGGER journal_loses_nothing",), "the trigger journal_loses_nothing is missing"),
        (("ALTER TABLE fees ADD COLUMN more TEXT",), "the table fees in it is not as NEO makes it"),
        (("PRAGMA journal_mode = DELETE", "PRAGMA page_size = 512", "VACUUM"), "its page_size is 512"),
        (("PRAGMA journal_mode = DELETE", "PRAGMA auto_vacuum = 1", "VACUUM"), "its auto_vacuum is 1"),
    ],
)
def test_a_foreign_schema_is_refused_before_anything_is_written(
    path: Path, statements: tuple[str, ...], what: str
) -> None:
    """Readers, the check and a session's start name the foreign object and touch nothing."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)
    before = path.read_bytes()
    for look in (list_sessions, opened, experiments, rebuild):
        with pytest.raises(CorruptedError, match=f"{what}.*neo db restore"):
            look(path)
    assert check(path).findings[0].startswith(what)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "text", ["1E+999999999", "NaN", "Infinity", "1e5", "", "1" * 300, "0x10", "1_0", " 1", "\u0661"]
)
def test_what_is_no_amount_of_ours_is_damage(path: Path, text: str) -> None:
    """An amount is plain digits, and not too many; nothing else is calculated with."""
    with pytest.raises(DamagedValueError):
        decimal_from(text)
    tamper(path, f"UPDATE capital_events SET rlusd = '{text}'", f"UPDATE sessions SET equity_end_rlusd = '{text}'")  # noqa: S608
    for look in (capital_events, list_sessions):
        with pytest.raises(CorruptedError, match="is not an amount"):
            look(path)
    assert check(path).findings


@pytest.mark.parametrize(
    "value",
    ['"1E+999999999"', '"1e-999"', '"NaN"', ' \n"NaN"', '"-Infinity"', '"sNaN12"', f'"{"9" * 300}"'],
)
def test_a_record_without_bounds_is_damage(path: Path, value: str) -> None:
    """Neither a decimal without bounds nor a number that no row can take is read from a journal."""
    body = '{"type":"CapitalMoved","ledger_index":1,"close_time_s":1,"cause":"%s","xrp_drops":1,"rlusd":%s}'
    assert decode_record(body % ("5" * 30 + "EF" + "5" * 32, '"1E-7"'))
    with pytest.raises(DamagedValueError, match="not a number that NEO writes"):
        decode_record(body % ("x", value))
    tamper(path, f"UPDATE journal SET body = '{body % ('x', value)}' WHERE seq = 2")  # noqa: S608 - the test's words
    with pytest.raises(CorruptedError, match="not a number that NEO writes"):
        course(path, "one")


@pytest.mark.parametrize("drops", ["9" * 25, str(10**18), str(-(10**18))])
def test_a_whole_number_that_no_row_can_take_is_damage(drops: str) -> None:
    """More XRP than there is, many times over: no sum of such numbers would fit a table."""
    body = '{"type":"CapitalMoved","ledger_index":1,"close_time_s":1,"cause":"","rlusd":"0","xrp_drops":'
    with pytest.raises(DamagedValueError, match=f"xrp_drops '{drops}' in a journal record is not a number that NEO"):
        decode_record(f"{body}{drops}}}")


@pytest.mark.parametrize("part", ["[1,9223372036854775808]", "[ 9223372036854775808,1]"])
def test_a_number_in_an_array_has_bounds_too(part: str) -> None:
    """What earlier sessions used up is written as arrays, in which a number has no name."""
    body = '{"type":"SpendingCarried","ledger_index":1,"close_time_s":1,"fees":[[1,10],%s],"requests":[]}'
    with pytest.raises(DamagedValueError, match="not a number that NEO writes"):
        decode_record(body % part)


def test_only_those_records_have_numbers_in_arrays_that_are_looked_through() -> None:
    """The search for numbers without bounds goes by the colon before each: one whose numbers have none is named."""
    found = {kind for kind in get_args(Record) if any(_has_bare_numbers(field.type) for field in fields(kind))}
    assert found == {SpendingCarried}


def _has_bare_numbers(kind: Any) -> bool:
    """True if a value of this type may be written with a number in an array."""
    struct = get_origin(kind) or kind
    if isinstance(struct, type) and issubclass(struct, msgspec.Struct):
        inside = [field.type for field in fields(struct)]
        as_array = struct.__struct_config__.array_like and {int, Decimal} & set(inside)
        return bool(as_array) or any(_has_bare_numbers(part) for part in inside)
    parts = get_args(kind)
    in_array = struct in {tuple, list} and {int, Decimal} & set(parts)
    return bool(in_array) or any(_has_bare_numbers(part) for part in parts)


@pytest.mark.parametrize(
    "words",
    ["inf", "NaN", "Infinity", "1E+999999999", "9" * 300, "ticket:1234567890123456789", '{"seed":9223372036854775807}'],
)
def test_words_are_no_numbers_whatever_is_in_them(path: Path, words: str) -> None:
    """What an operator gave as a reason is read again with the journal, and is no damage to it."""
    store = opened(path)
    store.begin_session(opening("three"))
    pause = QuotingPaused(ledger_index=1, close_time_s=4, cause=words)
    store.append(appends([started(), (pause,)]))
    store.close()
    assert decode_record(encode_record(pause).decode()) == pause
    assert check(path).findings == ()
    assert course(path, "three").started is not None


@pytest.mark.parametrize("seed", [2**63 - 1, 10**18])
def test_a_session_of_the_largest_seed_can_be_read(path: Path, seed: int) -> None:
    """Every seed that a profile may have: it is the one number of a journal that may be as long."""
    start = msgspec.structs.replace(started()[0], seed=seed)
    assert decode_record(encode_record(start).decode()) == start
    with pytest.raises(DamagedValueError, match="seed"):
        decode_record(encode_record(msgspec.structs.replace(start, seed=2**63)).decode())


@pytest.mark.parametrize("amounts", ["9223372036854775807, '0'", "0, '1E+99999'", "5, '5'"])
def test_a_recorded_deposit_that_can_not_be_is_damage(path: Path, amounts: str) -> None:
    """The check names it, and no session opens with it."""
    recorded = f"INSERT INTO capital_orders (recorded_at, kind, xrp_drops, rlusd) VALUES ('x', 'deposit', {amounts})"  # noqa: S608 - the test's words
    tamper(path, recorded)
    assert check(path).findings[0].startswith("capital_orders 1: ")
    store = opened(path)
    with pytest.raises(CorruptedError, match=r"an amount|can't be"):
        store.claim_capital("three", 100, Decimal(100))
    store.close()


def test_recorded_deposits_of_more_than_there_is_open_no_session(path: Path) -> None:
    """Each may be, and all of them not."""
    store = opened(path)
    for _ in range(100):
        record = "INSERT INTO capital_orders (recorded_at, kind, xrp_drops, rlusd) VALUES ('x', 'deposit', ?, '0')"
        store._connection.execute(record, (10**17,))
    with pytest.raises(StoreError, match="recorded deposits can't be"):
        store.claim_capital("three", 100, Decimal(100))
    store.close()


def test_a_reason_that_is_none_is_mended_from_the_journal(path: Path) -> None:
    """The journal tells why a session ended."""
    store = opened(path)
    store.begin_session(opening("three"))
    end = SessionEnded(reason=HaltReason.DURATION_ELAPSED, detail="60 s", standing=Desk().standing(), rungs_failed=())
    store.append(appends([started(), *tick_records(1), (end,)]))
    store.end_session(ending())
    store.close()
    tamper(path, "UPDATE sessions SET halt_reason = 'sudden_death' WHERE id = 'three'")
    assert check(path).findings
    rebuild(path)
    assert check(path).findings == ()
    assert list_sessions(path)[0].halt_reason == "duration_elapsed"


@pytest.mark.parametrize("column", ["journal SET body", "sessions SET secondary_halts"])
def test_what_is_nested_without_end_is_damage(path: Path, column: str) -> None:
    """However deep a text is nested, reading it fails as damage."""
    halt = '[{"reason":"kill_switch","detail":"","source":"","x":' + "[" * 100_000
    tamper(path, f"UPDATE {column} = '{halt if 'halts' in column else halt[1:]}'")
    look = functools.partial(course, session_id="one") if "journal" in column else list_sessions
    with pytest.raises(CorruptedError, match="damaged"):
        look(path)
    assert check(path).findings


def test_a_text_without_end_is_not_read(path: Path) -> None:
    """A text that is larger than any of ours is damage, and never in memory."""
    tamper(path, "UPDATE sessions SET market = CAST(zeroblob(9000000) AS TEXT) WHERE id = 'one'")
    with pytest.raises(CorruptedError, match="too big"):
        list_sessions(path)
    assert check(path).findings
