"""Others' trades as a real ledger server recorded them, against the fill reader and the takers' own balances."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.recorded import FAMILIES, applied, pair_of, scenarios
from support.recorded_pair import recording

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


def test_a_trade_that_bridges_through_two_pools_is_told_with_ours() -> None:
    """Four of the mixed market's transactions met the XRP/USD pool as well: what ours gave or took in XRP, by hand."""
    market = recording("mixed")
    expected = {979: 17_820_182, 1081: 222_913_135, 1187: -8_197_899, 1218: -12_743_575}
    found = {}
    for ledger in market.ledgers:
        bridging = [each for each in ledger.transactions if _pools_met(each) == 2]
        for trade in read_trades(bridging, market.pair("t1")):
            found[ledger.index] = trade.pool_drops if trade.taker_side is Side.SELL else -trade.pool_drops
    assert found == expected


def _pools_met(transaction: LedgerTransaction) -> int:
    nodes = [node for each in transaction.meta["AffectedNodes"] for node in each.values()]
    return sum("AMMID" in node.get("FinalFields", {}) and "Balance" in node.get("PreviousFields", {}) for node in nodes)


def test_metadata_without_its_shape_is_told_with_its_hash() -> None:
    """Nothing is concluded from what can't be read."""
    broken = offer("rElse", 9, 3)
    del broken["ModifiedNode"]["FinalFields"]["BookDirectory"]
    with pytest.raises(MetadataError, match="transaction AB"):
        read_trades([taken(broken)], US)


# --- Sales, the pool, and both ------------------------------------------------------------------------------------

# 2 RLUSD per XRP as a bid's quality: 500,000 drops a token.
BID_AT_2 = "00" * 24 + f"{((-10 + 100) << 56) | 5 * 10**15:016X}"
# And 1.6: 625,000 drops a token.
BID_AT_1_6 = "00" * 24 + f"{((-10 + 100) << 56) | 625 * 10**13:016X}"


def amount(value: str) -> dict[str, str]:
    return {"currency": "USD", "issuer": "rIssuer", "value": value}


def bid(account: str, before_drops: int, after_drops: int, directory: str = BID_AT_2, price: int = 2) -> dict[str, Any]:
    """A bid whose XRP shrank."""

    def token(size_drops: int) -> dict[str, str]:
        return amount(str(D(size_drops) * price / 10**6))

    node = {
        "LedgerEntryType": "Offer",
        "FinalFields": {
            "Account": account,
            "Sequence": 7,
            "BookDirectory": directory,
            "TakerGets": token(after_drops),
            "TakerPays": str(after_drops),
        },
        "PreviousFields": {"TakerGets": token(before_drops), "TakerPays": str(before_drops)},
    }
    return {"ModifiedNode": node}


def pool(before: tuple[int, str], after: tuple[int, str]) -> tuple[dict[str, Any], dict[str, Any]]:
    """A pool's account and trust line, with its drops and tokens before and after."""
    root = {
        "LedgerEntryType": "AccountRoot",
        "FinalFields": {"Account": "rPool", "AMMID": "AB", "Balance": str(after[0])},
        "PreviousFields": {"Balance": str(before[0])},
    }
    line = {
        "LedgerEntryType": "RippleState",
        "FinalFields": {
            "LowLimit": {"issuer": "rPool"},
            "HighLimit": {"issuer": "rIssuer"},
            "Balance": {"currency": "USD", "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji", "value": after[1]},
        },
        "PreviousFields": {"Balance": {"currency": "USD", "issuer": "rrrrrrrrrrrrrrrrrrrrBZbvji", "value": before[1]}},
    }
    return {"ModifiedNode": root}, {"ModifiedNode": line}


def test_who_gives_xrp_to_bids_sells_and_the_lowest_of_their_prices_is_his_worst() -> None:
    """4 XRP at 2 and 1 at 1.6, the first of them ours: 9.6 RLUSD for 5 XRP."""
    (trade,) = read_trades([taken(bid("rUs", 4_000_000, 0), bid("rElse", 3_000_000, 2_000_000, BID_AT_1_6))], US)
    assert (trade.taker_side, trade.our_side, trade.won_drops) == (Side.SELL, Side.BUY, 4_000_000)
    assert [leg.price for leg in trade.legs] == [D(2), D("1.6")]
    assert (trade.xrp_drops, trade.worst_price) == (5_000_000, D("1.6"))


