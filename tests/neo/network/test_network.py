"""The embedded node without any crowd: what it answers, what it holds, what a ledger makes of it.

Method: a ledger of two accounts and no pool; transactions are handed in and ledgers closed by hand.
"""

from __future__ import annotations

import msgspec
import pytest
from support.sim_world import US
from support.small_network import OPENING_DROPS, OTHER, A, B, C, D, close, offer, results, small_network

from neo.chain.pair import Pair
from neo.ledger import Fees
from neo.network.account_view import opening_ledger, report
from neo.network.network import Network
from neo.network.pending import HOLD_LEDGERS
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER


@pytest.fixture
def network() -> Network:
    return small_network()


def test_what_is_refused_for_now_applies_later(network: Network) -> None:
    """A first answer of ``tel`` (a fee too low) is no end: the ledger that takes it may come."""
    sequence = network.ledger.sequence(US)
    low = offer(sequence, changed={"Fee": "1"})
    assert network.submit(low, A) == "telINSUF_FEE_P"
    assert list(network.waiting_hashes) == [A]
    assert results(close(network)) == []
    assert list(network.waiting_hashes) == [A]
    network.ledger.state.fees = Fees(1, 1_000_000, 200_000)
    assert results(close(network)) == [(A, "tesSUCCESS")]
    assert list(network.waiting_hashes) == []


def test_what_was_refused_takes_no_place_in_the_sequence(network: Network) -> None:
    """The same sequence can be used at once; the transaction that was refused then never applies."""
    sequence = network.ledger.sequence(US)
    assert network.submit(offer(sequence, changed={"Fee": "1"}), A) == "telINSUF_FEE_P"
    assert network.submit(offer(sequence), B) == "tesSUCCESS"
    assert network.submit(offer(sequence + 1), C) == "tesSUCCESS"
    assert results(close(network)) == [(B, "tesSUCCESS"), (C, "tesSUCCESS")]
    assert list(network.waiting_hashes) == []


@pytest.mark.parametrize("fail_hard", [False, True])
def test_fail_hard_decides_whether_an_early_sequence_waits(network: Network, fail_hard: bool) -> None:
    """Who asks for it can be sure that an order that was turned down does not come back later."""
    sequence = network.ledger.sequence(US)
    assert network.submit(offer(sequence + 1), B, fail_hard=fail_hard) == "terPRE_SEQ"
    assert network.submit(offer(sequence), A) == "tesSUCCESS"
    late = [] if fail_hard else [(B, "tesSUCCESS")]
    assert results(close(network)) == [(A, "tesSUCCESS"), *late]


def test_with_fail_hard_a_tec_costs_no_fee(network: Network) -> None:
    """Without it, the fee is burnt."""
    unfunded = {"TakerGets": "1000000", "TakerPays": {**offer(1)["TakerGets"]}}
    poor = network.ledger.xrp_drops(US)
    tx = offer(network.ledger.sequence(US), changed={"Fee": str(poor - 1_200_000), **unfunded})
    assert network.submit(tx, A, fail_hard=True).startswith("tec")
    assert results(close(network)) == []
    assert network.ledger.xrp_drops(US) == poor
    assert network.submit(tx, A).startswith("tec")
    [(_, result)] = results(close(network))
    assert result.startswith("tec")
    assert network.ledger.xrp_drops(US) == 1_200_000


def test_a_sequence_of_early_ones_follows_the_one_that_was_missing(network: Network) -> None:
    """They have their places once it is there: the next one after them is not early."""
    sequence = network.ledger.sequence(US)
    assert network.submit(offer(sequence + 1), B) == "terPRE_SEQ"
    assert network.submit(offer(sequence + 2), C) == "terPRE_SEQ"
    assert network.submit(offer(sequence), A) == "tesSUCCESS"
    assert network.submit(offer(sequence + 3), D) == "tesSUCCESS"
    assert [tx_hash for tx_hash, _ in results(close(network))] == [A, B, C, D]


def test_the_same_transaction_again_is_told_so_while_it_waits(network: Network) -> None:
    """One that was refused is looked at anew, and held once."""
    sequence = network.ledger.sequence(US)
    assert [network.submit(offer(sequence), A) for _ in range(2)] == ["tesSUCCESS", "tefALREADY"]
    low = offer(sequence + 1, changed={"Fee": "1"})
    assert [network.submit(low, B) for _ in range(2)] == ["telINSUF_FEE_P"] * 2
    assert list(network.waiting_hashes) == [A, B]
    close(network)
    assert network.submit(offer(sequence), A) == "tefPAST_SEQ"
    assert list(network.waiting_hashes) == [B]


@pytest.mark.parametrize("last", [None, 2, 100])
def test_nothing_is_held_for_longer_than_a_server_does(network: Network, last: int | None) -> None:
    """Its last ledger ends the wait, and so do five ledgers."""
    first = network.ledger.index
    limit = {} if last is None else {"LastLedgerSequence": first + last}
    assert network.submit(offer(network.ledger.sequence(US) + 1, changed=limit), A) == "terPRE_SEQ"
    while network.waiting_hashes:
        close(network)
        assert network.closed_index <= first + HOLD_LEDGERS
    assert network.closed_index == first + min(HOLD_LEDGERS, HOLD_LEDGERS if last is None else last)


