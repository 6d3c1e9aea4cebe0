"""The paper venue around a session: settings to plan, a fork of its own for each session, a kept one found again."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.looks import StatusLook
from support.paper_sessions import paper_session
from support.recorded_small import market_without_us, state_of

from actors.plumbing.timings import kept_timings
from actors.store import LostSession, list_sessions
from actors.venues.host import Gone, VenueOptions
from actors.venues.live.live_settings import StreamSettings
from actors.venues.paper.paper_host import PAPER_ACCOUNT, PaperHost, paper_plan
from actors.venues.paper.paper_world import PaperWorld, paper_file
from actors.venues.venue_errors import WrongNetworkError
from neo.messages import HaltRaised
from neo.mirror.assembly import Completeness
from neo.network.network_text import FORMAT
from neo.replay.paper_text import PaperOrigin
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from tools.settings.profiles import find_profile, read_profile


def world() -> LiveWorld:
    """A chain with one server."""
    return LiveWorld(LedgerServer(Chain(seed=1)))


def kept(path: Path, live: LiveWorld, *, issuer: str | None = None) -> PaperWorld:
    """A fork in a file, of a session that was lost."""
    ledger = live.chain.ledger
    origin = PaperOrigin(
        format=FORMAT,
        session_id="lost",
        network_id=0,
        currency=ledger.currency,
        issuer=issuer or ledger.issuer,
        account=PAPER_ACCOUNT,
        xrp_drops=10_000_000,
        rlusd=Decimal(10),
        delay_ledgers=1,
        state=state_of(market_without_us()),
    )
    return PaperWorld.create(path, origin)


def lost(ledger_index: int) -> LostSession:
    """A session that was lost with a journal up to this ledger."""
    return LostSession(
        id="lost",
        pid=1,
        was_ending=None,
        ledger_index=ledger_index,
        close_time_s=0,
        open_ids=(),
        tx_hashes=frozenset(),
        is_noted=False,
        is_closed=False,
    )


def host_of(live: LiveWorld, database: Path) -> PaperHost:
    """The host of the next session."""
    host = paper_session(live, database).venue.host(database)
    assert isinstance(host, PaperHost)
    return host


def test_the_profiles_values_come_to_the_venue() -> None:
    """Each under its own name."""
    plan = paper_plan(read_profile(find_profile("paper-network")), VenueOptions())
    assert (plan.xrp_drops, plan.rlusd, plan.delay_ledgers) == (55_000_000, Decimal(100), 1)
    assert plan.settings == StreamSettings(
        currency=RLUSD_CURRENCY,
        issuer=RLUSD_ISSUER,
        endpoints=("wss://xrplcluster.com", "wss://s1.ripple.com"),
        network_id=0,
        server_version_min="3.0.0",
        completeness=Completeness.ALL,
        validated_age_s_max=20,
        request_timeout_s=10.0,
        audit_interval_ledgers=150,
    )
    assert (plan.facts.venue, plan.facts.speed, plan.facts.has_funding) == ("paper", 1.0, False)


def test_a_kept_fork_is_gone_on_with_where_its_pair_is_the_same(tmp_path: Path) -> None:
    """Of another pair it is not taken, and the mend says what to start with."""
    live, database = world(), tmp_path / "neo.db"
    kept(paper_file(database), live).leave()
    index = market_without_us().index - 1
    found = host_of(live, database).resume(lost(index))
    assert not isinstance(found, Gone)
    kept(paper_file(database), live, issuer=PAPER_ACCOUNT).leave()
    with pytest.raises(WrongNetworkError, match="is to be settled, and it traded") as caught:
        host_of(live, database).resume(lost(index))
    assert PAPER_ACCOUNT in caught.value.what
    assert "neo.db.paper" in caught.value.mend


def test_a_fork_that_had_left_the_real_market_is_not_gone_on_with(tmp_path: Path) -> None:
    """Its ledgers after that are nobody's; what rested on it is written off."""
    live, database = world(), tmp_path / "neo.db"
    alone = kept(paper_file(database), live)
    alone.close_next()
    alone.leave()
    found = host_of(live, database).resume(lost(alone.latest.ledger_index))
    assert isinstance(found, Gone)
    assert found.why == "it went on alone, after its servers had been given up"


def test_a_paper_session_tells_how_its_servers_stand_and_how_fast_they_answer(tmp_path: Path) -> None:
    """They are real ones, though the orders are not: the status has them, and the report their times."""
    live, look = LiveWorld(LedgerServer(chain := Chain(seed=1)), LedgerServer(chain)), StatusLook()
    database = tmp_path / "neo.sqlite3"
    screen = look.watcher(lambda message: isinstance(message, HaltRaised))
    live.run(paper_session(live, database, duration_s=60), screen, lookout=look)
    used, other = look.last.endpoints
    assert (used.state, used.lag_ledgers, used.failures, other.state) == ("in use", 0, 0, "ready")
    kept = {(one.name, one.label): one for one in kept_timings(list_sessions(database)[0].timings).timings}
    # Once for the market as it is, once to follow it.
    assert kept["request", "subscribe"].count == 2
    # Nothing is submitted to them.
    assert ("request", "submit") not in kept
