"""Whole sessions on a ledger server of the tests' own: what an operator gets while servers, connections and answers go.

What is promised of every one of them: no blob became two orders, nothing of ours rests when the session has ended, and
the books are the ledger's to the drop.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import itertools
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio
from loguru import logger
from support.failing import CrashingVenue
from support.ledger_chain import Chain, now_s
from support.ledger_faults import Plan, Strike, Trouble, nothing, scripted, seeded
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld, killed_after
from support.sessions import journal_of
from support.ws_wire import Fault

from actors.session.parts import SessionParts
from neo.analysis.summary import SessionSummary
from neo.messages import (
    Fill,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    OrderChanged,
    OrderStatus,
    QuotesJudged,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode
from neo.mirror.assembly import Completeness

DURATION_S = 160


def world(plan: Plan = nothing, *, seed: int = 1, servers: int = 1) -> LiveWorld:
    """A chain on which we have what the shipped profile's limits allow, and servers: the first one by the plan."""
    chain = Chain(seed=seed, xrp_drops=150_000_000, rlusd=Decimal(300))
    return LiveWorld(LedgerServer(chain, plan), *(LedgerServer(chain) for _ in range(servers - 1)))


def require_level(live: LiveWorld, summary: SessionSummary) -> None:
    """The session ended as it was to, with nothing left and the ledger's balances."""
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    require_books(live, summary)


def require_books(live: LiveWorld, summary: SessionSummary) -> None:
    """Nothing is left, nothing doubled, and the books are the ledger's."""
    truth = live.chain.truth[live.chain.newest.index]
    assert (truth.offers, summary.orders_left) == ((), ())
    assert summary.inventory.differences == ()
    assert (summary.inventory.xrp_engine_drops, summary.inventory.rlusd_engine) == (truth.xrp_drops, truth.tokens)
    # Each transaction of ours took one sequence, and none took two: the first was 1.
    ours = [fate for tx_hash, fate in live.chain.fates.items() if tx_hash in live.chain.handed]
    assert len(ours) == truth.sequence - 1


@pytest.mark.parametrize("completeness", list(Completeness))
def test_quotes_rest_are_filled_and_are_gone_at_the_end(tmp_path: Path, completeness: Completeness) -> None:
    """With all of the server's transactions as with those of our books and accounts."""
    live = world()
    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=DURATION_S, completeness=completeness))
    require_level(live, summary)
    assert summary.fills > 0
    assert summary.taker_fills == 0
    journal = journal_of(database, summary.session_id)
    assert any(isinstance(each, OrderChanged) and each.status is OrderStatus.RESTING for each in journal)
    indexes = [each.ledger_index for each in journal if isinstance(each, LedgerObserved)]
    assert indexes == list(range(indexes[0], indexes[-1] + 1)), "every ledger was told, each once"


