"""The dealer, message by message: its mode as a table, and what follows from each thing that it is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.dealer_bench import AFTER_TWO, SETTINGS, Bench, both_resting
from support.desk_by_hand import BALANCES, BID, PAIR, TERMS, Pen, ledger, opening, own, placed, token, verdict

from neo.desk.dealer import Dealer
from neo.desk.effects import NOTHING
from neo.desk.modes import Mode
from neo.desk.opening import AdoptedOffer, opening_records
from neo.desk.orders import Order
from neo.messages import (
    CancelResting,
    Fate,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    Lookup,
    MoveCapital,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    OrderSubmitted,
    PauseQuoting,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Reconcile,
    Reconciled,
    Record,
    RequestCause,
    RequestFailed,
    RestingGone,
    ResumeQuoting,
    SessionStarted,
    SettlementBegun,
    Side,
    StopQuoting,
    Submit,
    Submitted,
)
from neo.messages.halts import Halt, HaltReason
from neo.messages.reasons import HoldCode

D = Decimal


# --- The mode ----------------------------------------------------------------------------------------------------


ENDING = HaltRaised(reason=HaltReason.KILL_SWITCH, detail="", source="", first=True)
PAUSED = QuotingPaused(ledger_index=10, close_time_s=1000, cause="us")


@pytest.mark.parametrize(
    ("extra", "mode"),
    [
        ((), Mode.QUOTING),
        ((PAUSED,), Mode.PAUSED),
        ((PAUSED, QuotingResumed(ledger_index=10, close_time_s=1000, cause="us")), Mode.QUOTING),
        ((ENDING,), Mode.CLEARING),
        ((PAUSED, ENDING), Mode.CLEARING),
        ((SettlementBegun(ledger_index=10, close_time_s=1000, journal_sha256="", order_ids=()),), Mode.CLEARING),
    ],
)
def test_an_incarnation_takes_up_the_mode_of_the_journal(extra: tuple[Record, ...], mode: Mode) -> None:
    """A session that was ending is cleared, and quotes no more."""
    bench = Bench([*opening(), *extra])
    assert bench.dealer.mode is mode
    assert (len(bench.quote().requests) == 2) is (mode is Mode.QUOTING)


def test_what_comes_after_it_is_clear_changes_nothing() -> None:
    """A ledger, a pause, a late cause to end, and the rung once more, which is answered once more."""
    bench = Bench()
    assert bench.dealer.on_rung(CancelResting()).answer == RestingGone(left=())
    late = bench.ledger(ledger(11))
    assert (late.requests, late.view, late.answer) == ((), None, None)
    assert bench.dealer.on_pause(PauseQuoting(cause="us")) == NOTHING
    bench.dealer.on_halt(ENDING.halt)
    assert bench.dealer.mode is Mode.CLEARED
    assert bench.dealer.on_rung(CancelResting()).answer == RestingGone(left=())


def test_a_pause_outlives_the_incarnation_that_took_it() -> None:
    """The journal says so; resuming quotes again, and saying it twice changes nothing."""
    bench = Bench()
    assert bench.note(bench.dealer.on_pause(PauseQuoting(cause="us"))).records
    later = Bench(bench.journal)
    paused = later.dealer.mode
    assert later.dealer.on_pause(PauseQuoting(cause="us")) == NOTHING
    assert later.note(later.dealer.on_pause(ResumeQuoting(cause="us"))).records
    assert (paused, later.dealer.mode) == (Mode.PAUSED, Mode.QUOTING)


# --- Sending -----------------------------------------------------------------------------------------------------


def test_the_opening_is_made_once() -> None:
    """The first records are durable before anything else; a second incarnation makes none."""
    bench = Bench()
    assert bench.connected.durable
    assert list(bench.connected.records) == opening()
    assert Bench(bench.journal).connected == NOTHING


def test_what_leaves_is_in_the_records_and_waits_for_the_receipt() -> None:
    """Intent and signed blob of each, then the blob to the venue."""
    effects = Bench().quote()
    assert effects.durable
    signed = [record for record in effects.records if isinstance(record, OrderSigned)]
    assert [request.tx_hash for request in effects.requests] == [record.tx_hash for record in signed]
    assert sum(isinstance(record, OrderIntended) for record in effects.records) == len(signed) == 2


def test_a_halt_of_risk_is_passed_on_after_its_tick() -> None:
    """The tick is in the journal first, and nothing is quoted after it."""
    bench = Bench()
    halt = Halt(HaltReason.RISK_XRP_EXPOSURE, "", "risk")
    effects = bench.note(bench.dealer.on_verdict(msgspec.structs.replace(verdict(1, 10, BID), halt=halt)))
    assert effects.halt is halt
    assert effects.records
    assert bench.quote(2) == NOTHING
    assert bench.ledger(ledger(11)).view is None


# --- Answers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("result", ["temBAD_OFFER", "tefPAST_SEQ"])
def test_what_can_never_apply_gives_its_sequence_back_at_once(result: str) -> None:
    """The order fails with its result, and the next one takes its sequence."""
    bench = Bench()
    bench.quote()
    effects = bench.answer(Submitted(tx_hash="O5.1", result=result))
    changed = effects.records[-1]
    assert isinstance(changed, OrderChanged)
    assert (changed.status, changed.result) == (OrderStatus.FAILED, result)
    bench.ledger(ledger(11))
    bench.quote(2)
    # The ask is still under way, so another one waits.
    assert [tx["Sequence"] for tx in bench.pen.signed] == [5, 6, 5]


@pytest.mark.parametrize("result", ["terPRE_SEQ", "telINSUF_FEE_P", "tefEXCEPTION", "tesSUCCESS"])
def test_what_a_server_may_keep_holds_its_sequence(result: str) -> None:
    """Until its last ledger it may still apply."""
    bench = Bench()
    bench.quote()
    assert [type(record) for record in bench.answer(Submitted(tx_hash="O5.1", result=result)).records] == [
        OrderSubmitted
    ]
    for index in range(11, 15):
        bench.ledger(ledger(index))
    assert [order.sequence for order in bench.desk.pending()] == [5, 6]
    bench.ledger(ledger(15))
    assert bench.desk.pending() == []


def test_a_used_sequence_proves_nothing_of_a_blob_that_may_have_left_before() -> None:
    """After a crash the blob is looked for, sent again, and stays open whatever the server says of its sequence."""
    bench = Bench()
    bench.quote()
    later = Bench(bench.journal)
    assert later.connected.requests == (Lookup(tx_hash="O5.1"), Lookup(tx_hash="O6.2"))
    again = later.answer(Fate(tx_hash="O5.1", absent_through=10))
    assert again.requests == (Submit(tx_hash="O5.1", blob="blob 1"),)
    later.answer(Submitted(tx_hash="O5.1", result="tefPAST_SEQ"))
    assert len(later.desk.pending()) == 2


def test_what_a_ledger_has_is_not_sent_again() -> None:
    """That ledger tells what came of it."""
    bench = Bench()
    bench.quote()
    assert Bench(bench.journal).answer(Fate(tx_hash="O5.1", validated_in=11)) == NOTHING


def test_an_order_past_its_last_ledger_is_not_asked_about() -> None:
    """The ledgers on their way tell all there is; and their silence is no fault of the venue's."""
    bench = Bench()
    bench.quote()
    later = Bench(bench.journal, first=ledger(15))
    assert later.connected.requests == ()
    assert [later.ledger(ledger(index)).halt for index in range(11, 16)] == [None] * 5
    assert later.desk.pending() == []


