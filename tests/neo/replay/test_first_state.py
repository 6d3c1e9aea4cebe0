"""The state that ledgers began with, put together from their metadata, against the one that was recorded there.

Method: of a recorded market some ledgers in the middle are looked at; what they tell must be what the embedded ledger
had when it had executed those before.
"""

from __future__ import annotations

import functools
import json
from typing import Any

import msgspec
import pytest
from support.recordings import ledgers_of, market_items, state_of

from neo.ledger import Ledger
from neo.messages import LedgerTransaction
from neo.replay.first_state import FirstState, FirstStateFacts
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingError, RecordingHead

BEFORE, AFTER = 60, 60


@functools.cache
def market(name: str) -> tuple[RecordingHead, Ledger, tuple[RecordedLedger, ...]]:
    """The pair, the ledger after the first part, and the second part."""
    items = market_items(name, ledgers=BEFORE + AFTER)
    head, ledgers = items[0], ledgers_of(items)
    assert isinstance(head, RecordingHead)
    ledger = Ledger.from_state(state_of(items).state)
    for recorded in ledgers[:BEFORE]:
        ledger.open_at(
            index=recorded.ledger_index,
            close_time_s=recorded.close_time_s,
            parent_close_time_s=recorded.parent_close_time_s,
            parent_hash=bytes.fromhex(recorded.parent_hash),
        )
        for each in recorded.transactions:
            ledger.apply(each.tx, each.tx_hash)
    return head, ledger, tuple(ledgers[BEFORE:])


def opening(name: str) -> tuple[RecordedState, FirstStateFacts]:
    head, _, ledgers = market(name)
    found = FirstState(head.currency, head.issuer)
    for ledger in ledgers:
        found.take(ledger)
    return found.state()


def offers(ledger: Ledger) -> dict[str, tuple[Any, ...]]:
    state = ledger.state
    return {
        offer.key.hex(): (offer.owner.address, offer.sequence, offer.pays, offer.gets, offer.quality, offer.flags)
        for book in (state.asks, state.bids)
        for offer in book
    }


@pytest.mark.parametrize("name", ["plain", "older", "mixed"])
def test_offers_and_balances_are_those_that_were_there(name: str) -> None:
    """Every offer that is told was in the book just so, and what its owner had is what it had; nothing is made up."""
    _, truth, ledgers = market(name)
    state, facts = opening(name)
    assert (state.ledger_index, state.ledger_hash) == (ledgers[0].ledger_index - 1, ledgers[0].parent_hash)
    assert not state.is_whole
    told = Ledger.from_state(state.state)
    assert told.index == ledgers[0].ledger_index
    assert told.parent_close_time_s == ledgers[0].parent_close_time_s
    known = offers(truth)
    assert facts.offers == len(offers(told)) > 3
    assert {key: known.get(key) for key in offers(told)} == offers(told)
    for address, account in told.state.accounts.items():
        if address not in state.roots_assumed:
            real = truth.state.accounts[address]
            assert (account.drops, account.sequence, account.flags) == (real.drops, real.sequence, real.flags)
        if account.line is not None and address not in state.lines_assumed:
            real_line = truth.state.accounts[address].line
            assert real_line is not None
            assert (account.line.balance, account.line.flags) == (real_line.balance, real_line.flags)


@pytest.mark.parametrize("name", ["plain", "older"])
def test_every_offer_that_was_touched_is_there_and_in_its_place(name: str) -> None:
    """What the ledgers cancelled, replaced or took of what stood at the start; offers of one price in their order."""
    _, truth, ledgers = market(name)
    nodes = [
        node
        for ledger in ledgers
        for each in ledger.transactions
        for entry in each.meta["AffectedNodes"]
        for change, node in entry.items()
        if node["LedgerEntryType"] == "Offer" and change != "CreatedNode"
    ]
    touched = {node["LedgerIndex"].lower() for node in nodes} & offers(truth).keys()
    told = Ledger.from_state(opening(name)[0].state)
    assert touched == offers(told).keys()
    for side in ("asks", "bids"):
        real = [offer.key for offer in getattr(truth.state, side) if offer.key.hex() in touched]
        assert [offer.key for offer in getattr(told.state, side)] == real


def test_a_pool_that_only_traded_has_the_fee_that_its_trades_tell() -> None:
    """The recorded pool's is 0.2%, and its balances are those that it had."""
    _, truth, _ = market("plain")
    state, facts = opening("plain")
    pool, real = Ledger.from_state(state.state).amm(), truth.amm()
    assert pool is not None
    assert real is not None
    assert facts.pool_fee_told == 200 == real.trading_fee
    assert (pool.account, pool.drops, pool.token, pool.trading_fee) == (
        real.account, real.drops, real.token, real.trading_fee,
    )  # fmt: skip