def test_a_pair_without_a_pool_is_quoted_by_its_books(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server says that there is none, which is an answer and no failure."""
    live = world()
    node = live.servers[0].node
    usual = node.answer

    def answer(request: Any, trouble: Any = None) -> Any:
        if request["command"] != "amm_info":
            return usual(request, trouble)
        return {"id": request["id"], "type": "response", "status": "error", "error": "actNotFound"}

    monkeypatch.setattr(node, "answer", answer)
    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=60))
    require_level(live, summary)
    told = [each for each in journal_of(database, summary.session_id) if isinstance(each, LedgerObserved)]
    assert {each.pool_price for each in told} == {None}
    assert any(each.own_bid is not None and each.own_ask is not None for each in told)


def test_filtered_streams_follow_whoever_comes_to_the_market(tmp_path: Path) -> None:
    """A server tells of an owner's funds only to who has asked for its account: of one who comes later as well."""
    live = world()
    chain = live.chain
    came: list[str] = []
    heard: list[bool] = []

    async def somebody_comes() -> None:
        await trio.sleep(40)
        (client,) = live.servers[0].open_clients
        known = client.subscriptions.accounts
        rich = [each for each in chain.ledger.state.accounts.values() if each.alive and each.drops > 100_000_000]
        came.append(next(each.address for each in rich if each.address not in known))
        chain.send(came[0], TransactionType="OfferCreate", TakerGets="1000000", TakerPays=chain.token("900"))
        await trio.sleep(3 * chain.interval_s)
        heard.append(came[0] in client.subscriptions.accounts)

    plan = live.plan(tmp_path / "neo.db", duration_s=DURATION_S, completeness=Completeness.FILTERED)
    require_level(live, live.run(plan, beside=somebody_comes))
    assert heard == [True]


def test_a_connection_that_breaks_costs_ledgers_without_a_market_and_nothing_else(tmp_path: Path) -> None:
    """What happened meanwhile is read from our account's transactions: the fills among them are booked."""
    live = world()
    chain = live.chain

    async def outage() -> None:
        await trio.sleep(40)
        live.servers[0].stop()
        await trio.sleep(15)
        live.servers[0].start()
        live.servers[0].node.first_ledger = 1  # it has its history still

    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=DURATION_S), beside=outage)
    require_level(live, summary)
    told = [each for each in journal_of(database, summary.session_id) if isinstance(each, LedgerObserved)]
    unseen = [each for each in told if each.mid_price is None]
    assert 1 <= len(unseen) <= 5
    assert told[-1].ledger_index >= chain.newest.index - 1


def test_a_stand_alone_server_whose_ledgers_nobody_closes_for_a_while_is_waited_for(tmp_path: Path) -> None:
    """45 seconds without a ledger, where the profile lets one be 60 seconds old: the connection is kept all along."""
    live = world()

    async def rest() -> None:
        await trio.sleep(40)
        live.chain.is_paused = True
        await trio.sleep(45)
        live.chain.is_paused = False

    plan = live.plan(tmp_path / "neo.db", duration_s=DURATION_S, validated_age_s_max=60)
    require_level(live, live.run(plan, beside=rest))
    assert len(live.servers[0].clients) == 1


def test_a_server_that_comes_back_with_other_ledgers_is_not_followed(tmp_path: Path) -> None:
    """It had lost the last one, and closed another under its number: what was told is on no ledger any more."""
    live = world()
    chain = live.chain

    async def restart() -> None:
        await trio.sleep(42)
        live.servers[0].stop(pauses_chain=True)
        await trio.sleep(6)
        index = chain.newest.index
        chain.records[index] = dataclasses.replace(chain.newest, ledger_hash="F" * 64)
        chain.is_paused = False
        await trio.sleep(chain.interval_s)
        live.servers[0].start()
        live.servers[0].node.first_ledger = index

    summary = live.run(live.plan(tmp_path / "neo.db", duration_s=DURATION_S), beside=restart)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    assert "has another ledger" in summary.halt_detail
    assert "start again, so that the account is read anew" in summary.halt_detail


def test_another_server_takes_over_where_one_goes(tmp_path: Path) -> None:
    """The second of the settings' endpoints, which had agreed on the ledger before."""
    live = world(servers=2)

    async def stop() -> None:
        await trio.sleep(40)
        live.servers[0].stop()

    require_level(live, live.run(live.plan(tmp_path / "neo.db", duration_s=DURATION_S), beside=stop))
    assert live.servers[1].node.asked["submit"] > 0


def test_a_server_that_loses_what_waited_for_a_ledger_leaves_nothing_behind(tmp_path: Path) -> None:
    """A stand-alone server that starts anew: no ledger closed meanwhile, and the same blobs are sent again or lapse."""
    live = world()

    async def restart() -> None:
        await trio.sleep(40)
        live.servers[0].stop(pauses_chain=True)
        await trio.sleep(12)
        live.servers[0].start(keeps_pending=False)

    require_level(live, live.run(live.plan(tmp_path / "neo.db", duration_s=DURATION_S), beside=restart))


