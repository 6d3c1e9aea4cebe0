"""Tables a page at a time: the same rows as the whole lists have, chosen, the newest first, and soon there.

Method: a short session's own tables, and the same session with ten thousand fills more (``support/many_fills.py``).
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.many_fills import add_fills
from support.sessions import config_with, journal_of, plan_for, run
from support.store_database import rows

from actors.store import list_sessions
from actors.store.store_errors import StoreError
from actors.store.table_pages import (
    EVENT_TYPES,
    PAGE_ROWS,
    RowChoice,
    events_page,
    fills_page,
    journal_around,
    journal_of_order,
    orders_page,
    refusals_page,
)
from actors.store.trade_rows import fills_of, orders_of
from neo.messages import OrderStatus, QuotesJudged

MANY = 10_000


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A session of some minutes, whose quotes are mostly too large, and another one that must not be seen."""
    path = tmp_path_factory.mktemp("pages") / "neo.sqlite3"
    run(plan_for(path, seed=20260121, duration_s=360))
    run(plan_for(path, seed=7, duration_s=40, config=config_with(risk={"max_order_rlusd": 14})))
    return path, list_sessions(path)[1].id


@pytest.fixture(scope="module")
def refused(small: tuple[Path, str]) -> tuple[Path, str]:
    """The session whose quotes risk refused."""
    return small[0], list_sessions(small[0])[0].id


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A session with ten thousand fills."""
    path = tmp_path_factory.mktemp("large") / "neo.sqlite3"
    found = run(plan_for(path, seed=7, duration_s=40)).session_id
    add_fills(path, found, MANY)
    return path, found


def test_pages_of_fills_are_the_whole_list_from_its_end(small: tuple[Path, str]) -> None:
    """Nothing is missing and nothing comes twice; each has its own record's number."""
    whole = fills_of(*small)[::-1]
    page = fills_page(*small, RowChoice())
    assert len(whole) > 2
    assert [one.fill for one in page.rows] == whole[:PAGE_ROWS]
    assert page.total == len(whole)
    journal = journal_of(*small)
    for one in page.rows:
        record = journal[(one.seq or 0) - 1]
        assert (record.tx_hash, record.order_id) == (one.fill.tx_hash, one.fill.order_id)  # type: ignore[union-attr]  # a Fill


def test_pages_of_orders_are_the_whole_list_from_its_end(small: tuple[Path, str]) -> None:
    """On two pages, as there are more than one has room for."""
    whole = orders_of(*small)[::-1]
    assert len(whole) > PAGE_ROWS
    pages = [orders_page(*small, RowChoice(page=number)) for number in (1, 2)]
    assert [row for page in pages for row in page.rows] == whole[: 2 * PAGE_ROWS]
    assert orders_page(*small, RowChoice(page=1000)).rows == []


@pytest.mark.parametrize(
    ("choice", "holds"),
    [
        (RowChoice(side="buy"), lambda row: row.side == "buy"),
        (RowChoice(status="filled"), lambda row: row.status is OrderStatus.FILLED),
        (RowChoice(kind="offer"), lambda row: row.cancels is None),
        (RowChoice(text="O00001"), lambda row: row.id.startswith("o00001")),
        (RowChoice(since="2026-01-21T15:05:00"), lambda row: row.created_at >= "2026-01-21T15:05:00Z"),
        (RowChoice(until="2026-01-21T15:05:00"), lambda row: row.created_at <= "2026-01-21T15:05:00Z"),
    ],
    ids=["side", "status", "kind", "text", "since", "until"],
)
def test_a_choice_is_what_the_whole_list_has_of_it(
    small: tuple[Path, str], choice: RowChoice, holds: Callable[[Any], bool]
) -> None:
    """Chosen by SQLite or by hand."""
    wanted = [row for row in orders_of(*small) if holds(row)]
    page = orders_page(*small, choice)
    assert 0 < len(wanted) < len(orders_of(*small)) or choice.kind == "offer"
    assert (page.total, page.rows) == (len(wanted), wanted[::-1][:PAGE_ROWS])


def test_what_is_looked_for_is_text_and_never_a_pattern(small: tuple[Path, str]) -> None:
    """Neither a wildcard nor a quote does anything but not be there."""
    for text in ("%", "_o", "' OR 1=1 --", '"'):
        assert orders_page(*small, RowChoice(text=text)).total == 0
        assert fills_page(*small, RowChoice(text=text)).total == 0


