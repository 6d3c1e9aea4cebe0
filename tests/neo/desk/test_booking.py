"""What the desk makes of ledgers: on recorded ones from every account's side, and by hand for each odd case."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.desk_by_hand import (
    ASK,
    BID,
    TERMS,
    ledger,
    observe,
    opened,
    opening,
    own,
    placed,
    quote,
    token,
    withdraw,
)
from support.recorded import FAMILIES, applied, pair_of, scenarios

from neo.desk.booking import LedgerGapError, view_of
from neo.desk.desk import Desk
from neo.messages import (
    Balances,
    CapitalMoved,
    FeePaid,
    Fill,
    LedgerClosed,
    LedgerObserved,
    LedgerTransaction,
    MarketState,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    Record,
    Side,
)

D = Decimal


# --- On recorded ledgers -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("family", FAMILIES)
def test_inventory_equals_the_recorded_ledger(family: str) -> None:
    """As any recorded account, fills + capital - fees is the ledger's balance to the drop and the last digit."""
    fills = 0
    for scenario in scenarios(family):
        for name in scenario["setup"]["accounts"]:
            fills += _trade_as(scenario, name)
    assert fills > 0 or family == "malformed"


def _trade_as(scenario: dict[str, Any], name: str) -> int:
    pair = pair_of(scenario, name)
    setup = scenario["setup"]
    records: list[Record] = opening(
        _balances(setup["before"], name), int(setup["before"]["ledger_index"]), setup["close_time"]
    )
    desk = Desk.replay(records)
    records += _adopt_offers(desk, setup["before"]["accounts"][name]["offers"])
    for step in scenario["steps"]:
        records += _intents(desk, step, name)
        closed = LedgerClosed(
            ledger_index=int(step["ledger_index"]),
            close_time_s=step["close_time"],
            market=MarketState((), (), None),
            terms=TERMS,
            balances=_balances(step["after"], name),
            transactions=tuple(applied(step)),
            notice=None,
        )
        made = observe(desk, closed, pair)
        records += made
        standing = desk.standing()
        where = f"{scenario['id']} ledger {closed.ledger_index} {name}"
        assert standing.xrp_engine_drops == closed.balances.xrp_drops, where
        assert standing.rlusd_engine == closed.balances.rlusd, where
        if not any(entry["tx"]["TransactionType"] == "Payment" for entry in step["txs"]):
            assert not [r for r in made if isinstance(r, CapitalMoved)], where
        recorded = {offer["seq"] for offer in step["after"]["accounts"][name]["offers"]}
        assert {order.sequence for order in desk.resting()} == recorded, where
    # A desk rebuilt from the journal is the desk that was lost.
    assert Desk.replay(records).standing() == desk.standing()
    return desk.fills


def _balances(state: dict[str, Any], name: str) -> Balances:
    account = state["accounts"][name]
    return Balances(
        int(account["xrp_drops"]), D(account["token_balance"] or 0), 0, account["owner_count"], account["sequence"]
    )


def _adopt_offers(desk: Desk, offers: list[dict[str, Any]]) -> list[Record]:
    """Offers that rest before the recording begins become orders of ours."""
    records: list[Record] = []
    for offer in offers:
        tx = {"TakerGets": offer["taker_gets"], "TakerPays": offer["taker_pays"], "Sequence": offer["seq"]}
        made = [*_order(desk, tx, f"adopted {offer['seq']}"), _changed(desk, OrderStatus.RESTING, offer["seq"])]
        desk.apply(made[-1])
        records += made
    return records


def _changed(desk: Desk, status: OrderStatus, sequence: int) -> OrderChanged:
    order = desk.order_of_offer(sequence)
    assert order is not None
    return OrderChanged(
        order_id=order.order_id,
        ledger_index=desk.ledger_index,
        close_time_s=desk.close_time_s,
        status=status,
        result="tesSUCCESS",
        xrp_left_drops=order.xrp_left_drops,
        rlusd_left=order.rlusd_left,
    )


def _intents(desk: Desk, step: dict[str, Any], name: str) -> list[Record]:
    """What the account is about to send becomes an order of ours, as if the desk had decided on it."""
    records: list[Record] = []
    for entry in step["txs"]:
        if entry["from"] == name and entry["tx"]["TransactionType"] == "OfferCreate" and entry["meta"] is not None:
            records += _order(desk, entry["tx"], entry["hash"])
    return records