@pytest.mark.parametrize("what", [Fault.DROP, Trouble.LOST, Trouble.LATE, Trouble.TOO_BUSY, Trouble.QUEUED])
def test_a_submission_without_an_answer_is_settled_by_the_ledger(tmp_path: Path, what: Fault | Trouble) -> None:
    """Whether it was done or not: nothing but the same blob is sent again, and it is one order or none."""
    live = world(scripted([Strike(what, "submit", nth=nth) for nth in (3, 6, 11)]))
    require_level(live, live.run(live.plan(tmp_path / "neo.db", duration_s=DURATION_S)))


def test_messages_that_do_not_come_are_asked_for(tmp_path: Path) -> None:
    """Transactions and closes that the stream leaves out: the ledger is whole before it is told."""
    strikes = [Strike(Fault.DROP, "transaction", nth=nth) for nth in range(20, 400, 31)]
    strikes += [Strike(Fault.DROP, "ledgerClosed", nth=nth) for nth in (7, 8, 20)]
    live = world(scripted(strikes))
    require_level(live, live.run(live.plan(tmp_path / "neo.db", duration_s=DURATION_S)))
    assert live.servers[0].node.asked["ledger"] > 2


def storm(folder: Path, seed: int) -> int:
    """A session under faults drawn from a seed, every third one killed; then a quiet start settles what it left.

    Returns:
        How many transactions of ours left.
    """
    live = world(seeded(seed, request_share=0.1, message_share=0.003), seed=seed)
    database, left = folder / "neo.db", folder / "left.db"
    folder.mkdir()
    summary = None
    if seed % 3 < 2:
        summary = live.run(live.plan(database, duration_s=DURATION_S))
    else:
        with contextlib.suppress(BaseExceptionGroup):
            kill = killed_after(database, 20 + 7 * seed % 100)
            summary = live.run(live.plan(database, duration_s=DURATION_S), beside=kill)
        if summary is None:
            assert left.exists(), "nothing but the kill ends a session so"
            database = left
    if summary is None or summary.halt_reason is HaltReason.STARTUP_FAILURE or "not known yet" in str(summary.notices):
        live.servers[0].calm()
        summary = live.run(live.plan(database, duration_s=40))
    require_books(live, summary)
    return len(live.chain.handed)


def test_whatever_goes_wrong_the_ledger_settles_it(tmp_path: Path) -> None:
    """200 transactions among faults in requests and messages and kills: none doubled, none left, books to the drop."""
    seeds = itertools.count()
    sent = 0
    while sent < 200:
        seed = next(seeds)
        sent += storm(tmp_path / str(seed), seed)


@pytest.mark.soak
@pytest.mark.parametrize("first", range(100, 600, 100))
def test_whatever_goes_wrong_for_long_the_ledger_settles_it(tmp_path: Path, first: int) -> None:
    """2,000 of them, in five lots."""
    seeds = itertools.count(first)
    sent = 0
    while sent < 400:
        seed = next(seeds)
        sent += storm(tmp_path / str(seed), seed)


@pytest.mark.parametrize(("seed", "ledgers_meanwhile"), [(1, 0), (2, 3), (3, 40)])
def test_a_session_that_was_killed_is_settled_by_the_next_start(
    tmp_path: Path, seed: int, ledgers_meanwhile: int
) -> None:
    """Its orders are found on the ledger, what became of them meanwhile is booked, and what rests is cancelled."""
    live = world(seed=seed)
    with pytest.raises(BaseExceptionGroup):
        live.run(
            live.plan(tmp_path / "neo.db", duration_s=DURATION_S), beside=killed_after(tmp_path / "neo.db", 60 + seed)
        )
    left = live.chain.truth[live.chain.newest.index].offers
    assert left, "its offers rest on the ledger"
    for _ in range(ledgers_meanwhile):
        live.chain.close()
    summary = live.run(live.plan(tmp_path / "left.db", duration_s=40))
    require_level(live, summary)
    assert len(summary.notices) == 1
    lost = summary.notices[0].split()[1]
    journal = journal_of(tmp_path / "left.db", lost)
    checked = [each for each in journal if isinstance(each, InventoryChecked)]
    assert checked[-1].exact
    assert any(isinstance(each, HaltRaised) and each.reason is HaltReason.PROCESS_LOST for each in journal)
    fills = [each for each in journal if isinstance(each, Fill)]
    assert len({(each.tx_hash, each.order_id) for each in fills}) == len(fills)


