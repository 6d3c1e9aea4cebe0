"""Whole sessions on recorded ledgers: the same journal for the same recording, settings and seed, and fills that the
recorded market itself brought about.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.recordings import ledgers_of, market_items, packed, spoilt, state_of
from support.replays import replay_config, replay_for
from support.sessions import journal_of, run

from actors.recordings.ledger_recording import read_ledger_recording
from actors.store import list_sessions
from actors.store.maintenance import check
from neo.analysis.summary import SessionSummary
from neo.messages import Fill, ForkMeasured, OrderChanged, OrderSubmitted
from neo.messages.halts import HaltReason
from neo.replay.fork import Fork
from neo.replay.recorded import RecordedState
from neo.replay.recording_text import RecordingGap


def session(database: Path, **changed: Any) -> SessionSummary:
    """Two minutes of the shipped replay, or as told."""
    return run(replay_for(database, **changed))


def test_one_recording_settings_and_seed_give_one_journal_at_any_speed(tmp_path: Path) -> None:
    """Byte for byte; another seed gives another place in each ledger, and another journal."""
    first = session(tmp_path / "1.db", duration_s=60)
    paced = session(tmp_path / "2.db", duration_s=60, speed=60.0)
    other = session(tmp_path / "3.db", duration_s=60, seed=8)
    assert first.journal_sha256 == paced.journal_sha256
    assert first.journal_sha256 != other.journal_sha256
    assert first.inventory.exact


def test_others_of_the_recording_trade_with_us_and_the_books_are_exact(tmp_path: Path) -> None:
    """Takers of two minutes meet our quotes; every order comes to its end, and none is left."""
    database = tmp_path / "neo.db"
    summary = session(database)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.inventory.exact
    assert summary.rungs_failed == ()
    assert summary.orders_left == ()
    records = journal_of(database, summary.session_id)
    makers = [fill for fill in records if isinstance(fill, Fill) and not fill.taker]
    assert len(makers) >= 10
    assert not {"failed", "lost"} & {record.status for record in records if isinstance(record, OrderChanged)}
    assert {record.preliminary_result for record in records if isinstance(record, OrderSubmitted)} == {"tesSUCCESS"}
    assert check(database).findings == ()
    assert list(database.parent.glob("neo.db.replay*")) == []


def test_the_journal_keeps_what_became_of_others_transactions(tmp_path: Path) -> None:
    """Every fifteen ledgers, each counting from the beginning."""
    database = tmp_path / "neo.db"
    summary = session(database, duration_s=60)
    measured = [each for each in journal_of(database, summary.session_id) if isinstance(each, ForkMeasured)]
    assert [each.ledger_index for each in measured] == [15, 30, 45, 60]
    trades = [each.trades_executed for each in measured]
    assert trades == sorted(trades)
    assert trades[-1] >= 20
    assert measured[-1].recorded == {}
    assert measured[-1].moved > 0, "our offers were met, and so others' came out otherwise"


def test_a_session_ends_with_its_recording_and_goes_down_in_order(tmp_path: Path) -> None:
    """Ten minutes were asked for; the recording has seven and a half, then ledgers close for our cancels alone."""
    database = tmp_path / "neo.db"
    summary = session(database, duration_s=600)
    assert (summary.halt_reason, summary.halt_detail) == (HaltReason.DURATION_ELAPSED, "450 s")
    assert summary.notices == ("xrp-rlusd-450-ledgers.jsonl.gz lasts 450 s of 600 s: the session ends with it",)
    assert summary.rungs_failed == ()
    assert summary.inventory.exact
    [row] = list_sessions(database)
    assert any("the recording is used up: from here on nobody else trades" in warning for warning in row.warnings)
    measured = [each for each in journal_of(database, summary.session_id) if isinstance(each, ForkMeasured)]
    sent = sum(measured[-1].executed.values())
    assert (sent, measured[-1].recorded, measured[-1].ledger_index) == (2_479, {}, 457)


@pytest.mark.parametrize("delay_ledgers", [2, 5])
def test_orders_that_come_later_are_followed_to_their_end_too(tmp_path: Path, delay_ledgers: int) -> None:
    """Each enters so many ledgers after the one that it answers, and the books stay exact."""
    config = replay_config(venue__order_delay_ledgers=delay_ledgers, engine__order_lifetime_ledgers=6)
    summary = session(tmp_path / "neo.db", duration_s=60, config=config)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.inventory.exact
    assert summary.rungs_failed == ()
    assert summary.fills > 0


def test_a_session_goes_on_over_ledgers_that_are_missing(tmp_path: Path) -> None:
    """Thirty ledgers, a gap of ten, twenty more: told at the start, in log and journal; the books stay exact."""
    head, state, *rest = market_items("plain", 60)
    ledgers = ledgers_of(rest)
    alone = Fork.begin(state_of([state]))
    for ledger in ledgers[:40]:
        alone.close(ledger)
    at = ledgers[39]
    anew = RecordedState(
        ledger_index=at.ledger_index, ledger_hash=at.ledger_hash, state=alone.ledger.to_state(), is_whole=True
    )
    gap = RecordingGap(ledgers[30].ledger_index, at.ledger_index, "no server had them")
    path = packed(tmp_path / "gap.jsonl.gz", [head, state, *ledgers[:30], gap, anew, *ledgers[40:]])
    database = tmp_path / "neo.db"
    summary = session(database, duration_s=54, recording=read_ledger_recording(path))
    assert (summary.halt_reason, summary.halt_detail) == (HaltReason.DURATION_ELAPSED, "54 s")
    assert summary.inventory.exact
    assert summary.rungs_failed == ()
    assert summary.notices == ("gap.jsonl.gz: 10 ledgers missing, in 1 gap; behind each the market begins anew",)
    [row] = list_sessions(database)
    missing = f"ledgers {gap.first_index} to {gap.last_index} are not recorded: the market begins anew"
    assert any(missing in warning for warning in row.warnings)
    records = journal_of(database, summary.session_id)
    assert [each.begun_anew for each in records if isinstance(each, ForkMeasured)][-1] == 1
    assert any(isinstance(each, Fill) and each.ledger_index > gap.last_index for each in records)
    assert check(database).findings == ()


def test_a_ledger_that_can_not_be_lived_through_ends_the_session(tmp_path: Path) -> None:
    """It is named with what is wrong. Here the file was changed behind the back of a session that had looked at it."""
    head, state, *rest = market_items("plain", 40)
    ledgers = ledgers_of(rest)
    place = next(at for at, ledger in enumerate(ledgers) if at > 20 and ledger.transactions)
    path = packed(tmp_path / "spoilt.jsonl.gz", [head, state, *ledgers])
    recording = read_ledger_recording(path)
    packed(path, [head, state, *ledgers[:place], spoilt(ledgers[place]), *ledgers[place + 1 :]])
    summary = session(tmp_path / "neo.db", duration_s=40, recording=recording)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    index = ledgers[place].ledger_index
    assert f"ledger {index} of the recording lacks the ledger's shape (KeyError('LedgerIndex'))" in summary.halt_detail
