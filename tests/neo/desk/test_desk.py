"""The desk and the dealing around it: on recorded ledgers from every account's side, and by hand for each odd case."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.quoting_views import COSTS
from support.recorded import FAMILIES, applied, pair_of, scenarios

from neo.chain.pair import Pair
from neo.desk.dealing import LedgerGapError, answered, judged, observe, transaction, view_of, withdrawals
from neo.desk.desk import Desk
from neo.desk.orders import LIVE, NEXT, Order, OrderStateError
from neo.messages import (
    Balances,
    CapitalMoved,
    FeePaid,
    Fill,
    LedgerClosed,
    LedgerTransaction,
    Level,
    OrderChanged,
    OrderIntended,
    OrdersAllowed,
    OrderSigned,
    OrderStatus,
    OrderSubmitted,
    Quote,
    Record,
    SessionStarted,
    Side,
)
from neo.messages.reasons import RiskState

D = Decimal
PAIR = Pair("rUs", "USD", "rIssuer")


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
    records: list[Record] = [*_opening(setup["before"], name, setup["close_time"])]
    desk = Desk.replay(records)
    records += _adopt_offers(desk, setup["before"]["accounts"][name]["offers"])
    for step in scenario["steps"]:
        records += _intents(desk, step, name)
        closed = LedgerClosed(
            ledger_index=int(step["ledger_index"]),
            close_time_s=step["close_time"],
            bids=(),
            asks=(),
            pool=None,
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


def _opening(state: dict[str, Any], name: str, close_time_s: int) -> tuple[Record, Record]:
    balances = _balances(state, name)
    started = SessionStarted(
        venue="sim",
        seed=1,
        config_sha256="",
        market_sha256="",
        account=name,
        opening=balances,
        ledger_index=int(state["ledger_index"]),
        close_time_s=close_time_s,
    )
    return started, CapitalMoved(
        ledger_index=started.ledger_index,
        close_time_s=close_time_s,
        cause="opening balance",
        xrp_drops=balances.xrp_drops,
        rlusd=balances.rlusd,
    )


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


def opened(xrp_drops: int = 100_000_000, rlusd: str = "200") -> Desk:
    """A desk that has just opened at ledger 10."""
    state = {
        "ledger_index": 10,
        "accounts": {"us": {"xrp_drops": xrp_drops, "token_balance": rlusd, "owner_count": 1, "sequence": 5}},
    }
    return Desk.replay(_opening(state, "us", 1000))


def ledger(index: int, *transactions: LedgerTransaction, **fields: Any) -> LedgerClosed:
    """A closed ledger with a two-sided book around 2 RLUSD."""
    values: dict[str, Any] = {
        "ledger_index": index,
        "close_time_s": 1000 + 4 * (index - 10),
        "bids": (Level(D("1.999"), 10_000_000, D("19.99")),),
        "asks": (Level(D("2.001"), 10_000_000, D("20.01")),),
        "pool": None,
        "balances": Balances(100_000_000, D(200), 1_200_000, 1, 5),
        "transactions": transactions,
        "notice": None,
    }
    return LedgerClosed(**(values | fields))


def allowed(desk: Desk, *quotes: Quote, withdraw: tuple[str, ...] = ()) -> OrdersAllowed:
    """A verdict for the next tick."""
    return OrdersAllowed(
        tick=desk.tick + 1,
        ledger_index=desk.ledger_index,
        state=RiskState.ACTIVE,
        anchor_price=D(2),
        held_back=(),
        quotes=quotes,
        withdraw=withdraw,
        refusals=(),
        halt=None,
    )


BID = Quote(Side.BUY, D("1.998"), 7_500_000, D("14.985"), None)
ASK = Quote(Side.SELL, D("2.002"), 7_500_000, D("15.015"), None)


def sign(desk: Desk, intent: Record, tx_hash: str, last_ledger_sequence: int = 15) -> Order:
    """Sign an intent as the gateway would; returns its order."""
    assert isinstance(intent, OrderIntended)
    order = desk.order(intent.order_id)
    assert order is not None
    desk.apply(
        OrderSigned(
            order_id=intent.order_id,
            tx_hash=tx_hash,
            blob="blob",
            sequence=desk.next_sequence(5),
            last_ledger_sequence=last_ledger_sequence,
        )
    )
    return order


def quote_both(desk: Desk) -> tuple[Order, Order]:
    """Both sides intended and signed."""
    _, bid, ask = judged(desk, allowed(desk, BID, ASK))
    return sign(desk, bid, "B1"), sign(desk, ask, "A1")


def placed(order: Order, tx_hash: str) -> LedgerTransaction:
    """The transaction that leaves an order's offer on the book as it is."""
    fields = {"Account": "rUs", "Sequence": order.sequence, **_sides(order)}
    offer = {"CreatedNode": {"LedgerEntryType": "Offer", "NewFields": fields}}
    root = {"FinalFields": {"Account": "rUs", "Balance": "90"}, "PreviousFields": {"Balance": "100"}}
    nodes = [offer, {"ModifiedNode": {"LedgerEntryType": "AccountRoot", **root}}]
    tx = {"Account": "rUs", "Fee": "10", "TransactionType": "OfferCreate"}
    return LedgerTransaction(tx_hash, tx, {"AffectedNodes": nodes}, "tesSUCCESS")


