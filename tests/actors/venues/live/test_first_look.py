"""What a live session does about what it finds on the ledger before its first order."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import trio
from loguru import logger
from support.ledger_chain import Chain
from support.ledger_faults import Strike, Trouble, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import journal_of
from support.store_database import rows

from actors.store.maintenance import check
from actors.store.reports import found_offers
from actors.venues.live.socket import EndpointUrl
from neo.analysis.summary import SessionSummary
from neo.ledger import keys
from neo.messages import FeePaid, OrderChanged, OrderIntended, OrderSigned, OrderStatus, Side
from neo.messages.halts import HaltReason
from tools.reporting.sources import load

DURATION_S = 60


def world(**chain: Any) -> LiveWorld:
    """A chain with one server."""
    usual = {"seed": 1, "xrp_drops": 150_000_000, "rlusd": Decimal(300)}
    return LiveWorld(LedgerServer(Chain(**{**usual, **chain})))


def offer(live: LiveWorld, *, pays: str = "30") -> str:
    """An ask of ours, of 10 XRP for so much, far from the market, that nobody knows of; returns its hash."""
    return live.chain.send(
        live.chain.account, TransactionType="OfferCreate", TakerGets="10000000", TakerPays=live.chain.token(pays)
    )


def let_pass(live: LiveWorld, seconds: int) -> None:
    """Nothing of ours happens for so long."""
    for _ in range(seconds // live.chain.interval_s + 1):
        live.chain.close()


def offers_left(live: LiveWorld) -> int:
    """Ours, on the newest ledger."""
    return len(live.chain.truth[live.chain.newest.index].offers)


def run(live: LiveWorld, folder: Path, **settings: Any) -> SessionSummary:
    """A session of a minute."""
    return live.run(live.plan(folder / "neo.db", duration_s=DURATION_S, **settings))


def test_an_unknown_transaction_of_ours_keeps_a_session_from_starting(tmp_path: Path) -> None:
    """Something else trades with the account: its transaction is named, and when to try again."""
    live = world()
    tx_hash = offer(live)
    let_pass(live, 120)
    summary = run(live, tmp_path)
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert tx_hash in summary.halt_detail
    assert "wait 300 s" in summary.halt_detail
    assert live.servers[0].node.asked["submit"] == 0


def test_an_unknown_transaction_of_ours_is_found_though_ledgers_closed_since_the_server_told_of_its_history(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other endpoint answers so late that the history told at first ends before the newest ledger."""
    chain = Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300))
    live = LiveWorld(LedgerServer(chain), LedgerServer(chain))
    tx_hash = offer(live)
    let_pass(live, 120)
    usual = live.dial

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        if "ledger1" in url.name:
            await trio.sleep(2 * chain.interval_s)
        return await usual(url)

    monkeypatch.setattr(live, "dial", dial)
    summary = run(live, tmp_path)
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert tx_hash in summary.halt_detail


@pytest.mark.parametrize("is_told", [True, False])
def test_a_history_too_short_for_the_look_is_told_and_no_hindrance(tmp_path: Path, is_told: bool) -> None:
    """A stand-alone server that was started again has no other; one that has all since its beginning is silent."""
    live = world()
    let_pass(live, 120)
    live.servers[0].node.first_ledger = 20 if is_told else 2
    told: list[str] = []
    sink = logger.add(lambda line: told.append(line.record["message"]), level="WARNING")
    try:
        assert run(live, tmp_path).halt_reason is HaltReason.DURATION_ELAPSED
    finally:
        logger.remove(sink)
    assert ("own_history_short" in told) is is_told


def test_what_an_earlier_session_of_the_same_database_sent_is_known(tmp_path: Path) -> None:
    """One session after the other, without a pause."""
    live = world()
    for _ in range(2):
        assert run(live, tmp_path).halt_reason is HaltReason.DURATION_ELAPSED


def changes_of(folder: Path, summary: SessionSummary) -> list[OrderChanged]:
    """What became of the session's orders."""
    journal = journal_of(folder / "neo.db", summary.session_id)
    return [each for each in journal if isinstance(each, OrderChanged)]


def test_a_session_that_is_not_to_touch_unknown_offers_does_not_start(tmp_path: Path) -> None:
    """The operator reads which they are, and what would let it start; nothing is sent."""
    live = world()
    offer(live)
    let_pass(live, 400)
    summary = run(live, tmp_path, unknown_offers="halt")
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert "has offers that no journal knows: 1 (ask of 10000000 drops)" in summary.halt_detail
    assert 'gateway.unknown_offers = "cancel"' in summary.halt_detail
    assert (offers_left(live), live.servers[0].node.asked["submit"]) == (1, 0)


