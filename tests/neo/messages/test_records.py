"""Records: what a journal was written with is read again by every build, digit by digit, and what is no record is told.

Method: any record of the catalogue through the journal's own bytes; and each record's stored form as it stands in
databases that there are.
"""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import invented
from support.any_message import any_of

from actors.store.journal import decode_record, encode_record
from neo.messages import (
    CapitalMoved,
    CapitalOrdered,
    FeePaid,
    Fill,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    OrderChanged,
    OrderStatus,
    QuotesJudged,
    Record,
    SessionEnded,
    SessionStarted,
    Side,
    TakerTraded,
)
from neo.messages.halts import BrokenLimit, Halt, HaltReason
from neo.messages.reasons import HoldCode, RefusalCode, RiskState

D = Decimal
KINDS: tuple[type[Any], ...] = get_args(Record)

# Of each kind one, as journals of released builds have it.
STORED = {
    "SessionStarted": '{"type":"SessionStarted","venue":"sim","seed":7,"config_sha256":"c0","market_sha256":"d0",'
    '"account":"rUs","opening":{"xrp_drops":100000000,"rlusd":"200.5","reserve_drops":1200000,"owner_count":1,'
    '"sequence":100},"ledger_index":90000000,"close_time_s":822268800}',
    "LedgerObserved": '{"type":"LedgerObserved","ledger_index":90000004,"close_time_s":822268816,"best_bid":"1.912345",'
    '"best_ask":"1.913456","mid_price":"1.9129005","pool_price":null,"own_bid":"1.912300","own_ask":null,'
    '"distance_to_clob_bid_bps":"-0.235","distance_to_clob_ask_bps":null,"xrp_drops":100000004,"rlusd":"200.5",'
    '"within_2bps_bid":true,"within_2bps_ask":null}',
    "QuotesJudged": '{"type":"QuotesJudged","tick":4,"ledger_index":90000004,"state":"reduce_only",'
    '"anchor_price":"1.9","quotes":[{"side":"buy","price":"1.9123","xrp_drops":7843137,"rlusd":"14.9984313","replaces":null}],'
    '"withdraw":["000003-sell"],"held_back":[{"code":"not_viable","side":null,"detail":"9 > 5"}],'
    '"refusals":[{"code":"reserve","side":"sell","detail":"1 < 2"}]}',
    "OrderIntended": '{"type":"OrderIntended","order_id":"o4","tick":4,"ledger_index":90000004,'
    '"close_time_s":822268816,"side":"buy","price":"1.9123","xrp_drops":7843137,"rlusd":"14.9984313","replaces":"o3","cancels":null}',
    "OrderSigned": '{"type":"OrderSigned","order_id":"o4","tx_hash":"A4","blob":"12000722","sequence":8,'
    '"last_ledger_sequence":90000024}',
    "OrderSubmitted": '{"type":"OrderSubmitted","order_id":"o4","tx_hash":"A4","preliminary_result":"tesSUCCESS"}',
    "OrderChanged": '{"type":"OrderChanged","order_id":"o4","ledger_index":90000005,"close_time_s":822268820,'
    '"status":"resting","result":"tesSUCCESS","xrp_left_drops":7843137,"rlusd_left":"14.9984313"}',
    "Fill": '{"type":"Fill","order_id":"o4","offer_sequence":8,"tx_hash":"F4","ledger_index":90000005,'
    '"close_time_s":822268820,"side":"buy","xrp_drops":1000000,"rlusd":"1.9123","rlusd_rounding":"-1E-14",'
    '"price":"1.9123","taker":false,"mid_price":"1.9129005"}',
    "FeePaid": '{"type":"FeePaid","tx_hash":"A4","ledger_index":90000005,"close_time_s":822268820,"fee_drops":10}',
    "SpendingCarried": '{"type":"SpendingCarried","ledger_index":90000000,"close_time_s":822268800,'
    '"fees":[[822182404,20],[822268780,10]],"requests":[[822268780,2]]}',
    "CapitalOrdered": '{"type":"CapitalOrdered","order_id":"c1","ledger_index":90000006,"close_time_s":822268824,'
    '"xrp_drops":-5000000,"rlusd":"0","tx_hash":"C1","blob":"1200","own":true,"sequence":9,'
    '"last_ledger_sequence":90000026}',
    "CapitalMoved": '{"type":"CapitalMoved","ledger_index":90000000,"close_time_s":822268800,"cause":"opening_balance",'
    '"xrp_drops":100000000,"rlusd":"200.5"}',
    "TakerTraded": '{"type":"TakerTraded","ledger_index":90000005,"close_time_s":822268820,"trade":{"tx_hash":"T4",'
    '"taker_side":"sell","xrp_drops":9,"rlusd":"17.1","pool_drops":2,"pool_rlusd":"3.8","worst_price":"1.9",'
    '"legs":[{"price":"1.9123","xrp_drops":7,"own":true}]}}',
    "InventoryChecked": '{"type":"InventoryChecked","ledger_index":90000005,"close_time_s":822268820,'
    '"xrp_engine_drops":100999990,"xrp_ledger_drops":100999990,"xrp_change_drops":999990,"xrp_fills_drops":1000000,'
    '"xrp_fees_drops":10,"xrp_capital_drops":0,"rlusd_engine":"198.5877","rlusd_ledger":"198.5877",'
    '"rlusd_change":"-1.9123","rlusd_fills":"-1.9123","rlusd_capital":"0","reserve_drops":1200000,"orders_pending":1}',
    "QuotingPaused": '{"type":"QuotingPaused","ledger_index":90000007,"close_time_s":822268828,"cause":"neo pause"}',
    "QuotingResumed": '{"type":"QuotingResumed","ledger_index":90000009,"close_time_s":822268836,"cause":"neo resume"}',
    "TwinObserved": '{"type":"TwinObserved","ledger_index":90000009,"entered":[{"tx_hash":"AB","result":"tesSUCCESS"}],'
    '"fills":[{"tx_hash":"CD","offer_sequence":7,"side":"buy","xrp_drops":1000000,"rlusd":"2","taker":false}],'
    '"begins":false}',
    "VenueMeasured": '{"type":"VenueMeasured","ledger_index":90000009,"over_ms":120000,"requests":[{"endpoint":'
    '"wss://one:443","requests":9,"submits":61}],"requests_minute":1,"requests_minute_most":11,"steady_minute_most":4,'
    '"submits_minute":30,"submits_minute_most":32,"quotes":[{"ledger_index":90000009,"offers":2,"mirror_us":800,'
    '"decision_us":1500,"journal_us":1300,"socket_us":200}],"quotes_unsent":0}',
    "ForkMeasured": '{"type":"ForkMeasured","ledger_index":90000009,"executed":{"OfferCancel":3,"OfferCreate":40},'
    '"recorded":{"Payment":2},"why_recorded":{"paths":2},"moved":5,"not_applied":1,"trades_executed":18,'
    '"trades_recorded":2,"begun_anew":0}',
    "PoisonSetAside": '{"type":"PoisonSetAside","actor":"strategy","kind":"MarketView","body":"{}",'
    '"error":"ValueError: 0"}',
    "HaltRaised": '{"type":"HaltRaised","reason":"kill_switch","detail":"neo kill: fire","source":"operator",'
    '"first":true}',
    "SessionEnded": '{"type":"SessionEnded","reason":"duration_elapsed","detail":"60 s","standing":{"ledger_index":9,'
    '"close_time_s":36,"ticks":2,"ledgers":2,"fills":1,"bought_drops":1000000,"sold_drops":0,"taker_fills":0,'
    '"refusals":3,"refused":{"reserve":3},"held_back":{"not_viable":1},"anchor_pulls":0,"xrp_fills_drops":1000000,'
    '"xrp_capital_drops":100000000,"xrp_fees_drops":10,"xrp_engine_drops":100999990,"xrp_ledger_drops":100999990,'
    '"rlusd_fills":"-2","rlusd_capital":"200","rlusd_engine":"198","rlusd_ledger":"198","mid_price":"2",'
    '"equity_start_rlusd":"400","equity_end_rlusd":"399.99998","equity_change_rlusd":"-0.00002","orders_live":["o4"],'
    '"split":null,"absence":null},"rungs_failed":["cancel: o4"]}',
    "SettlementBegun": '{"type":"SettlementBegun","ledger_index":90000030,"close_time_s":822268920,'
    '"journal_sha256":"a0","order_ids":["o4"]}',
}