def test_an_answer_after_the_ledgers_word_changes_nothing() -> None:
    """Nor does one about a transaction that nobody knows."""
    bench = both_resting()
    assert bench.answer(Submitted(tx_hash="O5.1", result="temBAD_OFFER")) == NOTHING
    assert bench.answer(Fate(tx_hash="?")) == NOTHING


def test_what_its_last_ledger_can_not_have_any_more_is_not_sent_again() -> None:
    """By what the venue has told as it was reached, or tells now; the desk may not have got there yet."""
    bench = Bench()
    bench.quote()
    late = Bench(bench.journal, first=ledger(15))
    assert late.answer(Fate(tx_hash="O5.1", absent_through=14)) == NOTHING
    in_time = Bench(bench.journal, first=ledger(14))
    assert in_time.answer(Fate(tx_hash="O5.1", absent_through=15)) == NOTHING
    assert in_time.answer(Fate(tx_hash="O6.2")).requests == (Submit(tx_hash="O6.2", blob="blob 2"),)


def test_a_request_that_fails_past_the_last_ledger_is_not_made_again() -> None:
    """The ledgers on their way tell all there is: that is no cause to end, and nothing to try."""
    bench = Bench()
    bench.quote()
    late = Bench(bench.journal, first=ledger(15))
    effects = [late.answer(failed(cause)) for cause in RequestCause]
    assert [(each.later, each.halt, each.records) for each in effects] == [((), None, ())] * 3
    assert [warned.event for each in effects for warned in each.warnings] == ["venue_request_failed"] * 3


