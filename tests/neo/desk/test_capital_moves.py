"""Deposits and withdrawals in a session, as the dealer makes them: durable first, once, and never in silence."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from support.dealer_bench import SETTINGS, Bench
from support.desk_by_hand import PAIR, Pen, ledger, opening

from neo.desk.dealer import Dealer
from neo.desk.effects import NOTHING
from neo.messages import MoveCapital, StopQuoting, Submit, Submitted

D = Decimal
DEPOSIT = MoveCapital(order_id="c1", xrp_drops=5, rlusd=D(0))
WITHDRAWAL = MoveCapital(order_id="c2", xrp_drops=-5, rlusd=D(0))


def test_without_a_funding_account_capital_is_not_moved() -> None:
    """Only a simulated ledger has one."""
    pen = Pen()
    dealer = Dealer(SETTINGS, PAIR, opening(), preview=pen.preview, sign=pen.sign)
    dealer.on_connected(ledger(10), 0.0, lambda *_: opening())
    assert dealer.on_capital(DEPOSIT) == NOTHING


def test_a_withdrawal_is_a_payment_of_our_own_in_our_sequence() -> None:
    """It is durable before it leaves, stands behind the orders under way, and a second delivery sends nothing."""
    bench = Bench()
    bench.quote()
    effects = bench.note(bench.dealer.on_capital(WITHDRAWAL))
    assert (effects.durable, effects.requests) == (True, (Submit(tx_hash="P7.3", blob="blob 3"),))
    form = bench.pen.signed[-1]
    assert (form["Sequence"], form["LastLedgerSequence"], form["Destination"]) == (7, 15, "rPurse")
    assert bench.dealer.on_capital(WITHDRAWAL) == NOTHING


def test_a_deposit_is_signed_by_its_payer_who_hears_of_those_under_way() -> None:
    """Ours are not among our account's sequences."""
    bench = Bench()
    bench.note(bench.dealer.on_capital(DEPOSIT))
    assert bench.purse.under_way == []
    bench.note(bench.dealer.on_capital(msgspec.structs.replace(DEPOSIT, order_id="c3")))
    assert [ordered.tx_hash for ordered in bench.purse.under_way] == ["D c1"]
    bench.quote()
    assert [tx["Sequence"] for tx in bench.pen.signed] == [5, 6]


def test_capital_is_not_moved_once_the_session_ends() -> None:
    """That is told with its end instead."""
    bench = Bench()
    bench.dealer.on_rung(StopQuoting())
    assert bench.dealer.on_capital(WITHDRAWAL) == NOTHING


@pytest.mark.parametrize(("result", "sequences"), [("temBAD_AMOUNT", [5, 5, 6]), ("terPRE_SEQ", [5, 6, 7])])
def test_a_payment_that_can_never_apply_gives_its_sequence_back(result: str, sequences: list[int]) -> None:
    """As an order does; one that a server may keep holds it."""
    bench = Bench()
    bench.note(bench.dealer.on_capital(WITHDRAWAL))
    assert bench.answer(Submitted(tx_hash="P5.1", result=result)) == NOTHING
    bench.quote()
    assert [tx["Sequence"] for tx in bench.pen.signed] == sequences


def test_a_payment_that_may_have_left_before_a_crash_keeps_its_sequence() -> None:
    """The first copy may be what used it, whatever the server says of the second."""
    bench = Bench()
    bench.note(bench.dealer.on_capital(WITHDRAWAL))
    later = Bench(bench.journal)
    later.answer(Submitted(tx_hash="P5.1", result="tefPAST_SEQ"))
    later.quote()
    assert [tx["Sequence"] for tx in later.pen.signed] == [6, 7]


def test_a_payment_is_sent_again_after_a_crash_while_a_ledger_can_have_it() -> None:
    """The same blob; past its last ledger it is not, and the ledgers on their way tell that it failed."""
    bench = Bench()
    bench.note(bench.dealer.on_capital(WITHDRAWAL))
    assert Bench(bench.journal, first=ledger(14)).connected.requests == (Submit(tx_hash="P5.1", blob="blob 1"),)
    late = Bench(bench.journal, first=ledger(15))
    assert late.connected.requests == ()
    warned = [each.event for index in range(11, 16) for each in late.ledger(ledger(index)).warnings]
    assert warned == ["capital_payment_failed"]


def test_a_payment_without_any_answer_ends_the_session_as_an_orders_silence_does() -> None:
    """A venue that hangs hangs for every transaction."""
    bench = Bench()
    bench.note(bench.dealer.on_capital(WITHDRAWAL))
    assert [bench.ledger(ledger(index)).halt for index in range(11, 16)] == [None] * 5
    halt = bench.ledger(ledger(16)).halt
    assert halt is not None
    assert halt.detail == "submit of c2 after ledger 10 was not answered by its last ledger 15"
