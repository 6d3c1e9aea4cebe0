"""What the gateway gets to see of a real ledger: our transactions, balances and terms, and the trades of others.

Method: the maker's recorded conversation, in which the server was asked for the maker's own transactions as well.
"""

from __future__ import annotations

import contextlib
import functools
import random
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from support import recorded_mirror as recorded
from support.spoilt import spoilt

from neo.chain.fills import MetadataError, read
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.messages import LedgerClosed, LedgerTransaction, Side, Terms
from neo.mirror.assembly import Completeness, LedgerAssembly
from neo.mirror.mirror_view import ledger_told, ours
from neo.mirror.pinned_read import start_mirror
from neo.wire.frames import LedgerClosedFrame


@functools.cache
def told() -> tuple[LedgerClosed, ...]:
    """Every ledger of the maker's first connection, as the gateway would get it."""
    mirror = start_mirror(recorded.first_read())
    assembly = LedgerAssembly(
        Completeness.ALL, mirror.ledger_index, recorded.pair().account, mirror.root_hash, mirror.ledger_hash
    )
    found = [ledger_told(mirror, None, fee_now_drops=10)]
    for each in recorded.stream():
        taken = assembly.take_closed if isinstance(each, LedgerClosedFrame) else assembly.take_transaction
        for ledger in taken(each, 0.0):  # type: ignore[arg-type] # each is what that method takes
            mirror.apply(ledger)
            found.append(ledger_told(mirror, ledger, fee_now_drops=12, requests_minute_max=60))
    return tuple(found)


def test_the_first_ledger_is_told_without_transactions() -> None:
    """A strategy has a market to act on from the first ledger on, and no trades from before it."""
    first = told()[0]
    assert (first.ledger_index, first.close_time_s, first.transactions, first.trades) == (9, 848967927, (), ())
    assert first.market is not None
    assert [len(first.market.bids), len(first.market.asks)] == [2, 2]


def test_terms_are_the_ledgers_and_the_servers() -> None:
    """A strategy reckons with the ledger's own costs, and with the server's fee of now and request limit."""
    terms = told()[-1].terms
    amendments = terms.amendments
    assert "AMM" in amendments
    assert terms == Terms(
        base_fee_drops=10,
        open_ledger_fee_drops=12,
        base_reserve_drops=1_000_000,
        owner_reserve_drops=200_000,
        amendments=amendments,
        requests_minute_max=60,
    )


def test_our_transactions_are_those_that_the_server_lists_as_ours() -> None:
    """``account_tx``, asked for in between: nothing that it lists of the ledgers that were heard is left out."""
    ours = {each.tx_hash for ledger in told() for each in ledger.transactions}
    listed: set[str] = set()
    for result in recorded.answers("account_tx", account=recorded.pair().account):
        rows = [each for each in result["transactions"] if "hash" in each]
        listed |= {each["hash"] for each in rows if 9 < each["ledger_index"] < 105}
    assert len(listed) > 50
    assert listed <= ours


OTHER = "rDr84zRWiPfb83xQSMdCb3ykiBaSV8oXGQ"


def changed(kind: str, action: str = "ModifiedNode", **fields: object) -> dict[str, Any]:
    """An entry that a transaction changed."""
    name = "NewFields" if action == "CreatedNode" else "FinalFields"
    return {action: {"LedgerEntryType": kind, "LedgerIndex": "A" * 64, name: fields}}


def line_of(account: str) -> dict[str, Any]:
    low, high = {"issuer": account}, {"issuer": recorded.pair().issuer}
    return changed("RippleState", LowLimit=low, HighLimit=high)


@pytest.mark.parametrize(
    ("entry", "is_ours"),
    [
        (lambda account: changed("Offer", Account=account), True),
        (lambda account: changed("Offer", "CreatedNode", Account=account), True),
        (lambda account: changed("Offer", "DeletedNode", Account=account), True),
        (line_of, True),
        # What names an account and is neither its root, nor its line, nor its offer, moves nothing of its own.
        (lambda account: changed("Escrow", Account=account), False),
    ],
    ids=["offer", "new offer", "offer gone", "line", "escrow"],
)
def test_a_transaction_is_ours_by_what_it_changed_of_ours(
    entry: Callable[[str], dict[str, Any]], *, is_ours: bool
) -> None:
    """The same changes of somebody else's entries are not: a stranger's fill is never booked as ours."""
    us = recorded.pair().account
    mine, others = (
        LedgerTransaction(account, {"Account": OTHER}, {"AffectedNodes": [entry(account)]}, "tesSUCCESS")
        for account in (us, OTHER)
    )
    assert ours((others, mine), us) == ((mine,) if is_ours else ())


def test_balances_add_up_from_ledger_to_ledger() -> None:
    """What changes of our XRP is in the metadata of the transactions that are told, to the drop."""
    account = recorded.pair().account
    before = told()[0].balances.xrp_drops
    for ledger in told()[1:]:
        for transaction in ledger.transactions:
            for entry in transaction.meta["AffectedNodes"]:
                for node in entry.values():
                    final, previous = node.get("FinalFields", {}), node.get("PreviousFields", {})
                    if node["LedgerEntryType"] == "AccountRoot" and final.get("Account") == account:
                        before += int(final["Balance"]) - int(previous.get("Balance", final["Balance"]))
        assert ledger.balances.xrp_drops == before


def test_trades_of_others_are_told_and_ours_are_not() -> None:
    """The record's trades of takers with the maker's offers and with the pool."""
    trades = [trade for ledger in told() for trade in ledger.trades]
    assert {trade.taker_side for trade in trades} == {Side.BUY, Side.SELL}
    assert all(trade.xrp_drops > 0 and trade.rlusd > Decimal(0) for trade in trades)
    assert any(leg.own for trade in trades for leg in trade.legs)
    sent = {
        each.tx_hash
        for ledger in told()
        for each in ledger.transactions
        if each.tx["Account"] == recorded.pair().account
    }
    assert not sent & {trade.tx_hash for trade in trades}


def test_a_ledger_that_is_caught_up_with_has_no_market() -> None:
    """Nobody quotes on a market that is already over: an old ledger tells what happened and no market."""
    mirror = start_mirror(recorded.first_read())
    assert ledger_told(mirror, None, fee_now_drops=10, is_newest=False).market is None


def read_all(transactions: tuple[LedgerTransaction, ...], pair: Pair) -> object:
    """What became of our offers in these."""
    return [read(each, pair) for each in transactions]


@functools.cache
def of_ours() -> tuple[LedgerTransaction, ...]:
    """Every transaction of the maker's conversation that is told to the gateway."""
    return tuple(transaction for ledger in told() for transaction in ledger.transactions)


@pytest.mark.parametrize("reader", [ours, read_trades, read_all], ids=["ours", "trades", "fills"])
def test_metadata_that_is_not_what_it_was_is_read_or_refused_as_such(reader: Callable[..., object]) -> None:
    """By whoever reads it: what is ours, what others traded, what became of our offers. Nothing else comes of it."""
    chance = random.Random(1)
    by = recorded.pair().account if reader is ours else recorded.pair()
    for _ in range(1_000):
        whole = chance.choice(of_ours())
        body = spoilt({"tx": whole.tx, "meta": whole.meta}, chance)
        if isinstance(body.get("tx"), dict) and isinstance(body.get("meta"), dict):
            with contextlib.suppress(MetadataError):
                reader((LedgerTransaction(whole.tx_hash, body["tx"], body["meta"], whole.result),), by)