@pytest.mark.parametrize("result", ["temBAD_OFFER", "temDISABLED", "temBAD_SEQUENCE", "tefPAST_SEQ"])
def test_no_answer_to_a_blob_sent_twice_gives_its_sequence_back(result: str) -> None:
    """The first copy may be in a ledger, whatever a server, perhaps another one, says of the second."""
    bench = Bench()
    bench.quote()
    bench.answer(failed(RequestCause.UNREACHABLE))
    bench.answer(Submitted(tx_hash="O5.1", result=result))
    bench.ledger(ledger(11))
    bench.quote(2)
    assert [tx["Sequence"] for tx in bench.pen.signed] == [5, 6]  # both sides wait for the ledger's word
    assert bench.desk.free_sequence(5) == 7


def failed(cause: RequestCause) -> RequestFailed:
    """A submission of the first order that failed."""
    return RequestFailed(request=Submit(tx_hash="O5.1", blob="blob 1"), cause=cause, what="It broke", mend="Wait")


def test_a_passing_failure_is_tried_again_with_the_same_blob() -> None:
    """With a growing wait that holds nobody up; when the retries are used up, the session ends with the numbers."""
    bench = Bench()
    bench.quote()
    waits = [bench.answer(failed(RequestCause.UNREACHABLE)).later[0] for _ in range(2)]
    assert [(wait.request, wait.after_s) for wait in waits] == [
        (Submit(tx_hash="O5.1", blob="blob 1"), 1.0),
        (Submit(tx_hash="O5.1", blob="blob 1"), 2.0),
    ]
    last = bench.answer(failed(RequestCause.UNREACHABLE))
    assert last.halt is not None
    assert (last.halt.reason, last.halt.detail) == (
        HaltReason.RISK_RPC_FAILURE,
        "submit failed 3 times: It broke. Wait",
    )
    assert bench.desk.pending()[0].status is OrderStatus.UNKNOWN


@pytest.mark.parametrize("cause", [cause for cause in RequestCause if not cause.is_passing])
def test_a_failure_that_stays_ends_the_session_at_once(cause: RequestCause) -> None:
    """Trying again would be of no use."""
    bench = Bench()
    bench.quote()
    effects = bench.answer(failed(cause))
    assert effects.later == ()
    assert effects.halt is not None


def test_a_lookup_that_can_not_be_made_ends_the_session() -> None:
    """What became of an order is not known, so nothing is quoted any more; the order waits for its last ledger."""
    bench = Bench()
    bench.quote()
    later = Bench(bench.journal)
    refused = RequestFailed(request=Lookup(tx_hash="O5.1"), cause=RequestCause.REFUSED, what="It won't", mend="Ask")
    effects = later.answer(refused)
    assert effects.halt == Halt(HaltReason.RISK_RPC_FAILURE, "lookup failed 1 time: It won't. Ask", "gateway")
    assert (effects.records, later.quote(2)) == ((), NOTHING)
    assert len(later.desk.pending()) == 2


def test_a_request_without_any_answer_ends_the_session_by_the_ledgers_silence() -> None:
    """The order is open until its last ledger; then it has failed, and the numbers are told."""
    bench = Bench()
    bench.ledger(ledger(11))
    bench.quote()
    bench.answer(Submitted(tx_hash="O6.2", result="tesSUCCESS"))
    assert [bench.ledger(ledger(index)).halt for index in range(12, 16)] == [None] * 4
    assert bench.ledger(ledger(16)).halt is None  # the answer may be on its way behind this ledger
    halt = bench.ledger(ledger(17)).halt
    assert halt is not None
    assert halt.reason is HaltReason.RISK_RPC_FAILURE
    assert halt.detail == "submit of o000001 after ledger 11 was not answered by its last ledger 16"


