"""A recording of the pair alone: what it does not tell beforehand, each transaction's metadata tells in time.

Method: the recorded markets of real servers, told whole to one fork and in part to another: issuer and pool are all
that the second one knows of its ledger at the start, and every account, line and offer comes to it with the
transactions. What both then hold is compared.
"""

from __future__ import annotations

import json
from decimal import Decimal

import msgspec
import pytest
from support.recorded_small import OTHERS, market_without_us, recorded_of, signed, state_of
from support.recorded_whole import part_of_market, whole_market
from support.small_network import bid, offer, rlusd

from neo.ledger import Side
from neo.network.network import Network
from neo.replay import prime
from neo.replay.fork import Fork
from neo.replay.recorded import RecordedLedger

SIDES: tuple[Side, Side] = ("asks", "bids")
SELLS_FOUR = {"TakerGets": "4000000", "TakerPays": rlusd("8")}


def part(recorded: RecordedLedger) -> RecordedLedger:
    """A ledger of which the pair's transactions alone were recorded."""
    return msgspec.structs.replace(recorded, is_whole=False)


def unaware(network: Network) -> Fork:
    """A fork at a small network's ledger that knows it as a recording of the pair may: nothing is whole."""
    return Fork.begin(msgspec.structs.replace(state_of(network.ledger), is_whole=False))


@pytest.mark.parametrize("name", ["plain", "mixed"])
def test_what_is_told_in_part_comes_out_as_what_is_told_whole(name: str) -> None:
    """Every account that is known has its XRP, its number and its count; both books list the same offers, the pool is
    the same. Of the market with another token, what meets that token is applied as recorded, and nothing else is.
    """
    whole, ledgers = whole_market(name, ledgers=60)
    partial, parts = part_of_market(name, ledgers=60)
    for told_whole, told_in_part in zip(ledgers, parts, strict=True):
        whole.close(told_whole)
        partial.close(told_in_part)
        assert partial.ledger.amm() == whole.ledger.amm()
        for side in SIDES:
            listed = [
                [(each.account, each.sequence, each.taker_gets, each.taker_pays) for each in fork.ledger.book(side)]
                for fork in (whole, partial)
            ]
            assert listed[0] == listed[1]
        for address, account in partial.ledger.state.accounts.items():
            known = whole.ledger.state.accounts[address]
            assert (account.drops, account.owner_count, account.sequence, account.flags) == (
                known.drops,
                known.owner_count,
                known.sequence,
                known.flags,
            )
    counts = partial.counts
    assert counts.executed.total() > 0.85 * sum(len(ledger.transactions) for ledger in ledgers)
    assert counts.recorded.total() == 0 or name == "mixed"


def test_a_bid_of_an_unknown_account_has_as_much_behind_it_as_the_server_tells() -> None:
    """Its line is not in its metadata: ``owner_funds`` tells it, else it is taken to have what it offers."""
    network = Network(market_without_us())
    tx, tx_hash = signed(bid(1, OTHERS[0], 10, "20"))
    recorded = part(recorded_of(network.close([(tx, tx_hash)], 1_004), 1_000))
    for told, backed in ((None, Decimal(20)), ("12.5", Decimal("12.5"))):
        fork = unaware(Network(market_without_us()))
        account = fork.ledger.state.accounts[OTHERS[0]]
        assert account.line is not None
        fork.ledger.state.delete_line(account.line)
        fork.ledger.state.accounts.pop(OTHERS[0])
        (placed,) = recorded.transactions
        beside = placed.tx if told is None else {**placed.tx, "owner_funds": told}
        fork.close(msgspec.structs.replace(recorded, transactions=(msgspec.structs.replace(placed, tx=beside),)))
        (resting,) = fork.ledger.book("bids")
        assert resting.funded_gets == backed


