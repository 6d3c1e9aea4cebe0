"""Servers that go bad under a session: another one takes over, or the session ends in time and says why.

Method: whole sessions on servers of the tests' own that tell of one chain, under the virtual clock.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
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
from support.rpc_errors import RpcError
from support.ws_wire import Fault

from neo.analysis.summary import SessionSummary
from neo.messages.halts import HaltReason

DURATION_S = 160
BREAKS_S = 40


def world(servers: int, plan: Plan = nothing) -> LiveWorld:
    """A chain on which we have what the shipped profile's limits allow, and servers of it, all by the plan."""
    chain = Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300))
    return LiveWorld(*(LedgerServer(chain, plan) for _ in range(servers)))


class Heard:
    """What the log says of servers and of the end, with the seconds since something happened."""

    def __init__(self) -> None:
        self.happened_s = 0.0
        self.told: list[tuple[str, float, dict[str, Any]]] = []

    def __call__(self, message: Any) -> None:
        record = message.record
        if record["message"] in {"endpoint_used", "endpoint_failed", "endpoints_agree", "halt_raised"}:
            self.told.append((record["message"], trio.current_time() - self.happened_s, record["extra"]))

    def of(self, event: str) -> list[dict[str, Any]]:
        """What came with an event, in order."""
        return [extra for name, _, extra in self.told if name == event]

    def after_s(self, event: str) -> float:
        """When the first event of a kind came."""
        return next(since_s for name, since_s, _ in self.told if name == event)


def run(
    live: LiveWorld,
    folder: Path,
    happens: Callable[[], None],
    *,
    duration_s: int = DURATION_S,
    also: Callable[[], Awaitable[None]] = trio.lowlevel.checkpoint,
    **settings: Any,
) -> tuple[SessionSummary, Heard]:
    """A session in whose 40th second something happens: what it came to, and what the log heard."""
    heard = Heard()

    async def beside() -> None:
        await trio.sleep(BREAKS_S)
        heard.happened_s = trio.current_time()
        happens()
        await also()

    plan = live.plan(folder / "neo.db", duration_s=duration_s, **settings)
    handler = logger.add(heard, level="INFO")
    try:
        return live.run(plan, beside=beside), heard
    finally:
        logger.remove(handler)


def require_clear(live: LiveWorld, summary: SessionSummary) -> None:
    """The session ran its time, with nothing left and the ledger's balances."""
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    require_nothing_left(live, summary)


def require_nothing_left(live: LiveWorld, summary: SessionSummary) -> None:
    """Nothing of ours rests, and the books are the ledger's."""
    truth = live.chain.truth[live.chain.newest.index]
    assert summary.rungs_failed == ()
    assert (truth.offers, summary.orders_left, summary.inventory.differences) == ((), (), ())


def refusing(server: LedgerServer, command: str, error: str) -> None:
    """From now on a server answers a command with an error."""
    answer = server.node.answer

    def refuse(request: dict[str, Any], trouble: Any = None) -> Any:
        return RpcError(error).to_json(request) if request["command"] == command else answer(request, trouble)

    server.node.answer = refuse  # type: ignore[method-assign]


def test_an_amendment_block_of_one_of_two_servers_is_told_and_the_other_takes_over(tmp_path: Path) -> None:
    """It validates no ledger any more; the operator reads why it was left, and quoting goes on."""
    live = world(2)
    summary, heard = run(live, tmp_path, live.servers[0].block)
    require_clear(live, summary)
    first, second = (url for url in live.urls)
    assert [each["endpoint"] for each in heard.of("endpoint_used")] == [first, second]
    assert "it is amendment-blocked" in heard.of("endpoint_failed")[0]["cause"]
    assert live.servers[1].node.asked["submit"] > 0


def test_an_amendment_block_of_the_only_server_ends_the_session_at_once(tmp_path: Path) -> None:
    """Its own word is enough: nobody waits until its silence has lasted long enough."""
    live = world(1)
    summary, heard = run(live, tmp_path, live.servers[0].block)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    assert f"{live.urls[0]}: it is amendment-blocked" in summary.halt_detail
    assert heard.after_s("halt_raised") < 3


def test_two_servers_that_come_to_disagree_end_the_session(tmp_path: Path) -> None:
    """They are held against each other every 75 ledgers, which are five minutes: no money is moved on a fork."""
    live = world(2)
    second = live.servers[1].node
    answer = second.answer

    def on_a_fork(request: dict[str, Any], trouble: Any = None) -> Any:
        told = answer(request, trouble)
        if request["command"] == "server_info":
            told["result"]["info"]["validated_ledger"]["hash"] = "F" * 64
        elif request["command"] == "ledger":
            told["result"]["ledger"]["ledger_hash"] = told["result"]["ledger_hash"] = "F" * 64
        return told

    def happens() -> None:
        second.answer = on_a_fork  # type: ignore[method-assign]

    summary, heard = run(live, tmp_path, happens, duration_s=330)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    assert f"{live.urls[1]} and {live.urls[0]} don't have the same ledger" in summary.halt_detail
    assert heard.after_s("halt_raised") < 300