def _sides(order: Order) -> dict[str, Any]:
    token = {"currency": "USD", "issuer": "rIssuer", "value": str(order.rlusd_left)}
    drops = str(order.xrp_left_drops)
    buy = order.side is Side.BUY
    return {"TakerGets": token if buy else drops, "TakerPays": drops if buy else token}


def test_sequences_follow_each_other_past_what_is_under_way() -> None:
    """Two orders of one tick get two sequences, though the ledger still shows the first."""
    desk = opened()
    bid, ask = quote_both(desk)
    assert (bid.sequence, ask.sequence) == (5, 6)
    assert desk.next_sequence(5) == 7


def test_an_order_rests_once_a_validated_ledger_shows_it() -> None:
    """Until then it is pending, and the strategy is told so."""
    desk = opened()
    bid, _ = quote_both(desk)
    assert [offer.pending for offer in desk.own_offers()] == [True, True]
    records = observe(desk, ledger(11, placed(bid, "B1")), PAIR)
    assert bid.status is OrderStatus.RESTING
    assert [type(record) for record in records][:2] == [FeePaid, OrderChanged]
    assert {offer.order_id: offer.pending for offer in view_of(desk, ledger(11), COSTS, None).own_offers} == {
        "o000001": False,
        "o000002": True,
    }


def test_a_ledger_delivered_twice_books_nothing_twice() -> None:
    """A crash between two steps of the gateway can't double a fill or a fee."""
    desk = opened()
    bid, _ = quote_both(desk)
    closed = ledger(11, placed(bid, "B1"))
    assert observe(desk, closed, PAIR)
    fees = desk.inventory.xrp_fees_drops
    assert observe(desk, closed, PAIR) == []
    assert desk.inventory.xrp_fees_drops == fees


def test_a_transaction_delivered_twice_in_one_ledger_counts_once() -> None:
    """What matches several subscriptions arrives once for each."""
    desk = opened()
    bid, _ = quote_both(desk)
    observe(desk, ledger(11, placed(bid, "B1"), placed(bid, "B1")), PAIR)
    assert desk.inventory.xrp_fees_drops == 10


def test_a_missing_ledger_is_an_error() -> None:
    """With a gap, nothing can be said of orders that may have been in it."""
    with pytest.raises(LedgerGapError, match="10 was followed by 12"):
        observe(opened(), ledger(12), PAIR)


def test_an_order_fails_only_after_its_last_ledger() -> None:
    """A transaction not seen may still come in its last ledger; after that it never can."""
    desk = opened()
    bid, _ = quote_both(desk)
    for index in range(11, 15):
        observe(desk, ledger(index), PAIR)
        assert bid.status is OrderStatus.SIGNED
    observe(desk, ledger(15), PAIR)
    assert bid.status is OrderStatus.FAILED
    assert desk.next_sequence(5) == 5