def test_an_offer_deep_in_a_book_that_nobody_told_of_is_there_when_it_is_met() -> None:
    """A recording may begin with the best of a book alone: a taker that went further shows what lay there."""
    network = Network(market_without_us())
    ask = signed(offer(1, OTHERS[0], {"TakerGets": "10000000", "TakerPays": rlusd("20")}))
    network.close([ask], 1_004)
    fork = unaware(network)
    owner = fork.ledger.state.accounts[OTHERS[0]]
    fork.ledger.state.delete_offer(owner.offers[1])
    owner.owner_count += 1  # which its root tells, whether the offer is known or not
    fork = Fork.begin(
        msgspec.structs.replace(state_of(fork.ledger), ledger_index=fork.ledger.index - 1, is_whole=False)
    )
    assert not list(fork.ledger.book("asks"))
    take = signed(bid(1, OTHERS[1], 4, "8"))
    closed = fork.close(part(recorded_of(network.close([take], 1_008), 1_004)))
    assert closed.differing == ()
    (left,) = fork.ledger.book("asks")
    assert (left.account, left.taker_gets) == (OTHERS[0], 6_000_000)


def test_what_an_account_did_unrecorded_is_made_good_when_it_comes_back_and_our_part_stays() -> None:
    """It was paid 50 XRP that no recording tells; here it had sold us 3 XRP more than there. Both count afterwards."""
    network = Network(market_without_us())
    who, payer, other = OTHERS
    fork = unaware(Network(market_without_us()))
    fork.close(part(recorded_of(network.close([signed(bid(1, who, 1, "1"))], 1_004), 1_000)))
    fork.ledger.state.accounts[who].drops -= 3_000_000
    pay = {"TransactionType": "Payment", "Account": payer, "Destination": who, "Amount": "50000000", "Fee": "10"}
    network.close([signed({**pay, "Flags": 0, "Sequence": 1})], 1_008)
    recorded = part(recorded_of(network.close([signed(bid(2, who, 1, "1.1"))], 1_012), 1_008))
    fork.close(recorded)
    assert fork.ledger.xrp_drops(who) == network.ledger.xrp_drops(who) - 3_000_000
    assert fork.ledger.sequence(who) == network.ledger.sequence(who) == 3
    assert fork.ledger.xrp_drops(other) == 1_000_000_000


def test_accounts_without_an_offer_are_forgotten_when_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """A day of takers does not grow: who has an offer, the issuer and the pool stay; the others come back when told."""
    monkeypatch.setattr(prime, "ACCOUNTS_MAX", 6)
    partial, parts = part_of_market("plain", ledgers=130)
    most = 0
    for ledger in parts:
        assert partial.close(ledger).differing == ()
        most = max(most, len(partial.ledger.state.accounts))
    assert most > 6 >= len(partial.ledger.state.accounts) - 4
    state = json.loads(json.dumps(partial.to_state()))
    assert Fork.from_state(state).to_state() == state


def test_an_offer_of_which_a_read_does_not_tell_who_changed_it_last_goes_as_recorded() -> None:
    """A server's list of a book leaves that out; the ledger tells it as the offer is cancelled or used up."""
    network = Network(market_without_us())
    network.close([signed(bid(1, OTHERS[0], 4, "8")), signed(bid(1, OTHERS[1], 4, "8"))], 1_004)
    state = state_of(network.ledger)
    for level in state.state["bids"]:
        for row in level["offers"]:
            row["previous"] = ["", 0]
    fork = Fork.begin(msgspec.structs.replace(state, is_whole=False))
    cancel = {"TransactionType": "OfferCancel", "Account": OTHERS[0], "Fee": "10", "Flags": 0, "Sequence": 2}
    for number, tx in enumerate((cancel | {"OfferSequence": 1}, offer(1, OTHERS[2], SELLS_FOUR)), start=1):
        before_s = 1_000 + 4 * number
        closed = fork.close(part(recorded_of(network.close([signed(tx)], before_s + 4), before_s)))
        assert closed.differing == ()
    assert fork.counts.executed == {"OfferCancel": 1, "OfferCreate": 1}
    assert list(fork.ledger.book("bids")) == []
