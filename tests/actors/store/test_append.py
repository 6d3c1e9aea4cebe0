"""Appending: exact, whole or not at all, once only, and the same bytes every time.

Method: the store in this thread on a file in a temporary folder; rows are read through a second connection.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.store_database import count, ending, opened, rows, state, table
from support.store_records import (
    appends,
    changed,
    filled,
    intended,
    observed,
    opening,
    order_id,
    signed,
    started,
    submitted,
    tick_records,
)

from actors.store import Durability, RefusedError, Store, list_sessions, session
from actors.store.money_text import decimal_text
from neo.analysis.touch import TOUCH_WRITE_LEDGERS
from neo.messages import Append, Fill, HaltRaised, OrderStatus, Record, SessionEnded, Side, Standing
from neo.messages.halts import Halt, HaltReason

DERIVED = ("orders", "fills", "inventory_ledger", "capital_events", "fees", "market_snapshots", "engine_state")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    made = opened(tmp_path / "neo.db")
    made.begin_session(opening("one"))
    yield made
    made.close()


def test_records_come_back_as_they_went_in(store: Store) -> None:
    """What the journal gives back equals what was appended, in order, numbered from one without gaps."""
    batches = [started(), *tick_records(4), *tick_records(5)]
    store.append(appends(batches))
    read = list(store.read_journal("one"))
    assert [record for _, record in read] == [record for batch in batches for record in batch]
    assert [seq for seq, _ in read] == list(range(1, len(read) + 1))


def test_the_hash_is_that_of_the_lines(store: Store) -> None:
    """``journal_sha256`` is the SHA-256 of the numbered lines: anyone can take it from the table."""
    store.append(appends([started(), *tick_records(1)]))
    lines = "".join(f"{seq}\t{body}\n" for seq, body in rows(store.path, "SELECT seq, body FROM journal ORDER BY seq"))
    assert store.journal_sha256 == hashlib.sha256(lines.encode()).hexdigest()


def test_the_hash_does_not_depend_on_grouping_or_session(store: Store, tmp_path: Path) -> None:
    """Two sessions of the same records have one hash, however these were grouped into commits."""
    messages = appends([started(), *tick_records(1), *tick_records(2)])
    store.append(messages)
    other = opened(tmp_path / "other.db", Durability.POWER_LOSS)
    other.begin_session(opening("another", pid=1))
    for message in messages:
        other.append([message])
    assert other.journal_sha256 == store.journal_sha256
    other.close()


def test_a_batch_twice_delivered_counts_once(store: Store) -> None:
    """A redelivered batch changes nothing, alone, within one group, or beside a new one."""
    first, second, third = appends([started(), *tick_records(4)])
    store.append([first])
    store.append([first])
    store.append([first, second, second])
    digest = store.journal_sha256
    store.append([second, first])
    assert store.journal_sha256 == digest
    store.append([second, third])
    assert count(store.path, "fills") == 2
    assert rows(store.path, "SELECT count(*), max(seq) FROM journal") == [(16, 16)]


def test_each_sender_has_numbers_of_its_own(store: Store) -> None:
    """The session's first batch is not taken for the gateway's."""
    store.append(appends([started()], sender="gateway"))
    halt = HaltRaised(reason=HaltReason.KILL_SWITCH, detail="", source="operator", first=True)
    store.append(appends([(halt,)], sender="session"))
    assert count(store.path, "journal") == 3


def test_an_empty_batch_is_no_commit(store: Store) -> None:
    """An empty batch, which asks for a receipt only, writes nothing."""
    before = store.commits
    store.append([Append(records=(), sender="gateway", batch=1, wants_receipt=True)])
    assert store.commits == before


def test_a_refused_record_takes_its_whole_group_with_it(store: Store) -> None:
    """A fill told twice under two numbers is refused, with all that came in its transaction."""
    store.append(appends([started(), *tick_records(4)]))
    digest = store.journal_sha256
    balance = table(store.path, "inventory_ledger")
    with pytest.raises(RefusedError, match="UNIQUE"):
        store.append(appends([(observed(5),), (filled(4, Side.BUY),)], first=4))
    assert store.journal_sha256 == digest
    assert table(store.path, "inventory_ledger") == balance
    assert count(store.path, "market_snapshots") == 1
    store.append(appends([(observed(5),)], first=4))
    assert count(store.path, "market_snapshots") == 2


def test_the_balance_goes_on_from_the_database_after_a_refusal(store: Store) -> None:
    """Running balances that a failed transaction moved are taken from the table again."""
    store.append(appends([started(), *tick_records(4)]))
    new = (intended(5, Side.BUY), signed(5, Side.BUY))
    store.append(appends([new], first=4))
    with pytest.raises(RefusedError):
        store.append(appends([(filled(5, Side.BUY), filled(5, Side.BUY))], first=5))
    store.append(appends([(filled(5, Side.BUY),)], first=5))
    xrp = "SELECT new_balance FROM inventory_ledger WHERE asset = 'XRP' ORDER BY seq"
    # Bought 1 XRP and sold 1 XRP in tick 4, bought 1 XRP in tick 5.
    assert rows(store.path, xrp) == [(1_000_000,), (0,), (1_000_000,)]


def test_a_step_of_an_order_without_intent_is_refused(store: Store) -> None:
    """The journal comes first: an order that was never intended can't be signed."""
    with pytest.raises(RefusedError, match="no intent"):
        store.append(appends([(signed(1, Side.BUY),)]))