def test_an_order_that_lands_in_its_last_ledger_rests() -> None:
    """The last ledger counts: looked up first, given up after."""
    desk = opened()
    bid, _ = quote_both(desk)
    for index in range(11, 15):
        observe(desk, ledger(index), PAIR)
    observe(desk, ledger(15, placed(bid, "B1")), PAIR)
    assert bid.status is OrderStatus.RESTING


@pytest.mark.parametrize(
    ("result", "status"),
    [
        ("tesSUCCESS", OrderStatus.SUBMITTED),
        ("terPRE_SEQ", OrderStatus.SUBMITTED),
        ("tefPAST_SEQ", OrderStatus.SUBMITTED),
        ("unknown", OrderStatus.UNKNOWN),
        ("temBAD_OFFER", OrderStatus.FAILED),
    ],
)
def test_only_a_malformed_transaction_is_rejected_at_once(result: str, status: OrderStatus) -> None:
    """Unknown is not rejected: any other answer leaves the outcome to the ledger."""
    desk = opened()
    bid, _ = quote_both(desk)
    desk.apply(OrderSubmitted(order_id=bid.order_id, tx_hash="B1", preliminary_result=result))
    answered(desk, bid, result)
    assert bid.status is status


def test_a_tick_judged_twice_sends_nothing_twice() -> None:
    """A verdict delivered once more after a crash makes no second intent."""
    desk = opened()
    verdict = allowed(desk, BID)
    assert len(judged(desk, verdict)) == 2
    assert judged(desk, verdict) == []


def test_a_replacement_of_what_is_gone_is_not_sent() -> None:
    """If the old offer was filled meanwhile, its replacement would double the exposure."""
    desk = opened()
    replacing = msgspec.structs.replace(BID, replaces="o000099")
    records = judged(desk, allowed(desk, replacing))
    assert not [record for record in records if isinstance(record, OrderIntended)]


def test_withdrawals_cancel_each_resting_offer_once() -> None:
    """While a cancel is under way no second one is sent; it names the offer by its sequence."""
    desk = opened()
    bid, ask = quote_both(desk)
    observe(desk, ledger(11, placed(bid, "B1"), placed(ask, "A1")), PAIR)
    intents = withdrawals(desk)
    assert [intent.cancels for intent in intents if isinstance(intent, OrderIntended)] == ["o000001", "o000002"]
    cancel = sign(desk, intents[0], "C1")
    tx = transaction(desk, cancel, PAIR, fee_drops=10, sequence=7, last_ledger_sequence=15)
    assert (tx["TransactionType"], tx["OfferSequence"]) == ("OfferCancel", bid.sequence)
    sign(desk, intents[1], "C2")
    assert withdrawals(desk) == []
    # Cancels count as transactions of the minute, as quotes do.
    assert desk.spending.spent(desk.close_time_s).requests_minute == 4


def test_a_cancel_that_came_too_late_leaves_the_fill_standing() -> None:
    """A cancel of an offer that is gone succeeds all the same: the offer's own history says it was filled."""
    desk = opened()
    bid, _ = quote_both(desk)
    observe(desk, ledger(11, placed(bid, "B1")), PAIR)
    cancel = sign(desk, withdrawals(desk)[0], "C1")
    final = {"Account": "rUs", "Sequence": 5, "TakerGets": _token("0"), "TakerPays": "0"}
    previous = {"TakerGets": _token("14.985"), "TakerPays": "7500000"}
    node = {"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": final, "PreviousFields": previous}}
    tx = {"Account": "rThem", "Fee": "10", "TransactionType": "OfferCreate"}
    taken = LedgerTransaction("T", tx, {"AffectedNodes": [node]}, "tesSUCCESS")
    late = LedgerTransaction(
        "C1", {"Account": "rUs", "Fee": "10", "TransactionType": "OfferCancel"}, {"AffectedNodes": []}, "tesSUCCESS"
    )
    records = observe(desk, ledger(12, taken, late), PAIR)
    (fill,) = [record for record in records if isinstance(record, Fill)]
    assert (fill.side, fill.xrp_drops, fill.rlusd, fill.taker) == (Side.BUY, 7_500_000, D("14.985"), False)
    assert bid.status is OrderStatus.FILLED
    assert cancel.status is OrderStatus.DONE


