"""The embedded node without any crowd: what it answers, what it holds, what a ledger makes of it.

Method: a ledger of two accounts and no pool; transactions are handed in and ledgers closed by hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.sim_world import US

from neo.chain.pair import Pair
from neo.ledger import Fees, Ledger
from neo.network.account_view import opening_ledger, report
from neo.network.network import ClosedLedger, Network
from neo.network.pending import HOLD_LEDGERS, is_kept
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

OTHER = crowd_address("somebody")

# Transactions' hashes.
A, B, C, D = "AA", "BB", "CC", "DD"


@pytest.fixture
def network() -> Network:
    ledger = Ledger.genesis(
        currency=RLUSD_CURRENCY,
        issuer=RLUSD_ISSUER,
        fees=Fees(10, 1_000_000, 200_000),
        accounts={US: (100_000_000, Decimal(100)), OTHER: (100_000_000, Decimal(100))},
        close_time_s=1_000,
    )
    return Network(ledger)


def offer(sequence: int, account: str = US, changed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An offer that rests: a bid for 1 XRP."""
    value = {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER, "value": "2"}
    return {
        "TransactionType": "OfferCreate",
        "Account": account,
        "Fee": "10",
        "Flags": 0,
        "Sequence": sequence,
        "TakerGets": value,
        "TakerPays": "1000000",
    } | dict(changed or {})


def close(network: Network) -> ClosedLedger:
    """The next ledger, without anybody else's transactions."""
    return network.close((), network.ledger.close_time_s + 4)


def results(closed: ClosedLedger) -> list[tuple[str, str]]:
    """Each transaction of a ledger with its result."""
    return [(done.tx_hash, done.applied.result) for done in closed.transactions]


@pytest.mark.parametrize(
    ("result", "usually", "with_fail_hard"),
    [
        ("tesSUCCESS", True, True),
        ("tecUNFUNDED_OFFER", True, False),
        ("terPRE_SEQ", True, False),
        ("telINSUF_FEE_P", True, False),
        ("tefEXCEPTION", True, False),
        ("tefMAX_LEDGER", True, False),
        ("tefPAST_SEQ", False, False),
        ("tefALREADY", False, False),
        ("temBAD_OFFER", False, False),
    ],
)
def test_what_a_node_holds_is_what_a_server_holds(result: str, usually: bool, with_fail_hard: bool) -> None:
    """Everything that may apply later is held, unless its sender said ``fail_hard``."""
    assert (is_kept(result, fail_hard=False), is_kept(result, fail_hard=True)) == (usually, with_fail_hard)


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