def test_a_fill_of_no_order_is_refused(store: Store) -> None:
    """A fill belongs to an order, and the foreign key says so."""
    with pytest.raises(RefusedError, match="FOREIGN KEY"):
        store.append(appends([(filled(1, Side.BUY),)]))


drops = st.integers(min_value=0, max_value=10**17)
token_amounts = st.builds(
    lambda mantissa, exponent: Decimal(mantissa).scaleb(exponent),
    st.integers(min_value=0, max_value=10**16 - 1),
    st.integers(min_value=-96, max_value=80),
)
roundings = st.builds(lambda amount, sign: amount if sign else -amount, token_amounts, st.booleans())


@given(value=token_amounts)
def test_decimal_text_is_exact_and_plain(value: Decimal) -> None:
    """Any ledger amount comes back from its text as it was, written in plain digits."""
    text = decimal_text(value)
    assert Decimal(text) == value
    assert "E" not in text


@settings(max_examples=25)
@given(trades=st.lists(st.tuples(st.sampled_from(Side), drops, token_amounts, roundings), min_size=1, max_size=6))
def test_balances_are_exact_sums_of_any_fills(
    tmp_path_factory: pytest.TempPathFactory, trades: list[tuple[Side, int, Decimal, Decimal]]
) -> None:
    """``new_balance`` is the exact sum of the fills from our side, over the ledger's whole range of amounts."""
    path = tmp_path_factory.mktemp("money") / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    store.append(appends([started()]))
    xrp_drops = 0
    rlusd_parts: list[Decimal] = []
    for tick, (side, fill_drops, rlusd, rounding) in enumerate(trades, 1):
        fill = filled(tick, side, xrp_drops=fill_drops, rlusd=rlusd, rounding=rounding)
        store.append(appends([(intended(tick, side), signed(tick, side), fill)], first=tick + 1))
        xrp_drops += fill_drops if side is Side.BUY else -fill_drops
        rlusd_parts += [rlusd if side is Side.SELL else rlusd.copy_negate(), rounding]
    xrp = rows(store.path, "SELECT new_balance FROM inventory_ledger WHERE asset = 'XRP' ORDER BY seq DESC LIMIT 1")
    told = rows(store.path, "SELECT new_balance FROM inventory_ledger WHERE asset = 'RLUSD' ORDER BY seq DESC LIMIT 1")
    fills = [record for _, record in store.read_journal("one") if isinstance(record, Fill)]
    store.close()
    assert xrp == [(xrp_drops,)]
    # In whole units of the smallest exponent, where integers are exact.
    assert _in_units(Decimal(told[0][0])) == sum(_in_units(part) for part in rlusd_parts)
    assert [(fill.rlusd, fill.rlusd_rounding) for fill in fills] == [(trade[2], trade[3]) for trade in trades]


def _in_units(amount: Decimal) -> int:
    sign, digits, exponent = amount.as_tuple()
    assert isinstance(exponent, int)
    units: int = int("".join(str(digit) for digit in digits)) * 10 ** (exponent + 96)
    return -units if sign else units


def test_the_tables_follow_from_the_journal_alone(store: Store, tmp_path: Path) -> None:
    """Appending the journal's records again, all in one commit, gives the same rows in every table."""
    batches = [started()]
    for tick in range(1, TOUCH_WRITE_LEDGERS + 3):
        batches += tick_records(tick)
    store.append(appends(batches))
    again = opened(tmp_path / "again.db")
    again.begin_session(opening("one"))
    again.append(appends([tuple(record for _, record in store.read_journal("one"))]))
    for name in DERIVED:
        assert table(again.path, name) == table(store.path, name)
        assert table(store.path, name), name
    again.close()


def test_an_order_is_told_by_its_steps(store: Store) -> None:
    """The order's row has the memo's columns, each from the step that knows it, and the last status."""
    buy = Side.BUY
    steps: list[Record] = [intended(1, buy), signed(1, buy), submitted(1, buy, "unknown")]
    store.append(appends([started(), tuple(steps)]))
    columns = "id, status, created_at, submit_tx_hash, offer_sequence, result, failure_reason"
    assert table(store.path, "orders", columns) == [
        (order_id(1, buy), "unknown", "2026-01-21T00:00:04Z", signed(1, buy).tx_hash, 2, "unknown", None)
    ]
    store.append(appends([(changed(1, buy, OrderStatus.FAILED, "tecUNFUNDED_OFFER"),)], first=3))
    assert rows(store.path, "SELECT status, result, failure_reason FROM orders") == [
        ("failed", "tecUNFUNDED_OFFER", "tecUNFUNDED_OFFER")
    ]


