"""The market that paper trading is on: it follows what is told, begins anew where nothing is, and can go on alone.

Method: a small market of the embedded network's own, told ledger by ledger; what is expected is worked out by hand.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
from support.recorded_small import OPENED_S, OTHERS, OURS_DROPS, OURS_RLUSD, market_without_us, recorded_of, state_of
from support.sim_world import US
from support.small_network import ask, bid

from neo.chain.pair import Pair
from neo.ledger import Ledger
from neo.network.account_view import report
from neo.network.network import Network
from neo.replay.paper_market import BeginsAnew, NextLedger, PaperMarket, RealPlace
from neo.replay.recorded import RecordedState
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

PAIR = Pair(US, RLUSD_CURRENCY, RLUSD_ISSUER)
INTERVAL_S = 4


def paper(network: Network) -> PaperMarket:
    """A paper market at a network's last ledger: we have 500 XRP and 1,000 RLUSD."""
    state = state_of(network.ledger)
    return PaperMarket.begin(state, account=US, xrp_drops=OURS_DROPS, rlusd=OURS_RLUSD, delay_ledgers=1)


def real() -> Network:
    """The real network: others trade there, we don't."""
    return Network(market_without_us())


def closed(network: Network, *others: tuple[dict[str, Any], str]) -> NextLedger:
    """The real network's next ledger."""
    before_s = network.ledger.close_time_s
    return NextLedger(recorded_of(network.close(others, before_s + INTERVAL_S), before_s))


def hear(market: PaperMarket, news: NextLedger | BeginsAnew) -> tuple[str, ...]:
    """Live through what is heard; results of our transactions in it."""
    assert market.hear(news)
    done = market.close_next()
    return tuple(each.result for each in report(market.ledger, done, PAIR).transactions)


def tx_of(market: PaperMarket, make: Any, *how: Any) -> str:
    """Send an offer of ours with the next sequence; its preliminary result."""
    sequence = market.ledger.sequence(US) + len(market.waiting_hashes)
    return market.submit(make(sequence, US, *how), f"{sequence:064X}")


def offers(ledger: Ledger) -> list[tuple[int, Any, Any]]:
    """Ours: sequence, what is left of what it gives and wants."""
    return [(each.sequence, each.taker_gets, each.taker_pays) for each in ledger.offers(US)]


def test_it_follows_what_is_told_with_ours_in_it_alone() -> None:
    """Somebody's bid meets our ask; on the real network it rests."""
    network = real()
    market = paper(network)
    assert market.place == RealPlace(network.closed_index, "00" * 32, OPENED_S)
    assert tx_of(market, ask, 10, "20") == "tesSUCCESS"
    assert hear(market, closed(network)) == ("tesSUCCESS",)
    heard = closed(network, (bid(1, OTHERS[0], 4, "8"), "B" * 64))
    hear(market, heard)
    assert [(each[1], each[2]) for each in offers(market.ledger)] == [(6_000_000, Decimal(12))]
    assert market.ledger.token_balance(US) == OURS_RLUSD + 8
    assert [each.account for each in network.ledger.book("bids")] == [OTHERS[0]]
    assert list(market.ledger.book("bids")) == []
    assert market.place == RealPlace(network.closed_index, heard.recorded.ledger_hash, OPENED_S + 2 * INTERVAL_S)


def begun_anew() -> tuple[PaperMarket, RecordedState, int]:
    """A market with two offers of ours, one of them partly filled, and a cancel under way, that lost sight of three
    ledgers: it, the state that it is told, and the sequence that waits.
    """
    network = real()
    market = paper(network)
    tx_of(market, ask, 10, "20")
    tx_of(market, bid, 5, "9")
    hear(market, closed(network))
    hear(market, closed(network, (bid(1, OTHERS[0], 4, "8"), "B" * 64)))
    waiting = market.ledger.sequence(US)
    tx_of(market, bid, 1, "1")
    for sequence in (1, 2, 3):
        closed(network, (ask(sequence, OTHERS[1], sequence, f"{3 * sequence}"), f"{sequence:064X}"))
    return market, state_of(network.ledger), waiting


