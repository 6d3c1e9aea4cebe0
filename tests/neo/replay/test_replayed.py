"""A recording being played: ledger by ledger, anew behind a gap, and then empty ones, with a word.

Method: the first ledgers of a recorded market, whose ledgers close a second apart; what comes of others' transactions
is the fork's matter (``test_fork.py``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from decimal import Decimal

import pytest
from support.recordings import ledgers_of, market_items, state_of

from neo.chain.pair import Pair
from neo.chain.shapes import Envelope, offer_create
from neo.messages import Side
from neo.network.unsigned import made_up_address, unsigned
from neo.replay.fork import Fork
from neo.replay.recorded import RecordedState
from neo.replay.replayed import Played, ReplayMarket

US = made_up_address("replay 7")
ITEMS = market_items("plain", 6)
LEDGERS = ledgers_of(ITEMS)
FIRST = LEDGERS[0].ledger_index


def market(items: Sequence[Played] = LEDGERS, delay_ledgers: int = 1) -> ReplayMarket:
    """At its beginning, with 100 XRP and 200 RLUSD of ours."""
    return ReplayMarket.begin(
        state_of(ITEMS),
        iter(items),
        account=US,
        xrp_drops=100_000_000,
        rlusd=Decimal(200),
        delay_ledgers=delay_ledgers,
    )


def send(played: ReplayMarket, price: str = "1.5") -> str:
    """A bid of ours for 1 XRP; its hash."""
    ledger = played.ledger
    place = Envelope(US, 10, ledger.sequence(US), played.closed_index + 5)
    pair = Pair(US, ledger.currency, ledger.issuer)
    signed = unsigned(offer_create(place, pair, Side.BUY, 1_000_000, Decimal(price), None))
    assert played.submit(json.loads(signed.blob), signed.tx_hash) == "tesSUCCESS"
    return signed.tx_hash


def test_we_come_with_what_we_open_with_and_nothing_else_has_changed() -> None:
    """100 XRP and 200 RLUSD, on the ledger before the first recorded one."""
    played = market()
    assert (played.closed_index, played.ledger.xrp_drops(US)) == (FIRST - 1, 100_000_000)
    assert played.ledger.token_balance(US) == 200
    assert (played.notice, played.is_used_up) == (None, False)


def test_each_ledger_closes_when_it_closed_and_empty_ones_follow_with_a_word() -> None:
    """Six recorded ledgers a second apart, then one every four seconds; the word comes once, with the first of them."""
    played = market()
    begun_s = played.ledger.close_time_s
    afters, closes, notices = [], [], []
    for _ in range(8):
        afters.append(played.next_after_s)
        closes.append(played.close_next().close_time_s - begun_s)
        notices.append(played.notice)
    assert afters == [1, 1, 1, 1, 1, 1, 4, 4]
    assert closes == [1, 2, 3, 4, 5, 6, 10, 14]
    assert notices == [None] * 6 + ["the recording is used up: from here on nobody else trades", None]
    assert played.closed_index == FIRST + 7


def snapshot(index: int) -> RecordedState:
    """The market as that ledger left it, as a recorder writes it behind a gap."""
    alone = Fork.begin(state_of(ITEMS))
    for ledger in LEDGERS[: index - FIRST + 1]:
        alone.close(ledger)
    return RecordedState(ledger_index=index, ledger_hash="AB" * 32, state=alone.ledger.to_state(), is_whole=True)


@pytest.mark.parametrize(
    ("missing", "told"), [(1, f"ledger {FIRST + 2} is"), (2, f"ledgers {FIRST + 2} to {FIRST + 3} are")]
)
def test_behind_a_gap_the_market_begins_anew_with_ours_as_it_was(missing: int, told: str) -> None:
    """From the snapshot that follows; one ledger stands for those that are missing, and then it goes on as recorded."""
    behind = FIRST + 1 + missing
    played = market([*LEDGERS[:2], snapshot(behind), *LEDGERS[2 + missing :]])
    send(played)
    for _ in range(2):
        played.close_next()
    before = played.ledger.xrp_drops(US), played.ledger.token_balance(US), played.ledger.sequence(US)
    assert played.next_after_s == 4
    closed = played.close_next()
    assert (closed.index, closed.since_index) == (behind, None if missing == 1 else FIRST + 2)
    assert closed.close_time_s == LEDGERS[1 + missing].close_time_s
    assert played.notice == (
        f"{told} not recorded: the market begins anew, with what the account has and its offers where they were"
    )
    assert before == (played.ledger.xrp_drops(US), played.ledger.token_balance(US), played.ledger.sequence(US))
    assert len(list(played.ledger.offers(US))) == 1
    assert (played.next_after_s, played.close_next().index) == (1, behind + 1)
    again = ReplayMarket.from_state(json.loads(json.dumps(played.to_state())), iter(LEDGERS))
    assert again.begun_anew == played.begun_anew == 1


def test_a_snapshot_on_the_way_changes_nothing() -> None:
    """A recorder writes one every hour or so: it tells what is known already."""
    one, other = market(), market([*LEDGERS[:3], snapshot(FIRST + 2), *LEDGERS[3:]])
    for _ in range(7):
        one.close_next()
        other.close_next()
    assert other.to_state() == one.to_state()
    assert other.begun_anew == 0


@pytest.mark.parametrize("delay_ledgers", [1, 3])
def test_ours_enters_the_ledger_that_it_may_and_is_in_its_book(delay_ledgers: int) -> None:
    """A bid far from the market rests from then on; while it waits it is among those that wait."""
    played = market(delay_ledgers=delay_ledgers)
    tx_hash = send(played)
    for _ in range(delay_ledgers - 1):
        played.close_next()
        assert played.waiting_hashes == (tx_hash,)
    closed = played.close_next()
    assert [done.tx_hash for done in closed.transactions if done.tx["Account"] == US] == [tx_hash]
    assert played.waiting_hashes == ()
    assert len(list(played.ledger.offers(US))) == 1


@pytest.mark.parametrize("kept_after", [0, 3, 6, 7])
def test_kept_and_read_back_it_goes_on_as_if_nothing_had_been(kept_after: int) -> None:
    """In the recording, at its end, and behind it; with the recording from its beginning."""
    one, other = market(), market()
    for played in (one, other):
        for _ in range(kept_after):
            played.close_next()
        send(played)
    other = ReplayMarket.from_state(json.loads(json.dumps(other.to_state())), iter(LEDGERS))
    for _ in range(4):
        one.close_next()
        other.close_next()
        assert other.notice == one.notice
    assert other.to_state() == one.to_state()
    assert other.counts == one.counts


def test_it_counts_what_became_of_others_transactions() -> None:
    """All of a plain market is executed anew."""
    played = market()
    for _ in LEDGERS:
        played.close_next()
    sent = sum(len(ledger.transactions) for ledger in LEDGERS)
    assert (sum(played.counts.executed.values()), played.counts.recorded.total()) == (sent, 0)