def test_what_a_ledger_has_needs_no_answer() -> None:
    """A submission that was never answered and came to a tec has arrived: the venue is not silent about it."""
    bench = Bench()
    bench.quote()
    bid, ask = bench.desk.pending()
    refused = own(ask.tx_hash, "OfferCreate", result="tecFROZEN")
    halts = [bench.ledger(ledger(11, placed(bid), refused, balances=AFTER_TWO)).halt]
    halts += [bench.ledger(ledger(index, balances=AFTER_TWO)).halt for index in range(12, 20)]
    assert halts == [None] * 9


def test_a_lookup_without_any_answer_is_told_the_same_way() -> None:
    """By the incarnation that asked; the order has failed by then, like any that no ledger had."""
    bench = Bench()
    bench.quote()
    later = Bench(bench.journal)
    assert [later.ledger(ledger(index)).halt for index in range(11, 16)] == [None] * 5
    halt = later.ledger(ledger(16)).halt
    assert halt is not None
    assert halt.detail == "lookup of o000001 after ledger 10 was not answered by its last ledger 15"


def test_an_answer_behind_the_ledgers_is_no_silence() -> None:
    """A gateway that was behind itself books old ledgers before it reads the answer: the venue is not to blame."""
    bench = Bench()
    bench.quote()
    halts = [bench.note(bench.dealer.on_ledger(ledger(index), 100.0)).halt for index in range(11, 21)]
    for tx_hash in ("O5.1", "O6.2"):
        bench.answer(Submitted(tx_hash=tx_hash, result="tesSUCCESS"))
    halts += [bench.note(bench.dealer.on_ledger(ledger(index), 200.0)).halt for index in range(21, 40)]
    assert halts == [None] * 29


# --- The way down ------------------------------------------------------------------------------------------------


def test_a_cause_from_outside_stops_quoting_and_is_passed_on() -> None:
    """A stream that broke for good: it has its place among the ledgers, and nothing is quoted after it."""
    bench = Bench()
    assert bench.dealer.on_halt(ENDING.halt).halt == ENDING.halt
    assert bench.quote() == NOTHING
    assert bench.dealer.mode is Mode.STOPPED


def test_what_a_ledger_shows_of_a_session_that_ends_is_no_further_cause() -> None:
    """The books are compared once more on the way down, and what was pulled is not missing."""
    bench = Bench()
    bench.dealer.on_rung(StopQuoting())
    leak = msgspec.structs.replace(BALANCES, xrp_drops=BALANCES.xrp_drops - 1)
    assert bench.ledger(ledger(11, balances=leak)).halt is None
    answer = bench.dealer.on_rung(Reconcile()).answer
    assert isinstance(answer, Reconciled)
    assert not answer.standing.exact
    assert answer.standing.absence is not None
    assert answer.standing.absence.ledgers_without_quote == 0
    while_trading = Bench().ledger(ledger(11, balances=leak)).halt
    assert while_trading is not None
    assert while_trading.reason is HaltReason.RECONCILER_HALT


def test_clearing_cancels_what_rests_and_says_when_it_is_gone() -> None:
    """One cancel for each, then the answer, once the ledger shows nothing of ours."""
    bench = both_resting()
    bench.dealer.on_rung(StopQuoting())
    effects = bench.note(bench.dealer.on_rung(CancelResting()))
    assert (len(effects.requests), effects.durable, effects.answer) == (2, True, None)
    assert all(isinstance(each, Submit) and each.is_cancel for each in effects.requests), "they outrank offers"
    bid, ask = bench.desk.resting()
    cancels = bench.desk.pending()
    gone = [
        own(cancel.tx_hash, "OfferCancel", _deleted(order), OfferSequence=order.sequence)
        for cancel, order in zip(cancels, (bid, ask), strict=True)
    ]
    last = bench.ledger(ledger(12, *gone))
    assert last.answer == RestingGone(left=())
    assert bench.dealer.mode is Mode.CLEARED
    assert not bench.desk.left()


def _deleted(order: Order) -> dict[str, Any]:
    fields = {"Account": "rUs", "Sequence": order.sequence, "TakerGets": token("15"), "TakerPays": "7"}
    return {"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": fields}}


def test_clearing_waits_for_what_is_under_way() -> None:
    """An offer that no ledger has shown yet may still come to rest: only its last ledger tells that it can't."""
    bench = Bench()
    bench.quote()
    assert bench.dealer.on_rung(CancelResting()).answer is None
    answers = [bench.ledger(ledger(index)).answer for index in range(11, 16)]
    assert answers == [None, None, None, None, RestingGone(left=())]