def read(name: str, **changed: Any) -> Record:
    """A stored record, with fields of its JSON changed; a field that is changed to ... is left out."""
    fields = json.loads(STORED[name]) | changed
    return decode_record(json.dumps({key: value for key, value in fields.items() if value is not ...}))


# --- What is written is read -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
@settings(max_examples=25, deadline=None)
@given(st.data())
def test_any_record_is_read_as_it_was_written(kind: type[msgspec.Struct], data: st.DataObject) -> None:
    """Whatever is in it, and written again it has the same bytes: the journal's hash of it never changes."""
    record = data.draw(any_of(kind))
    body = encode_record(record)
    again = decode_record(body.decode())
    assert again == record
    assert encode_record(again) == body


def test_equal_records_have_equal_bytes_in_whatever_order_they_were_counted() -> None:
    """A session's hash is the same for the same seed: codes that came in another order make no other journal."""
    counts = {"reserve": 1, "fee_budget": 2, "order_size": 3}
    one, other = (
        invented.ended(invented.standing(refused=dict(order), held_back=dict(order)))
        for order in (list(counts.items()), list(reversed(counts.items())))
    )
    assert one == other
    assert encode_record(one) == encode_record(other)
    assert b'"refused":{"fee_budget":2,"order_size":3,"reserve":1}' in encode_record(one)


