"""What ``neo doctor`` finds of a paper market, on a ledger server of the tests' own: each trouble by its name."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_faults import Plan, Strike, Trouble, nothing, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.paper_sessions import paper_session
from support.sessions import config_with

from actors.plumbing.clock import VirtualClock
from actors.venues.live.checks import Check
from actors.venues.live.live_host import endpoints_of
from actors.venues.paper.paper_checkup import check_up_paper
from actors.venues.paper.paper_host import PaperPlan
from neo.chain.money import RIPPLE_EPOCH_UNIX_S
from neo.config.key_wiring import quote_settings


def checked(
    prepare: Callable[[LiveWorld], object] = lambda _: None,
    *,
    servers: int = 2,
    offset_s: float = 0.0,
    plan: Plan = nothing,
    has: tuple[int, str] = (150_000_000, "300"),
    patience_s: float = 60.0,
) -> dict[str, Check]:
    """Every check by its name, some ledgers after the chain began and something was done to it."""
    chain = Chain(seed=1)
    live = LiveWorld(*(LedgerServer(chain, plan) for _ in range(servers)))
    paper = paper_session(live, Path("unused")).venue
    assert isinstance(paper, PaperPlan)
    paper = msgspec.structs.replace(paper, xrp_drops=has[0], rlusd=Decimal(has[1]))

    async def main() -> list[Check]:
        async with trio.open_nursery() as nursery:
            for server in live.servers:
                await nursery.start(server.run)
            await nursery.start(chain.run)
            await trio.sleep(2 * chain.interval_s + 0.5)
            prepare(live)
            await trio.sleep(2 * chain.interval_s)

            def clock() -> float:
                return chain.newest.close_time_s + RIPPLE_EPOCH_UNIX_S + offset_s

            endpoints = endpoints_of(paper.settings, live.dial)
            found = await check_up_paper(endpoints, paper, quote_settings(config_with()), clock, patience_s)
            nursery.cancel_scope.cancel()
        return found

    found = trio.run(main, clock=VirtualClock(math.inf))
    assert all(check.mend for check in found if check.passed is False)
    return {check.name: check for check in found}


def failed(found: dict[str, Check]) -> list[str]:
    """The names of those that failed."""
    return [name for name, check in found.items() if check.passed is False]


def stop_all(live: LiveWorld) -> None:
    """Every server goes down."""
    for server in live.servers:
        server.stop()


def test_a_sound_market_passes_every_check_without_an_account() -> None:
    """Servers, token, clock, what the opening balances leave room for, and what all that took."""
    found = checked()
    assert failed(found) == []
    assert list(found) == [
        "endpoint ws://ledger0.test:6006",
        "endpoint ws://ledger1.test:6006",
        "agreement",
        "network",
        "freeze",
        "tick size",
        "transfer rate",
        "pool",
        "clock",
        "limits",
        "both sides",
        "requests",
    ]
    # Each server is asked how it is, and one for the other's ledger; then the streams, the pool, the rules, both sides
    # of the book, the issuer.
    assert found["requests"].told == "9 were made to begin; at most 12 a minute follow"


@pytest.mark.parametrize(
    ("prepare", "name"),
    [
        (lambda live: live.chain.freeze_all(), "freeze"),
        (lambda live: setattr(live.chain.ledger.state.issuer, "tick_size", 3), "tick size"),
        (lambda live: setattr(live.chain.ledger.state.issuer, "transfer_rate", 1_001_000_000), "transfer rate"),
    ],
)
def test_what_the_issuer_does_is_told(prepare: Callable[[LiveWorld], object], name: str) -> None:
    """As before a live session."""
    assert failed(checked(prepare)) == [name]


def test_opening_balances_that_leave_no_room_are_told() -> None:
    """A paper account has a reserve like any other."""
    assert "both sides" in failed(checked(has=(1_500_000, "0")))
    assert failed(checked(has=(100_000_000_000, "300"))) == ["limits"]


def test_a_clock_that_is_wrong_fails_alone() -> None:
    """The market's own time counts."""
    assert failed(checked(offset_s=31.0)) == ["clock"]


def test_servers_that_do_not_answer_leave_the_rest_open() -> None:
    """Nothing is said of a market that was not seen."""
    found = checked(stop_all)
    assert failed(found) == ["endpoint ws://ledger0.test:6006", "endpoint ws://ledger1.test:6006", "agreement"]
    assert found["requests"].passed is None
    late = checked(plan=scripted([Strike(Trouble.LATE, "amm_info", None, delay_s=100.0)]), patience_s=5.0)
    assert failed(late) == ["freeze"]