@pytest.mark.parametrize(("policy", "why"), [("cancel", "unknown offer, to be cancelled"), ("adopt", "adopted")])
def test_unknown_offers_are_in_the_journal_from_the_first_record_on(tmp_path: Path, policy: str, why: str) -> None:
    """Each is an order with its entry on the ledger; nothing is left of them at the end, and the report tells all."""
    live = world()
    offer(live)
    offer(live, pays="31")
    let_pass(live, 400)
    assert offers_left(live) == 2
    summary = run(live, tmp_path, unknown_offers=policy)
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert summary.inventory.differences == ()
    assert offers_left(live) == 0
    changes = changes_of(tmp_path, summary)
    assert [(each.order_id, each.result) for each in changes[:2]] == [("o000001", why), ("o000002", why)]
    ended = {each.order_id: each.status for each in changes}
    assert {ended["o000001"], ended["o000002"]} <= {OrderStatus.CANCELED, OrderStatus.REPLACED}
    first, second = found_offers(tmp_path / "neo.db", summary.session_id)
    assert (first.side, first.price, first.xrp_drops, first.sequence) == ("sell", Decimal(3), 10_000_000, 1)
    assert (second.price, second.sequence, second.why) == (Decimal("3.1"), 2, why)
    account_id = keys.account_id(live.chain.account)
    assert first.entry == keys.offer_key(account_id, 1).hex().upper()
    assert first.pulled_by in live.chain.handed
    (line, _) = load(tmp_path / "neo.db", None).found_told
    assert line == (
        f"found at the start: o000001, sell 10.000000 XRP at 3, sequence 1, ledger entry {first.entry}: {why};"
        f" {ended['o000001']} by {first.pulled_by}"
    )


def test_unknown_offers_are_cancelled_first_and_by_what_the_journal_has(tmp_path: Path) -> None:
    """The cancels are orders like any other: signed in the journal before they leave, with their fees and outcomes."""
    live = world()
    offer(live)
    offer(live, pays="31")
    let_pass(live, 400)
    summary = run(live, tmp_path, unknown_offers="cancel")
    journal = journal_of(tmp_path / "neo.db", summary.session_id)
    cancels = [each for each in journal if isinstance(each, OrderIntended) and each.cancels in {"o000001", "o000002"}]
    signed = {each.order_id: each for each in journal if isinstance(each, OrderSigned)}
    assert [each.order_id for each in cancels] == ["o000003", "o000004"], "before any quote"
    assert [signed[each.order_id].sequence for each in cancels] == [3, 4]
    done = {each.order_id: each.status for each in changes_of(tmp_path, summary)}
    assert [done[each.order_id] for each in cancels] == [OrderStatus.DONE, OrderStatus.DONE]
    fees = {each.tx_hash for each in journal if isinstance(each, FeePaid)}
    assert {signed[each.order_id].tx_hash for each in cancels} <= fees
    first = min(live.chain.fates[signed[each.order_id].tx_hash].ledger_index for each in cancels)
    assert len(live.chain.truth[first].offers) == 0, "with the first ledger"


def test_an_adopted_offer_is_taken_over_as_what_it_is(tmp_path: Path) -> None:
    """An ask of 10 XRP for 30 RLUSD and a bid of 20 RLUSD for 20 XRP: each on its side, with its price and its size."""
    live = world()
    chain = live.chain
    offer(live)
    chain.send(chain.account, TransactionType="OfferCreate", TakerGets=chain.token("20"), TakerPays="20000000")
    let_pass(live, 400)
    summary = run(live, tmp_path, unknown_offers="adopt")
    journal = journal_of(tmp_path / "neo.db", summary.session_id)
    intents = [each for each in journal if isinstance(each, OrderIntended)][:2]
    assert [(each.order_id, each.side, each.price, each.xrp_drops, each.rlusd) for each in intents] == [
        ("o000001", Side.SELL, Decimal(3), 10_000_000, Decimal(30)),
        ("o000002", Side.BUY, Decimal(1), 20_000_000, Decimal(20)),
    ]
    assert offers_left(live) == 0