def test_others_transactions_and_ours_share_the_ledger(network: Network) -> None:
    """Whoever runs the node hands theirs in; both are in the closed ledger and in the account's view of it."""
    network.submit(offer(network.ledger.sequence(US)), A)
    closed = network.close([(offer(network.ledger.sequence(OTHER), OTHER), B)], 1_004)
    assert (closed.index, closed.close_time_s) == (network.closed_index, 1_004)
    assert sorted(results(closed)) == [(A, "tesSUCCESS"), (B, "tesSUCCESS")]
    told = report(network.ledger, closed, Pair(US, RLUSD_CURRENCY, RLUSD_ISSUER), "a notice")
    assert [done.tx_hash for done in told.transactions] == [A]
    assert (told.ledger_index, told.notice) == (closed.index, "a notice")
    assert told.balances == opening_ledger(network.ledger, US).balances


def test_a_network_put_down_and_taken_up_is_the_same_network(network: Network) -> None:
    """Through JSON, with transactions that wait and transactions that were refused for now."""
    sequence = network.ledger.sequence(US)
    for tx, tx_hash in ((offer(sequence), A), (offer(sequence + 3), B), (offer(sequence, changed={"Fee": "1"}), C)):
        network.submit(tx, tx_hash)
    state = msgspec.json.decode(msgspec.json.encode(network.to_state()))
    again = Network.from_state(state)
    assert again.to_state() == network.to_state()
    assert again.submit(offer(sequence), A) == "tefALREADY"
    assert results(close(again)) == results(close(network)) == [(A, "tesSUCCESS")]
    assert again.to_state() == network.to_state()


def test_an_earlier_versions_state_is_read(network: Network) -> None:
    """It held the transaction and its hash alone."""
    tx = offer(network.ledger.sequence(US))
    network.submit(tx, A)
    state = network.to_state() | {"pending": [[tx, A]]}
    assert results(close(Network.from_state(state))) == [(A, "tesSUCCESS")]


def test_an_account_that_is_not_there_is_told_so(network: Network) -> None:
    """It may come yet: its transaction is held, as any other ``ter``."""
    assert network.submit(offer(1, crowd_address("nobody")), A) == "terNO_ACCOUNT"
    assert results(close(network)) == []
    assert list(network.waiting_hashes) == [A]


def test_a_sequence_that_waits_goes_to_who_came_first(network: Network) -> None:
    """The second is told at once that it is late, and no order of the ledger lets it overtake the first."""
    assert network.submit(offer(1), B) == "tesSUCCESS"
    assert network.submit(offer(1, changed={"TakerPays": "900000"}), A) == "tefPAST_SEQ"
    assert results(close(network)) == [(B, "tesSUCCESS")]


def test_what_waits_and_comes_in_with_the_ledger_too_is_applied_once(network: Network) -> None:
    """A transaction is known by its hash, whoever brings it and how often."""
    network.submit(offer(1), A)
    closed = close(network, (offer(1), A), (offer(1, OTHER), B), (offer(1, OTHER), B))
    assert sorted(results(closed)) == [(A, "tesSUCCESS"), (B, "tesSUCCESS")]
    assert network.ledger.xrp_drops(US) == OPENING_DROPS - 10
    assert network.waiting_hashes == ()


def test_what_others_hand_in_too_early_waits_here_as_ours_does(network: Network) -> None:
    """The node has it now: it goes in once the one before it is there."""
    assert results(close(network, (offer(2, OTHER), B))) == []
    assert network.waiting_hashes == (B,)
    assert results(close(network, (offer(1, OTHER), A))) == [(A, "tesSUCCESS"), (B, "tesSUCCESS")]


def test_a_ledger_without_transactions_closes_all_the_same(network: Network) -> None:
    """Its index is the next one, its time the one it was given, and nobody's balance moves."""
    closed = [network.close((), close_time_s) for close_time_s in (1_004, 1_004, 1_009)]
    assert [(one.index, one.close_time_s, one.transactions) for one in closed] == [
        (1, 1_004, ()),
        (2, 1_004, ()),
        (3, 1_009, ()),
    ]
    assert (network.closed_index, network.ledger.index) == (3, 4)
    assert network.ledger.xrp_drops(US) == OPENING_DROPS


def test_an_accounts_own_transactions_keep_their_order_whatever_their_hashes(network: Network) -> None:
    """Being sent first gains nothing against others, but a later sequence never comes before an earlier one."""
    for sequence, tx_hash in ((1, D), (2, C), (3, B), (4, A)):
        network.submit(offer(sequence), tx_hash)
    assert [tx_hash for tx_hash, _ in results(close(network))] == [D, C, B, A]


def test_an_answer_is_no_promise(network: Network) -> None:
    """Two offers that each were fine alone: the first leaves too little of the reserve for the second.

    With 1.4 XRP and a fee, the reserve of 1.2 XRP for a trust line allows one offer more, and no two.
    """
    network.ledger.state.accounts[US].drops = 1_400_020
    assert [network.submit(offer(n), tx_hash) for n, tx_hash in ((1, A), (2, B))] == ["tesSUCCESS"] * 2
    assert results(close(network)) == [(A, "tesSUCCESS"), (B, "tecINSUF_RESERVE_OFFER")]


def test_what_has_been_in_a_ledger_does_not_come_again(network: Network) -> None:
    """Sent anew, its sequence is past, and nothing waits."""
    network.submit(offer(1), A)
    close(network)
    assert network.submit(offer(1), A) == "tefPAST_SEQ"
    assert results(close(network, (offer(1), A))) == []
    assert network.waiting_hashes == ()
