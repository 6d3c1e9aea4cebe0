"""The fork: without us it is the recording; with us it is what the network would have made of the same transactions.

Method: recordings of a real server; and small markets of which the embedded network makes both courses itself, without
us (the recording) and with us (the truth). Expected orders of a set are worked out from the salt by hand.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.recorded_small import (
    INTERVAL_S,
    OTHERS,
    OURS_DROPS,
    OURS_RLUSD,
    made_market,
    market_without_us,
    recorded_of,
    signed,
    state_of,
)
from support.recorded_whole import whole_market
from support.sim_world import US
from support.small_network import bid, offer, rlusd

from neo.chain.pair import Pair
from neo.ledger import canonical, keys
from neo.network.account_view import report
from neo.network.network import AppliedTransaction, Network, RecordedTransaction
from neo.replay.fork import Fork
from neo.replay.recorded import RecordedLedger
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER


def small_fork() -> Fork:
    """A fork of the small market, with us in it."""
    fork = Fork.begin(state_of(market_without_us()))
    fork.join(US, OURS_DROPS, OURS_RLUSD)
    return fork


def next_ledger(*others: tuple[dict[str, Any], str], number: int = 1) -> RecordedLedger:
    """A ledger of the small market with nothing before it."""
    network = Network(market_without_us())
    return recorded_of(network.close(others, 1_000 + INTERVAL_S * number), 1_000)


def seen(state: dict[str, Any]) -> dict[str, Any]:
    """What counts of a ledger's state: who has what, and what stands in the books; not the pages where it is listed."""
    accounts = {each["address"]: (each["drops"], each["sequence"], each["owner_count"]) for each in state["accounts"]}
    lines = {each["holder"]: each["balance"] for each in state["lines"]}
    books = {
        side: [
            (row["owner"], row["sequence"], row["pays"], row["gets"], level["quality"])
            for level in state[side]
            for row in level["offers"]
        ]
        for side in ("asks", "bids")
    }
    return {"accounts": accounts, "lines": lines, "books": books}


@pytest.mark.parametrize("name", ["plain", "mixed"])
def test_without_us_every_transaction_comes_out_as_a_real_server_recorded_it(name: str) -> None:
    """Each one's result and every entry that it changed; none has to be applied as recorded."""
    fork, ledgers = whole_market(name, ledgers=60)
    for ledger in ledgers:
        assert fork.close(ledger).differing == ()
    assert fork.counts.executed.total() == sum(len(ledger.transactions) for ledger in ledgers) > 200
    assert (fork.counts.recorded.total(), fork.counts.moved, fork.counts.trades_recorded) == (0, 0, 0)
    assert fork.counts.trades_executed > 20


@pytest.mark.parametrize("seed", range(40))
def test_with_us_it_is_the_ledger_that_the_network_makes_of_the_same_transactions(seed: int) -> None:
    """Balances, counts, sequences and both books, after every ledger: to the drop and the last digit."""
    made = made_market(seed)
    fork = small_fork()
    for recorded, ours, truth in zip(made.recorded, made.ours, made.truth, strict=True):
        for tx, tx_hash in ours:
            fork.submit(tx, tx_hash)
        fork.close(recorded)
        assert seen(fork.to_state()["ledger"]) == seen(truth)


@pytest.mark.parametrize("seed", range(5))
def test_a_fork_that_is_kept_and_read_back_goes_on_as_if_nothing_had_been(seed: int) -> None:
    """Written after every ledger as JSON, and read."""
    made = made_market(seed)
    through, kept = small_fork(), small_fork()
    for recorded, ours in zip(made.recorded, made.ours, strict=True):
        for tx, tx_hash in ours:
            assert through.submit(tx, tx_hash) == kept.submit(tx, tx_hash)
        through.close(recorded)
        kept.close(recorded)
        kept = Fork.from_state(json.loads(json.dumps(kept.to_state())))
        assert kept.to_state() == through.to_state()
        assert kept.counts == through.counts


def test_our_place_among_many_is_that_of_our_account_by_the_salt_of_the_set_with_ours() -> None:
    """Three others, each with an offer that rests; ours goes behind as many as have a smaller salted account."""
    places = set()
    for number in range(12):
        others = [signed(bid(1, address, 1 + number, "1.5")) for address in OTHERS]
        ledger = next_ledger(*others)
        fork = small_fork()
        mine, our_hash = signed(bid(fork.ledger.sequence(US), US, 1 + number, "1.4"))
        fork.submit(mine, our_hash)
        done = [each.tx_hash for each in fork.close(ledger).transactions]
        salt = int.from_bytes(canonical.set_hash([our_hash, *(tx_hash for _, tx_hash in others)])[:20], "big")
        salted = {address: int.from_bytes(keys.account_id(address), "big") ^ salt for address in (US, *OTHERS)}
        before_us = sum(salted[address] < salted[US] for address in OTHERS)
        assert done.index(our_hash) == before_us
        assert [each for each in done if each != our_hash] == [each.tx_hash for each in ledger.transactions]
        places.add(before_us)
    assert len(places) > 1  # it is not always the same place


