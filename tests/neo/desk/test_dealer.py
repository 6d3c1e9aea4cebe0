"""The dealer, message by message: its mode as a table, and what follows from each thing that it is told."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.desk_by_hand import ASK, BALANCES, BID, PAIR, Pen, ledger, opening, own, placed, token, verdict
from support.sessions import config_with

from neo.config.key_wiring import watch_limits
from neo.desk.dealer import Dealer, DealerSettings
from neo.desk.desk import Desk
from neo.desk.effects import NOTHING, Effects
from neo.desk.modes import MODES, DealerModeError, Mode, Step, mode_after
from neo.desk.orders import Order
from neo.messages import (
    CancelResting,
    Fate,
    HaltRaised,
    LedgerClosed,
    LedgerObserved,
    Lookup,
    MoveCapital,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    OrderSubmitted,
    PauseQuoting,
    Reconcile,
    Reconciled,
    Record,
    RequestCause,
    RequestFailed,
    RestingGone,
    ResumeQuoting,
    StopQuoting,
    Submit,
    Submitted,
)
from neo.messages.halts import Halt, HaltReason
from neo.watch.health import RetryPolicy

D = Decimal
SETTINGS = DealerSettings(
    order_lifetime_ledgers=5,
    retries=RetryPolicy(retries_max=2, backoff_s=1.0),
    watch=watch_limits(config_with()),
    reconcile_interval_ledgers=100,
)
# What the account has after two transactions, but for the fees.
AFTER_TWO = msgspec.structs.replace(BALANCES, sequence=7)


class Bench:
    """A dealer whose records are kept as a journal would keep them."""

    def __init__(self, records: Sequence[Record] = (), *, first: LedgerClosed | None = None) -> None:
        self.pen = Pen()
        self.journal = list(records)
        self.dealer = Dealer(SETTINGS, PAIR, records, preview=self.pen.preview, sign=self.pen.sign)
        self.connected = self.note(self.dealer.on_connected(first or ledger(10), 0.0, lambda *_: opening()))

    def note(self, effects: Effects) -> Effects:
        self.journal += effects.records
        return effects

    def ledger(self, closed: LedgerClosed) -> Effects:
        return self.note(self.dealer.on_ledger(closed, 4.0 * (closed.ledger_index - 10)))

    def quote(self, tick: int = 1) -> Effects:
        return self.note(self.dealer.on_verdict(verdict(tick, self.dealer.ledger_index, BID, ASK)))

    def answer(self, answer: Submitted | Fate | RequestFailed) -> Effects:
        return self.note(self.dealer.on_answer(answer))

    @property
    def desk(self) -> Desk:
        return Desk.replay(self.journal)


def both_resting() -> Bench:
    """A bench with a bid and an ask on the ledger."""
    bench = Bench()
    bench.quote()
    bid, ask = bench.desk.pending()
    bench.ledger(ledger(11, placed(bid), placed(ask), balances=AFTER_TWO))
    return bench


# --- The mode ----------------------------------------------------------------------------------------------------


def test_every_step_is_in_the_table_or_is_refused() -> None:
    """A step that can't happen raises, and names mode and step."""
    for mode, step in itertools.product(Mode, Step):
        after = MODES.get((mode, step))
        if after is None:
            with pytest.raises(DealerModeError, match=f"is {mode} can't {step}"):
                mode_after(mode, step)
        else:
            assert mode_after(mode, step) is after


def test_nothing_leads_back_to_quoting_from_an_ending() -> None:
    """Once stopped, a session only clears."""
    ending = {Mode.STOPPED, Mode.CLEARING, Mode.CLEARED}
    assert {after for (before, _), after in MODES.items() if before in ending} == ending


@pytest.mark.parametrize(
    ("extra", "mode"),
    [
        ((), Mode.QUOTING),
        ((HaltRaised(reason=HaltReason.KILL_SWITCH, detail="", source="", first=True),), Mode.CLEARING),
    ],
)
def test_an_incarnation_takes_up_the_mode_of_the_journal(extra: tuple[Record, ...], mode: Mode) -> None:
    """A session that was ending is cleared, and quotes no more."""
    assert Bench([*opening(), *extra]).dealer.mode is mode


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
    assert [tx["Sequence"] for tx in bench.pen.signed] == [5, 6, 5, 7]


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


def test_a_request_without_any_answer_ends_the_session_by_the_ledgers_silence() -> None:
    """The order is open until its last ledger; then it has failed, and the numbers are told."""
    bench = Bench()
    bench.quote()
    bench.answer(Submitted(tx_hash="O6.2", result="tesSUCCESS"))
    assert [bench.ledger(ledger(index)).halt for index in range(11, 15)] == [None] * 4
    assert bench.ledger(ledger(15)).halt is None  # the answer may be on its way behind this ledger
    halt = bench.ledger(ledger(16)).halt
    assert halt is not None
    assert halt.reason is HaltReason.RISK_RPC_FAILURE
    assert halt.detail == "submit of o000001 after ledger 10 was not answered by its last ledger 15"


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


def test_clearing_cancels_what_rests_and_says_when_it_is_gone() -> None:
    """One cancel for each, then the answer, once the ledger shows nothing of ours."""
    bench = both_resting()
    bench.dealer.on_rung(StopQuoting())
    effects = bench.note(bench.dealer.on_rung(CancelResting()))
    assert (len(effects.requests), effects.durable, effects.answer) == (2, True, None)
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


def test_clearing_waits_until_the_desk_has_caught_up() -> None:
    """What seems to rest may be long gone: no cancel before the ledgers have told."""
    bench = both_resting()
    later = Bench(bench.journal, first=ledger(13))
    assert later.dealer.on_rung(CancelResting()).requests == ()
    assert later.ledger(ledger(12)).requests == ()
    assert len(later.ledger(ledger(13)).requests) == 2


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


def test_a_ledger_told_late_is_not_quoted_on() -> None:
    """A market is a state: of a ledger that was caught up with there is none."""
    assert Bench().ledger(ledger(11, market=None)).view is None


def test_a_paused_dealer_pulls_what_comes_to_rest() -> None:
    """An offer that was under way at the pause is withdrawn as soon as a ledger shows it."""
    bench = Bench()
    bench.quote()
    bid, ask = bench.desk.pending()
    bench.note(bench.dealer.on_pause(PauseQuoting(cause="us")))
    effects = bench.ledger(ledger(11, placed(bid), placed(ask)))
    assert len(effects.requests) == 2


def test_without_a_funding_account_capital_is_not_moved() -> None:
    """Only a simulated ledger has one."""
    assert Bench().dealer.on_capital(MoveCapital(order_id="c1", xrp_drops=5, rlusd=D(0))) == NOTHING