def test_the_worst_price_of_who_buys_is_the_highest_that_he_paid() -> None:
    """6 XRP at 2 and 1 at 2.5."""
    dearer = offer("rElse", 2_000_000, 1_000_000)
    dearer["ModifiedNode"]["FinalFields"]["BookDirectory"] = "00" * 24 + f"{((-21 + 100) << 56) | 25 * 10**14:016X}"
    (trade,) = read_trades([taken(offer("rElse", 9_000_000, 3_000_000), dearer)], US)
    assert [leg.price for leg in trade.legs] == [D(2), D("2.5")]
    assert trade.worst_price == D("2.5")


def test_a_price_is_the_directorys_though_what_was_given_comes_to_another() -> None:
    """A remainder's amounts are rounded; its place in the book is not. Here 1 XRP brought 1.9 from a bid at 1.6."""
    odd = bid("rElse", 3_000_000, 2_000_000, BID_AT_1_6)
    odd["ModifiedNode"]["PreviousFields"]["TakerGets"] = amount("5.9")
    (trade,) = read_trades([taken(odd)], US)
    assert (trade.rlusd, trade.worst_price) == (D("1.9"), D("1.6"))


def test_a_trade_with_the_pool_alone_has_the_pools_average_for_its_price() -> None:
    """1 XRP for 2.25 RLUSD."""
    (bought,) = read_trades([taken(*pool((10_000_000, "20"), (9_000_000, "22.25")))], US)
    assert (bought.taker_side, bought.xrp_drops, bought.rlusd) == (Side.BUY, 1_000_000, D("2.25"))
    assert (bought.pool_drops, bought.pool_rlusd, bought.worst_price, bought.legs) == (
        1_000_000,
        D("2.25"),
        D("2.25"),
        (),
    )
    (sold,) = read_trades([taken(*pool((9_000_000, "22.25"), (10_000_000, "20")))], US)
    assert (sold.taker_side, sold.xrp_drops, sold.rlusd) == (Side.SELL, 1_000_000, D("2.25"))


def test_book_and_pool_together_are_one_trade_with_the_books_worst_price() -> None:
    """6 XRP at 2 from an ask, and 1 for 2.25 from the pool: 14.25 RLUSD for 7."""
    nodes = (offer("rElse", 9_000_000, 3_000_000), *pool((10_000_000, "20"), (9_000_000, "22.25")))
    (trade,) = read_trades([taken(*nodes)], US)
    assert (trade.xrp_drops, trade.rlusd) == (7_000_000, D("14.25"))
    assert (trade.pool_drops, trade.pool_rlusd, trade.worst_price) == (1_000_000, D("2.25"), D(2))


def test_a_pool_whose_line_is_told_from_the_issuers_side_has_its_sign_turned() -> None:
    """A trust line's balance is the low account's; which of the two is low depends on their addresses alone."""
    root, line = pool((10_000_000, "-20"), (9_000_000, "-22.25"))
    fields = line["ModifiedNode"]["FinalFields"]
    fields["LowLimit"], fields["HighLimit"] = fields["HighLimit"], fields["LowLimit"]
    (trade,) = read_trades([taken(root, line)], US)
    assert (trade.taker_side, trade.rlusd) == (Side.BUY, D("2.25"))


@pytest.mark.parametrize(
    "after", [(11_000_000, "22"), (9_000_000, "18"), (10_000_000, "22"), (9_000_000, "20"), (10_000_000, "20")]
)
def test_a_pool_that_gains_or_loses_both_or_only_one_did_not_trade(after: tuple[int, str]) -> None:
    """A deposit, a withdrawal, a gift: nobody got anything for what he gave."""
    assert read_trades([taken(*pool((10_000_000, "20"), after))], US) == ()


