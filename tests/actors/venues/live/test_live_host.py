"""The real ledger's host: what it makes of a session that was left, by its journal alone."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld
from support.sessions import Watcher
from support.store_database import opened
from support.store_records import appends, opening, started
from xrpl.constants import CryptoAlgorithm
from xrpl.core import keypairs
from xrpl.core.addresscodec import encode_seed

from actors.plumbing.clock import RealClock
from actors.session.plan import StartupError
from actors.session.session import start_session
from actors.store import Durability, LostSession
from actors.venues.host import Unused
from actors.venues.live.live_host import HostedLive, LiveHost, LivePlan
from actors.venues.live.signer import open_signer
from actors.venues.live.wallet_seed import WalletSeed
from actors.venues.port import Signer
from actors.venues.venue_errors import NotReadyError, UnfitAccountError
from neo.messages import SessionStarted
from neo.messages.halts import HaltReason


def left(ledger_index: int | None) -> LostSession:
    """A session as the database knows it."""
    return LostSession(
        id="one", pid=1, was_ending=None, ledger_index=ledger_index, close_time_s=0, open_ids=("o1",),
        tx_hashes=frozenset(), is_noted=False, is_closed=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def world() -> LiveWorld:
    return LiveWorld(LedgerServer(Chain(has_crowd=False)))


@pytest.fixture
def plan(world: LiveWorld, tmp_path: Path) -> LivePlan:
    venue = world.plan(tmp_path / "neo.db").venue
    assert isinstance(venue, LivePlan)
    return venue


def test_a_live_session_runs_in_real_time_and_its_journal_outlives_a_power_cut(plan: LivePlan, tmp_path: Path) -> None:
    """Its peers keep time too, and its orders may be at the exchange already."""
    host = LiveHost(msgspec.structs.replace(plan, clock=RealClock), tmp_path / "neo.db")
    assert isinstance(host.clock, RealClock)
    assert host.durability is Durability.POWER_LOSS
    assert (host.facts.venue, host.facts.seed, host.facts.speed) == ("live", 0, 1.0)


def test_a_session_that_never_got_to_the_ledger_left_nothing_there(plan: LivePlan, tmp_path: Path) -> None:
    """Nothing was journaled, and so nothing was sent."""
    opened(tmp_path / "neo.db").close()
    assert isinstance(LiveHost(plan, tmp_path / "neo.db").resume(left(None)), Unused)


def test_a_session_of_another_account_is_not_settled_with_this_one(world: LiveWorld, tmp_path: Path) -> None:
    """Its key is not here; the mend names both accounts."""
    database = tmp_path / "neo.db"
    summary = world.run(world.plan(database, duration_s=5))
    other = world.plan(database, account="rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De").venue
    session = msgspec.structs.replace(left(9), id=summary.session_id)
    assert isinstance(other, LivePlan)
    with pytest.raises(UnfitAccountError, match=f"{world.chain.account}, not rMxCKbEDwqr76QuheSUMdEGf4B9xJ8m5De"):
        LiveHost(other, database).resume(session)


def test_a_session_of_another_network_is_not_settled_on_this_one(plan: LivePlan, tmp_path: Path) -> None:
    """This ledger has never heard of its orders, and would say that none of them came about."""
    database = tmp_path / "neo.db"
    store = opened(database)
    row = msgspec.structs.replace(opening("one"), venue="live", config='{"venue":{"network_id":1}}')
    store.begin_session(row)
    began = started()[0]
    assert isinstance(began, SessionStarted)
    store.append(appends([(msgspec.structs.replace(began, account=plan.settings.account),)]))
    store.close()
    with pytest.raises(UnfitAccountError, match=r"on the network 1, not 0 .* that network's profile"):
        LiveHost(plan, database).resume(left(9))
    there = msgspec.structs.replace(plan.settings, network_id=1)
    assert isinstance(LiveHost(msgspec.structs.replace(plan, settings=there), database).resume(left(9)), HostedLive)


def test_what_is_signed_with_the_accounts_key_is_taken_by_a_server_that_looks(tmp_path: Path) -> None:
    """A whole session with real signatures; each of them is checked."""
    seed = encode_seed(bytes(range(16)), CryptoAlgorithm.SECP256K1)
    account = keypairs.derive_classic_address(keypairs.derive_keypair(seed)[0])
    server = LedgerServer(Chain(account=account, xrp_drops=150_000_000, rlusd=Decimal(300)))
    server.node.checks_signatures = True
    live = LiveWorld(server)
    plan = live.plan(
        tmp_path / "neo.db", duration_s=30, signer=lambda: open_signer(WalletSeed(seed, "a test"), account)
    )
    summary = live.run(plan)
    truth = live.chain.truth[live.chain.newest.index]
    assert summary.halt_reason is HaltReason.DURATION_ELAPSED
    assert truth.sequence > 4
    assert (truth.offers, truth.xrp_drops) == ((), summary.inventory.xrp_engine_drops)


def test_a_session_without_its_key_does_not_start(tmp_path: Path, world: LiveWorld) -> None:
    """What is wrong, and the mend, as of everything that keeps one from starting."""

    def no_key() -> Signer:
        raise NotReadyError("there is no seed", "Set NEO_WALLET_SEED.")

    with pytest.raises(StartupError, match="Set NEO_WALLET_SEED"):
        start_session(world.plan(tmp_path / "neo.db", signer=no_key), Watcher())
    assert not (tmp_path / "neo.db").exists()


def test_nothing_of_the_ledger_is_kept_beside_the_database(plan: LivePlan, tmp_path: Path) -> None:
    """So there is nothing to find, to delete or to set aside."""
    host = LiveHost(plan, tmp_path / "neo.db")
    host.discard()
    assert (host.place, host.leftover(), host.set_aside("one")) == (None, None, None)
