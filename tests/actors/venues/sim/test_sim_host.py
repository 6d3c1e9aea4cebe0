"""The simulation's host: what it finds of a session that was left, each case by the file that lies there.

Method: a world is made by the host, lives a few ledgers and is let go, as a process that dies lets it go; its journal's
side is written by hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import pytest
import trio
from support.sessions import config_with, shipped_recording
from support.sim_world import load_world

from actors.store import LostSession
from actors.venues.host import Gone, Unused, VenueOptions
from actors.venues.sim.sim_host import HostedWorld, SimHost, SimPlan, sim_plan
from actors.venues.sim.world import World
from actors.venues.venue_errors import Fault, WrongNetworkError
from neo.desk.opening import MovedBefore, SpentBefore

LEDGERS = 5


def plan(**changed: Any) -> SimPlan:
    """The shipped profile's simulation."""
    return msgspec.structs.replace(sim_plan(config_with(), VenueOptions(recording=shipped_recording())), **changed)


async def none_moved(_drops: int, _rlusd: Decimal) -> Sequence[MovedBefore]:
    return ()


def opened(host: SimHost, session_id: str = "one") -> HostedWorld:
    """A session's own venue."""
    return trio.run(host.open, session_id, none_moved)


def left(session_id: str = "one", ledger_index: int | None = 1 + LEDGERS) -> LostSession:
    """A session as the database knows it."""
    return LostSession(
        id=session_id, pid=1, was_ending=None, ledger_index=ledger_index, close_time_s=0, open_ids=("o1",),
        tx_hashes=frozenset(), is_noted=False, is_closed=False,
    )  # fmt: skip


def live(hosted: HostedWorld, ledgers: int = LEDGERS) -> None:
    """Let ledgers close, and the process end."""
    world = hosted.connection()._world
    for _ in range(ledgers):
        world.close_next()
    hosted.leave()


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


@pytest.fixture
def host(database: Path) -> SimHost:
    return SimHost(plan(), database)


def test_a_new_world_has_what_was_claimed_for_it(database: Path) -> None:
    """What the profile says, and what was recorded to come and go before."""
    asked = []

    async def claim(drops: int, rlusd: Decimal) -> Sequence[MovedBefore]:
        asked.append((drops, rlusd))
        return (MovedBefore(kind="deposit", xrp_drops=7, rlusd=Decimal(3)),)

    sim = plan()
    hosted = trio.run(SimHost(sim, database).open, "one", claim)
    balances = hosted.connection()._world.latest.balances
    assert asked == [(sim.xrp_drops, sim.rlusd)]
    assert (balances.xrp_drops, balances.rlusd) == (sim.xrp_drops + 7, sim.rlusd + 3)
    assert [moved.xrp_drops for moved in hosted.moved_before] == [7]
    hosted.remove()
    assert list(database.parent.iterdir()) == []


def test_a_world_that_was_left_is_found_as_it_was(host: SimHost) -> None:
    """And another session may join it; what the operator may not expect is told. Its budgets begin anew."""
    first = opened(host)
    live(first)
    found = host.resume(left())
    assert isinstance(found, HostedWorld)
    assert found.connection()._world.latest == first.connection()._world.latest
    found.join("two")
    assert found.spent_before(0) == SpentBefore()
    found.leave()
    assert host.leftover() == "two"


def test_a_world_whose_session_never_traded_is_unused(host: SimHost) -> None:
    """It was made, and its session's journal has nothing."""
    opened(host).leave()
    assert host.resume(left(ledger_index=None)) == Unused()
    host.discard()
    assert host.leftover() is None


def test_a_session_that_had_joined_and_never_traded_leaves_its_predecessors_world(host: SimHost) -> None:
    """The next one goes on on that."""
    hosted = opened(host)
    live(hosted)
    found = host.resume(left())
    assert isinstance(found, HostedWorld)
    found.join("two")
    found.leave()
    again = host.resume(left("two", ledger_index=None))
    assert isinstance(again, HostedWorld)
    again.leave()


def _missing(path: Path) -> None:
    path.unlink()


def _damaged(path: Path) -> None:
    path.write_bytes(path.read_bytes().replace(b'"Closed"', b'"Cloned"', 1))


def _cut(path: Path) -> None:
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:3]))


def _as_it_is(_path: Path) -> None: ...


@pytest.mark.parametrize(
    ("damage", "who", "why", "is_its_own"),
    [
        (_missing, "one", "its file is not there", True),
        (_damaged, "one", "can't be read", True),
        (_cut, "one", "its file ends with ledger 3, the journal with 6", True),
        (_as_it_is, "two", "its file is that of session one", False),
    ],
)
def test_a_world_that_can_not_be_asked_says_why(
    host: SimHost, damage: Any, who: str, why: str, is_its_own: bool
) -> None:
    """And whether what lies there was that session's at all."""
    live(opened(host))
    assert host.place is not None
    damage(host.place)
    gone = host.resume(left(who))
    assert isinstance(gone, Gone)
    assert gone.what == "the simulated ledger can't be asked"
    assert why in gone.why
    assert gone.is_its_own is is_its_own


def test_a_transaction_that_the_journal_lacks_is_no_ground_to_go_on(host: SimHost, database: Path) -> None:
    """A journal that lost its last moments would take our own order for somebody's payment."""
    hosted = opened(host)
    world: World = hosted.connection()._world
    ledger, account = world.market.ledger, world.origin.account
    early = {
        "TransactionType": "OfferCancel",
        "Account": account,
        "Fee": "10",
        "Flags": 0,
        "Sequence": ledger.sequence(account) + 1,
        "OfferSequence": 1,
    }
    assert world.submit(early, "AA") == "terPRE_SEQ"
    hosted.leave()
    gone = host.resume(left(ledger_index=1))
    assert isinstance(gone, Gone)
    assert "the database lost its last moments" in gone.why
    assert load_world(database.with_name("neo.sqlite3.world")).session_id == "one"


def test_another_recording_is_the_operators_to_mend(host: SimHost, database: Path) -> None:
    """Nothing is given up; with the right file, or its bytes' hash of an earlier version, it goes on."""
    live(opened(host))
    other = msgspec.structs.replace(shipped_recording(), name="other.csv", sha256="ab" * 32, file_sha256="")
    with pytest.raises(WrongNetworkError, match=r"recording .*--market; or move .*\.world away") as told:
        SimHost(plan(recording=other), database).resume(left())
    assert told.value.fault is Fault.OPERATOR
    by_bytes = msgspec.structs.replace(other, file_sha256=shipped_recording().sha256)
    found = SimHost(plan(recording=by_bytes), database).resume(left())
    assert isinstance(found, HostedWorld)
    found.leave()


def test_what_can_not_be_used_is_kept_aside(host: SimHost) -> None:
    """Under a name of its own; without a file there is nothing to keep."""
    assert host.set_aside("one") is None
    assert host.leftover() is None
    assert host.place is not None
    host.place.write_bytes(b"no world\n")
    assert host.leftover() == ""
    aside = host.set_aside("one")
    assert aside is not None
    assert aside.read_bytes() == b"no world\n"
    assert host.leftover() is None