def test_where_nothing_is_told_it_begins_anew_with_what_is_ours_as_it_was() -> None:
    """Balances, sequence, reserve and what is left of each offer; others are as they are now."""
    market, state, waiting = begun_anew()
    before = market.ledger
    was = (before.xrp_drops(US), before.token_balance(US), before.sequence(US), before.owner_count(US), offers(before))
    assert market.hear(BeginsAnew(state, "no server tells of them"))
    done = market.close_next()
    after = market.ledger
    now = (after.xrp_drops(US), after.token_balance(US), after.sequence(US), after.owner_count(US), offers(after))
    assert now == was
    assert len(offers(after)) == 2
    first = state.ledger_index - 2
    assert (done.index, done.since_index, done.transactions) == (state.ledger_index, first, ())
    told = report(after, done, PAIR, market.notice)
    assert (told.first_index, told.ledger_index) == (first, state.ledger_index)
    assert told.notice == (
        f"ledgers {first} to {first + 2} are not known (no server tells of them): the paper market begins anew, for the"
        " 1. time, with what the account has and its offers where they were"
    )
    asks = [each.account for each in after.book("asks")]
    assert sorted(asks) == sorted([US, OTHERS[1], OTHERS[1], OTHERS[1]])
    assert (market.begun_anew, market.place) == (1, RealPlace(state.ledger_index, state.ledger_hash, done.close_time_s))
    assert market.waiting_hashes == (f"{waiting:064X}",)


def test_what_waited_enters_the_ledger_after_and_the_offers_can_be_taken_again() -> None:
    """Nothing of ours is stuck in a market that is gone."""
    market, state, waiting = begun_anew()
    hear(market, BeginsAnew(state, "no server tells of them"))
    network = Network(Ledger.from_state(json.loads(json.dumps(state.state))))
    assert hear(market, closed(network, (bid(2, OTHERS[0], 6, "12"), "C" * 64))) == ("tesSUCCESS", "tesSUCCESS")
    assert [each[0] for each in offers(market.ledger)] == [waiting - 1, waiting], "the ask is filled"
    assert market.ledger.token_balance(US) == OURS_RLUSD + 20
    assert market.notice is None
    assert market.counts.moved > 0, "the bid that rests on the real network was filled here"
    assert market.counts.recorded.total() == 0


def test_ledgers_that_turn_out_not_to_have_been_whole_are_begun_anew_without_another_ledger() -> None:
    """A state of a ledger that was lived through already closes none."""
    market, _, _ = begun_anew()
    network = real()
    closed(network)
    hear(market, closed(network))
    index = market.closed_index
    state = msgspec.structs.replace(state_of(market_without_us()), ledger_index=index)
    assert not market.hear(BeginsAnew(state, "a transaction was not seen"))
    assert (market.closed_index, market.begun_anew) == (index, 1)


def test_alone_it_goes_on_with_nothing_but_ours() -> None:
    """So that what rests can be cancelled when no server will be reached any more."""
    market = paper(real())
    tx_of(market, ask, 10, "20")
    index = market.closed_index
    done = market.close_next()
    assert (done.index, done.close_time_s) == (index + 1, OPENED_S + INTERVAL_S)
    assert [each.result for each in report(market.ledger, done, PAIR).transactions] == ["tesSUCCESS"]
    assert market.place is None


def test_it_goes_on_exactly_from_what_it_wrote() -> None:
    """Place, count and all."""
    market, state, _ = begun_anew()
    hear(market, BeginsAnew(state, "no server tells of them"))
    copy = PaperMarket.from_state(json.loads(json.dumps(market.to_state())))
    assert copy.to_state() == market.to_state()
    network = Network(Ledger.from_state(json.loads(json.dumps(state.state))))
    news = closed(network, (bid(2, OTHERS[0], 6, "12"), "C" * 64))
    assert hear(copy, news) == hear(market, news)
    assert copy.to_state() == market.to_state()
    alone = paper(real())
    alone.close_next()
    assert PaperMarket.from_state(alone.to_state()).place is None
