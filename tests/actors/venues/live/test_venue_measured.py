"""What a whole session measures of itself: the time from a ledger's last frame to its replacements, and requests.

Method: sessions on a ledger server of the tests' own, in memory and under the virtual clock, where nothing takes any
time but what is scripted: a frame that comes late, a signature, the mirror, the journal, a socket that is slow to take
what is sent. So every figure is known beforehand, to the microsecond.
"""

from __future__ import annotations

import gc
import math
import sqlite3
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_faults import Moment, Plan, Strike, Trouble, nothing, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import BlobSigner, LiveWorld
from support.sessions import config_with, journal_of
from support.ws_wire import Fault

from actors.plumbing.clock import VirtualClock
from actors.session.parts import SessionParts
from actors.store import list_sessions, reports
from actors.venues.live import live_venue
from actors.venues.live.live_host import LivePlan
from actors.venues.live.live_plan import live_settings
from actors.venues.live.socket import EndpointUrl
from neo.analysis import QuoteSpeed, RequestUse
from neo.chain.shapes import SignedTransaction
from neo.messages import OrderIntended, QuoteTiming, Submit, VenueMeasured, VenueRequest
from neo.messages.halts import HaltReason
from neo.mirror.mirror import Mirror
from tools.proofs.faults import VenueWrapper
from tools.settings.profiles import find_profile, read_profile

# The socket's is short, so that what is asked as the ledger comes is gone before the quotes.
MIRROR_S, SIGN_S, JOURNAL_S, SOCKET_S = 0.0625, 0.25, 0.125, 0.015625

OPENING_S = 9.0


class SpentClock(VirtualClock):
    """A clock that work can take time of."""

    def __init__(self) -> None:
        super().__init__(math.inf)

    def spend(self, duration_s: float) -> None:
        self._now_s += duration_s


class SlowSigner(BlobSigner):
    """Every signature takes its time."""

    def __init__(self, clock: SpentClock) -> None:
        self._clock = clock

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        self._clock.spend(SIGN_S)
        return super().sign(tx)


class SlowJournal(VenueWrapper):
    """Every transaction comes late from the journal."""

    clock: SpentClock

    def post(self, request: VenueRequest) -> None:
        if isinstance(request, Submit):
            self.clock.spend(JOURNAL_S)
        super().post(request)


class SlowSocket(trio.abc.Stream):
    """Every transaction takes its time until the stream has it."""

    def __init__(self, inner: trio.abc.Stream) -> None:
        self._inner = inner
        self._sent = 0

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        await trio.sleep(SOCKET_S)
        await self._inner.send_all(data)

    async def wait_send_all_might_not_block(self) -> None:
        await self._inner.wait_send_all_might_not_block()

    async def receive_some(self, max_bytes: int | None = None) -> bytes | bytearray:
        return await self._inner.receive_some(max_bytes)

    async def aclose(self) -> None:
        await self._inner.aclose()


def world(plan: Plan = nothing, *, xrp_drops: int = 150_000_000, rlusd: Decimal = Decimal(300)) -> LiveWorld:
    """A chain on which we have so much, and a server that is by the plan."""
    return LiveWorld(LedgerServer(Chain(xrp_drops=xrp_drops, rlusd=rlusd), plan))


def measured_of(database: Path, session_id: str) -> list[VenueMeasured]:
    return [each for each in journal_of(database, session_id) if isinstance(each, VenueMeasured)]


def speed_and_use(database: Path, session_id: str) -> tuple[QuoteSpeed, RequestUse]:
    """As a report has them."""
    course = reports.course(database, session_id)
    assert course.quote_speed is not None
    assert course.request_use is not None
    return course.quote_speed, course.request_use