@pytest.mark.parametrize("trouble", [Trouble.FEE_TOO_LOW, Trouble.LOST])
def test_unknown_offers_that_can_not_be_cancelled_are_tried_again_and_told_at_the_end(
    tmp_path: Path, trouble: Trouble
) -> None:
    """They count as ours meanwhile; what rests when the session is over is named, each with its price."""
    live = world()
    offer(live)
    offer(live, pays="31")
    let_pass(live, 400)
    live.servers[0].desk.plan = scripted([Strike(trouble, "submit", nth=None)])
    summary = run(live, tmp_path, unknown_offers="cancel")
    cancels = [
        each.cancels
        for each in journal_of(tmp_path / "neo.db", summary.session_id)
        if isinstance(each, OrderIntended) and each.cancels is not None
    ]
    assert set(cancels) == {"o000001", "o000002"}
    assert len(cancels) > 2
    assert offers_left(live) == 2
    told = "cancel_resting: could not cancel o000001 (sell at 3, resting), o000002 (sell at 3.1, resting)"
    assert told in summary.rungs_failed


@pytest.mark.parametrize("policy", ["cancel", "adopt"])
@pytest.mark.parametrize("after_s", [0.2, 3.0, 9.0])
def test_a_kill_among_the_first_records_leaves_nothing_that_the_next_start_does_not_know(
    tmp_path: Path, policy: str, after_s: float
) -> None:
    """What was sent for the found offers is in the journal: it is settled, and not taken for a stranger's."""
    live = world()
    offer(live)
    offer(live, pays="31")
    let_pass(live, 400)
    database, left = tmp_path / "neo.db", tmp_path / "left" / "neo.db"
    left.parent.mkdir()

    async def kill() -> None:
        for _ in range(100):
            if rows(database, "SELECT 1 FROM orders LIMIT 1"):
                break
            await trio.sleep(0.1)
        await trio.sleep(after_s)
        with contextlib.closing(sqlite3.connect(database)) as source, contextlib.closing(sqlite3.connect(left)) as copy:
            source.backup(copy)
        raise KeyboardInterrupt

    plan = live.plan(database, duration_s=DURATION_S, unknown_offers=policy)
    with pytest.raises(BaseExceptionGroup):
        live.run(plan, beside=kill)
    summary = run(live, left.parent, unknown_offers=policy)
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert (summary.inventory.differences, offers_left(live)) == ((), 0)
    assert check(left).findings == ()


def test_an_account_that_could_not_trade_is_told_everything_that_keeps_it(tmp_path: Path) -> None:
    """Prices finer than the issuer's tick size, and too little XRP for two offers."""
    live = world(xrp_drops=1_300_000)
    live.chain.send(live.chain.ledger.issuer, TransactionType="AccountSet", TickSize=5)
    live.chain.close()
    summary = run(live, tmp_path)
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert "Set strategy.price_digits to 5 or less" in summary.halt_detail
    assert re.search(r"Pay 0\.\d\d XRP or more into the account", summary.halt_detail)


def test_a_session_whose_balances_are_above_a_limit_says_so_before_it_ends(
    tmp_path: Path,
) -> None:
    """The end is the limit's own; figures and mend are a warning before it, so nobody has to guess what to do."""
    warned: list[dict[str, Any]] = []
    sink = logger.add(
        lambda line: warned.append(line.record["extra"]),
        filter=lambda record: record["message"] == "balances_leave_no_room",
        level="WARNING",
    )
    try:
        summary = run(world(rlusd=Decimal(500)), tmp_path)
    finally:
        logger.remove(sink)
    assert summary.halt_reason is HaltReason.RISK_RLUSD_EXPOSURE
    assert summary.halt_detail == "500.00 > 400"
    assert "RLUSD 500.00 of 400: above risk.max_rlusd_exposure" in warned[0]["found"]
    assert "Pay 100.00 RLUSD or more out of the account" in warned[0]["mend"]
    assert len(warned) == 1


def test_a_server_that_never_comes_to_the_last_of_our_offers_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells of one more page each time: the start ends with that, and does not turn in it for ever."""
    live = world()
    node = live.servers[0].node
    answer = node.answer

    def endless(request: Any, trouble: Any = None) -> Any:
        told = answer({key: value for key, value in request.items() if key != "marker"}, trouble)
        if request["command"] == "account_objects":
            told["result"]["marker"] = "one more"
        return told

    monkeypatch.setattr(node, "answer", endless)
    summary = run(live, tmp_path)
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert "more than 50 pages of our offers" in summary.halt_detail
