"""What ``neo doctor`` finds on the ledger's side, on a ledger server of the tests' own: each trouble by its name."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal

import pytest
import trio
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld

from actors.plumbing.clock import VirtualClock
from actors.venues.live.checkup import Check, KnownOrders, check_up
from actors.venues.live.live_host import endpoints_of
from neo.chain.money import RIPPLE_EPOCH_UNIX_S

NOTHING_KNOWN = KnownOrders(frozenset(), frozenset())


def checked(
    prepare: Callable[[LiveWorld], object] = lambda _: None,
    *,
    servers: int = 1,
    offset_s: float = 0.0,
    known: KnownOrders = NOTHING_KNOWN,
    **changed: object,
) -> dict[str, Check]:
    """Every check by its name, some ledgers after the chain began and something was done to it."""
    chain = Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300))
    live = LiveWorld(*(LedgerServer(chain) for _ in range(servers)))
    settings = live.settings(**changed)

    async def main() -> list[Check]:
        async with trio.open_nursery() as nursery:
            for server in live.servers:
                await nursery.start(server.run)
            await nursery.start(chain.run)
            await trio.sleep(2 * chain.interval_s + 0.5)
            prepare(live)
            await trio.sleep(chain.interval_s)
            now_s = chain.newest.close_time_s + RIPPLE_EPOCH_UNIX_S + offset_s
            found = await check_up(endpoints_of(settings, live.dial), settings, known, now_s)
            nursery.cancel_scope.cancel()
        return found

    found = trio.run(main, clock=VirtualClock(math.inf))
    assert len({check.name for check in found}) == len(found)
    assert all((check.mend is not None) == (check.passed is False) for check in found)
    return {check.name: check for check in found}


def failed(found: dict[str, Check]) -> list[str]:
    """The names of those that failed."""
    return [name for name, check in found.items() if check.passed is False]


def test_a_sound_account_passes_every_check() -> None:
    """Thirteen of the ledger and one of each server, with the figures that were found."""
    found = checked(servers=2)
    assert failed(found) == []
    assert [name for name in found if name.startswith("endpoint ")] == [
        "endpoint ws://ledger0.test:6006",
        "endpoint ws://ledger1.test:6006",
    ]
    assert found["agreement"].told == "ws://ledger1.test:6006 has the same ledger"
    assert "150.000000 XRP and 300 of the token" in found["account"].told


def test_a_lone_endpoint_is_no_failure_but_is_told() -> None:
    """Nobody confirms what it tells."""
    found = checked()
    assert found["agreement"].told == "only one endpoint, so nobody confirms it"
    assert failed(found) == []


@pytest.mark.parametrize(("offset_s", "told"), [(31.0, "31 s after"), (-31.0, "31 s before")])
def test_a_clock_that_is_wrong_fails_alone(offset_s: float, told: str) -> None:
    """Either way; up to 30 s a ledger's rounded time and its age explain."""
    found = checked(offset_s=offset_s)
    assert failed(found) == ["clock"]
    assert found["clock"].told.startswith(told)
    assert failed(checked(offset_s=math.copysign(30.0, offset_s))) == []


def test_a_freeze_is_told_whoever_it_is_meant_for() -> None:
    """Of our line, and of all lines."""
    own = checked(lambda live: live.chain.freeze(live.chain.account))
    everything = checked(lambda live: live.chain.freeze_all())
    assert failed(own) == failed(everything) == ["freeze"]
    assert own["freeze"].told == "frozen: own line"
    assert everything["freeze"].told == "frozen: everything"


def test_what_another_program_traded_is_told() -> None:
    """No journal has it, and it is minutes old at the most; what it left on the book is told beside it."""

    def trade(live: LiveWorld) -> None:
        live.chain.send(
            live.chain.account,
            TransactionType="OfferCreate",
            TakerGets="10000000",
            TakerPays=live.chain.token("30"),
        )

    found = checked(trade)
    assert failed(found) == ["open offers", "other programs"]
    assert found["other programs"].told.startswith("1 trades of the last 300 s are in no journal")


def test_an_account_that_was_just_set_up_is_nobody_elses() -> None:
    """Its flags, its line and its funds are its owner's to settle, minutes before the first session."""
    found = checked(lambda live: live.chain.spend_sequence())
    assert failed(found) == []


def test_an_account_that_is_not_there_leaves_the_rest_unlooked_at() -> None:
    """The servers are fit all the same, and nothing is said of what can't be known."""
    found = checked(account="rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh", issuer="rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De")
    assert failed(found) == ["account"]
    assert found["trust line"].passed is None


def test_a_server_that_is_too_old_fails_with_its_version() -> None:
    """And nothing of the ledger is taken from it."""
    found = checked(server_version_min="99.0.0")
    assert failed(found) == ["endpoint ws://ledger0.test:6006", "agreement"]
    assert "99.0.0" in found["endpoint ws://ledger0.test:6006"].told
    assert found["account"].passed is None
