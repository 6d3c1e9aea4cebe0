"""The pages of fills, orders and refusals: what the command line lists, filtered by the address."""

from __future__ import annotations

from pathlib import Path

import pytest
from support.page_site import asked, looked_at
from support.sessions import config_with, plan_for, run

from actors.store import list_sessions
from actors.store.trade_rows import fills_of, orders_of
from tools.page.ground import PageGround


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with fills, and one whose quotes risk refused."""
    path = tmp_path_factory.mktemp("tables") / "neo.sqlite3"
    run(plan_for(path, seed=20260121, duration_s=240))
    run(plan_for(path, seed=7, duration_s=40, config=config_with(risk={"max_order_rlusd": 14})))
    return path


@pytest.fixture
def trading(database: Path) -> str:
    """The address of the one with fills."""
    return f"/session/{list_sessions(database)[1].id}"


@pytest.fixture
def refused(database: Path) -> str:
    """The address of the other."""
    return f"/session/{list_sessions(database)[0].id}"


async def test_fills_are_told_as_neo_fills_does(database: Path, trading: str) -> None:
    """The newest first, each with its record in the journal and all records of its order."""
    fills = fills_of(database, trading.rpartition("/")[2])[::-1]
    page = await looked_at(PageGround([database]), f"{trading}/fills")
    head, *rows = page.rows
    assert head[:4] == ["closed", "ledger", "side", "XRP"]
    assert [(row[2], row[9]) for row in rows] == [(fill.side, fill.order_id) for fill in fills]
    assert rows[0][3] == f"{fills[0].xrp_drops / 1e6:,.6f}"
    assert page.links[fills[0].order_id] == f"{trading}/journal?order={fills[0].order_id}"
    assert page.links[rows[0][10]] == f"{trading}/journal?seq={rows[0][10][1:]}"
    assert f"{len(fills)} rows" in page.text or f"{len(fills)} row," in page.text


async def test_orders_are_chosen_by_what_became_of_them(database: Path, trading: str) -> None:
    """By status and by side at once."""
    wanted = [
        order.id
        for order in orders_of(database, trading.rpartition("/")[2])
        if (order.status, order.side) == ("filled", "buy")
    ]
    page = await looked_at(PageGround([database]), f"{trading}/orders?status=filled&side=buy")
    assert [row[2] for row in page.rows[1:]] == wanted[::-1]
    assert wanted


async def test_refusals_have_their_code_their_numbers_and_their_decision(database: Path, refused: str) -> None:
    """What was refused by risk, apart from what was held back."""
    page = await looked_at(PageGround([database]), f"{refused}/refusals?kind=refused&code=order_size&side=sell")
    head, first, *_ = page.rows
    assert head == ["closed", "ledger", "tick", "what", "side", "code", "detail", "journal"]
    assert first[3:6] == ["refused", "sell", "order_size"]
    assert "14" in first[6]
    record = await looked_at(PageGround([database]), page.links[first[7]])
    assert '"code": "order_size"' in record.text


async def test_a_table_without_rows_says_so(database: Path, trading: str) -> None:
    """And keeps the form, to choose otherwise."""
    page = await looked_at(PageGround([database]), f"{trading}/refusals?code=fee_budget")
    assert "no rows" in page.text
    assert page.rows == []


@pytest.mark.parametrize("path", ["/fills?side=x", "/orders?status=gone", "/refusals?code=no", "/fills?page=x"])
async def test_what_can_not_be_chosen_is_told_with_what_can(database: Path, trading: str, path: str) -> None:
    """As a page with status 400."""
    answer = await asked(PageGround([database]), f"{trading}{path}")
    assert answer.status == 400