def test_a_stored_form_of_every_record_is_held_here() -> None:
    """A record that is added joins the list, so that the builds after it can read it."""
    assert list(STORED) == [kind.__name__ for kind in KINDS]


@pytest.mark.parametrize("name", STORED)
def test_a_journals_line_is_read_and_written_the_same(name: str) -> None:
    """Field names, their order and the form of every value are a contract: the hashes of old journals hang on them."""
    record = decode_record(STORED[name])
    assert type(record).__name__ == name
    assert encode_record(record).decode() == STORED[name]


def test_a_stored_fill_has_its_values() -> None:
    """Amounts exact, the side as a side, and the ledger's rounding with its sign."""
    record = read("Fill")
    assert isinstance(record, Fill)
    assert (record.side, record.xrp_drops, record.taker) == (Side.BUY, 1_000_000, False)
    assert (record.rlusd, record.rlusd_rounding, record.mid_price) == (D("1.9123"), D("-1e-14"), D("1.9129005"))


def test_a_stored_decision_has_its_codes() -> None:
    """From an old journal a user still learns what was quoted, what was not, and for which reason."""
    record = read("QuotesJudged")
    assert isinstance(record, QuotesJudged)
    assert record.state is RiskState.REDUCE_ONLY
    assert [(held.code, held.side) for held in record.held_back] == [(HoldCode.NOT_VIABLE, None)]
    assert [(refused.code, refused.side) for refused in record.refusals] == [(RefusalCode.RESERVE, Side.SELL)]
    assert [(quote.side, quote.price) for quote in record.quotes] == [(Side.BUY, D("1.9123"))]


def test_stored_opening_change_trade_and_order_have_their_values() -> None:
    """Parts within a record are read as what they are."""
    started, change, trade, order = (
        read(name) for name in ("SessionStarted", "OrderChanged", "TakerTraded", "CapitalOrdered")
    )
    assert isinstance(started, SessionStarted)
    assert (started.opening.rlusd, started.opening.sequence) == (D("200.5"), 100)
    assert isinstance(change, OrderChanged)
    assert change.status is OrderStatus.RESTING
    assert isinstance(trade, TakerTraded)
    assert (trade.trade.our_side, trade.trade.won_drops) == (Side.BUY, 7)
    assert isinstance(order, CapitalOrdered)
    assert (order.xrp_drops, order.own) == (-5_000_000, True)


# --- Older and newer builds --------------------------------------------------------------------------------------


def test_a_row_of_before_the_two_bps_flags_is_read() -> None:
    """Whether it was within is not known then, which is not no."""
    record = read("LedgerObserved", within_2bps_bid=..., within_2bps_ask=...)
    assert isinstance(record, LedgerObserved)
    assert (record.within_2bps_bid, record.within_2bps_ask) == (None, None)
    assert record.own_bid == D("1.9123")


def test_an_end_of_before_the_split_and_the_absence_is_read() -> None:
    """Journals of earlier versions open: what they never knew is absent, the rest is there."""
    standing = json.loads(STORED["SessionEnded"])["standing"]
    del standing["split"]
    del standing["absence"]
    record = read("SessionEnded", standing=standing)
    assert isinstance(record, SessionEnded)
    assert (record.standing.split, record.standing.absence) == (None, None)
    assert record.standing.rlusd_engine == 198


@pytest.mark.parametrize("name", STORED)
def test_what_a_later_build_added_is_passed_over(name: str) -> None:
    """Going back one build, the journals of the newer one can still be read."""
    assert read(name, of_a_later_build={"n": [1, "x", None]}) == decode_record(STORED[name])


