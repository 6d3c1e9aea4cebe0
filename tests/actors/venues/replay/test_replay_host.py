"""The replay's host: its facts, and what it finds of a session that was left.

What every host of an embedded ledger finds is held on the simulation: ``test_sim_host.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from support.recordings import market_items
from support.replays import replay_config, shipped_ledgers
from support.store_database import opened as opened_store

from actors.plumbing.clock import VirtualClock
from actors.recordings.ledger_recording import LedgerRecording, read_ledger_recording
from actors.store import LostSession
from actors.venues.host import Gone, Unused, VenueOptions
from actors.venues.replay.replay_host import HostedReplay, ReplayHost, ReplayPlan, replay_plan
from actors.venues.venue_errors import Fault, WrongNetworkError
from neo.desk.opening import MovedBefore, SpentBefore
from neo.replay.recording_text import write_line


def plan(options: VenueOptions | None = None, **values: Any) -> ReplayPlan:
    """The shipped replay with keys changed."""
    return replay_plan(replay_config(**values), options or VenueOptions(recording=shipped_ledgers()))


async def none_moved(_drops: int, _rlusd: Decimal) -> Sequence[MovedBefore]:
    return ()


def opened(host: ReplayHost, ledgers: int = 5) -> HostedReplay:
    """A session's own replay, after some ledgers, let go of as a process that dies lets it go."""
    hosted = trio.run(host.open, "one", none_moved)
    for _ in range(ledgers):
        hosted.connection()._world.close_next()
    hosted.leave()
    return hosted


def left(ledger_index: int | None) -> LostSession:
    """Session one as the database knows it."""
    return LostSession(
        id="one", pid=1, was_ending=None, ledger_index=ledger_index, close_time_s=0, open_ids=("o1",),
        tx_hashes=frozenset(), is_noted=False, is_closed=False,
    )  # fmt: skip


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def test_what_is_told_of_it(database: Path) -> None:
    """The recording by name and hash, and how long it lasts: 450 ledgers, a second apart. Nobody can deposit."""
    facts = plan(venue__seed=3, venue__speed=10.0).facts
    assert (facts.venue, facts.seed, facts.speed, facts.has_funding) == ("replay", 3, 10.0, False)
    assert (facts.market, facts.market_sha256) == ("xrp-rlusd-450-ledgers.jsonl.gz", shipped_ledgers().sha256)
    assert (facts.lasts_s, facts.ledger_interval_s, facts.warning) == (450, 1, None)
    assert isinstance(plan().host(database).clock, VirtualClock)


def test_a_session_that_is_to_be_longer_than_its_recording_is_told_so() -> None:
    """With both lengths, if somebody asked in so many words: a profile's sessions end with their recordings. And a gap
    is told in any case.
    """
    shorter = plan(VenueOptions(recording=shipped_ledgers(), duration_s=450)).facts
    longer = plan(VenueOptions(recording=shipped_ledgers(), duration_s=451)).facts
    assert shorter.warning is None
    assert longer.warning == "xrp-rlusd-450-ledgers.jsonl.gz lasts 450 s of 451 s: the session ends with it"
    gappy = msgspec.structs.replace(shipped_ledgers(), gaps=2, missing=12)
    facts = plan(VenueOptions(recording=gappy)).facts
    assert (
        facts.warning
        == "xrp-rlusd-450-ledgers.jsonl.gz: 12 ledgers missing, in 2 gaps; behind each the market begins anew"
    )


def test_another_seed_is_another_account() -> None:
    """And so another place among the others in each ledger; the same seed is the same one."""
    accounts = {plan(venue__seed=seed).account for seed in (1, 2, 3)}
    assert len(accounts) == 3
    assert plan(VenueOptions(recording=shipped_ledgers(), seed=2)).account in accounts


def test_a_new_replay_has_what_was_claimed_for_it(database: Path) -> None:
    """What the profile says, and what was recorded to come and go before."""

    async def claim(_drops: int, _rlusd: Decimal) -> Sequence[MovedBefore]:
        return (MovedBefore(kind="deposit", xrp_drops=7, rlusd=Decimal(3)),)

    hosted = trio.run(plan().host(database).open, "one", claim)
    balances = hosted.connection()._world.latest.balances
    assert (balances.xrp_drops, balances.rlusd) == (100_000_007, Decimal(203))
    hosted.remove()
    assert list(database.parent.iterdir()) == []


def test_a_replay_that_was_left_is_found_as_it_was(database: Path) -> None:
    """And another session may join it; it is told what is left, and that the new settings are not for it."""
    opened_store(database).close()
    host = plan().host(database)
    first = opened(host)
    latest = first.connection()._world.latest
    found = plan(venue__seed=3).host(database).resume(left(latest.ledger_index - 1))
    assert isinstance(found, HostedReplay)
    assert found.connection()._world.latest == latest
    assert found.told_of_going_on() == (
        "the ledger goes on with what the account has: 100.000000 XRP, 200 RLUSD",
        "the recording goes on behind ledger 12; after 457, its last one, nobody else trades",
        "the replay goes on as it began; [venue] and --seed shape a new one only",
    )
    found.join("two")
    assert found.spent_before(0) == SpentBefore()
    found.leave()
    assert host.leftover() == "two"


def test_a_replay_that_was_never_traded_on_or_is_damaged_is_told(database: Path) -> None:
    """As on the simulation, in its own words."""
    host = plan().host(database)
    opened(host, ledgers=0)
    assert host.resume(left(None)) == Unused()
    assert host.place is not None
    host.place.write_bytes(b"no replay\n")
    assert host.resume(left(9)) == Gone(
        what="the replayed ledger can't be asked",
        why="it does not begin as the file of such a ledger does",
        is_its_own=True,
    )


def own(folder: Path, name: str, ledgers: int) -> LedgerRecording:
    """A recording of a market's first ledgers, in lines that are not packed."""
    path = folder / name
    path.write_bytes(b"".join(write_line(item) for item in market_items("plain", ledgers)))
    return read_ledger_recording(path)


def test_a_recording_that_has_grown_meanwhile_is_the_same_one(database: Path) -> None:
    """A recorder went on writing: the session that was lost is settled, and the next one goes on with more of it."""
    short = own(database.parent, "mine.jsonl", 20)
    hosted = opened(plan(VenueOptions(recording=short)).host(database))
    longer = own(database.parent, "mine.jsonl", 25)
    assert longer.sha256 != short.sha256
    latest = hosted.connection()._world.latest
    found = plan(VenueOptions(recording=longer)).host(database).resume(left(latest.ledger_index))
    assert isinstance(found, HostedReplay)
    found.leave()


def test_another_recording_is_the_operators_to_mend(database: Path) -> None:
    """Nothing is given up: one that begins otherwise, or is shorter."""
    hosted = opened(plan(VenueOptions(recording=own(database.parent, "mine.jsonl", 20))).host(database))
    index = hosted.connection()._world.latest.ledger_index
    for other in (shipped_ledgers(), own(database.parent, "short.jsonl", 19)):
        host = ReplayHost(plan(VenueOptions(recording=other)), database)
        match = rf"recording mine\.jsonl .*, not with {other.name} .*--recording; or move .*\.replay away"
        with pytest.raises(WrongNetworkError, match=match) as told:
            host.resume(left(index))
        assert told.value.fault is Fault.OPERATOR
