"""What the drills don't show of endings: first cause and later ones, a second interrupt, actors that are down for long.

Method: whole sessions under the virtual clock, with parts that fail where they are told to.
"""

from __future__ import annotations

import functools
import itertools
import os
import signal
import sqlite3
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from loguru import logger
from support.sessions import Watcher, config_with, journal_of, plan_for
from support.tempting import ChangingChannels, run_with

from actors.session.parts import SessionParts
from actors.session.plan import SessionPlan
from actors.session.session import Session, run_session, start_session
from actors.session.watches import SIGNALS, HeldSignals, holding_signals
from actors.store import SessionEnding, Store, list_sessions
from actors.venues.host import RunningVenue, VenueHost
from neo.analysis.summary import SessionSummary
from neo.config import Config
from neo.messages import (
    Append,
    HaltRaised,
    LedgerClosed,
    LedgerObserved,
    LedgerTransaction,
    Message,
    OrderIntended,
    OrderSubmitted,
    PoisonSetAside,
    QuotesWanted,
    Reconciled,
    SessionEnded,
    VenueRequest,
)
from neo.messages.halts import HaltReason
from tools.proofs.faults import (
    CrashAt,
    CrashingChannels,
    CrashOn,
    InjectedFaultError,
    SilentVenue,
    UnreachableVenue,
    UnreceiptedChannels,
    VenueWrapper,
)


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def session(
    database: Path,
    *,
    trigger: Callable[[str, str, Any], None] = lambda *_: None,
    venue: Callable[[RunningVenue], RunningVenue] = lambda venue: venue,
    config: Config | None = None,
    duration_s: int = 240,
    watcher: Watcher | None = None,
) -> SessionSummary:
    """Run a session with faults."""
    plan = plan_for(database, duration_s=duration_s, config=config)
    parts = SessionParts(channels=functools.partial(CrashingChannels, trigger=trigger), venue=venue)
    return start_session(plan, watcher or Watcher(), parts=parts)


def down_for(actor: str, seconds: int) -> Config:
    """A profile under which an actor that fails comes back only after so long, and quotes far from any taker."""
    return config_with(
        supervision={f"{actor}_backoff_seconds": Decimal(seconds)},
        risk={"stale_ledger_seconds": 600, "gateway_silence_seconds": 600},
        strategy={"bid_offset_bps": Decimal(100), "ask_offset_bps": Decimal(100)},
    )


# --- Causes ------------------------------------------------------------------------------------------------------


def interrupting(*, times: int) -> Watcher:
    """Interrupts once fifteen ledgers are in, and again when the session says that it is ending."""
    left = [times]

    def shown(message: Message) -> None:
        begun = isinstance(message, LedgerObserved) and message.ledger_index == 16 and left[0] == times
        again = isinstance(message, HaltRaised) and 0 < left[0] < times
        if begun or again:
            left[0] -= 1
            signal.raise_signal(signal.SIGINT)

    return Watcher(shown)


def test_a_second_interrupt_skips_the_polite_waits_but_not_the_reason(database: Path) -> None:
    """What may be left is named, the reason is written, and the second one is kept as a later cause."""
    summary = session(database, watcher=interrupting(times=2))
    assert summary.halt_reason is HaltReason.INTERRUPTED_SIGINT
    assert [halt.reason for halt in summary.secondary_halts] == [HaltReason.INTERRUPTED_SIGINT]
    # Cut short, or skipped if the second one came before the rung was reached.
    assert summary.rungs_failed[0].startswith("cancel_resting: ")
    assert summary.rungs_failed[0].endswith(" at a second interrupt")
    assert any("could not cancel o0" in rung for rung in summary.rungs_failed)
    assert summary.orders_left != ()
    [row] = list_sessions(database)
    assert row.halt_reason == "interrupted_sigint"
    assert row.rungs_failed == summary.rungs_failed
    assert isinstance(journal_of(database, summary.session_id)[-1], SessionEnded)


def stopped_at_its_end(number: int, *, times: int) -> Watcher:
    """Sends a signal once the session says that it is ending for another cause, and again at each echo of itself."""
    left = [times]

    def shown(message: Message) -> None:
        if isinstance(message, HaltRaised) and left[0]:
            left[0] -= 1
            signal.raise_signal(number)

    return Watcher(shown)