def _token(value: str) -> dict[str, str]:
    return {"currency": "USD", "issuer": "rIssuer", "value": value}


def test_a_bid_gives_rlusd_and_takes_xrp_at_its_price() -> None:
    """The transaction asked for is the quote, exactly; replacing names the old offer's sequence."""
    desk = opened()
    bid, _ = quote_both(desk)
    observe(desk, ledger(11, placed(bid, "B1")), PAIR)
    quote = msgspec.structs.replace(BID, replaces=bid.order_id, price=D("1.997"), rlusd=D("14.9775"))
    intent = judged(desk, allowed(desk, quote))[1]
    order = sign(desk, intent, "B2")
    tx = transaction(desk, order, PAIR, fee_drops=12, sequence=7, last_ledger_sequence=16)
    assert tx == {
        "TransactionType": "OfferCreate",
        "Account": "rUs",
        "Fee": "12",
        "Flags": 0x00010000,
        "Sequence": 7,
        "LastLedgerSequence": 16,
        "OfferSequence": bid.sequence,
        "TakerGets": _token("14.9775"),
        "TakerPays": "7500000",
    }


def test_equity_change_leaves_deposits_out() -> None:
    """Money that was brought in is no profit."""
    desk = opened()
    observe(desk, ledger(11), PAIR)
    desk.apply(CapitalMoved(ledger_index=11, close_time_s=1004, cause="deposit", xrp_drops=1_000_000, rlusd=D(5)))
    standing = desk.standing()
    assert standing.equity_start_rlusd == D(400)
    assert standing.equity_end_rlusd == D(407)
    assert standing.equity_change_rlusd == 0


def test_distance_to_touch_is_zero_at_it_and_absent_without_it() -> None:
    """Our own offers don't count as the touch; an absent side is absent, not zero."""
    desk = opened()
    bid, ask = quote_both(desk)
    observe(desk, ledger(11, placed(bid, "B1"), placed(ask, "A1")), PAIR)
    (seen,) = observe(desk, ledger(12), PAIR)
    assert (seen.distance_to_clob_bid_bps, seen.distance_to_clob_ask_bps) == (D(-5), D(-5))  # type: ignore[union-attr]
    (bare,) = observe(desk, ledger(13, bids=()), PAIR)
    assert bare.distance_to_clob_bid_bps is None  # type: ignore[union-attr]
    assert bare.mid_price is None  # type: ignore[union-attr]


# --- The table ---------------------------------------------------------------------------------------------------


def test_the_table_of_an_orders_life_is_whole() -> None:
    """Every status has its row; live orders only move on; final ones have no way out."""
    assert set(NEXT) == set(OrderStatus)
    final = {status for status, steps in NEXT.items() if not steps}
    assert final == set(OrderStatus) - LIVE - {
        OrderStatus.INTENDED,
        OrderStatus.SIGNED,
        OrderStatus.SUBMITTED,
        OrderStatus.UNKNOWN,
    }
    for status in LIVE:
        assert OrderStatus.FAILED not in NEXT[status]


def test_a_step_that_is_not_in_the_table_is_a_broken_invariant() -> None:
    """A filled order can't rest again; the error names order and step."""
    order = Order(
        order_id="o7", ledger_index=10, side=Side.BUY, price=D(2), xrp_drops=1, rlusd=D(2), replaces=None, cancels=None
    )
    order.step(OrderStatus.SIGNED)
    order.step(OrderStatus.FILLED)
    with pytest.raises(OrderStateError, match="o7: no step from filled to resting"):
        order.step(OrderStatus.RESTING)