def _order(desk: Desk, tx: dict[str, Any], tx_hash: str) -> list[Record]:
    gets, pays = tx["TakerGets"], tx["TakerPays"]
    drops, token = (gets, pays) if isinstance(gets, str) else (pays, gets)
    order_id = f"o{desk.orders_made + 1}"
    intent = OrderIntended(
        order_id=order_id,
        tick=0,
        ledger_index=desk.ledger_index,
        close_time_s=desk.close_time_s,
        side=Side.SELL if isinstance(gets, str) else Side.BUY,
        price=D(1),
        xrp_drops=int(drops),
        rlusd=D(token["value"]),
        replaces=None,
        cancels=None,
    )
    signed = OrderSigned(
        order_id=order_id, tx_hash=tx_hash, blob="", sequence=tx["Sequence"], last_ledger_sequence=2**31
    )
    for record in (intent, signed):
        desk.apply(record)
    return [intent, signed]


# --- By hand -----------------------------------------------------------------------------------------------------


def test_an_order_rests_once_a_validated_ledger_shows_it() -> None:
    """Until then it is pending, and the strategy is told so."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    assert [offer.pending for offer in desk.own_offers()] == [True, True]
    records = observe(desk, ledger(11, placed(bid)))
    assert bid.status is OrderStatus.RESTING
    assert [type(record) for record in records][:2] == [FeePaid, OrderChanged]
    view = view_of(desk, ledger(11), None)
    assert view is not None
    assert {offer.order_id: offer.pending for offer in view.own_offers} == {"o000001": False, "o000002": True}


def test_a_ledger_told_late_is_booked_without_a_market() -> None:
    """Orders and money are as ever; there is no touch, no mid and no view to quote on."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    late = ledger(11, placed(bid), market=None)
    observed = observe(desk, late)[-1]
    assert isinstance(observed, LedgerObserved)
    assert (observed.best_bid, observed.mid_price, observed.own_bid) == (None, None, BID.price)
    assert view_of(desk, late, None) is None


def test_a_ledger_delivered_twice_books_nothing_twice() -> None:
    """A crash between two steps of the gateway can't double a fill or a fee."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    assert observe(desk, ledger(11, placed(bid)))
    fees = desk.inventory.xrp_fees_drops
    assert observe(desk, ledger(11, placed(bid))) == []
    assert desk.inventory.xrp_fees_drops == fees


def test_a_transaction_delivered_twice_in_one_ledger_counts_once() -> None:
    """What matches several subscriptions arrives once for each."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    observe(desk, ledger(11, placed(bid), placed(bid)))
    assert desk.inventory.xrp_fees_drops == 10


def test_a_missing_ledger_is_an_error() -> None:
    """With a gap, nothing can be said of orders that may have been in it."""
    with pytest.raises(LedgerGapError, match="10 was followed by 12"):
        observe(opened(), ledger(12))


def test_a_span_of_ledgers_is_no_gap_and_counts_as_many() -> None:
    """Ledgers 11 to 900 in one message: 890 ledgers without a quote, and an order that none of them has is given up."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    observe(desk, ledger(900, since_index=11))
    standing = desk.standing()
    assert (desk.ledger_index, standing.ledgers) == (900, 890)
    assert bid.status is OrderStatus.FAILED
    assert standing.absence is not None
    # What was under way could have rested from 11 on: the first row tells what was missing on the ledger it is of.
    assert standing.absence.ledgers_without_bid == 1
    observe(desk, ledger(910, since_index=901))
    after = desk.standing()
    assert after.absence is not None
    assert (after.ledgers, after.absence.ledgers_without_bid) == (900, 11)


def test_a_span_must_begin_where_the_desk_is() -> None:
    """Ledger 11 is in neither message; one that begins earlier tells of known ones once more."""
    with pytest.raises(LedgerGapError, match="10 was followed by 12"):
        observe(opened(), ledger(20, since_index=12))
    desk = opened()
    observe(desk, ledger(20, since_index=5))
    assert desk.standing().ledgers == 10


def test_an_offer_that_ran_out_within_a_span_is_expired() -> None:
    """It ended at 1020; met in ledger 20, at 1040, by someone whose ledger's parent nobody told us of."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    observe(desk, ledger(11, placed(bid)))
    fields = {"Account": "rUs", "Sequence": bid.sequence, "Expiration": 1020, "TakerPays": "1", "TakerGets": token("1")}
    gone = {"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": fields}}
    met = LedgerTransaction(
        "T", {"Account": "rX", "TransactionType": "Payment"}, {"AffectedNodes": [gone]}, "tesSUCCESS"
    )
    observe(desk, ledger(20, met, since_index=12))
    assert bid.status is OrderStatus.EXPIRED