def test_refusals_are_those_of_the_journal(refused: tuple[Path, str]) -> None:
    """With what was held back, each with its decision's number."""
    told = [
        (seq, kind, one.code, one.detail)
        for seq, record in enumerate(journal_of(*refused), 1)
        if isinstance(record, QuotesJudged)
        for kind, some in (("refused", record.refusals), ("held back", record.held_back))
        for one in some
    ]
    page = refusals_page(*refused, RowChoice())
    assert len(told) > 5
    assert page.total == len(told)
    assert sorted((row.seq, row.kind, row.code, row.detail) for row in page.rows) == sorted(told)
    assert [row.seq for row in page.rows] == sorted((row.seq for row in page.rows), reverse=True)
    buys = refusals_page(*refused, RowChoice(side="buy", kind="refused", code="order_size"))
    assert {(row.side, row.kind, row.code) for row in buys.rows} == {("buy", "refused", "order_size")}
    assert refusals_page(*refused, RowChoice(code="price_band")).total == 0
    assert all(row.created_at is not None for row in page.rows[:-2])


def test_events_are_the_journals_without_what_comes_with_every_ledger(small: tuple[Path, str]) -> None:
    """The newest is the end, the oldest the beginning; checks come if they are asked for."""
    page = events_page(*small, RowChoice())
    names = [type(row.record).__name__ for row in page.rows]
    assert names == ["SessionEnded", "HaltRaised", "CapitalMoved", "SessionStarted"]
    assert {"FeePaid", "InventoryChecked"}.isdisjoint(EVENT_TYPES)
    assert events_page(*small, RowChoice(kind="InventoryChecked")).total > 1
    assert [type(row.record).__name__ for row in events_page(*small, RowChoice(text="OPENING BALANCE")).rows] == [
        "CapitalMoved"
    ]


def test_a_record_comes_with_its_neighbours(small: tuple[Path, str]) -> None:
    """As many on both sides, where there are so many."""
    assert [row.seq for row in journal_around(*small, 10, 2)] == [8, 9, 10, 11, 12]
    assert [row.seq for row in journal_around(*small, 1, 2)] == [1, 2, 3]
    assert journal_around(*small, 10**9, 2) == []


def test_an_orders_records_are_all_of_its_life(small: tuple[Path, str]) -> None:
    """From the intent on, and of no order whose name begins alike."""
    filled = fills_of(*small)[-1].order_id
    names = [type(row.record).__name__ for row in journal_of_order(*small, filled)]
    assert names[:3] == ["OrderIntended", "OrderSigned", "OrderSubmitted"]
    assert {"Fill", "OrderChanged"} <= set(names)
    assert journal_of_order(*small, filled[:-1]) == []
    assert journal_of_order(*small, '"') == []


def test_a_missing_database_is_an_error_of_the_store(tmp_path: Path) -> None:
    """As of every reader."""
    with pytest.raises(StoreError):
        fills_page(tmp_path / "none.sqlite3", "s", RowChoice())


def test_ten_thousand_fills_open_soon_on_any_page(large: tuple[Path, str]) -> None:
    """A tenth of a second each on a quiet machine; the bound is for a busy one."""
    started_s = time.perf_counter()
    first = fills_page(*large, RowChoice())
    last = fills_page(*large, RowChoice(page=MANY // PAGE_ROWS))
    taker = fills_page(*large, RowChoice(kind="taker", page=3))
    took_s = time.perf_counter() - started_s
    assert first.total >= MANY
    assert first.rows[0].fill.order_id == f"x{MANY:06d}"
    assert [one.seq for one in first.rows] == [1_000_000 + MANY - at for at in range(PAGE_ROWS)]
    assert len(last.rows) == PAGE_ROWS
    assert taker.total >= MANY // 10
    assert took_s < 3.0


def test_what_is_shown_is_written_as_the_journal_has_it(large: tuple[Path, str]) -> None:
    """The body read back from a page is the very record."""
    (row,) = journal_around(*large, 1_000_000 + MANY, 0)
    ((body,),) = rows(large[0], "SELECT body FROM journal WHERE seq = ?", 1_000_000 + MANY)
    assert json.loads(body)["order_id"] == row.record.order_id  # type: ignore[union-attr]  # a Fill