@pytest.mark.parametrize("kind", ["OfferCreate", "Payment", "CheckCash"])
def test_whatever_can_take_from_the_book_is_read(kind: str) -> None:
    """The market's volume is whole: a payment or a cashed check that eats an offer counts as a trade."""
    (trade,) = read_trades([taken(offer("rElse", 9_000_000, 3_000_000), kind=kind)], US)
    assert trade.xrp_drops == 6_000_000


def test_one_that_takes_from_both_sides_is_a_purchase_and_a_sale() -> None:
    """A payment's paths may lead through both books."""
    both = [taken(bid("rElse", 4_000_000, 0), offer("rElse", 9_000_000, 3_000_000), kind="Payment")]
    assert [(trade.taker_side, trade.xrp_drops) for trade in read_trades(both, US)] == [
        (Side.BUY, 6_000_000),
        (Side.SELL, 4_000_000),
    ]


def test_trades_come_in_the_ledgers_order_and_none_gives_none() -> None:
    """What came first reads first, even when a server sends it last, and a quiet ledger has no trades."""
    first, second = taken(offer("rElse", 9, 3)), taken(bid("rElse", 4, 0))
    assert [trade.taker_side for trade in read_trades([second, first], US)] == [Side.SELL, Side.BUY]
    assert read_trades([], US) == ()
    assert read_trades([taken()], US) == ()


def test_offers_that_were_placed_or_are_of_another_kind_are_passed_over() -> None:
    """One that comes to rest, a token for a token, XRP for XRP, another issuer's token of the same name, an MPT."""
    placed = {"CreatedNode": {"LedgerEntryType": "Offer", "NewFields": {"Account": "rTaker", "Sequence": 9}}}
    tokens, drops, forged = offer("rElse", 9, 3), offer("rElse", 9, 3), offer("rElse", 9, 3)
    tokens["ModifiedNode"]["FinalFields"]["TakerGets"] = amount("1")
    drops["ModifiedNode"]["FinalFields"]["TakerPays"] = "1"
    forged["ModifiedNode"]["FinalFields"]["TakerPays"] = amount("1") | {"issuer": "rForger"}
    purpose = offer("rElse", 9, 3)
    purpose["ModifiedNode"]["FinalFields"]["TakerPays"] = {"mpt_issuance_id": "00" * 24, "value": "3"}
    assert read_trades([taken(placed, tokens, drops, forged, purpose)], US) == ()


def test_what_was_given_is_exact_where_its_digits_are_far_apart() -> None:
    """Sixteen digits of a large amount and the last one of a small one: 29 together."""
    node = offer("rElse", 9_000_000, 3_000_000)
    node["ModifiedNode"]["PreviousFields"]["TakerPays"] = amount("1234567890123456e1")
    node["ModifiedNode"]["FinalFields"]["TakerPays"] = amount("1e-13")
    (trade,) = read_trades([taken(node)], US)
    assert trade.rlusd == D("12345678901234559.9999999999999")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("BookDirectory", "not a directory"),
        ("BookDirectory", None),
        ("TakerPays", {"currency": "USD", "issuer": "rIssuer"}),
        ("TakerPays", {"currency": "USD", "issuer": "rIssuer", "value": "much"}),
        ("TakerGets", "many"),
    ],
)
def test_a_field_of_another_shape_is_told_with_the_transactions_hash(name: str, value: object) -> None:
    """Whoever must look into strange data is led to the one transaction, and no trade is guessed."""
    node = offer("rElse", 9, 3)
    node["ModifiedNode"]["FinalFields"][name] = value
    with pytest.raises(MetadataError, match="transaction AB: metadata lacks the ledger's shape"):
        read_trades([taken(node)], US)


def test_metadata_without_its_nodes_is_told_too() -> None:
    """A record that lacks what a trade is read from is no ledger without trades."""
    with pytest.raises(MetadataError, match="AffectedNodes"):
        read_trades(
            [LedgerTransaction("AB", {"Account": "rTaker", "TransactionType": "Payment"}, {}, "tesSUCCESS")], US
        )
