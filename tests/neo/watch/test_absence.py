"""How long quotes are missing, and when that is worth a warning.

Method: a ledger every four seconds, with or without our bid and ask, and a tick's verdict after each.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.desk_by_hand import session_started

from neo.messages import (
    Absence,
    Balances,
    HaltRaised,
    HeldBack,
    LedgerObserved,
    QuotesJudged,
    Record,
    Refusal,
    SessionStarted,
    Side,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode, RiskState
from neo.watch.absence import AbsenceCount, Quiet, QuietWatch, absence_notices, told_reasons

WARNING_S = 40
NO_XRP = Refusal(RefusalCode.INSUFFICIENT_XRP, Side.SELL, "")
NO_RLUSD = Refusal(RefusalCode.INSUFFICIENT_RLUSD, Side.BUY, "")
NO_ANCHOR = HeldBack(HoldCode.NO_ANCHOR, None, "")


def started() -> SessionStarted:
    return session_started(Balances(0, Decimal(0), 0, 0, 1), ledger_index=0, close_time_s=0)


def ledger(index: int, *, bid: bool = False, ask: bool = False) -> LedgerObserved:
    fields: dict[str, Any] = dict.fromkeys(LedgerObserved.__struct_fields__)
    price = Decimal(2)
    own = {"own_bid": price if bid else None, "own_ask": price if ask else None}
    return LedgerObserved(**(fields | own | {"ledger_index": index, "close_time_s": 4 * index}))


def verdict(index: int, *refusals: Refusal, held_back: tuple[HeldBack, ...] = ()) -> QuotesJudged:
    return QuotesJudged(
        tick=index, ledger_index=index, state=RiskState.ACTIVE, anchor_price=None, quotes=(), withdraw=(),
        held_back=held_back, refusals=refusals,
    )  # fmt: skip


def warnings(records: list[Record]) -> list[Quiet]:
    """All that a session's records make worth a warning."""
    watch = QuietWatch(WARNING_S)
    told: list[Quiet] = []
    for record in (started(), *records):
        watch.apply(record)
        if isinstance(record, LedgerObserved):
            told += watch.due
    return told


def silent(ledgers: range, *refusals: Refusal, **quotes: bool) -> list[Record]:
    """So many ledgers with these quotes, each with a tick that says this."""
    return [record for n in ledgers for record in (ledger(n, **quotes), verdict(n, *refusals))]


def test_a_session_that_quotes_nothing_says_so_with_the_reasons_and_again_when_it_has_doubled() -> None:
    """At 40, 80 and 160 s, with each code's ticks, the most frequent first."""
    told = warnings(silent(range(1, 50), NO_XRP, NO_RLUSD, NO_RLUSD))
    assert [(quiet.event, quiet.seconds) for quiet in told] == [
        ("no_quote_for_long", 40),
        ("no_quote_for_long", 80),
        ("no_quote_for_long", 160),
    ]
    # A tick counts once for a code, however many levels have it.
    assert told[0].fields() == {"seconds": 40, "reasons": "insufficient_rlusd 9, insufficient_xrp 9"}


def test_a_side_that_is_missing_alone_is_told_by_its_name_and_its_own_reasons() -> None:
    """What keeps the other side away is no reason for this one."""
    told = warnings(silent(range(1, 12), NO_RLUSD, NO_XRP, ask=True))
    assert told == [Quiet("no_bid_for_long", 40, {"insufficient_rlusd": 9})]
    assert warnings(silent(range(1, 12), NO_XRP, bid=True)) == [Quiet("no_ask_for_long", 40, {"insufficient_xrp": 9})]


def test_a_hold_of_both_sides_is_a_reason_for_each() -> None:
    """No anchor keeps the bid away as it does the ask."""
    records: list[Record] = []
    for n in range(1, 12):
        records += [ledger(n, ask=True), verdict(n, held_back=(NO_ANCHOR,))]
    assert warnings(records) == [Quiet("no_bid_for_long", 40, {"no_anchor": 9})]


def test_a_quote_that_comes_begins_the_time_anew() -> None:
    """Nine ledgers of silence, a quote, nine of silence: nobody is told. Its reasons are forgotten too."""
    broken = silent(range(1, 10), NO_XRP) + silent(range(10, 11), bid=True, ask=True)
    assert warnings(broken + silent(range(11, 20), NO_XRP)) == []
    told = warnings(broken + silent(range(11, 21), NO_RLUSD))
    assert [quiet.reasons for quiet in told] == [{"insufficient_rlusd": 9}]


def test_a_watch_read_back_goes_on_where_it_was() -> None:
    """What was told before a crash is not told again after it."""
    records: list[Record] = [started(), *silent(range(1, 12), NO_XRP)]
    watch = QuietWatch(WARNING_S)
    for record in records:
        watch.apply(record)
    assert list(watch.due) == []
    watch.apply(ledger(20))
    assert [quiet.seconds for quiet in watch.due] == [80]


