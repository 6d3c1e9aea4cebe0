"""Orders of unclear fate are listed, and settled by hand: in the journal, with the reason, and nowhere else."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import threading
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.sessions import journal_of, plan_for, run
from support.store_database import ending, opened, rows
from support.store_records import FIRST_LEDGER, appends, changed, intended, opening, signed, started, tx_hash

from actors.session.settling_by_hand import settle_orphan
from actors.store import Durability, Store
from actors.store.maintenance import check
from actors.store.orphans import orphans_of
from actors.store.store_errors import OtherStoreError
from neo.messages import Append, OrderChanged, OrderStatus, SettlementBegun, Side
from tools.commands.table import run_command_line


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """A session that ended, one of whose orders a later start gave up."""
    path = tmp_path / "neo.sqlite3"
    summary = run(plan_for(path))
    [(order_id,)] = rows(path, "SELECT id FROM orders ORDER BY rowid DESC LIMIT 1")
    store = Store.open(path, durability=Durability.PROCESS_LOSS, backup_keep=0)
    store.resume_session(summary.session_id)
    lost = OrderChanged(
        order_id=order_id,
        ledger_index=99,
        close_time_s=0,
        status=OrderStatus.LOST,
        result="its file is not there",
        xrp_left_drops=0,
        rlusd_left=Decimal(0),
    )
    store.append((Append(records=(lost,), sender="recovery", batch=1, wants_receipt=False),))
    store.close()
    return path


def listed(path: Path, capsys: pytest.CaptureFixture[str], *words: str) -> list[dict[str, object]]:
    """What the list has for programs."""
    capsys.readouterr()
    assert run_command_line(["orphans", "--db", str(path), "list", "--json", *words]) == 0
    return msgspec.json.decode(capsys.readouterr().out, type=list[dict[str, object]])


@pytest.mark.parametrize("is_told", [True, False])
@pytest.mark.parametrize(
    ("status", "is_unclear"),
    [
        (OrderStatus.UNKNOWN, True),
        (OrderStatus.RESTING, True),
        (OrderStatus.PARTIALLY_FILLED, True),
        (OrderStatus.LOST, True),
        (OrderStatus.CANCELED, False),
        (OrderStatus.FILLED, False),
        (OrderStatus.FAILED, False),
    ],
)
def test_whatever_may_still_be_on_the_ledger_is_an_orphan(
    tmp_path: Path, status: OrderStatus, *, is_unclear: bool, is_told: bool
) -> None:
    """With its hash, sequence and last ledger, by which somebody can look for it, and whether its session is over."""
    path = tmp_path / "neo.sqlite3"
    with contextlib.closing(opened(path)) as store:
        store.begin_session(opening("one"))
        order = (intended(1, Side.BUY), signed(1, Side.BUY), changed(1, Side.BUY, status))
        store.append(appends([started(), order]))
        if is_told:
            store.end_session(ending())
    found = [(each.status, each.tx_hash, each.offer_sequence, each.last_ledger) for each in orphans_of(path)]
    assert found == ([(status, tx_hash(1, Side.BUY), 2, FIRST_LEDGER + 21)] if is_unclear else [])
    assert [each.is_over for each in orphans_of(path)] == [is_told] * is_unclear


def test_an_order_that_was_given_up_is_listed_until_somebody_says_what_became_of_it(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The journal gets two records more, the tables follow from it, and the list is empty."""
    [orphan] = listed(database, capsys)
    assert (orphan["status"], orphan["reason"]) == ("lost", "its file is not there")
    assert "its file is not there" in str(orphan["evidence"])
    session_id, order_id = str(orphan["session_id"]), str(orphan["order_id"])
    before = journal_of(database, session_id)
    words = [
        "orphans",
        "--db",
        str(database),
        "resolve",
        session_id,
        order_id,
        "--as",
        "canceled",
        "--reason",
        "seen gone",
    ]
    capsys.readouterr()
    assert run_command_line([*words, "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told == {"session_id": session_id, "order_id": order_id, "status": "canceled", "reason": "seen gone"}
    begun, settled = journal_of(database, session_id)[len(before) :]
    assert isinstance(begun, SettlementBegun)
    assert isinstance(settled, OrderChanged)
    assert (begun.order_ids, settled.order_id, settled.status) == ((order_id,), order_id, OrderStatus.CANCELED)
    [(status, reason)] = rows(database, f"SELECT status, failure_reason FROM orders WHERE id = '{order_id}'")  # noqa: S608
    assert status == "canceled"
    assert str(reason).endswith("settled by hand: seen gone")
    assert listed(database, capsys) == []
    assert check(database).findings == ()
    # It can't be said twice.
    assert run_command_line(words) == 2


def test_an_order_is_settled_by_what_is_known_when_it_is_written(database: Path) -> None:
    """Somebody else settled it since it was listed: the second finding is refused, and the first one stays."""
    [orphan] = orphans_of(database)
    settle_orphan(database, orphan.session_id, orphan.order_id, OrderStatus.CANCELED, "seen gone")
    before = journal_of(database, orphan.session_id)
    with pytest.raises(OtherStoreError, match="no order of unclear fate"):
        settle_orphan(database, orphan.session_id, orphan.order_id, OrderStatus.FAILED, "never sent")
    assert journal_of(database, orphan.session_id) == before


def test_a_name_that_no_orphan_has_changes_nothing(database: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The refusal tells where the names are, and an empty reason is none."""
    assert run_command_line(
        ["orphans", "--db", str(database), "resolve", "9", "b1", "--as", "canceled", "--reason", "seen"]
    ) == 2  # fmt: skip
    assert "`neo orphans list` shows those there are" in capsys.readouterr().err
    [orphan] = listed(database, capsys)
    words = [str(orphan["session_id"]), str(orphan["order_id"]), "--as", "failed", "--reason", "  "]
    assert run_command_line(["orphans", "--db", str(database), "resolve", *words]) == 2
    assert len(listed(database, capsys)) == 1


@contextlib.contextmanager
def serving(chain: Chain) -> Iterator[str]:
    """The URL of a ledger server on loopback, in a thread of its own."""
    url, is_up, stop, tokens = [""], threading.Event(), trio.Event(), []

    async def serve() -> None:
        chain.close()
        server = LedgerServer(chain)
        server.node.build_version = "3.4.1"
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            url[0] = await nursery.start(server.serve_loopback)
            tokens.append(trio.lowlevel.current_trio_token())
            is_up.set()
            await stop.wait()
            nursery.cancel_scope.cancel()

    thread = threading.Thread(target=trio.run, args=(serve,))
    thread.start()
    try:
        assert is_up.wait(20)
        yield url[0]
    finally:
        for token in tokens:
            token.run_sync_soon(stop.set)
        thread.join(20)


def test_the_ledger_is_asked_about_the_orders_of_the_account_alone_that_is_named(
    database: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Of another account's it would say that no offer rests, which is true of the account that it was asked about."""
    with contextlib.closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("UPDATE sessions SET venue = 'live'")
    [unasked] = listed(database, capsys)
    account = str(unasked["account"])
    chain = Chain(has_crowd=False, account=account)
    with serving(chain) as url:
        [ours], [theirs] = (
            listed(database, capsys, "--config", "live-stage1", "--account", asked, "--endpoint", url)
            for asked in (account, chain.ledger.issuer)
        )
    assert "no offer of it rests" in str(ours["evidence"])
    assert "rests" not in str(theirs["evidence"])
    assert f"by {account}" in str(theirs["evidence"])
