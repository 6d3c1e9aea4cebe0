"""What a live session does about what it finds on the ledger before its first order."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from loguru import logger
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import journal_of

from neo.analysis.summary import SessionSummary
from neo.messages import OrderChanged, OrderStatus
from neo.messages.halts import HaltReason

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


def test_what_an_earlier_session_of_the_same_database_sent_is_known(tmp_path: Path) -> None:
    """One session after the other, without a pause."""
    live = world()
    for _ in range(2):
        assert run(live, tmp_path).halt_reason is HaltReason.DURATION_ELAPSED


@pytest.mark.parametrize("policy", ["halt", "cancel", "adopt"])
def test_offers_that_no_journal_knows_are_told_cancelled_or_taken_over(tmp_path: Path, policy: str) -> None:
    """As the profile says; in either of the last two cases nothing is left of them at the end."""
    live = world()
    offer(live)
    offer(live, pays="31")
    let_pass(live, 400)
    assert offers_left(live) == 2
    summary = run(live, tmp_path, unknown_offers=policy)
    if policy == "halt":
        assert summary.halt_reason is HaltReason.STARTUP_FAILURE
        assert 'gateway.unknown_offers = "cancel"' in summary.halt_detail
        assert offers_left(live) == 2
        return
    assert (summary.halt_reason, summary.rungs_failed) == (HaltReason.DURATION_ELAPSED, ())
    assert summary.inventory.differences == ()
    assert offers_left(live) == 0
    changes = [each for each in journal_of(tmp_path / "neo.db", summary.session_id) if isinstance(each, OrderChanged)]
    adopted = [each for each in changes if each.result == "adopted"]
    assert [each.order_id for each in adopted] == ([] if policy == "cancel" else ["o000001", "o000002"])
    ended = {each.order_id: each.status for each in changes}
    assert all(ended[each.order_id] in {OrderStatus.CANCELED, OrderStatus.REPLACED} for each in adopted)


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
