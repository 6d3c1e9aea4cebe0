"""The simulated network's file: what was there when the process died is there again, to the last drop.

Method: a world with orders of ours runs in memory; its file is cut, damaged, or made unwritable, and read back.
"""

from __future__ import annotations

import errno
import os
import random
from pathlib import Path
from typing import Any

import pytest
from support.sim_chance import BARS
from support.sim_world import US, kept_world, load_world
from support.store_log import log_lines

from actors.venues.sim.world import World
from neo.chain.money import DROPS_PER_XRP
from neo.network.network_text import WorldError
from neo.network.unsigned import transaction_hash
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3.world"


def created(path: Path) -> World:
    """A new world."""
    return kept_world(path)


def reopened(path: Path, after_index: int = 0) -> World:
    """The world of a file."""
    return World.reopen(path, load_world(path), BARS, after_index)


def offer(world: World, number: int) -> dict[str, Any]:
    """An offer of ours that some takers like."""
    sequence = world.market.ledger.sequence(US)
    value = {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER, "value": str(2 + number % 3)}
    return {
        "TransactionType": "OfferCreate",
        "Account": US,
        "Fee": "10",
        "Flags": 0,
        "Sequence": sequence,
        "TakerGets": str(DROPS_PER_XRP),
        "TakerPays": value,
    }


def live(world: World, ledgers: int) -> None:
    """Some ledgers, with an order of ours in every other one."""
    for number in range(ledgers):
        if number % 2:
            tx = offer(world, number)
            world.submit(tx, transaction_hash(tx))
        world.close_next()


def test_a_world_read_back_is_the_world_that_was(path: Path) -> None:
    """The same state, every ledger told once more as it was, and the same course from there on."""
    world = created(path)
    live(world, 30)
    told = world.newer(0)
    world.leave()
    again = reopened(path)
    assert again.market.to_state() == world.market.to_state()
    assert again.newer(0) == told
    assert again.latest == world.latest
    live(world, 5)
    live(again, 5)
    assert again.market.to_state() == world.market.to_state()


def test_a_transaction_that_waits_is_not_lost(path: Path) -> None:
    """What the network took and no ledger has yet is in the next one; until then it is looked up in vain."""
    world = created(path)
    live(world, 3)
    tx = offer(world, 0)
    tx_hash = transaction_hash(tx)
    world.submit(tx, tx_hash)
    world.leave()
    again = reopened(path)
    assert again.lookup(tx_hash) is None
    assert tx_hash in again.our_hashes()
    closed = again.close_next()
    assert again.lookup(tx_hash) == closed.ledger_index
    assert tx_hash in again.our_hashes()
    again.leave()


@pytest.mark.parametrize("seed", range(12))
def test_a_file_cut_anywhere_is_the_world_at_an_earlier_moment(path: Path, seed: int) -> None:
    """A line without its end never happened; what is written after it begins where it began."""
    world = created(path)
    live(world, 20)
    world.leave()
    whole = path.read_bytes()
    first_line = whole.index(b"\n") + 1
    cut = random.Random(f"cut:{seed}").randrange(first_line, len(whole))
    path.write_bytes(whole[:cut])
    again = reopened(path)
    kept = path.read_bytes()
    assert whole.startswith(kept)
    assert kept.endswith(b"\n")
    assert again.newer(0) == world.newer(0)[: len(again.newer(0))]
    live(again, 3)
    again.leave()
    assert path.read_bytes().startswith(kept)
    assert reopened(path).market.to_state() == again.market.to_state()