def test_a_session_counts_its_ledgers_without_quotes_by_side_and_why() -> None:
    """Two ledgers without any and three without a bid are five without a bid; with both there is nothing to count."""
    count = AbsenceCount()
    for record in (
        *silent(range(1, 3), NO_XRP, NO_RLUSD),
        *silent(range(3, 6), NO_RLUSD, ask=True),
        *silent(range(6, 10), bid=True, ask=True),
    ):
        count.apply(record)
    assert count.told() == Absence(
        ledgers_without_quote=2,
        ledgers_without_bid=5,
        ledgers_without_ask=2,
        quote_reasons={"insufficient_xrp": 2, "insufficient_rlusd": 2},
        bid_reasons={"insufficient_rlusd": 5},
        ask_reasons={"insufficient_xrp": 2},
    )


@pytest.mark.parametrize("halt_comes_first", [True, False])
def test_a_halt_counts_by_the_ledgers_own_word_wherever_it_stands_in_the_journal(halt_comes_first: bool) -> None:
    """Two sides write a halt and a ledger. The ledger that the gateway counted before it heard of it is counted."""
    halt = HaltRaised(reason=HaltReason.KILL_SWITCH, detail="", source="operator", first=True)
    unaware = ledger(3, bid=False, ask=True)
    pulled = msgspec.structs.replace(ledger(4), is_ending=True)
    count = AbsenceCount()
    both: list[Record] = [halt, unaware]
    for record in (ledger(2, bid=True, ask=True), *(both if halt_comes_first else both[::-1]), pulled):
        count.apply(record)
    told = count.told()
    assert (told.ledgers_without_bid, told.ledgers_without_ask) == (1, 0)


def test_the_summary_speaks_of_what_was_missing_for_long() -> None:
    """A tenth of the ledgers for both sides, a quarter for one, with the three most frequent codes."""
    absence = Absence(
        ledgers_without_quote=20, ledgers_without_bid=40, ledgers_without_ask=60, quote_reasons={"reserve": 20},
        ask_reasons={"reserve": 50, "not_viable": 2, "self_cross": 1, "no_anchor": 9},
    )  # fmt: skip
    assert absence_notices(absence, 100) == (
        "no quote rested on 20 of 100 ledgers: reserve 20",
        "no ask rested on 60 of 100 ledgers: reserve 50, no_anchor 9, not_viable 2",
    )
    assert absence_notices(Absence(ledgers_without_bid=9), 100) == ()
    everything = Absence(ledgers_without_quote=100, ledgers_without_bid=100, ledgers_without_ask=100)
    assert absence_notices(everything, 100) == ("no quote rested on 100 of 100 ledgers: undecided",)
    assert told_reasons({}) == "undecided"


def test_a_side_that_is_missing_has_a_reason_at_every_tick() -> None:
    """Where nothing was refused an order is under way; where nothing was decided, that is said."""
    count = AbsenceCount()
    for record in (*silent(range(1, 3)), *silent(range(3, 6), NO_RLUSD, bid=True), *silent(range(6, 8), ask=True)):
        count.apply(record)
    told = count.told()
    assert told.quote_reasons == {"order_pending": 2}
    assert told.bid_reasons == {"order_pending": 4}
    assert told.ask_reasons == {"order_pending": 5}
    (warned, *_) = warnings([*silent(range(1, 3), bid=True, ask=True), *silent(range(3, 30), ask=True)])
    assert warned.event == "no_bid_for_long"
    assert warned.reasons.keys() == {"order_pending"}
    (undecided, *_) = warnings([ledger(n) for n in range(1, 30)])
    assert undecided.fields()["reasons"] == "undecided"


def test_what_is_pulled_because_the_session_ends_is_not_missed() -> None:
    """The ledgers of the way down count for nothing."""
    count = AbsenceCount()
    ending = HaltRaised(reason=HaltReason.INTERRUPTED_SIGINT, detail="", source="operator", first=True)
    way_down = [msgspec.structs.replace(ledger(n), is_ending=True) for n in (3, 4)]
    for record in (*silent(range(1, 3), bid=True, ask=True), ending, *way_down):
        count.apply(record)
    assert count.told() == Absence()


def test_the_wait_for_the_first_quotes_of_a_short_session_is_no_notice() -> None:
    """Two ledgers of eight at the start are usual; eight of eight are not."""
    short = Absence(
        ledgers_without_quote=2, ledgers_without_bid=2, ledgers_without_ask=4, quote_reasons={"order_pending": 2}
    )
    assert absence_notices(short, 8) == ()
    never = Absence(ledgers_without_quote=8, ledgers_without_bid=8, ledgers_without_ask=8, quote_reasons={"reserve": 8})
    assert absence_notices(never, 8) == ("no quote rested on 8 of 8 ledgers: reserve 8",)