def test_it_is_clear_once_the_desk_has_caught_up() -> None:
    """Though nothing rests: what the ledgers on their way tell belongs to the session's end."""
    later = Bench(opening(), first=ledger(12))
    assert later.dealer.on_rung(CancelResting()).answer is None
    assert [later.ledger(ledger(index)).answer for index in (11, 12)] == [None, RestingGone(left=())]


def test_clearing_waits_until_the_desk_has_caught_up() -> None:
    """What seems to rest may be long gone: no cancel before the ledgers have told."""
    bench = both_resting()
    later = Bench(bench.journal, first=ledger(13))
    assert later.dealer.on_rung(CancelResting()).requests == ()
    assert later.ledger(ledger(12, balances=AFTER_TWO)).requests == ()
    assert len(later.ledger(ledger(13, balances=AFTER_TWO)).requests) == 2


def test_clearing_waits_for_the_newest_ledger_after_a_reconnect_too() -> None:
    """Twenty ledgers were missed within one incarnation: a cancel from the first of them would be past its last one."""
    bench = both_resting()
    bench.dealer.on_rung(StopQuoting())
    bench.note(bench.dealer.on_rung(CancelResting()))
    first, *later = (
        msgspec.structs.replace(ledger(index, balances=AFTER_TWO), newest_index=None if index == 31 else 31)
        for index in range(20, 32)
    )
    first = msgspec.structs.replace(first, since_index=12, market=None)
    assert [bench.ledger(each).requests for each in (first, *later[:-1])] == [()] * 11
    assert len(bench.ledger(later[-1]).requests) == 2
    assert {order.last_ledger_sequence for order in bench.desk.pending()} == {36}


def test_while_it_catches_up_it_neither_quotes_nor_cancels() -> None:
    """What rests and what is new is not known yet; once it is, a pause that came meanwhile pulls what still rests."""
    bench = both_resting()
    later = Bench(bench.journal, first=ledger(13))
    stale = later.note(later.dealer.on_verdict(verdict(2, 11, BID)))
    assert stale.requests == ()
    judged = stale.records[0]
    assert isinstance(judged, QuotesJudged)
    assert [held.code for held in judged.held_back] == [HoldCode.STALE_VERDICT]
    paused = later.note(later.dealer.on_pause(PauseQuoting(cause="us")))
    assert (len(paused.records), paused.requests) == (1, ())
    assert later.ledger(ledger(12, balances=AFTER_TWO)).requests == ()
    assert len(later.ledger(ledger(13, balances=AFTER_TWO)).requests) == 2


def test_what_leaves_while_it_catches_up_has_its_whole_life_ahead() -> None:
    """Its last ledger and its sequence are those of the newest that is known, not of the last one booked."""
    bench = both_resting()
    later = Bench(bench.journal, first=ledger(13, balances=AFTER_TWO))
    later.ledger(ledger(12, balances=msgspec.structs.replace(AFTER_TWO, sequence=6)))
    later.note(later.dealer.on_capital(MoveCapital(order_id="c2", xrp_drops=-5, rlusd=D(0))))
    assert [(tx["Sequence"], tx["LastLedgerSequence"]) for tx in later.pen.signed] == [(7, 18)]


def test_a_desk_that_catches_up_is_not_compared_with_a_ledger_that_it_has_not_booked() -> None:
    """The balances in hand are the newest, the inventory is older: nothing follows from a difference."""
    bench = both_resting()
    newest = msgspec.structs.replace(AFTER_TWO, xrp_drops=1)
    effects = Bench(bench.journal, first=ledger(13, balances=newest)).dealer.on_rung(Reconcile())
    assert isinstance(effects.answer, Reconciled)
    assert effects.records == ()


def test_reconciling_notes_the_comparison_and_answers_with_the_standing() -> None:
    """Against the balances of the last ledger."""
    bench = Bench()
    effects = bench.dealer.on_rung(Reconcile())
    assert isinstance(effects.answer, Reconciled)
    assert effects.answer.standing.xrp_ledger_drops == BALANCES.xrp_drops
    assert len(effects.records) == 1


# --- Ledgers -----------------------------------------------------------------------------------------------------


def test_a_ledger_comes_with_its_view_and_its_row() -> None:
    """The strategy gets the view, the log the touch, the journal the row."""
    effects = Bench().ledger(ledger(11))
    assert effects.view is not None
    assert isinstance(effects.records[-1], LedgerObserved)
    assert effects.touch == (1, effects.records[-1])