def test_a_pool_whose_entry_is_told_is_as_it_was() -> None:
    """In the mixed market shares are paid in and out, and the fee is voted on."""
    _, truth, _ = market("mixed")
    state, facts = opening("mixed")
    assert facts.has_pool
    assert facts.pool_fee_told is None
    assert Ledger.from_state(state.state).amm() == truth.amm()


def entry(change: str, kind: str, **told: Any) -> dict[str, Any]:
    return {change: {"LedgerEntryType": kind, "LedgerIndex": "00" * 32, **told}}


def looked_at(*nodes: dict[str, Any]) -> FirstState:
    """What one transaction of these nodes tells."""
    head, _, ledgers = market("plain")
    found = FirstState(head.currency, head.issuer)
    transaction = LedgerTransaction("AB" * 32, {}, {"AffectedNodes": list(nodes)}, "tesSUCCESS")
    found.take(msgspec.structs.replace(ledgers[0], transactions=(transaction,)))
    return found


def an_offer() -> dict[str, Any]:
    """A node that takes an offer of the pair's away."""
    for ledger in market("plain")[2]:
        for each in ledger.transactions:
            for node in each.meta["AffectedNodes"]:
                if node.get("DeletedNode", {}).get("LedgerEntryType") == "Offer":
                    return dict(json.loads(json.dumps(node)))
    raise AssertionError


def test_an_owner_of_whom_nothing_is_told_can_give_what_it_offered() -> None:
    """And who is assumed is told."""
    node = an_offer()
    owner = node["DeletedNode"]["FinalFields"]["Account"]
    state, facts = looked_at(node).state()
    assert facts.offers == facts.owners_assumed == 1
    assert owner in state.roots_assumed
    ledger = Ledger.from_state(state.state)
    account = ledger.state.accounts[owner]
    (offer,) = account.offers.values()
    if isinstance(offer.gets, int):
        assert ledger.state.liquid_drops(account) == offer.gets
    else:
        assert owner in state.lines_assumed
        assert ledger.state.liquid_tokens(account) == offer.gets


def test_offers_of_one_price_stand_in_the_order_in_which_they_came() -> None:
    """By the page of the book that they are on, then by who was changed last in an earlier ledger."""
    nodes = []
    for number, (page, since) in enumerate([("1", 3), ("0", 5), ("0", 9)]):
        node = an_offer()
        told = node["DeletedNode"]
        told["LedgerIndex"] = f"{number + 1:064X}"
        told["FinalFields"] |= {"Sequence": number + 1, "BookNode": page, "PreviousTxnLgrSeq": since}
        nodes.append(node)
    state = Ledger.from_state(looked_at(*nodes).state()[0].state).state
    assert [offer.sequence for book in (state.asks, state.bids) for offer in book] == [2, 3, 1]


def test_what_came_later_is_not_there_at_the_start() -> None:
    """An offer that is placed and then taken away."""
    node = an_offer()
    told = node["DeletedNode"]
    created = {"CreatedNode": {**{name: told[name] for name in ("LedgerEntryType", "LedgerIndex")},
                               "NewFields": told["FinalFields"]}}  # fmt: skip
    assert looked_at(created, node).state()[1].offers == 0


@pytest.mark.parametrize(
    "node",
    [
        entry("ModifiedNode", "Offer", FinalFields={}),
        entry("ModifiedNode", "RippleState", FinalFields={"LowLimit": 1, "HighLimit": 2}),
        entry("ModifiedNode", "AccountRoot", FinalFields={}),
        {"ModifiedNode": {}},
        {"ModifiedNode": 7},
    ],
)
def test_metadata_of_another_shape_is_told_by_its_transaction(node: dict[str, Any]) -> None:
    """And its ledger."""
    with pytest.raises(RecordingError, match=r"ledger 68, transaction (AB){32}: metadata lacks"):
        looked_at(node)


def test_a_value_that_cannot_be_is_told() -> None:
    """It is found when the state is put together."""
    node = an_offer()
    node["DeletedNode"]["FinalFields"]["Sequence"] = "one"
    with pytest.raises(RecordingError, match="an entry lacks the ledger's shape"):
        looked_at(node).state()


def test_without_a_ledger_there_is_no_start() -> None:
    """The caller's fault."""
    with pytest.raises(ValueError, match="without a ledger"):
        FirstState("USD", "rs9xDUSXnmbRsuagJrB1VB2BM86H72Fkze").state()
