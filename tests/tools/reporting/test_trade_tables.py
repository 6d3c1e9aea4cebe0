"""``neo fills`` and ``neo orders``: what a session traded and ordered, one by one, in every form."""

from __future__ import annotations

import csv
import io
import json
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from support.sessions import plan_for, run
from support.store_database import rows

from actors.store import list_sessions
from actors.store.trade_rows import FillRow, fills_of, orders_of
from neo.messages import Side
from tools.commands.table import run_command_line
from tools.reporting.trade_tables import edge_bps, fills_table, fills_told, orders_table

D = Decimal
Out = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A session with some fills, then one of another seed."""
    path = tmp_path_factory.mktemp("trades") / "neo.sqlite3"
    for seed in (20260121, 7):
        run(plan_for(path, seed=seed, duration_s=240))
    return path


@pytest.fixture
def out(capsys: Out) -> Out:
    """What is printed, and nothing from before."""
    capsys.readouterr()
    return capsys


def fill(side: Side, price: str, mid: str | None, drops: int = 2_000_000, rlusd: str = "4") -> FillRow:
    return FillRow(
        created_at="2026-01-21T00:00:04Z",
        ledger_index=7,
        side=side,
        xrp_drops=drops,
        rlusd=D(rlusd),
        price=D(price),
        mid_price=None if mid is None else D(mid),
        taker=0,
        order_id="o000001",
        tx_hash="A" * 64,
    )


def told(database: Path, out: Out, *arguments: str) -> list[dict[str, object]]:
    first, *others = arguments
    assert run_command_line([first, "--db", str(database), *others, "--json"]) == 0
    return [json.loads(line) for line in out.readouterr().out.splitlines()]


def test_the_edge_is_how_much_better_than_the_mid_a_fill_was() -> None:
    """Bought at 1.99 with the mid at 2 is 50 bps better, sold there 50 bps worse; without a mid nobody can say."""
    assert edge_bps(fill(Side.BUY, "1.99", "2")) == D("50.00")
    assert edge_bps(fill(Side.SELL, "1.99", "2")) == D("-50.00")
    assert edge_bps(fill(Side.SELL, "2.01", "2")) == D("50.00")
    assert edge_bps(fill(Side.BUY, "2", None)) is None


def test_what_the_fills_come_to_is_told_in_a_line() -> None:
    """2 and 1 XRP bought for 4 and 2.3 RLUSD are 3 XRP for 6.3, 2.1 each; nothing of a side that has none."""
    both = [fill(Side.BUY, "2", "2"), fill(Side.BUY, "2.3", "2", 1_000_000, "2.3")]
    assert fills_told(both) == "2 fills; bought 3.000000 XRP for 6.3000 RLUSD, 2.10000 each"
    assert fills_told([]) == "0 fills"


def test_every_fill_of_the_last_session_is_listed_to_its_last_digit(database: Path, out: Out) -> None:
    """The same in JSON and in CSV, in the order of the ledgers; their sums are what the session's inventory has."""
    last, first = list_sessions(database)
    found = told(database, out, "fills")
    assert len(found) == last.fills > 0
    assert {row["session"] for row in found} == {last.id}
    signs = {"buy": 1, "sell": -1}
    [(drops,)] = rows(
        database,
        "SELECT sum(CASE side WHEN 'buy' THEN xrp_drops ELSE -xrp_drops END) FROM fills WHERE session_id = ?",
        last.id,
    )
    assert sum(signs[str(row["side"])] * D(str(row["xrp"])) for row in found) == D(drops).scaleb(-6)
    assert [row["ledger"] for row in found] == sorted(int(str(row["ledger"])) for row in found)
    assert run_command_line(["fills", "--db", str(database), "--csv"]) == 0
    flat = list(csv.DictReader(io.StringIO(out.readouterr().out)))
    assert [(row["rlusd"], row["tx_hash"]) for row in flat] == [(row["rlusd"], row["tx_hash"]) for row in found]
    assert {row["session"] for row in told(database, out, "fills", first.id)} == {first.id}
    assert told(database, out, "fills", "--last", "2") == found[-2:]


def test_every_order_is_listed_with_what_became_of_it(database: Path, out: Out) -> None:
    """As many of each status as the database has; a cancel names what it cancels, and one status can be asked for."""
    last = list_sessions(database)[0]
    found = told(database, out, "orders")
    counted = dict(rows(database, "SELECT status, count(*) FROM orders WHERE session_id = ? GROUP BY status", last.id))
    assert Counter(row["status"] for row in found) == counted
    assert {row["status"] for row in found if row["cancels"] is not None} <= {"done", "failed", "expired"}
    assert told(database, out, "orders", "--status", "FILLED") == [row for row in found if row["status"] == "filled"]
    assert run_command_line(["orders", "--db", str(database), last.id]) == 0
    text = out.readouterr().out
    assert f"Session {last.id}: {len(found)} orders; " in text
    assert f"{counted['done']} done" in text
    assert "cancel of o" in text


@pytest.mark.parametrize("width", [60, 80, 160])
def test_no_price_and_no_amount_is_cut_at_any_width(database: Path, width: int) -> None:
    """A narrow terminal has fewer columns."""
    session = list_sessions(database)[0].id
    console = Console(file=io.StringIO(), width=width, highlight=False, markup=False)
    fills = fills_of(database, session)
    console.print(fills_table(fills))
    console.print(orders_table(orders_of(database, session)))
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert "\N{HORIZONTAL ELLIPSIS}" not in text
    assert max(map(len, text.splitlines())) <= width
    assert f"{D(fills[0].xrp_drops).scaleb(-6):,.6f}" in text


def test_a_session_that_is_not_there_and_two_forms_are_refused(database: Path, out: Out) -> None:
    """In words, as elsewhere."""
    for name in ("fills", "orders"):
        assert run_command_line([name, "--db", str(database), "nowhere"]) == 30
        assert "no session 'nowhere'; `neo sessions` lists them" in out.readouterr().err
        assert run_command_line([name, "--db", str(database), "--json", "--csv"]) == 2