def test_a_transaction_of_ours_that_the_recording_has_too_stands_where_it_has_it() -> None:
    """As beside a live session: what went to the real ledger is in the recording, at a place that is known."""
    network = Network(market_without_us())
    mine = signed(bid(1, OTHERS[0], 3, "6.1"))
    asks = [signed(offer(1, who, {"TakerGets": "3000000", "TakerPays": rlusd("6")})) for who in OTHERS[1:]]
    recorded = recorded_of(network.close([mine, *asks], 1_004), 1_000)
    fork = Fork.begin(state_of(market_without_us()))
    fork.join(OTHERS[0], 0, Decimal(0))
    assert fork.ledger.xrp_drops(OTHERS[0]) == 1_000_000_000
    fork.submit(*mine)
    closed = fork.close(recorded)
    assert [each.tx_hash for each in closed.transactions] == [each.tx_hash for each in recorded.transactions]
    assert seen(fork.to_state()["ledger"]) == seen(json.loads(json.dumps(network.ledger.to_state())))
    later = msgspec.structs.replace(recorded, ledger_index=recorded.ledger_index + 1)
    assert mine[1] not in {each.tx_hash for each in fork.close(later).transactions}  # late there, it is not done twice


def test_a_taker_meets_our_better_offer_first_and_the_recorded_maker_keeps_his() -> None:
    """A bid of 2.0 for 10 XRP was met in the recording; here ours of 2.01 is, and we have 10 XRP less."""
    network = Network(market_without_us())
    first = recorded_of(network.close([signed(bid(1, OTHERS[0], 10, "20"))], 1_004), 1_000)
    sells = {"TakerGets": "10000000", "TakerPays": rlusd("19.5"), "Flags": 0x00080000}
    sale = signed(offer(1, OTHERS[1], sells))
    second = recorded_of(network.close([sale], 1_008), 1_004)
    assert not list(network.ledger.book("bids"))
    fork = small_fork()
    fork.submit(*signed(bid(fork.ledger.sequence(US), US, 10, "20.1")))
    fork.close(first)
    closed = fork.close(second)
    (left,) = fork.ledger.book("bids")
    assert (left.account, left.taker_pays) == (OTHERS[0], 10_000_000)
    assert fork.ledger.xrp_drops(US) == OURS_DROPS + 10_000_000 - 10
    assert fork.ledger.token_balance(US) == OURS_RLUSD - Decimal("20.1")
    told_to_us = report(fork.ledger, closed, Pair(US, RLUSD_CURRENCY, RLUSD_ISSUER))
    (trade,) = told_to_us.trades
    assert [(leg.own, leg.xrp_drops) for leg in trade.legs] == [(True, 10_000_000)]
    assert (fork.counts.moved, fork.counts.executed["OfferCreate"]) == (1, 2)
    # Who has another balance than there for our sake does not do anything else by his next order.
    fork.close(recorded_of(network.close([signed(bid(2, OTHERS[0], 1, "1.5"))], 1_012), 1_008))
    assert (fork.counts.moved, fork.counts.executed["OfferCreate"]) == (1, 3)
    assert closed.differing == ()


def test_what_is_not_executed_is_applied_as_recorded_counted_and_told_as_a_trade() -> None:
    """A type that the embedded ledger does not know, which took 4 XRP from a maker's offer."""
    network = Network(market_without_us())
    ask = signed(offer(1, OTHERS[0], {"TakerGets": "10000000", "TakerPays": rlusd("20")}))
    first = recorded_of(network.close([ask], 1_004), 1_000)
    take = signed(bid(1, OTHERS[1], 4, "8"))
    second = recorded_of(network.close([take], 1_008), 1_004)
    (taken,) = second.transactions
    strange = msgspec.structs.replace(taken, tx={**taken.tx, "TransactionType": "XChainCommit"})
    paid = msgspec.structs.replace(taken, tx={**taken.tx, "TransactionType": "Payment", "Paths": [[{"currency": "X"}]]})
    for changed in (strange, paid):
        fork = small_fork()
        fork.close(first)
        closed = fork.close(msgspec.structs.replace(second, transactions=(changed,)))
        (done,) = closed.transactions
        assert isinstance(done, RecordedTransaction)
        (left,) = fork.ledger.book("asks")
        assert (left.taker_gets, left.taker_pays) == (6_000_000, Decimal(12))
        assert fork.ledger.token_balance(OTHERS[0]) == Decimal(2_008)
        assert fork.ledger.sequence(OTHERS[1]) == 2
        assert fork.counts.recorded.total() == 1
    told_to_us = report(fork.ledger, closed, Pair(US, RLUSD_CURRENCY, RLUSD_ISSUER))
    assert [trade.xrp_drops for trade in told_to_us.trades] == [4_000_000]
    assert (fork.counts.trades_executed, fork.counts.trades_recorded) == (0, 1)