def test_two_servers_are_held_against_each_other_as_the_session_runs(tmp_path: Path) -> None:
    """The log tells that they agree, and how many ledgers each is behind the other."""
    live = world(2)
    summary, heard = run(live, tmp_path, lambda: None, duration_s=330)
    require_clear(live, summary)
    names = list(live.urls)
    assert heard.of("endpoints_agree") == [
        {"endpoint": names[0], "agreed_with": names[1], "lag_ledgers": dict.fromkeys(names, 0)}
    ]


def test_a_server_that_refuses_a_request_for_good_gives_way_to_the_other(tmp_path: Path) -> None:
    """Before the first order as after it: that one server won't do is no reason to end."""
    live = world(2)
    refusing(live.servers[0], "account_lines", "noPermission")
    summary, heard = run(live, tmp_path, lambda: None)
    require_clear(live, summary)
    assert [each["endpoint"] for each in heard.of("endpoint_used")] == list(live.urls)


@pytest.mark.parametrize("command", ["submit", "book_offers"])
def test_where_no_server_does_what_is_asked_the_session_ends_with_the_reason_of_each(
    tmp_path: Path, command: str
) -> None:
    """One is blocked, the other won't."""
    live = world(2)

    def happens() -> None:
        live.servers[0].block()
        refusing(live.servers[1], command, "notSupported")

    summary, _ = run(live, tmp_path, happens)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    for url, why in zip(live.urls, ("it is amendment-blocked", f"answered {command} with notSupported"), strict=True):
        assert url in summary.halt_detail
        assert why in summary.halt_detail


def test_what_rests_is_cancelled_as_soon_as_a_server_can_be_reached_on_the_way_down(tmp_path: Path) -> None:
    """The only one was blocked, which ended the session; ten seconds later its owner has mended it."""
    live = world(1)
    server = live.servers[0]

    async def mend() -> None:
        await trio.sleep(10)
        server.node.is_amendment_blocked = False
        server.catch_up()

    summary, _ = run(live, tmp_path, server.block, also=mend)
    assert summary.halt_reason is HaltReason.RISK_RPC_FAILURE
    require_nothing_left(live, summary)


# --- Servers that seem to work ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "connections"),
    [(Fault.HALF_OPEN, 4), (Fault.HANG_UP, 7), (Fault.CLOSE, 7), (Fault.CUT_OFF, 4), (Fault.GARBAGE, 4)],
)
def test_a_server_that_breaks_off_at_every_ledger_is_not_stormed(tmp_path: Path, what: Fault, connections: int) -> None:
    """Pauses of 1, 2, 4 and then 8 s leave room for 7 connections in the minute after which the session ends."""
    live = world(1, scripted([Strike(what, "ledgerClosed", nth=None, from_ledger=12)]))
    summary, heard = run(live, tmp_path, lambda: None)
    assert summary.halt_reason is HaltReason.RISK_STALE_LEDGER
    assert 1 < len(live.servers[0].clients) <= connections
    pauses = [each["pause_s"] for each in heard.of("endpoint_failed")]
    assert pauses == sorted(pauses)


def test_a_server_whose_ledgers_stand_still_is_left_by_the_watchdog(tmp_path: Path) -> None:
    """It answers all that is asked, pings too; that no ledger comes is why it is left, and the other takes over."""
    live = world(2)

    def stall() -> None:
        live.servers[0].node.is_stalled = True

    summary, heard = run(live, tmp_path, stall)
    require_clear(live, summary)
    assert [each["endpoint"] for each in heard.of("endpoint_used")] == list(live.urls)
    assert heard.of("endpoint_failed")[0]["cause"] == f"{live.urls[0]}: no ledger for 20 s"
    assert 16 < heard.after_s("endpoint_failed") <= 20


def test_a_stall_of_the_only_server_ends_the_session_in_time(tmp_path: Path) -> None:
    """By the network's own pace: no quote rests on a market that nobody has seen for a minute."""
    live = world(1)

    def stall() -> None:
        live.servers[0].node.is_stalled = True

    summary, heard = run(live, tmp_path, stall)
    assert summary.halt_reason is HaltReason.RISK_STALE_LEDGER
    assert 55 < heard.after_s("halt_raised") < 66
    assert len(live.servers[0].clients) <= 15, "it is asked a dozen times a minute at most whether it is fit again"