@pytest.mark.parametrize(("number", "times"), [(signal.SIGINT, 1), (signal.SIGTERM, 1), (signal.SIGTERM, 3)])
def test_a_session_that_is_ending_already_is_not_hurried_by_a_first_interrupt_or_by_terms(
    database: Path, number: int, times: int
) -> None:
    """One Ctrl+C while the quotes are pulled for another cause, or all the TERMs of a group, leaves nothing resting."""
    summary = session(database, watcher=stopped_at_its_end(number, times=times))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert len(summary.secondary_halts) == times
    assert (summary.rungs_failed, summary.orders_left) == ((), ())


def test_a_second_interrupt_hurries_a_session_that_is_ending_already(database: Path) -> None:
    """The rungs that are left are cut short and say why; the cause stays the first one."""
    summary = session(database, watcher=stopped_at_its_end(signal.SIGINT, times=2))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.rungs_failed[0].endswith(" at a second interrupt")


def test_a_cause_is_logged_once(database: Path) -> None:
    """However many parts hear of it."""
    events: list[str] = []
    sink = logger.add(lambda message: events.append(message.record["message"]), level="DEBUG")
    try:
        session(database, duration_s=40)
    finally:
        logger.remove(sink)
    assert events.count("halt_raised") == 1


# --- Signals while no session watches ------------------------------------------------------------------------------


