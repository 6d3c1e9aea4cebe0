"""What a database knows of our own transactions: those of one account on one ledger, and where each session traded."""

from __future__ import annotations

from pathlib import Path

import msgspec
from support.sessions import journal_of, plan_for, run
from support.store_database import opened
from support.store_records import appends, intended, opening, signed, started, tx_hash

from actors.store.sent import SentOrders, TradingPlace, sent_orders, traded_at
from neo.messages import OrderSigned, SessionStarted, Side

HERE = TradingPlace(venue="live", account="rNEOexample", network_id=0)


def test_every_transaction_of_every_session_is_known(tmp_path: Path) -> None:
    """Of two sessions, one after the other; and no other is."""
    database = tmp_path / "neo.db"
    sent: list[OrderSigned] = []
    for seed in (1, 2):
        summary = run(plan_for(database, seed=seed, duration_s=60))
        journal = journal_of(database, summary.session_id)
        sent += [record for record in journal if isinstance(record, OrderSigned)]
        (began,) = [record for record in journal if isinstance(record, SessionStarted)]
    assert len(sent) > 2
    place = TradingPlace(venue="sim", account=began.account, network_id=None)
    known = sent_orders(database, msgspec.structs.replace(place, network_id=0))
    assert known == SentOrders(frozenset(one.tx_hash for one in sent), frozenset(one.sequence for one in sent))
    assert traded_at(database, summary.session_id) == place
    assert traded_at(database, "another") is None


def with_order(path: Path, session_id: str, tick: int, **changed: str) -> None:
    """A session that signed one order: its opening's fields, or its account, as they are given."""
    store = opened(path)
    account = changed.pop("account", HERE.account)
    config = changed.pop("config", '{"venue":{"network_id":0}}')
    row = msgspec.structs.replace(opening(session_id), **{"venue": HERE.venue, "config": config, **changed})
    store.begin_session(row)
    first, *rest = started()
    assert isinstance(first, SessionStarted)
    order = (intended(tick, Side.BUY), signed(tick, Side.BUY))
    store.append(appends([(msgspec.structs.replace(first, account=account), *rest, *order)]))
    store.close()


def test_what_another_account_or_another_ledger_has_is_not_ours_here(tmp_path: Path) -> None:
    """Sequences are small numbers: those of a test network's session would make a stranger's offer look like ours.

    Of a session whose profile names no network it can't be told, so that it counts.
    """
    path = tmp_path / "neo.db"
    with_order(path, "ours", 1)
    with_order(path, "unnamed", 2, config="[engine]\n")
    with_order(path, "elsewhere", 3, config='{"venue":{"network_id":21338}}')
    with_order(path, "simulated", 4, venue="sim")
    with_order(path, "stranger", 5, account="rStranger")
    known = sent_orders(path, HERE)
    assert known.hashes == {tx_hash(tick, Side.BUY) for tick in (1, 2)}
    assert known.sequences == {2, 4}, "the sequence of a tick's buy is twice its tick"
    assert traded_at(path, "elsewhere") == TradingPlace(venue="live", account="rNEOexample", network_id=21338)