def test_an_order_fails_only_after_its_last_ledger() -> None:
    """A transaction not seen may still come in its last ledger; after that it never can."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    for index in range(11, 15):
        observe(desk, ledger(index))
        assert bid.status is OrderStatus.SIGNED
    observe(desk, ledger(15))
    assert bid.status is OrderStatus.FAILED
    assert desk.free_sequence(5) == 5


def test_an_order_that_lands_in_its_last_ledger_rests() -> None:
    """The last ledger counts: looked up first, given up after."""
    desk = opened()
    bid, _ = quote(desk, BID, ASK)
    for index in range(11, 15):
        observe(desk, ledger(index))
    observe(desk, ledger(15, placed(bid)))
    assert bid.status is OrderStatus.RESTING


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("tesSUCCESS", OrderStatus.CANCELED),
        ("tecKILLED", OrderStatus.CANCELED),
        ("tecEXPIRED", OrderStatus.EXPIRED),
        ("tecUNFUNDED_OFFER", OrderStatus.FAILED),
    ],
)
def test_an_offer_that_leaves_nothing_says_why(result: str, status: OrderStatus) -> None:
    """An offer that came too late has expired; one that could not be placed has failed."""
    desk = opened()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, own(bid.tx_hash, "OfferCreate", result=result)))
    assert bid.status is status


@pytest.mark.parametrize(("expiration", "status"), [(1004, OrderStatus.EXPIRED), (1005, OrderStatus.UNFUNDED)])
def test_a_resting_offer_expires_by_the_parents_close_time(expiration: int, status: OrderStatus) -> None:
    """Somebody's transaction removes it: expired if its time is up, unfunded if it is not."""
    desk = opened()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))  # closes at 1004
    final = {"Account": "rUs", "Sequence": bid.sequence, "Expiration": expiration}
    final |= {"TakerGets": token("14.985"), "TakerPays": "7500000"}
    node = {"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": final}}
    tx = {"Account": "rThem", "Fee": "10", "TransactionType": "OfferCreate"}
    observe(desk, ledger(12, LedgerTransaction("T", tx, {"AffectedNodes": [node]}, "tesSUCCESS")))
    assert bid.status is status


def test_a_cancel_that_came_too_late_leaves_the_fill_standing() -> None:
    """A cancel of an offer that is gone succeeds all the same: the offer's own history says it was filled."""
    desk = opened()
    (bid,) = quote(desk, BID)
    observe(desk, ledger(11, placed(bid)))
    (cancel,) = withdraw(desk)
    final = {"Account": "rUs", "Sequence": 5, "TakerGets": token("0"), "TakerPays": "0"}
    previous = {"TakerGets": token("14.985"), "TakerPays": "7500000"}
    node = {"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": final, "PreviousFields": previous}}
    tx = {"Account": "rThem", "Fee": "10", "TransactionType": "OfferCreate"}
    taken = LedgerTransaction("T", tx, {"AffectedNodes": [node]}, "tesSUCCESS")
    records = observe(desk, ledger(12, taken, own(cancel.tx_hash, "OfferCancel")))
    (fill,) = [record for record in records if isinstance(record, Fill)]
    assert (fill.side, fill.xrp_drops, fill.rlusd, fill.taker) == (Side.BUY, 7_500_000, D("14.985"), False)
    assert bid.status is OrderStatus.FILLED
    assert cancel.status is OrderStatus.DONE


def test_an_offer_that_crossed_on_its_way_in_is_filled_as_a_taker() -> None:
    """What moved beyond the fee is what it took, whoever gave it: 7.5 XRP for 14.985."""
    desk = opened()
    (bid,) = quote(desk, BID)
    limits = {"LowLimit": {"issuer": "rIssuer"}, "HighLimit": {"issuer": "rUs"}}
    # The line is told from the issuer's side, the low one.
    line = {"FinalFields": {"Balance": token("-185.015"), **limits}, "PreviousFields": {"Balance": token("-200")}}
    root = {"FinalFields": {"Account": "rUs", "Balance": "107499990"}, "PreviousFields": {"Balance": "100000000"}}
    nodes = [
        {"ModifiedNode": {"LedgerEntryType": "RippleState", **line}},
        {"ModifiedNode": {"LedgerEntryType": "AccountRoot", **root}},
    ]
    tx = {"Account": "rUs", "Fee": "10", "TransactionType": "OfferCreate"}
    crossed = LedgerTransaction(bid.tx_hash, tx, {"AffectedNodes": nodes}, "tesSUCCESS")
    (fill,) = [record for record in observe(desk, ledger(11, crossed)) if isinstance(record, Fill)]
    assert (fill.side, fill.xrp_drops, fill.rlusd, fill.rlusd_rounding) == (Side.BUY, 7_500_000, D("14.985"), D(0))
    assert fill.taker
    assert desk.taker_fills == 1
    assert bid.status is OrderStatus.FILLED