@pytest.mark.parametrize("name", STORED)
def test_fields_are_found_by_their_names_and_not_by_their_places(name: str) -> None:
    """A later build may order its fields otherwise without swapping two amounts of an old journal."""
    fields = json.loads(STORED[name])
    assert decode_record(json.dumps(dict(reversed(fields.items())))) == decode_record(STORED[name])


# --- What is no record -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "changed", "complaint"),
    [
        ("FeePaid", {"type": "FeeWaived"}, "FeeWaived"),
        ("FeePaid", {"type": "MarketView"}, "MarketView"),
        ("FeePaid", {"type": ...}, "type"),
        ("FeePaid", {"fee_drops": ...}, "fee_drops"),
        ("FeePaid", {"fee_drops": 10.5}, r"\$.fee_drops"),
        ("FeePaid", {"fee_drops": "10"}, r"\$.fee_drops"),
        ("FeePaid", {"fee_drops": None}, r"\$.fee_drops"),
        ("Fill", {"rlusd": "two"}, r"\$.rlusd"),
        ("Fill", {"side": "both"}, r"\$.side"),
        ("Fill", {"taker": 0}, r"\$.taker"),
        ("OrderChanged", {"status": "vanished"}, r"\$.status"),
        ("HaltRaised", {"reason": "tired"}, r"\$.reason"),
        ("CapitalMoved", {"ledger_index": True}, r"\$.ledger_index"),
    ],
)
def test_what_is_no_record_is_told_with_its_field(name: str, changed: dict[str, Any], complaint: str) -> None:
    """A kind that nobody wrote, a field that is missing, half a drop: never read as something that it is not."""
    with pytest.raises(msgspec.ValidationError, match=complaint):
        read(name, **changed)


def test_an_amount_that_was_written_as_a_number_keeps_its_digits() -> None:
    """No float comes in between: 0.1 is a tenth, and the 20th digit is there."""
    body = STORED["CapitalMoved"].replace('"200.5"', "0.12345678901234567891")
    record = decode_record(body)
    assert isinstance(record, CapitalMoved)
    assert record.rlusd == D("0.12345678901234567891")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.__name__)
def test_a_record_is_made_by_the_names_of_its_fields_and_of_all_of_them(kind: type[Any]) -> None:
    """Two amounts of one type can't be swapped by their places, and none is forgotten."""
    with pytest.raises(TypeError):
        kind(*range(len(kind.__struct_fields__)))
    with pytest.raises(TypeError, match="Missing required argument"):
        kind()


# --- What a record tells by itself -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changed", "exact"),
    [
        ({}, True),
        ({"xrp_ledger_drops": 100999989}, False),
        ({"rlusd_ledger": "198.587700000000001"}, False),
        ({"rlusd_ledger": "198.58770"}, True),
        # What is spent and what is pending is told beside it, and judges nothing.
        ({"orders_pending": 7, "reserve_drops": 0}, True),
    ],
)
def test_a_check_is_exact_to_the_drop_and_the_last_digit(changed: dict[str, Any], *, exact: bool) -> None:
    """A check that a report calls exact hides no difference, however small."""
    record = read("InventoryChecked", **changed)
    assert isinstance(record, InventoryChecked)
    assert record.exact is exact


@pytest.mark.parametrize("first", [True, False])
def test_a_halts_record_is_flat_and_its_numbers_are_in_the_detail(*, first: bool) -> None:
    """The record has the form that every journal has, so a broken limit's struct stays out of it."""
    broken = BrokenLimit("risk.max_drawdown_rlusd", D(5), D("5.2"), D("0.2"))
    record = HaltRaised.of(Halt(HaltReason.KILL_SWITCH, "5.20 > 5", "loss limit", broken), first=first)
    assert record.first is first
    assert record.halt == Halt(HaltReason.KILL_SWITCH, "5.20 > 5", "loss limit")
    assert set(json.loads(encode_record(record))) == {"type", "reason", "detail", "source", "first"}


def test_a_record_can_not_be_changed() -> None:
    """What was durable once is what everybody who holds it sees."""
    record = invented.fee(3, 10)
    assert isinstance(record, FeePaid)
    with pytest.raises(AttributeError, match="immutable"):
        record.fee_drops = 11  # type: ignore[misc]
    assert msgspec.structs.replace(record, fee_drops=11) != record