def test_the_figure_and_its_stages_are_what_each_stage_was_scripted_to_take(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Mirror 62.5 ms; a signature 250 ms and the journal 125 ms for each replacement; socket 15.625 ms."""
    clock = SpentClock()
    apply = Mirror.apply

    def slow_apply(mirror: Mirror, *ledger: Any) -> Any:
        clock.spend(MIRROR_S)
        return apply(mirror, *ledger)

    monkeypatch.setattr(Mirror, "apply", slow_apply)
    monkeypatch.setattr(SlowJournal, "clock", clock, raising=False)
    live = world()
    plan = live.plan(tmp_path / "neo.db", duration_s=120, clock=lambda: clock, signer=lambda: SlowSigner(clock))
    assert isinstance(plan.venue, LivePlan)

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        return SlowSocket(await live.dial(url))

    plan = msgspec.structs.replace(plan, venue=msgspec.structs.replace(plan.venue, dial=dial))
    summary = live.run(plan, parts=SessionParts(venue=lambda venue: SlowJournal(venue, 0)))
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    found = [each for record in measured_of(plan.database, summary.session_id) for each in record.quotes]
    assert {each.offers for each in found} == {1, 2}
    for each in found:
        assert each == QuoteTiming(
            ledger_index=each.ledger_index,
            offers=each.offers,
            mirror_us=62_500,
            decision_us=250_000 * each.offers,
            journal_us=125_000 * each.offers,
            socket_us=15_625,
            complete_us=0,
        )


def test_the_time_begins_with_the_last_frame_and_not_with_the_close(tmp_path: Path) -> None:
    """Every transaction comes 0.4 s after its ledger's close, and nothing else takes time: so the figure is 0."""
    late = scripted([Strike(Fault.DELAY, "transaction", nth=None, delay_s=0.4)])
    live = world(late)
    plan = live.plan(tmp_path / "neo.db", duration_s=120)
    summary = live.run(plan)
    speed, _ = speed_and_use(plan.database, summary.session_id)
    assert speed.ledgers > 5
    assert (speed.total.max_ms, speed.unsent) == (0.0, 0)
    assert {strike.what for _, strike in live.servers[0].desk.struck} == {Fault.DELAY}


def test_garbage_is_collected_as_the_quotes_of_a_ledger_have_left(tmp_path: Path) -> None:
    """Once for each time that quotes were told to have left, so that it is not collected as the next ledger comes."""
    collected: list[int] = []

    def note(phase: str, info: dict[str, int]) -> None:
        if phase == "stop" and info["generation"] >= 1:
            collected.append(info["generation"])

    live = world()
    plan = live.plan(tmp_path / "neo.db", duration_s=60)
    is_enabled = gc.isenabled()
    gc.disable()  # what Python collects by itself is no proof
    gc.callbacks.append(note)
    try:
        summary = live.run(plan)
    finally:
        gc.callbacks.remove(note)
        if is_enabled:
            gc.enable()
    told = [each for each in measured_of(plan.database, summary.session_id) if each.quotes]
    assert told
    assert len(collected) == len(told)


def copy_database(source: Path, target: Path) -> None:
    """As it is on the disk at this moment."""
    opened, copy = sqlite3.connect(source), sqlite3.connect(target)
    opened.backup(copy)
    opened.close()
    copy.close()


def test_what_was_measured_outlives_a_kill_and_is_not_measured_on_by_the_settlement(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database of a minute on has its figures but for two ledgers; the next start adds none of its own."""
    live = world()
    eager = config_with(strategy={"requote_tolerance_bps": Decimal(0)})
    plan = live.plan(tmp_path / "neo.db", duration_s=300, config=eager)
    killed_at: list[int] = []

    async def kill() -> None:
        await trio.sleep(61)
        copy_database(plan.database, tmp_path / "left.db")
        killed_at.append(live.chain.newest.index)
        raise KeyboardInterrupt

    with pytest.raises((KeyboardInterrupt, BaseExceptionGroup)):
        live.run(plan, beside=kill)
    (lost,) = list_sessions(tmp_path / "left.db")
    left = measured_of(tmp_path / "left.db", lost.id)
    ledgers = [each.ledger_index for record in left for each in record.quotes]
    sent = [each for each in journal_of(tmp_path / "left.db", lost.id) if isinstance(each, OrderIntended)]
    replaced = {each.ledger_index for each in sent if each.replaces is not None}
    assert {index for index in replaced if index <= killed_at[0] - 2} <= set(ledgers)
    speed, _ = speed_and_use(tmp_path / "left.db", lost.id)
    assert speed.ledgers == len(ledgers) > 5
    monkeypatch.setattr(live_venue, "_MEASURED_S", 0.0)
    live.run(live.plan(tmp_path / "left.db", duration_s=40))
    assert measured_of(tmp_path / "left.db", lost.id) == left


def test_in_steady_state_the_shipped_live_profile_asks_at_most_twelve_times_a_minute(tmp_path: Path) -> None:
    """Eleven minutes with an audit, counted by the server, after a slow opening; the report has the server's count."""
    asked: list[tuple[float, str]] = []

    def note(moment: Moment) -> Strike | None:
        if not moment.is_request:
            return None
        asked.append((trio.current_time(), moment.kind))
        is_late = moment.kind == "subscribe" and moment.nth == 1
        return Strike(Trouble.LATE, moment.kind, delay_s=OPENING_S) if is_late else None

    live = world(note, xrp_drops=60_000_000, rlusd=Decimal(60))
    config = read_profile(find_profile("live-stage1"))
    shipped = live_settings(config)
    plan = live.plan(
        tmp_path / "neo.db",
        duration_s=660,
        config=config,
        completeness=shipped.completeness,
        audit_interval_ledgers=shipped.audit_interval_ledgers,
        request_timeout_s=shipped.request_timeout_s,
        validated_age_s_max=shipped.validated_age_s_max,
    )
    summary = live.run(plan)
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    _, use = speed_and_use(plan.database, summary.session_id)
    requests_s = [at_s for at_s, kind in asked if kind != "submit"]
    steady_s = requests_s[0] + OPENING_S + 60
    steady = [at_s for at_s in requests_s if at_s >= steady_s]
    most = max(sum(last_s - 60 < at_s <= last_s for at_s in requests_s) for last_s in steady)
    assert any(kind == "book_offers" and at_s > steady_s for at_s, kind in asked), "an audit was among them"
    assert most <= 12
    assert use.steady_minute_most == most