def test_a_payment_to_us_that_fills_our_offer_is_a_fill_and_a_deposit() -> None:
    """15.015 for our ask of 7.5 XRP, and 3 on top: what is paid to us is capital, and no rounding of the fill."""
    desk = opened()
    (ask,) = quote(desk, ASK)
    observe(desk, ledger(11, placed(ask)))
    final = {"Account": "rUs", "Sequence": ask.sequence, "TakerGets": "0", "TakerPays": token("0")}
    offer = {"FinalFields": final, "PreviousFields": {"TakerGets": "7500000", "TakerPays": token("15.015")}}
    root = {"FinalFields": {"Account": "rUs", "Balance": "92500000"}, "PreviousFields": {"Balance": "100000000"}}
    limits = {"LowLimit": {"issuer": "rUs"}, "HighLimit": {"issuer": "rIssuer"}}
    line = {"FinalFields": {"Balance": token("218.015"), **limits}, "PreviousFields": {"Balance": token("200")}}
    nodes = [
        {"DeletedNode": {"LedgerEntryType": "Offer", **offer}},
        {"ModifiedNode": {"LedgerEntryType": "AccountRoot", **root}},
        {"ModifiedNode": {"LedgerEntryType": "RippleState", **line}},
    ]
    tx = {"Account": "rThem", "Destination": "rUs", "Fee": "10", "TransactionType": "Payment"}
    records = observe(desk, ledger(12, LedgerTransaction("T", tx, {"AffectedNodes": nodes}, "tesSUCCESS")))
    (fill,) = [record for record in records if isinstance(record, Fill)]
    assert (fill.xrp_drops, fill.rlusd, fill.rlusd_rounding) == (7_500_000, D("15.015"), D(0))
    (moved,) = [record for record in records if isinstance(record, CapitalMoved)]
    assert (moved.xrp_drops, moved.rlusd) == (0, D(3))


def test_equity_change_leaves_deposits_out() -> None:
    """Money that was brought in is no profit."""
    desk = opened()
    observe(desk, ledger(11))
    desk.apply(CapitalMoved(ledger_index=11, close_time_s=1004, cause="deposit", xrp_drops=1_000_000, rlusd=D(5)))
    standing = desk.standing()
    assert standing.equity_start_rlusd == D(400)
    assert standing.equity_end_rlusd == D(407)
    assert standing.equity_change_rlusd == 0


def test_distance_to_touch_is_zero_at_it_and_absent_without_it() -> None:
    """Our own offers don't count as the touch; an absent side is absent, not zero."""
    desk = opened()
    bid, ask = quote(desk, BID, ASK)
    observe(desk, ledger(11, placed(bid), placed(ask)))
    (seen,) = observe(desk, ledger(12))
    assert isinstance(seen, LedgerObserved)
    assert (seen.distance_to_clob_bid_bps, seen.distance_to_clob_ask_bps) == (D(-5), D(-5))
    market = ledger(13).market
    assert market is not None
    (bare,) = observe(desk, ledger(13, market=MarketState((), market.asks, None)))
    assert isinstance(bare, LedgerObserved)
    assert bare.distance_to_clob_bid_bps is None
    assert bare.mid_price is None


def test_the_inner_transactions_of_a_batch_settle_by_themselves() -> None:
    """The outer one is a success and burns the fee whatever they come to: one rests, and one failed."""
    desk = opened()
    bid, ask = quote(desk, BID, ASK)
    outer = own("B", "Batch")
    inner, failed = placed(bid), own(ask.tx_hash, "OfferCreate", result="tecKILLED")
    for each in (inner, failed):
        each.tx["Fee"] = "0"
        each.meta["ParentBatchID"] = "B"
        each.meta["AffectedNodes"].pop()  # the fee is the outer one's
    observe(desk, ledger(11, outer, inner, failed))
    assert (bid.status, ask.status) == (OrderStatus.RESTING, OrderStatus.CANCELED)
    assert desk.inventory.xrp_fees_drops == 10