def test_snapshots_bound_what_is_read_back_and_change_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file tells of the last n to 2 n ledgers, and the world from it is the one that was never written down."""
    monkeypatch.setattr("actors.venues.kept.kept_file.SNAPSHOT_LEDGERS", 8)
    world, unbroken = created(path), created(path.with_name("other"))
    for number in range(1, 61):
        live(world, 1)
        live(unbroken, 1)
        text = load_world(path)
        assert text.ledgers <= 16
        if number > 16:
            assert text.snapshot is not None
            assert text.ledgers >= 8
    world.leave()
    again = reopened(path)
    assert again.market.to_state() == unbroken.market.to_state()
    assert again.newer(0) == unbroken.newer(0)[-len(again.newer(0)) :]


def test_a_session_that_joins_starts_the_file_anew(path: Path) -> None:
    """What was before is settled; the file names the session that trades on now, through snapshots too."""
    world = created(path)
    live(world, 10)
    world.join("two")
    text = load_world(path)
    assert (text.session_id, text.ledgers) == ("two", 0)
    assert text.origin == world.origin
    live(world, 4)
    world.leave()
    again = reopened(path)
    assert again.market.to_state() == world.market.to_state()
    assert load_world(path).session_id == "two"


def test_a_full_disk_ends_the_file_and_not_the_world(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is whole up to there and gets no more lines, with an ERROR; the world goes on as it would have."""
    world, unbroken = created(path), created(path.with_name("other"))
    live(world, 4)
    live(unbroken, 4)
    whole = path.read_bytes()

    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    with log_lines() as logged, monkeypatch.context() as patched:
        patched.setattr(os, "write", full)
        live(world, 1)
    assert logged == ["ERROR world_unkept No space left on device"]
    kept = path.read_bytes()
    assert kept == whole
    live(unbroken, 1)
    live(world, 4)
    live(unbroken, 4)
    assert world.market.to_state() == unbroken.market.to_state()
    assert path.read_bytes() == kept
    load_world(path)
    world.remove()
    assert not path.exists()


def test_half_a_line_on_a_full_disk_is_no_line(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that takes a part only is as full as one that takes nothing."""
    world = created(path)
    write, whole = os.write, path.read_bytes()
    monkeypatch.setattr(os, "write", lambda fd, line: write(fd, line[: len(line) // 2]))
    with log_lines() as logged:
        world.close_next()
    assert logged[0].startswith("ERROR world_unkept")
    assert path.read_bytes().startswith(whole)
    assert load_world(path).length_bytes == len(whole)


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        (lambda _: b"", "does not begin"),
        (lambda text: text[text.index(b"\n") + 1 :], "does not begin"),
        (lambda text: text.replace(b'"format":1', b'"format":2', 1), "format 2"),
        (lambda text: text.replace(b'"Closed"', b'"Cloned"', 1), "line 2 can't be read"),
        (lambda text: text.replace(b'"sequence":', b'"sequence":9', 1), "another NEO wrote it"),
        (lambda text: text + text.splitlines(keepends=True)[0], "line 8 can.t be read"),
        (lambda text: text + b'{"type":"Snapshot","ledger_index":1,"state":{}}\n', "has no place there"),
        (
            lambda text: text.splitlines(keepends=True)[0] + b'{"type":"Snapshot","ledger_index":1,"state":{}}\n',
            r"it is damaged, or another NEO wrote it \(KeyError: 'ledger'\)",
        ),
    ],
)
def test_a_damaged_file_is_refused(path: Path, damage: Any, what: str) -> None:
    """It is never taken for a world that was not."""
    world = created(path)
    live(world, 4)
    world.leave()
    path.write_bytes(damage(path.read_bytes()))
    with pytest.raises(WorldError, match=what):
        reopened(path)


def test_a_missing_file_is_told(path: Path) -> None:
    """It is an error of its own, not a traceback."""
    with pytest.raises(WorldError, match="not there"):
        load_world(path)
    path.mkdir()
    with pytest.raises(WorldError, match="can't be read"):
        load_world(path)


def test_a_world_that_ended_leaves_no_file(path: Path) -> None:
    """Removing it twice is no fault."""
    world = created(path)
    live(world, 2)
    world.remove()
    world.remove()
    assert list(path.parent.iterdir()) == []