@pytest.mark.parametrize("sent", [False, True])
def test_a_gateway_that_is_begun_anew_catches_up_and_doubles_nothing(tmp_path: Path, sent: bool) -> None:
    """The connection outlives it: what was told meanwhile is told again, and an order that may have left is one."""
    live = world()
    parts = SessionParts(venue=lambda venue: CrashingVenue(venue, 5, sent=sent))
    summary = live.run(live.plan(tmp_path / "neo.db", duration_s=DURATION_S), parts=parts)
    require_level(live, summary)
    assert summary.restarts == 1
    assert len(live.servers[0].clients) == 1


def freeze(chain: Chain, kind: str, *, is_on: bool) -> None:
    """The issuer freezes, or thaws."""
    if kind == "global":
        chain.freeze_all(is_on=is_on)
    else:
        chain.freeze(is_on=is_on, is_deep=kind == "line, deep")


@pytest.mark.parametrize("kind", ["line", "line, deep", "global"])
def test_a_freeze_stops_both_sides_until_it_ends(tmp_path: Path, kind: str) -> None:
    """What rests is pulled, nothing is quoted, and both sides come back when the issuer thaws."""
    live = world()
    chain = live.chain
    chain.schedule[15] = functools.partial(freeze, chain, kind, is_on=True)
    chain.schedule[25] = functools.partial(freeze, chain, kind, is_on=False)
    database = tmp_path / "neo.db"
    summary = live.run(live.plan(database, duration_s=DURATION_S))
    require_level(live, summary)
    journal = journal_of(database, summary.session_id)
    held = {
        (each.code, each.detail)
        for judged in journal
        if isinstance(judged, QuotesJudged)
        for each in judged.held_back
        if each.code is HoldCode.FROZEN
    }
    assert held == {(HoldCode.FROZEN, kind)}
    offers = {index: len(truth.offers) for index, truth in chain.truth.items()}
    assert all(offers[index] == 0 for index in range(19, 26))
    assert any(offers[index] == 2 for index in range(27, 40))


def test_what_is_asked_beside_the_stream_lets_the_quotes_of_a_ledger_leave_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fresh read of the pair would cost a ledger's quotes milliseconds: it begins a quarter of a second later."""
    live = world()
    chain, node = live.servers[0].chain, live.servers[0].node
    answer, asked_after_s = node.answer, dict[str, float]()

    def noting(request: Any, *args: Any) -> Any:
        if chain.newest.index > node.first_ledger + 3:  # the start asks for itself
            asked_after_s.setdefault(f"{request['command']} {chain.newest.index}", now_s() - chain.newest.closed_at_s)
        return answer(request, *args)

    monkeypatch.setattr(node, "answer", noting)
    live.run(live.plan(tmp_path / "neo.db", duration_s=120, audit_interval_ledgers=10))
    aside = {what: after_s for what, after_s in asked_after_s.items() if not what.startswith("submit")}
    assert any(what.startswith("book_offers") for what in aside)
    assert {what: after_s for what, after_s in aside.items() if after_s < 0.25} == {}
    assert min(asked_after_s.values()) < 0.25, "quotes don't wait"


def test_the_mirror_is_held_against_fresh_reads_within_the_budget_of_requests(tmp_path: Path) -> None:
    """Nothing differs, and in five minutes no more is asked, the start included, than 12 a minute allow."""
    live = world()
    audits: list[Mapping[str, object]] = []

    def note(message: Any) -> None:
        extra = message.record["extra"]
        if message.record["message"] == "mirror_audited":
            audits.append(extra)

    handler = logger.add(note, level="INFO")
    try:
        require_level(live, live.run(live.plan(tmp_path / "neo.db", duration_s=300, audit_interval_ledgers=20)))
    finally:
        logger.remove(handler)
    assert len(audits) >= 3
    assert [each["differences"] for each in audits] == [0] * len(audits)
    asked = live.servers[0].node.asked
    assert asked.total() - asked["submit"] <= 12 * 6
