"""What a database knows of our own transactions: every one that was signed, of every session, and whose they were."""

from __future__ import annotations

from pathlib import Path

from support.sessions import journal_of, plan_for, run

from actors.store.sent import account_of, known_transactions
from neo.messages import OrderSigned, SessionStarted


def test_every_transaction_of_every_session_is_known(tmp_path: Path) -> None:
    """Of two sessions, one after the other; and no other is."""
    database = tmp_path / "neo.db"
    signed: list[str] = []
    for seed in (1, 2):
        summary = run(plan_for(database, seed=seed, duration_s=60))
        journal = journal_of(database, summary.session_id)
        signed += [record.tx_hash for record in journal if isinstance(record, OrderSigned)]
    assert len(signed) > 2
    assert known_transactions(database) == frozenset(signed)


def test_a_session_is_known_by_the_account_that_it_traded_with(tmp_path: Path) -> None:
    """One that the database does not have traded with none."""
    database = tmp_path / "neo.db"
    summary = run(plan_for(database, duration_s=10))
    (started,) = [record for record in journal_of(database, summary.session_id) if isinstance(record, SessionStarted)]
    assert account_of(database, summary.session_id) == started.account
    assert account_of(database, "another") is None