def test_a_resumed_session_goes_on_where_it_stood(store: Store, tmp_path: Path) -> None:
    """Hash, numbers, balances and the touch window of a resumed session are those of one that never stopped."""
    whole = opened(tmp_path / "whole.db")
    whole.begin_session(opening("one"))
    batches = [started()]
    for tick in range(1, 2 * TOUCH_WRITE_LEDGERS):
        batches += tick_records(tick)
    messages = appends(batches)
    whole.append(messages)
    half = len(messages) // 2
    store.append(messages[:half])
    store.resume_session("one")
    store.append(messages[half:])
    assert store.journal_sha256 == whole.journal_sha256
    for name in DERIVED:
        assert table(store.path, name) == table(whole.path, name)
    whole.close()


def test_the_ending_is_always_written(store: Store) -> None:
    """The reason given at the end is in the row and in the state, whatever a halt said before it."""
    first = HaltRaised(reason=HaltReason.KILL_SWITCH, detail="loss 5.1 > 5.0", source="kill switch", first=True)
    second = HaltRaised(reason=HaltReason.RISK_STALE_LEDGER, detail="31 s > 30 s", source="risk", first=False)
    store.append(appends([started(), (first, second)]))
    assert (state(store.path, "halt.reason"), state(store.path, "halt.detail")) == ("kill_switch", "loss 5.1 > 5.0")
    assert list_sessions(store.path)[0].secondary_halts == (Halt(HaltReason.RISK_STALE_LEDGER, "31 s > 30 s", "risk"),)
    digest = store.end_session(ending())
    row = session(store.path, "one")
    assert row is not None
    assert (row.status, row.halt_reason, row.halt_detail) == ("ended", "duration_elapsed", "7200 s")
    assert row.journal_sha256 == digest
    assert state(store.path, "halt.reason") == "duration_elapsed"


def test_a_fresh_session_starts_without_a_reason(store: Store) -> None:
    """The reason of the session before is not inherited."""
    store.end_session(ending(HaltReason.KILL_SWITCH))
    store.begin_session(opening("two"))
    query = "SELECT key, value FROM engine_state WHERE session_id = 'two' ORDER BY key"
    assert rows(store.path, query) == [("halt.detail", ""), ("halt.reason", "")]


def test_the_last_record_fills_the_sessions_row(store: Store) -> None:
    """Totals and equity come from the last record, exactly; the drift at shutdown is engine less ledger."""
    standing = Standing(
        ledger_index=90_000_010,
        close_time_s=822_268_840,
        ticks=10,
        ledgers=11,
        fills=3,
        bought_drops=0,
        sold_drops=0,
        taker_fills=0,
        refusals=0,
        refused={},
        held_back={},
        anchor_pulls=0,
        xrp_fills_drops=0,
        xrp_capital_drops=0,
        xrp_fees_drops=0,
        xrp_engine_drops=100_000_007,
        xrp_ledger_drops=100_000_000,
        rlusd_fills=Decimal(0),
        rlusd_capital=Decimal(0),
        rlusd_engine=Decimal("200.5000000000000001"),
        rlusd_ledger=Decimal("200.5"),
        mid_price=None,
        equity_start_rlusd=Decimal("391.7"),
        equity_end_rlusd=Decimal("391.80"),
        equity_change_rlusd=Decimal("0.10"),
        orders_live=("000010-buy",),
    )
    last = SessionEnded(
        reason=HaltReason.DURATION_ELAPSED, detail="", standing=standing, rungs_failed=("reconcile: late",)
    )
    store.append(appends([started(), (last,)]))
    store.end_session(ending())
    row = list_sessions(store.path)[0]
    # Counts are those of the tables, whatever the record claims.
    assert (row.ticks, row.ledgers, row.fills) == (0, 0, 0)
    assert (str(row.equity_start_rlusd), str(row.equity_end_rlusd), str(row.equity_change_rlusd)) == (
        "391.7",
        "391.80",
        "0.10",
    )
    drift = msgspec.json.decode(state(store.path, "inventory_drift_at_shutdown"))
    assert (drift["xrp_drops"], Decimal(drift["rlusd"])) == (7, Decimal("0.0000000000000001"))


def test_the_touch_window_is_written_every_so_many_ledgers(store: Store) -> None:
    """``tick_distance_to_touch`` sums up the last ledgers, once enough of them have been seen."""
    batches = [(observed(tick),) for tick in range(1, TOUCH_WRITE_LEDGERS + 1)]
    store.append(appends([started(), *batches]))
    assert state(store.path, "tick_distance_to_touch") == (
        f'{{"ledger_index":90000015,"ledgers":{TOUCH_WRITE_LEDGERS},'
        '"distance_to_clob_bid_bps":{"quoted_ledgers":15,"last":"-0.235","mean":"-0.2350","median":"-0.235"},'
        '"distance_to_clob_ask_bps":{"quoted_ledgers":15,"last":"-2.31","mean":"-2.3100","median":"-2.31"},'
        '"within_2bps_bid":15,"within_2bps_ask":0}'
    )
