"""The dealer: the one that decides what follows from each message, and the only one that applies records.

It holds the mode as a table, the desk and the watch, and answers every message with :class:`Effects`: what to make
durable, what to ask of the venue, what to tell whom. The gateway does that, in this order, and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.chain.pair import Pair
from neo.chain.result_codes import never_applies
from neo.chain.shapes import Sign
from neo.desk.booking import book, view_of
from neo.desk.capital_moves import (
    Funding,
    capital_ordered,
    failed_payments,
    is_withdrawal,
    told_payment,
    withdrawal,
)
from neo.desk.daybook import Daybook
from neo.desk.dealer_settings import DealerSettings
from neo.desk.desk import NO_ANSWER, Desk
from neo.desk.effects import NOTHING, Delayed, Effects, Warned
from neo.desk.fee import Fee, fee_asked
from neo.desk.modes import TRADING, Mode, Step, mode_after
from neo.desk.opening import Opening, unwanted
from neo.desk.orders import PENDING, Order
from neo.desk.posted import Posted, name_of
from neo.desk.preflight import Preview
from neo.desk.reconcile import check, check_due
from neo.desk.sending import Sender, send_verdict, withdraw, withdraw_all
from neo.messages import (
    CancelResting,
    CapitalOrdered,
    Fate,
    LedgerClosed,
    LedgerObserved,
    Lookup,
    Message,
    MoveCapital,
    OrderChanged,
    OrdersAllowed,
    OrderSigned,
    OrderStatus,
    OrderSubmitted,
    PauseQuoting,
    QuotingPaused,
    QuotingResumed,
    Reconcile,
    Reconciled,
    Record,
    RequestFailed,
    RestingGone,
    ResumeQuoting,
    StopQuoting,
    Submit,
    Submitted,
    Terms,
    VenueAnswer,
    VenueRequest,
)
from neo.messages.halts import Halt, HaltReason
from neo.watch.health import request_failed, retry_after_s
from neo.watch.session_watch import SessionWatch

# No blob is sent so that the server forgets it if it does not apply at once: a queued one is welcome.
_FAIL_HARD: Final = False


class Dealer:
    """Decides, for one incarnation of the gateway.

    Args:
        settings: What decides its doing.
        pair: Ours.
        records: The session's journal so far.
        preview: What would come of an offer of ours on the last validated ledger.
        sign: Signs a transaction.
        funding: Where deposits come from and withdrawals go to, if the venue has such an account.
    """

    def __init__(
        self,
        settings: DealerSettings,
        pair: Pair,
        records: Sequence[Record],
        *,
        preview: Callable[[Mapping[str, Any]], Preview],
        sign: Sign,
        funding: Funding | None = None,
    ) -> None:
        self._settings = settings
        self._pair = pair
        self._preview = preview
        self._sign = sign
        self._funding = funding
        self._desk = Desk.replay(records)
        self._watch = SessionWatch.replay(settings.watch, records)
        self._posted = Posted()
        self._mode = Mode.RECOVERING
        # Hashes of our own payments that can never apply: their sequences are free.
        self._void_payments: set[str] = set()
        # The last ledger told, in part: what it asks for, and what we have.
        self._told: LedgerClosed | None = None
        self._account_sequence = 0
        # The venue's time minus the session's: what the newest ledger's close time tells when it is reached.
        self._venue_ahead_s = 0.0
        # The newest ledger known. Whenever the venue is reached it may be ahead of the desk, which then catches up.
        self._newest_index = 0
        self._fee_is_above_cap = False

    @property
    def mode(self) -> Mode:
        """What it is at."""
        return self._mode

    @property
    def is_opened(self) -> bool:
        """True once the session has its first records: it has begun to trade."""
        return self._desk.opening is not None

    @property
    def ledger_index(self) -> int:
        """The last ledger booked."""
        return self._desk.ledger_index

    # --- From the venue ----------------------------------------------------------------------------------------

    def on_connected(self, first: LedgerClosed, now_s: float, opening: Opening) -> Effects:
        """The venue was reached: open the session, or ask what became of what an earlier incarnation left.

        Args:
            first: The last validated ledger.
            now_s: The session's clock.
            opening: Makes the first records.
        """
        self._told, self._account_sequence = first, first.balances.sequence
        self._newest_index = max(first.ledger_index, self._desk.ledger_index)
        self._venue_ahead_s = first.close_time_s - now_s
        entries = self._entries()
        requests = self._requests_of_recovery()
        if not self.is_opened:
            for record in opening(first, self._pair.account):
                entries.add(record)
            for order_id in unwanted(entries.made):
                withdraw(entries, order_id, self._sender())
        if self._desk.halting:
            self._step(Step.CONNECT_ENDING)
        else:
            self._step(Step.CONNECT_PAUSED if self._watch.paused else Step.CONNECT)
        sending = self._sending(entries, told=tuple(entries.made))
        return msgspec.structs.replace(sending, durable=bool(entries.made), requests=requests + sending.requests)

    def _requests_of_recovery(self) -> tuple[VenueRequest, ...]:
        """Ask what became of each order, and send payments again: the same blob can't become a second one.

        What a ledger has is booked when that ledger comes, and so is the silence of those that could have had it.
        """
        requests: list[VenueRequest] = []
        for order in self._desk.pending():
            self._posted.note_left_before(order.tx_hash)
            if not self._is_past(order):
                requests.append(self._post(Lookup(tx_hash=order.tx_hash)))
        for ordered in self._desk.capital_pending.values():
            self._posted.note_left_before(ordered.tx_hash)
            if not self._is_past(ordered):
                requests.append(self._post(_submit(ordered)))
        return tuple(requests)

    def on_ledger(self, closed: LedgerClosed, now_s: float) -> Effects:
        """A ledger was validated.

        Args:
            closed: The ledger. One that the desk has booked already may be in hand once more after a crash: what
                follows from it may not have been done.
            now_s: The session's clock.

        Raises:
            LedgerGapError: A ledger is missing before this one.
        """
        desk = self._desk
        if closed.ledger_index < desk.ledger_index:
            return NOTHING
        payments = dict(desk.capital_pending)
        waiting = desk.pending()
        entries = self._entries()
        book(entries, closed, self._pair, self._settings.offer_expiry_s)
        self._told = closed
        self._newest_index = max(self._newest_index, closed.newest_index or closed.ledger_index)
        # While the desk catches up, its ledgers are older than the one that the venue told of first.
        self._account_sequence = max(self._account_sequence, closed.balances.sequence)
        warnings: tuple[Warned, ...] = ()
        touch = None
        if entries.made:
            observed = entries.made[-1]
            assert isinstance(observed, LedgerObserved), "a ledger's records end with it"
            touch = (desk.ledgers, observed)
            warnings = self._warnings(closed, payments, entries.made)
            if check_due(desk, self._settings.reconcile_interval_ledgers):
                entries.add(check(desk, closed.balances))
        told: list[Message] = list(entries.made)
        fee_drops = self._fee(closed.terms).drops
        view = view_of(desk, closed, self._watch.loss_room, fee_drops, self._settings.offer_expiry_s)
        if view is not None:
            told.append(view)
        age_s = now_s + self._venue_ahead_s - closed.close_time_s
        silence = self._silence(closed, now_s, waiting, payments)
        halt = self._halt_while_trading(self._watch.halt(age_s) or silence)
        answer = self._clear(entries) if self._mode is Mode.CLEARING else None
        if self._watch.must_pull:
            self._pull(entries)
        self._forget_settled()
        return self._sending(
            entries,
            told=tuple(told),
            touch=touch,
            warnings=warnings,
            halt=halt,
            # A market that a later ledger has changed is for the journal; the one to quote on is on its way.
            view=view if self._mode in TRADING and not self._is_behind else None,
            answer=answer,
        )

    def _silence(
        self, closed: LedgerClosed, now_s: float, waiting: Sequence[Order], payments: Mapping[str, CapitalOrdered]
    ) -> Halt | None:
        """The cause to end if a request had no answer until the last ledger of its transaction, which has it not.

        An answer may lie behind the ledgers that are being caught up with: so it is waited for until a ledger comes
        that closed after the transaction, one of those under way before this ledger, was given up.
        """
        silence = self._posted.silence(closed.close_time_s)
        self._posted.note_lapsed([*waiting, *payments.values()], closed, now_s + self._venue_ahead_s)
        return None if silence is None else Halt(HaltReason.RISK_RPC_FAILURE, silence, "gateway")

    def _warnings(
        self, closed: LedgerClosed, payments: Mapping[str, CapitalOrdered], records: Sequence[Record]
    ) -> tuple[Warned, ...]:
        """What a ledger says to the operator beyond its records."""
        index = closed.ledger_index
        failed = failed_payments(payments, self._desk, records)
        warned = [
            Warned("capital_payment_failed", {"ledger_index": index, "payment": told_payment(each)}) for each in failed
        ]
        warned += [Warned(quiet.event, {"ledger_index": index, **quiet.fields()}) for quiet in self._watch.quiet()]
        fee = self._fee(closed.terms)
        if fee.is_above_cap and not self._fee_is_above_cap:
            warned.append(Warned("fee_above_cap", {"ledger_index": index, **fee.fields()}))
        self._fee_is_above_cap = fee.is_above_cap
        if closed.notice is not None:
            warned.append(Warned("venue_notice", {"ledger_index": index, "notice": closed.notice}))
        return tuple(warned)

    def on_answer(self, answer: VenueAnswer) -> Effects:
        """The venue answered a request; about a transaction that is settled, or unknown, nothing follows."""
        self._posted.note_heard(_hash_of(answer))
        match answer:
            case Submitted():
                return self._on_submitted(answer)
            case Fate():
                return self._on_fate(answer)
            case RequestFailed():
                return self._on_failed(answer)

    def _on_submitted(self, answer: Submitted) -> Effects:
        order = self._pending_order(answer.tx_hash)
        ordered = self._desk.capital_pending.get(answer.tx_hash)
        if order is None and ordered is None:
            return NOTHING
        self._posted.note_answered(answer.tx_hash)
        # Of a blob that may have left before, that one may be in a ledger, and only the ledgers can tell.
        is_void = not self._posted.left_before(answer.tx_hash) and never_applies(answer.result, fail_hard=_FAIL_HARD)
        if order is None:
            if is_void:
                self._void_payments.add(answer.tx_hash)
            return NOTHING
        entries = self._entries()
        entries.add(_submitted(order, answer.result))
        if is_void:
            entries.add(self._failed(order, answer.result))
        return Effects(records=tuple(entries.made))

    def _on_fate(self, answer: Fate) -> Effects:
        order = self._pending_order(answer.tx_hash)
        if order is None:
            return NOTHING
        self._posted.note_answered(answer.tx_hash)
        is_absent = (answer.absent_through or 0) >= order.last_ledger_sequence
        if answer.validated_in is not None or is_absent or self._is_past(order):
            return NOTHING  # the ledger that has it tells what came of it, or its last one that none ever will
        return Effects(requests=(self._post(_submit(order)),))

    def _on_failed(self, failed: RequestFailed) -> Effects:
        tx_hash, what = failed.request.tx_hash, name_of(failed.request)
        order = self._pending_order(tx_hash)
        if order is None and tx_hash not in self._desk.capital_pending:
            return NOTHING
        failures = self._posted.note_failed(tx_hash)
        warning = Warned("venue_request_failed", {"request": what, "failures": failures, "cause": failed.what})
        ordered = order or self._desk.capital_pending[tx_hash]
        if self._is_past(ordered):
            # Only the ledgers on their way can tell of it, and they will.
            return Effects(warnings=(warning,))
        after_s = retry_after_s(self._settings.retries, failures) if failed.cause.is_passing else None
        if after_s is not None:
            return Effects(later=(Delayed(self._post(failed.request), after_s),), warnings=(warning,))
        entries = self._entries()
        halt: Halt | None = request_failed(what, failures, f"{failed.what}. {failed.mend}")
        if order is not None and isinstance(failed.request, Submit):
            # It may have arrived all the same: only the ledger can tell, by the order's last ledger.
            entries.add(_submitted(order, NO_ANSWER))
            halt = self._halt_while_trading(halt)
        self._stop()
        return Effects(records=tuple(entries.made), warnings=(warning,), halt=halt)

    def on_halt(self, halt: Halt) -> Effects:
        """A cause to end that was found outside: it is passed on in its place among the ledgers."""
        self._stop()
        return Effects(halt=halt)

    # --- From risk ---------------------------------------------------------------------------------------------

    def on_verdict(self, allowed: OrdersAllowed) -> Effects:
        """Risk judged a tick."""
        if self._mode not in TRADING:
            return NOTHING
        entries = self._entries()
        done = send_verdict(entries, self._watch.passed(allowed), self._sender())
        if allowed.halt is not None:
            # Passed on from here, after its tick is in the journal, so that the journal has one order.
            self._stop()
        return self._sending(entries, told=(done,), halt=allowed.halt)

    # --- From the session --------------------------------------------------------------------------------------

    def on_pause(self, message: PauseQuoting | ResumeQuoting) -> Effects:
        """Pull every quote, or quote again. Said twice, or after the session began to end, it changes nothing."""
        wanted = isinstance(message, PauseQuoting)
        if wanted is (self._mode is Mode.PAUSED) or self._mode not in TRADING:
            return NOTHING
        self._step(Step.PAUSE if wanted else Step.RESUME)
        kind = QuotingPaused if wanted else QuotingResumed
        desk, entries = self._desk, self._entries()
        record = kind(ledger_index=desk.ledger_index, close_time_s=desk.close_time_s, cause=message.cause)
        entries.add(record)
        if wanted:
            self._pull(entries)
        return self._sending(entries, told=(record,))

    def on_capital(self, move: MoveCapital) -> Effects:
        """Make a deposit or a withdrawal as a signed payment. A second delivery sends nothing.

        Nor does one that comes when the session is ending; that is told with its end.
        """
        funding, desk = self._funding, self._desk
        if funding is None or move.order_id in desk.capital_orders or self._mode not in TRADING:
            return NOTHING
        sender = self._sender()
        place = sender.place(desk)
        if is_withdrawal(move):
            paid = withdrawal(self._pair, move, place, funding.address, self._sign)
        else:
            last, under_way = place.last_ledger_sequence, desk.capital_pending.values()
            paid = funding.deposit(self._pair, move, under_way, fee_drops=place.fee_drops, last_ledger_sequence=last)
        record = capital_ordered(desk, move, paid)
        entries = self._entries()
        entries.add(record)
        return Effects(records=(record,), durable=True, requests=(self._post(_submit(record)),), told=(record,))

    def on_rung(self, rung: StopQuoting | CancelResting | Reconcile) -> Effects:
        """The session goes down its ladder."""
        entries = self._entries()
        match rung:
            case StopQuoting():
                self._stop()
                return NOTHING
            case CancelResting():
                self._step(Step.CLEAR)
                gone = self._clear(entries)
                return self._sending(entries, answer=gone)
            case Reconcile():
                # A desk that catches up has not booked what the ledger in hand has.
                if self._told is not None and self._told.ledger_index == self._desk.ledger_index:
                    entries.add(check(self._desk, self._told.balances))
                made = tuple(entries.made)
                return Effects(records=made, told=made, answer=Reconciled(standing=self._desk.standing()))

    # --- Parts -------------------------------------------------------------------------------------------------

    def _step(self, step: Step) -> None:
        self._mode = mode_after(self._mode, step)

    def _stop(self) -> None:
        self._step(Step.STOP)
        self._desk.is_ending = True

    def _halt_while_trading(self, halt: Halt | None) -> Halt | None:
        """A cause to end, unless the session is ending: nothing is quoted from then on."""
        if halt is None or self._mode not in TRADING:
            return None
        self._stop()
        return halt

    def _clear(self, entries: Daybook) -> RestingGone | None:
        """Cancel what rests; once nothing of ours rests or is under way, say so."""
        desk = self._desk
        self._pull(entries)
        if self._is_behind or desk.resting() or desk.pending():
            return None
        self._step(Step.BE_CLEAR)
        return RestingGone(left=())

    @property
    def _is_behind(self) -> bool:
        """True while the desk catches up: what seems to rest may be long gone, and what is new is not known yet."""
        return self._desk.ledger_index < self._newest_index

    def _is_past(self, signed: Order | CapitalOrdered) -> bool:
        """Whether the last ledger of a transaction has closed, told or not: to send it again is of no use."""
        return signed.last_ledger_sequence <= self._newest_index

    def _pull(self, entries: Daybook) -> None:
        """Cancel what rests, once the ledgers that tell what does have come: they are on their way."""
        if not self._is_behind:
            withdraw_all(entries, self._sender())

    def _entries(self) -> Daybook:
        return Daybook(self._desk, self._watch)

    def _sender(self) -> Sender:
        assert self._told is not None, "the venue was reached"
        return Sender(
            self._pair,
            self._fee(self._told.terms),
            self._account_sequence,
            self._settings.order_lifetime_ledgers,
            self._preview,
            self._sign,
            self._newest_index,
            frozenset(self._void_payments),
            self._settings.offer_expiry_s,
        )

    def _fee(self, terms: Terms) -> Fee:
        return fee_asked(terms, self._settings.fee_max_drops)

    def _sending(self, entries: Daybook, **effects: Any) -> Effects:
        """Effects with every transaction that was signed among the records, which must be durable before it leaves."""
        # An offer that was found on the ledger has no blob: it left long ago.
        signed = [record for record in entries.made if isinstance(record, OrderSigned) and record.blob]
        orders = (self._desk.order(record.order_id) for record in signed)
        requests = tuple(self._post(_submit(order)) for order in orders if order is not None)
        return Effects(records=tuple(entries.made), durable=bool(signed), requests=requests, **effects)

    def _post(self, request: VenueRequest) -> VenueRequest:
        self._posted.note_posted(request, self._newest_index)
        return request

    def _pending_order(self, tx_hash: str) -> Order | None:
        order = self._desk.order_of_hash(tx_hash)
        return order if order is not None and order.status in PENDING else None

    def _failed(self, order: Order, result: str) -> OrderChanged:
        return OrderChanged(
            order_id=order.order_id,
            ledger_index=self._desk.ledger_index,
            close_time_s=self._desk.close_time_s,
            status=OrderStatus.FAILED,
            result=result,
            xrp_left_drops=0,
            rlusd_left=Decimal(0),
        )

    def _forget_settled(self) -> None:
        under_way = {order.tx_hash for order in self._desk.pending()} | self._desk.capital_pending.keys()
        self._posted.forget_all_but(under_way)
        self._void_payments &= under_way


def _hash_of(answer: VenueAnswer) -> str:
    return answer.request.tx_hash if isinstance(answer, RequestFailed) else answer.tx_hash


def _submit(signed: CapitalOrdered | Order) -> Submit:
    is_cancel = isinstance(signed, Order) and signed.cancels is not None
    return Submit(tx_hash=signed.tx_hash, blob=signed.blob, fail_hard=_FAIL_HARD, is_cancel=is_cancel)


def _submitted(order: Order, result: str) -> OrderSubmitted:
    return OrderSubmitted(order_id=order.order_id, tx_hash=order.tx_hash, preliminary_result=result)
