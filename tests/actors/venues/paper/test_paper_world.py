"""The fork's file: what was there when the process died is there again, with all that was heard of the real market.

Method: a fork of a small market, told ledger by ledger; its file is cut or damaged, and read back.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from support.recorded_small import OTHERS, OURS_DROPS, OURS_RLUSD, market_without_us, recorded_of, state_of
from support.sim_world import US
from support.small_network import ask, bid

from actors.venues.kept.kept_file import load_kept
from actors.venues.paper.paper_world import PaperWorld, paper_file
from neo.network.network import Network
from neo.network.network_text import FORMAT, WorldError
from neo.replay.paper_market import BeginsAnew, NextLedger
from neo.replay.paper_text import PaperOrigin
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return paper_file(tmp_path / "neo.sqlite3")


class Market:
    """A real market, and a fork of it in a file."""

    def __init__(self, path: Path) -> None:
        self.network = Network(market_without_us())
        self.sequence = 1
        origin = PaperOrigin(
            format=FORMAT,
            session_id="s-1",
            network_id=0,
            currency=RLUSD_CURRENCY,
            issuer=RLUSD_ISSUER,
            account=US,
            xrp_drops=OURS_DROPS,
            rlusd=OURS_RLUSD,
            delay_ledgers=1,
            state=state_of(self.network.ledger),
        )
        self.world = PaperWorld.create(path, origin)

    def order(self, make: Any, *how: Any) -> None:
        """Send an offer of ours."""
        sequence = self.world.market.ledger.sequence(US) + len(self.world.market.waiting_hashes)
        self.world.submit(make(sequence, US, *how), f"{sequence:064X}")

    def close(self) -> NextLedger:
        """The real market's next ledger, in which somebody bids."""
        before_s = self.network.ledger.close_time_s
        tx = bid(self.sequence, OTHERS[0], 1, "2.5")
        closed = self.network.close([(tx, f"{self.sequence + 10_000:064X}")], before_s + 4)
        self.sequence += 1
        return NextLedger(recorded_of(closed, before_s))

    def live(self, ledgers: int) -> None:
        """Some ledgers, with an order of ours in each, a gap in the middle."""
        for number in range(ledgers):
            self.order(ask, 2, "5" if number % 2 else "9")
            if number == ledgers // 2:
                for _ in range(3):
                    self.close()
                self.world.hear(BeginsAnew(state_of(self.network.ledger), "no server tells of them"))
            self.world.hear(self.close())


def reopened(path: Path, after_index: int = 0) -> PaperWorld:
    """The fork of a file."""
    return PaperWorld.reopen(path, load_kept(path, PaperOrigin), after_index)


def test_what_the_process_had_is_there_again(path: Path) -> None:
    """The market to the last entry, every ledger that was told, and what waits."""
    market = Market(path)
    market.live(8)
    market.order(ask, 1, "7")
    world = market.world
    world.leave()
    again = reopened(path)
    assert again.market.to_state() == world.market.to_state()
    assert (again.latest, again.newer(0)) == (world.latest, world.newer(0))
    assert again.market.begun_anew == 1
    assert len(again.market.waiting_hashes) == 1
    assert len(again.newer(0)) == 9, "eight ledgers, and one word on three that nobody told of"


def test_it_is_the_same_after_the_file_has_been_shortened(path: Path) -> None:
    """From a snapshot on, with what was heard since."""
    market = Market(path)
    market.live(600)
    market.world.leave()
    text = load_kept(path, PaperOrigin)
    assert text.snapshot is not None
    assert reopened(path).market.to_state() == market.world.market.to_state()


def test_a_ledger_that_was_heard_of_and_not_closed_is_heard_of_again(path: Path) -> None:
    """A kill between the two lines: the observer goes on from the ledger that closed last."""
    market = Market(path)
    market.live(4)
    market.world.leave()
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(lines[:-1]))
    again = reopened(path)
    assert again.market.closed_index == market.world.market.closed_index - 1
    (last,) = market.world.newer(again.market.closed_index)
    again.hear(NextLedger(recorded_of_last(market)))
    assert again.latest == last
    again.leave()
    assert reopened(path).latest == last


def recorded_of_last(market: Market) -> Any:
    """The ledger that was heard of last, from the file that it went through."""
    network = Network(market_without_us())
    market.network, market.sequence = network, 1
    heard = [market.close() for _ in range(7)]
    return heard[-1].recorded


def test_a_file_that_comes_out_otherwise_is_refused(path: Path) -> None:
    """What was sent and what was heard decide what closed: here our asks cost more than the bids that filled them."""
    market = Market(path)
    market.live(6)
    market.world.leave()
    path.write_bytes(path.read_bytes().replace(b'"value":"5"', b'"value":"6"'))
    with pytest.raises(WorldError, match="does not come out as it says"):
        reopened(path)


def test_of_several_ledgers_at_once_only_the_newest_has_a_market(path: Path) -> None:
    """Nobody quotes by a market that is over."""
    market = Market(path)
    market.live(5)
    told = market.world.newer(0)
    assert [each.market is None for each in told] == [True] * (len(told) - 1) + [False]
    newest = told[-1].ledger_index
    assert [each.newest_index for each in told] == [newest] * (len(told) - 1) + [None]
    assert market.world.newer(newest) == []