def test_what_comes_out_otherwise_though_nothing_of_ours_was_near_is_applied_as_recorded_and_told() -> None:
    """Something that the ledger does not know decided it: the recording is believed, and the place is told."""
    network = Network(market_without_us())
    recorded = recorded_of(network.close([signed(bid(1, OTHERS[0], 10, "20"))], 1_004), 1_000)
    (placed,) = recorded.transactions
    meta = json.loads(json.dumps(placed.meta))
    for entry in meta["AffectedNodes"]:
        for node in entry.values():
            if node["LedgerEntryType"] == "AccountRoot":
                node["FinalFields"]["Balance"] = "999999000"  # 990 drops more than the fee
    odd = msgspec.structs.replace(recorded, transactions=(msgspec.structs.replace(placed, meta=meta),))
    fork = small_fork()
    closed = fork.close(odd)
    (difference,) = closed.differing
    assert placed.tx_hash in difference
    assert "Balance is '999999990', recorded '999999000'" in difference
    assert fork.ledger.xrp_drops(OTHERS[0]) == 999_999_000
    assert len(list(fork.ledger.book("bids"))) == 1
    assert fork.counts.why_recorded == {"came out otherwise": 1}


def test_ours_waits_for_a_ledger_as_at_a_server_and_goes_when_its_time_has_passed() -> None:
    """One ahead of its turn is held until its LastLedgerSequence, and never enters."""
    fork = small_fork()
    early = signed({**bid(fork.ledger.sequence(US) + 1, US, 1, "1.9"), "LastLedgerSequence": fork.ledger.index + 1})
    assert fork.submit(*early) == "terPRE_SEQ"
    first = next_ledger()
    fork.close(first)
    assert list(fork.waiting_hashes) == [early[1]]
    fork.close(msgspec.structs.replace(first, ledger_index=first.ledger_index + 1))
    assert list(fork.waiting_hashes) == []
    assert not list(fork.ledger.book("bids"))


@pytest.mark.parametrize("delay_ledgers", [1, 2, 4])
def test_ours_enters_as_many_ledgers_after_the_one_that_it_answers_as_it_is_told(delay_ledgers: int) -> None:
    """Sent after ledger 0: it rests from the first ledger on that it may enter, kept and read back in between."""
    fork = Fork.begin(state_of(market_without_us()))
    fork.join(US, OURS_DROPS, OURS_RLUSD, delay_ledgers=delay_ledgers)
    assert fork.submit(*signed(bid(fork.ledger.sequence(US), US, 1, "1.9"))) == "tesSUCCESS"
    entered = []
    for number in range(1, 6):
        ledger = msgspec.structs.replace(next_ledger(), ledger_index=number)
        entered += [closed.index for closed in (fork.close(ledger),) for _ in closed.transactions]
        fork = Fork.from_state(json.loads(json.dumps(fork.to_state())))
    assert entered == [delay_ledgers]
    assert len(list(fork.ledger.book("bids"))) == 1


def test_what_only_we_brought_and_took_away_again_is_forgotten() -> None:
    """A day of quotes leaves nothing behind but our root, our line, and what of others' they touched."""
    fork = small_fork()
    kept = []
    for number in range(1, 41):
        sequence = fork.ledger.sequence(US)
        replaced = {"OfferSequence": sequence - 1} if number > 1 else {}
        fork.submit(*signed({**bid(sequence, US, 1, "1.9"), **replaced}))
        fork.close(msgspec.structs.replace(next_ledger(), ledger_index=number))
        kept.append(len(fork.to_state()["moved"]))
    assert len(list(fork.ledger.book("bids"))) == 1
    assert set(kept) == {2}, "our root and the offer that rests"


def test_after_the_recording_ledgers_close_with_ours_alone() -> None:
    """So a session's way down has ledgers for its cancels."""
    fork = small_fork()
    sequence = fork.ledger.sequence(US)
    fork.submit(*signed(bid(sequence, US, 5, "9")))
    closed = fork.close_empty(1_004)
    assert (closed.index, closed.close_time_s, len(closed.transactions)) == (1, 1_004, 1)
    cancel = {"TransactionType": "OfferCancel", "Account": US, "Fee": "10", "Sequence": sequence + 1}
    fork.submit(*signed({**cancel, "OfferSequence": sequence}))
    (done,) = fork.close_empty(1_008).transactions
    assert isinstance(done, AppliedTransaction)
    assert not list(fork.ledger.book("bids"))
    assert fork.closed_index == 2