def test_a_ledgers_terms_are_those_of_what_leaves_after_it() -> None:
    """The fee is read, not known."""
    bench = Bench()
    bench.ledger(ledger(11, terms=msgspec.structs.replace(TERMS, base_fee_drops=12)))
    bench.quote()
    assert [tx["Fee"] for tx in bench.pen.signed] == ["12", "12"]


def test_a_venues_notice_and_quotes_that_are_missing_for_long_are_warned_of() -> None:
    """Four seconds a ledger."""
    bench = Bench()
    (noticed,) = bench.ledger(ledger(11, notice="maintenance")).warnings
    assert (noticed.event, noticed.fields) == ("venue_notice", {"ledger_index": 11, "notice": "maintenance"})
    due = 10 + SETTINGS.watch.quiet_warning_s // 4
    warned = {index: bench.ledger(ledger(index)).warnings for index in range(12, due + 1)}
    assert [index for index, warnings in warned.items() if warnings] == [due]
    assert warned[due][0].event == "no_quote_for_long"


def test_the_comparison_is_noted_at_its_interval() -> None:
    """Every hundred ledgers, by these settings, behind the row of the ledger that it is about."""
    bench = Bench()
    noted = [index for index in range(11, 211) if isinstance(bench.ledger(ledger(index)).records[-1], InventoryChecked)]
    assert noted == [110, 210]


def test_a_ledger_told_late_is_not_quoted_on() -> None:
    """A market is a state: of a ledger that was caught up with there is none."""
    assert Bench().ledger(ledger(11, market=None)).view is None


def test_a_market_that_a_later_ledger_has_changed_is_noted_but_not_quoted_on() -> None:
    """A venue that still knows the market of a ledger caught up with tells it: for the journal, not the strategy."""
    later = Bench(opening(), first=ledger(12))
    caught_up = later.ledger(ledger(11))
    assert caught_up.view is None
    assert isinstance(caught_up.records[-1], LedgerObserved)
    assert caught_up.records[-1].mid_price == 2
    assert later.ledger(ledger(12)).view is not None


def test_a_paused_dealer_pulls_what_comes_to_rest() -> None:
    """An offer that was under way at the pause is withdrawn as soon as a ledger shows it."""
    bench = Bench()
    bench.quote()
    bid, ask = bench.desk.pending()
    bench.note(bench.dealer.on_pause(PauseQuoting(cause="us")))
    effects = bench.ledger(ledger(11, placed(bid), placed(ask)))
    assert len(effects.requests) == 2


def found(*, is_wanted: bool) -> AdoptedOffer:
    """An ask of 7 XRP for 15 that nobody knows."""
    price, rlusd = Decimal("2.142857"), Decimal(15)
    return AdoptedOffer(
        key="K", sequence=3, side=Side.SELL, price=price, xrp_drops=7_000_000, rlusd=rlusd, is_wanted=is_wanted
    )


@pytest.mark.parametrize("is_wanted", [True, False])
def test_a_found_offer_that_is_not_wanted_is_cancelled_with_the_opening(is_wanted: bool) -> None:
    """In one step with the session's first records, so that no crash comes between; one that is adopted rests."""
    started, *_ = opening()
    assert isinstance(started, SessionStarted)
    records = opening_records(started, (), (found(is_wanted=is_wanted),))
    dealer = Dealer(SETTINGS, PAIR, (), preview=Pen().preview, sign=Pen().sign)
    effects = dealer.on_connected(ledger(10), 0.0, lambda *_: records)
    assert effects.durable
    if is_wanted:
        assert (effects.records, effects.requests) == (records, ())
        return
    *first, intended, signed = effects.records
    assert first == list(records)
    assert isinstance(intended, OrderIntended)
    assert isinstance(signed, OrderSigned)
    assert (intended.order_id, intended.cancels) == ("o000002", "o000001")
    assert effects.requests == (Submit(tx_hash=signed.tx_hash, blob=signed.blob, is_cancel=True),)
    # A later incarnation asks what became of the cancel, and sends no second one.
    later = Dealer(SETTINGS, PAIR, effects.records, preview=Pen().preview, sign=Pen().sign)
    again = later.on_connected(ledger(10), 0.0, lambda *_: records)
    assert (again.records, again.requests) == ((), (Lookup(tx_hash=signed.tx_hash),))