def test_a_signal_before_the_session_watches_is_its_cause(database: Path) -> None:
    """A session's row has begun and nothing watches yet: the word is kept, and the row says why it ended."""
    with holding_signals(lambda: None):
        signal.raise_signal(signal.SIGTERM)
        summary = session(database)
    assert summary.halt_reason is HaltReason.INTERRUPTED_SIGTERM
    assert summary.ticks <= 1
    assert [(row.status, row.halt_reason) for row in list_sessions(database)] == [("ended", "interrupted_sigterm")]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_while_the_end_is_written_change_nothing(
    database: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the last rung and the row's end no interrupt may leave the row open."""
    end_session = Store.end_session

    def interrupted(store: Store, ending: SessionEnding) -> None:
        for _ in range(3):
            os.kill(os.getpid(), number)
        end_session(store, ending)

    monkeypatch.setattr(Store, "end_session", interrupted)
    with holding_signals(lambda: None):
        summary = session(database)
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert [(row.status, row.halt_reason) for row in list_sessions(database)] == [("ended", "duration_elapsed")]


def test_held_signals_give_the_handlers_back() -> None:
    """After a session the process reacts to signals as it did before."""
    before = [signal.getsignal(number) for number in SIGNALS]
    with holding_signals(lambda: None):
        assert signal.getsignal(signal.SIGTERM) not in before
    assert [signal.getsignal(number) for number in SIGNALS] == before


def test_a_second_interrupt_leaves_a_beginning_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """With the terminal given back, and as the shell expects of a process that Ctrl+C ended."""
    told: list[str] = []
    held = HeldSignals(lambda: told.append("left"))
    held(signal.SIGINT, None)
    assert told == []
    monkeypatch.setattr(signal, "signal", lambda number, handler: told.append(f"{number.name} {handler.name}"))
    monkeypatch.setattr(signal, "raise_signal", lambda number: told.append(f"raised {number.name}"))
    held(signal.SIGINT, None)
    assert told == ["left", "SIGINT SIG_DFL", "raised SIGINT"]


def test_one_interrupt_takes_every_rung(database: Path) -> None:
    """Ctrl+C once is an ending in full: no rung fails, no order is left, and there is no second cause."""
    summary = session(database, watcher=interrupting(times=1))
    assert (summary.rungs_failed, summary.orders_left, summary.secondary_halts) == ((), (), ())


def test_the_first_cause_wins_and_later_ones_are_kept_everywhere(database: Path) -> None:
    """In the summary, in the row and in the journal."""

    def shown(message: Message) -> None:
        if isinstance(message, HaltRaised) and message.first:
            signal.raise_signal(signal.SIGTERM)

    config = config_with(risk={"max_rlusd_exposure": Decimal(150)})
    summary = session(database, config=config, watcher=Watcher(shown))
    assert summary.halt_reason is HaltReason.RISK_RLUSD_EXPOSURE
    assert [halt.reason for halt in summary.secondary_halts] == [HaltReason.INTERRUPTED_SIGTERM]
    [row] = list_sessions(database)
    assert row.halt_reason == "risk_rlusd_exposure"
    assert row.secondary_halts == summary.secondary_halts
    raised = [record for record in journal_of(database, summary.session_id) if isinstance(record, HaltRaised)]
    assert [(record.reason, record.first) for record in raised] == [
        (HaltReason.RISK_RLUSD_EXPOSURE, True),
        (HaltReason.INTERRUPTED_SIGTERM, False),
    ]


def test_what_the_way_down_finds_is_told_like_every_other_cause(database: Path) -> None:
    """Books that differ at the last look: on the screen as it is found, in the summary, the row and the journal."""

    def apart(message: Message) -> Message:
        if not isinstance(message, Reconciled):
            return message
        standing = msgspec.structs.replace(message.standing, rlusd_ledger=message.standing.rlusd_ledger + 1)
        return Reconciled(standing=standing)

    watcher = Watcher()
    parts = SessionParts(channels=functools.partial(ChangingChannels, change=apart))
    summary = run_with(plan_for(database, duration_s=60), parts, watcher)
    told = [(record.reason, record.first) for record in watcher.seen if isinstance(record, HaltRaised)]
    assert told == [(HaltReason.DURATION_ELAPSED, True), (HaltReason.RECONCILER_HALT, False)]
    assert [halt.reason for halt in summary.secondary_halts] == [HaltReason.RECONCILER_HALT]
    assert list_sessions(database)[0].secondary_halts == summary.secondary_halts
    raised = [record for record in journal_of(database, summary.session_id) if isinstance(record, HaltRaised)]
    assert [(record.reason, record.first) for record in raised] == told


@pytest.mark.parametrize("deadline_s", [4, 20, 60])
def test_the_whole_way_down_is_bounded(database: Path, deadline_s: int) -> None:
    """A gateway that hangs for good costs no more than ``engine.shutdown_deadline_seconds`` of session time."""
    raised_s: list[float] = []

    def shown(message: Message) -> None:
        if isinstance(message, HaltRaised) and message.first:
            raised_s.append(trio.current_time())

    async def timed(plan: SessionPlan, parts: SessionParts, host: VenueHost) -> tuple[SessionSummary, float]:
        return await run_session(plan, Watcher(shown), host, parts=parts), trio.current_time()

    config = config_with(engine={"shutdown_deadline_seconds": deadline_s})
    plan = plan_for(database, duration_s=60, config=config)
    host = plan.venue.host(plan.database)
    parts = SessionParts(channels=functools.partial(UnreceiptedChannels, receipts_well=4))
    summary, ended_s = trio.run(timed, plan, parts, host, clock=host.clock)
    failed = {rung.split(":")[0] for rung in summary.rungs_failed}
    assert failed >= {"cancel_resting", "reconcile", "leave_the_venue", "drain_actors"}
    # It hung in most of them, and still kept to the time of all.
    assert 0.7 * deadline_s < ended_s - raised_s[0] <= deadline_s


def test_a_session_that_never_started_has_nothing_to_pull(database: Path) -> None:
    """A start that fails is told at once, without the waits for a gateway that isn't there."""
    summary = session(database, venue=lambda inner: UnreachableVenue(inner, 0))
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert summary.rungs_failed == ()
    assert summary.duration_s < 5
    records = journal_of(database, summary.session_id)
    assert [type(record) for record in records] == [HaltRaised, SessionEnded]


class SpeechlessVenue(VenueWrapper):
    """A venue that takes a connection and never says a word; it may be told what to do meanwhile."""

    def __init__(self, inner: RunningVenue, meanwhile: Callable[[], None]) -> None:
        super().__init__(inner, 0)
        self._meanwhile = meanwhile

    async def connect(self) -> LedgerClosed:
        self._meanwhile()
        await trio.sleep_forever()
        raise AssertionError("unreachable")


def test_a_start_that_hangs_is_given_up(database: Path) -> None:
    """A venue that never answers is a start-up failure after a while, not a session that waits for ever."""
    summary = session(database, venue=lambda inner: SpeechlessVenue(inner, lambda: None))
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert "not ready within 120 s" in summary.halt_detail
    assert list_sessions(database)[0].halt_reason == "startup_failure"


def test_an_operator_can_leave_a_start_that_hangs(database: Path) -> None:
    """Ctrl+C before anything is ready ends the session at once, under its own reason."""
    summary = session(database, venue=lambda inner: SpeechlessVenue(inner, lambda: os.kill(os.getpid(), signal.SIGINT)))
    assert summary.halt_reason is HaltReason.INTERRUPTED_SIGINT
    assert summary.duration_s < 5
    [row] = list_sessions(database)
    assert row.halt_reason == "interrupted_sigint"
    assert row.secondary_halts == ()


def test_an_interrupt_before_any_actor_started_is_in_the_journal_all_the_same(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With no persistence that could write it, and without waits for one."""

    async def hang(_session: Session) -> None:
        os.kill(os.getpid(), signal.SIGINT)
        for _ in range(10):  # the signal is taken before the clock jumps
            await trio.lowlevel.checkpoint()
        await trio.sleep_forever()

    monkeypatch.setattr(Session, "_enter_venue", hang)
    summary = session(database)
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.INTERRUPTED_SIGINT, ())
    assert summary.duration_s < 1
    records = journal_of(database, summary.session_id)
    assert isinstance(records[0], HaltRaised)
    assert records[0].reason is HaltReason.INTERRUPTED_SIGINT
    assert isinstance(records[-1], SessionEnded)


# --- Actors that are down ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("actor", ["strategy", "risk"])
def test_while_strategy_or_risk_is_down_nothing_is_placed_and_what_rests_is_pulled(database: Path, actor: str) -> None:
    """Down for a minute: after engine.quote_ttl_ledgers our offers are cancelled; once it is back, quotes are too."""
    summary = session(database, trigger=CrashAt(actor, {10}, "before"), config=down_for(actor, 60))
    records = journal_of(database, summary.session_id)
    intents = [record for record in records if isinstance(record, OrderIntended)]
    placed = [record.ledger_index for record in intents if record.cancels is None]
    gap = max(itertools.pairwise(placed), key=lambda pair: pair[1] - pair[0])
    assert gap[1] - gap[0] >= 14
    pulled = [record.ledger_index for record in intents if record.cancels is not None and gap[0] < record.ledger_index]
    # The last verdict was on the ledger of the gap's start or a little later; five ledgers on, what rests goes.
    assert gap[0] + 5 < pulled[0] <= gap[1]
    bare = [
        record for record in records
        if isinstance(record, LedgerObserved) and pulled[0] + 1 < record.ledger_index < gap[1]
    ]  # fmt: skip
    assert bare
    assert all(record.own_bid is None and record.own_ask is None for record in bare)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.restarts == 1


def test_a_short_absence_pulls_nothing(database: Path) -> None:
    """Back within the quotes' time to live, an actor's crash is not seen on the ledger at all."""
    calm = session(database)
    crashed = session(database.with_name("crashed.sqlite3"), trigger=CrashAt("strategy", {10}, "before"))
    assert crashed.restarts == 1
    assert crashed.journal_sha256 == calm.journal_sha256


def test_while_persistence_is_down_nothing_acts(database: Path) -> None:
    """For a minute no order leaves, not even a cancel: none could be noted first."""
    submissions: list[float] = []
    down: list[float] = []

    def trigger(actor: str, moment: str, message: object) -> None:
        if actor == "persistence" and moment == "before" and not down and trio.current_time() > 40:
            down.append(trio.current_time())
            raise InjectedFaultError("persistence is down")

    def watched(inner: RunningVenue) -> RunningVenue:
        post = inner.post

        def noted(request: VenueRequest) -> None:
            submissions.append(trio.current_time())
            post(request)

        inner.post = noted  # type: ignore[method-assign]  # the venue's own method, with a note of when
        return inner

    summary = session(database, trigger=trigger, venue=watched, config=down_for("persistence", 60))
    [began_s] = down
    assert any(at_s < began_s for at_s in submissions)
    assert [at_s for at_s in submissions if began_s <= at_s < began_s + 60] == []
    assert any(at_s > began_s + 60 for at_s in submissions)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert summary.inventory.exact


# --- Poison ------------------------------------------------------------------------------------------------------


def test_a_poison_message_is_set_aside_in_the_database(database: Path) -> None:
    """Whole, with what it broke and how: as a record of the journal and in the session's state."""
    poison = CrashOn("risk", lambda message: isinstance(message, QuotesWanted) and message.tick == 5)
    summary = session(database, trigger=poison)
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    records = journal_of(database, summary.session_id)
    [aside] = [record for record in records if isinstance(record, PoisonSetAside)]
    assert (aside.actor, aside.kind) == ("risk", "QuotesWanted")
    assert msgspec.json.decode(aside.body, type=QuotesWanted).tick == 5
    assert "can't stomach" in aside.error
    with sqlite3.connect(database) as connection:
        [(kept,)] = connection.execute("SELECT value FROM engine_state WHERE key = 'poison'").fetchall()
    connection.close()
    assert msgspec.json.decode(kept, type=PoisonSetAside) == aside


class _AbsurdVenue(VenueWrapper):
    """Tells of a payment that no ledger could hold, after so many ledgers."""

    def seen(self, closed: LedgerClosed) -> LedgerClosed:
        if not self.failing:
            return closed
        us, issuer = self.pair.account, self.pair.issuer
        token = {"currency": self.pair.currency, "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji"}
        line = {
            "LedgerEntryType": "RippleState",
            "FinalFields": {
                "LowLimit": {"issuer": us}, "HighLimit": {"issuer": issuer}, "Balance": {**token, "value": "1e-500"}
            },
            "PreviousFields": {"Balance": {**token, "value": "0"}},
        }  # fmt: skip
        meta = {"AffectedNodes": [{"ModifiedNode": line}]}
        tx = {"Account": issuer, "Destination": us, "TransactionType": "Payment", "Fee": "10"}
        absurd = LedgerTransaction("AB", tx, meta, "tesSUCCESS")
        return msgspec.structs.replace(closed, transactions=(absurd, *closed.transactions))


def test_an_amount_that_can_not_be_held_exactly_ends_the_session_with_its_name(database: Path) -> None:
    """No balance is rounded: the halt tells the amount, and what was booked before it still adds up."""
    summary = session(database, venue=lambda inner: _AbsurdVenue(inner, 5))
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    assert "1E-500 RLUSD can't be booked exactly" in summary.halt_detail
    assert not [row for row in journal_of(database, summary.session_id) if getattr(row, "cause", "") == "Payment AB"]


def test_when_persistence_is_lost_for_good_the_end_is_written_all_the_same(database: Path) -> None:
    """What it had in hand is saved, the reason is in row and journal, and what could not be cancelled is named."""
    poison = CrashOn("persistence", lambda message: isinstance(message, Append) and message.batch == 40)
    summary = session(database, trigger=poison)
    assert summary.halt_reason is HaltReason.ACTOR_FAILURE
    assert summary.halt_detail.startswith("persistence: poison message")
    [row] = list_sessions(database)
    assert row.halt_reason == "actor_failure"
    assert any("could not cancel" in rung for rung in row.rungs_failed)
    assert summary.orders_left != ()
    records = journal_of(database, summary.session_id)
    assert isinstance(records[-1], SessionEnded)
    assert [type(record) for record in records].count(PoisonSetAside) == 1
    submitted = {record.order_id for record in records if isinstance(record, OrderSubmitted)}
    intended = {record.order_id for record in records if isinstance(record, OrderIntended)}
    assert submitted <= intended


def test_a_stream_that_dries_up_is_no_ones_crash(database: Path) -> None:
    """The session ends by its own watch, without a restart."""
    summary = session(database, venue=lambda inner: SilentVenue(inner, 5))
    assert (summary.halt_reason, summary.restarts) == (HaltReason.RISK_STALE_LEDGER, 0)
