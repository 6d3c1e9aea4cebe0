"""Others' trades as a real ledger server recorded them, against the fill reader and the takers' own balances."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.recorded import FAMILIES, applied, pair_of, scenarios

from neo.chain.fills import MetadataError, read
from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.messages import LedgerTransaction, Side

D = Decimal


@pytest.mark.parametrize("family", FAMILIES)
def test_what_we_won_is_what_the_fill_reader_books(family: str) -> None:
    """As any recorded account: our legs of others' trades are exactly the fills of our offers, no more and no less."""
    won = 0
    for scenario in scenarios(family):
        for name in scenario["setup"]["accounts"]:
            pair = pair_of(scenario, name)
            for step in scenario["steps"]:
                won += _compare(applied(step), pair)
    assert (won > 0) == (family not in NO_FILLS)


# Families of scenarios in which nobody's offer is taken by somebody else.
NO_FILLS = {"malformed"}


def _compare(transactions: Any, pair: Pair) -> int:
    won = 0
    for transaction in transactions:
        if transaction.tx["Account"] == pair.account:
            assert read_trades([transaction], pair) == ()
            continue
        filled = dict.fromkeys(Side, 0)
        for change in read(transaction, pair).changes:
            filled[change.side] += change.xrp_drops
        legs = dict.fromkeys(Side, 0)
        for trade in read_trades([transaction], pair):
            legs[trade.our_side] += trade.won_drops
            assert trade.xrp_drops == sum(leg.xrp_drops for leg in trade.legs) + trade.pool_drops
            assert trade.xrp_drops > 0
        assert legs == filled
        won += sum(filled.values())
    return won


@pytest.mark.parametrize("family", FAMILIES)
def test_a_trade_is_what_the_taker_traded(family: str) -> None:
    """For a taker's own offer, book and pool together are the XRP that his account gave or got beside the fee."""
    for scenario in scenarios(family):
        nobody = Pair("rNobody", *_token(scenario))
        for step in scenario["steps"]:
            for transaction in applied(step):
                if transaction.tx["TransactionType"] == "OfferCreate":
                    _check_taker(transaction, nobody)


def _check_taker(transaction: LedgerTransaction, nobody: Pair) -> None:
    taker = Pair(transaction.tx["Account"], nobody.currency, nobody.issuer)
    reading = read(transaction, taker)
    trades = read_trades([transaction], nobody)
    moved = sum(trade.xrp_drops if trade.taker_side is Side.BUY else -trade.xrp_drops for trade in trades)
    assert moved == reading.xrp_change_drops


def _token(scenario: dict[str, Any]) -> tuple[str, str]:
    pair = pair_of(scenario, next(iter(scenario["setup"]["accounts"])))
    return pair.currency, pair.issuer


# --- By hand -----------------------------------------------------------------------------------------------------

US = Pair("rUs", "USD", "rIssuer")
# 2 RLUSD per XRP as an ask's quality: 0.000002 tokens a drop.
ASK_AT_2 = "00" * 24 + f"{((-21 + 100) << 56) | 2 * 10**15:016X}"


def offer(account: str, before_drops: int, after_drops: int, *, deleted: bool = False) -> dict[str, Any]:
    """An ask at 2 whose XRP shrank."""

    def token(size_drops: int) -> dict[str, str]:
        return {"currency": "USD", "issuer": "rIssuer", "value": str(D(size_drops) * 2 / 10**6)}

    node = {
        "LedgerEntryType": "Offer",
        "FinalFields": {
            "Account": account,
            "Sequence": 7,
            "BookDirectory": ASK_AT_2,
            "TakerGets": str(after_drops),
            "TakerPays": token(after_drops),
        },
        "PreviousFields": {"TakerGets": str(before_drops), "TakerPays": token(before_drops)},
    }
    return {"DeletedNode" if deleted else "ModifiedNode": node}


def taken(*nodes: dict[str, Any], account: str = "rTaker", kind: str = "OfferCreate") -> LedgerTransaction:
    tx = {"Account": account, "TransactionType": kind, "Fee": "10"}
    return LedgerTransaction("AB", tx, {"AffectedNodes": list(nodes)}, "tesSUCCESS")


def test_price_is_the_offers_place_in_the_book() -> None:
    """The price of a leg is its directory's, and our own leg is known by its account."""
    (trade,) = read_trades([taken(offer("rUs", 5, 0, deleted=True), offer("rElse", 9_000_000, 3_000_000))], US)
    assert trade.taker_side is Side.BUY
    assert trade.our_side is Side.SELL
    assert [(leg.price, leg.xrp_drops, leg.own) for leg in trade.legs] == [(D(2), 5, True), (D(2), 6_000_000, False)]
    assert (trade.xrp_drops, trade.won_drops, trade.pool_drops) == (6_000_005, 5, 0)
    assert trade.worst_price == D(2)


def test_our_own_taking_is_no_flow_of_others() -> None:
    """What we took ourselves is a fill of ours."""
    assert read_trades([taken(offer("rElse", 9, 3), account="rUs")], US) == ()


@pytest.mark.parametrize("kind", ["AMMDeposit", "AMMWithdraw", "OfferCancel", "TrustSet"])
def test_only_what_can_trade_is_read(kind: str) -> None:
    """A deposit into the pool moves its balances without a trade."""
    assert read_trades([taken(offer("rElse", 9, 3), kind=kind)], US) == ()


def test_other_pairs_and_untraded_offers_are_passed_over() -> None:
    """An offer that was only cleaned away has no previous amounts; one in another token is not ours to count."""
    cleaned = offer("rElse", 9, 9, deleted=True)
    del cleaned["DeletedNode"]["PreviousFields"]
    foreign = offer("rElse", 9, 3)
    foreign["ModifiedNode"]["FinalFields"]["TakerPays"] = {"currency": "EUR", "issuer": "rIssuer", "value": "1"}
    assert read_trades([taken(cleaned, foreign)], US) == ()


def test_metadata_without_its_shape_is_told_with_its_hash() -> None:
    """Nothing is concluded from what can't be read."""
    broken = offer("rElse", 9, 3)
    del broken["ModifiedNode"]["FinalFields"]["BookDirectory"]
    with pytest.raises(MetadataError, match="transaction AB"):
        read_trades([taken(broken)], US)
