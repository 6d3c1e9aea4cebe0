"""Ledgers that were missed: nothing of them stays wrong in our picture of the market, whoever's doing it was.

Method: whole sessions on a ledger server of the tests' own, whose crowd trades on meanwhile; the mirror is held against
a fresh read as often as the budget of requests allows, and must differ in nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio
from loguru import logger
from support.ledger_chain import Chain
from support.ledger_faults import Plan, Strike, nothing, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import journal_of
from support.ws_wire import Fault

from actors.venues.live import endpoints
from neo.analysis.summary import SessionSummary
from neo.messages import LedgerObserved
from neo.messages.halts import HaltReason
from neo.mirror.assembly import Completeness
from neo.sim.accounts import FUNDING, crowd_address
from neo.wire.budget import RequestBudget

DURATION_S = 200
ELSEWHERE = crowd_address("taker 1")


def world(plan: Plan = nothing) -> LiveWorld:
    """A chain on which we have what the shipped profile's limits allow."""
    return LiveWorld(LedgerServer(Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300)), plan))


Audits = list[Mapping[str, Any]]


def audited(
    live: LiveWorld, folder: Path, beside: Callable[[], Awaitable[None]] | None = None, **settings: Any
) -> tuple[SessionSummary, Audits]:
    """A session that is audited after every ledger, and what the audits found."""
    found: Audits = []

    def note(message: Any) -> None:
        if message.record["message"] in {"mirror_audited", "mirror_mended"}:
            found.append(message.record["extra"])

    handler = logger.add(note, level="INFO")
    try:
        plan = live.plan(folder / "neo.db", duration_s=DURATION_S, audit_interval_ledgers=1, **settings)
        return live.run(plan, beside=beside), found
    finally:
        logger.remove(handler)


@pytest.fixture(autouse=True)
def plenty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of requests, so that every ledger can be audited."""
    monkeypatch.setattr(endpoints, "RequestBudget", lambda: RequestBudget(requests_minute_max=10_000))


def require_sound(summary: SessionSummary, found: Audits) -> None:
    """It ran its time, and what it took the market for was the market, ledger by ledger."""
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert summary.inventory.differences == ()
    assert len(found) > 20
    assert [each for each in found if each["differences"]] == []


@pytest.mark.parametrize("completeness", list(Completeness))
def test_what_others_did_while_nobody_listened_is_in_the_picture_before_anything_is_quoted(
    tmp_path: Path, completeness: Completeness
) -> None:
    """After a reconnect the market is read anew from one ledger: no offer that came or went meanwhile is missed."""
    live = world()
    server = live.servers[0]

    async def outage() -> None:
        await trio.sleep(60)
        server.stop()
        await trio.sleep(15)
        server.start()
        server.node.first_ledger = 1  # it has its history still

    summary, found = audited(live, tmp_path, outage, completeness=completeness)
    require_sound(summary, found)
    assert len(server.clients) == 2


@pytest.mark.parametrize("completeness", list(Completeness))
def test_ledgers_whose_close_did_not_come_are_asked_for_whole(tmp_path: Path, completeness: Completeness) -> None:
    """With everybody's transactions; and those that are told late have no market, as it is over."""
    live = world(scripted([Strike(Fault.DROP, "ledgerClosed", nth=nth) for nth in (15, 16, 30)]))
    summary, found = audited(live, tmp_path, completeness=completeness)
    require_sound(summary, found)
    assert live.servers[0].node.asked["ledger"] == 3
    lost = {moment.ledger for moment, _ in live.servers[0].desk.struck}
    journal = journal_of(tmp_path / "neo.db", summary.session_id)
    told = {each.ledger_index: each.mid_price for each in journal if isinstance(each, LedgerObserved)}
    unseen = {index for index, mid in told.items() if mid is None}
    # Filtered, a ledger is known to be whole as the next one closes: each is a ledger later, the newest as any.
    assert unseen == {index - (completeness is Completeness.FILTERED) for index in lost}
    assert len(lost) == 3


@pytest.mark.parametrize("completeness", list(Completeness))
def test_what_a_newcomer_does_before_it_is_listened_to_is_known(tmp_path: Path, completeness: Completeness) -> None:
    """It places an ask, and in the very next ledger, in no book, pays nearly all of its XRP to somebody else."""
    live = world()
    chain = live.chain

    def place() -> None:
        chain.send(FUNDING, TransactionType="OfferCreate", TakerGets="50000000", TakerPays=chain.token("200"))

    def pay() -> None:
        left = chain.ledger.xrp_drops(FUNDING) - 10_000_000
        chain.send(FUNDING, TransactionType="Payment", Destination=ELSEWHERE, Amount=str(left))

    chain.schedule[30], chain.schedule[31] = place, pay
    summary, found = audited(live, tmp_path, completeness=completeness)
    require_sound(summary, found)
