"""Complete ledgers out of a server's stream: held against a recorded stream, shuffled, doubled and with holes.

Method: the recorded stream of a maker's session is what a real server sent. What the ledgers of that session had is
taken from it by counting hashes, without the assembly. Times are numbers that the tests say.
"""

from __future__ import annotations

import functools
import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support import recorded_mirror as recorded

import neo.mirror.assembly
from neo.mirror.assembly import PATIENCE_S, CompleteLedger, Completeness, LedgerAssembly, LedgerGap
from neo.wire.answers import LedgerHeader
from neo.wire.frames import LedgerClosedFrame, TransactionFrame

ALL, FILTERED = Completeness.ALL, Completeness.FILTERED
FIRST, LAST = 10, 104  # after 104 the recorded client left the stream of transactions
ROOT_HASH = "9DF029EE934053293DA5033387DB22EF2DD974B7B7A2A39EF5DBE9FC97084D0D"  # of the maker's root on ledger 9


@functools.cache
def truth() -> dict[int, tuple[str, ...]]:
    """The hashes of every recorded ledger's transactions, in the order of their metadata."""
    found: dict[int, dict[int, str]] = {index: {} for index in range(FIRST, LAST + 1)}
    for frame in recorded.stream():
        if isinstance(frame, TransactionFrame) and frame.meta is not None:
            found[frame.ledger_index][frame.meta["TransactionIndex"]] = frame.tx_hash
    return {index: tuple(each[place] for place in sorted(each)) for index, each in found.items()}


def assembly(completeness: Completeness) -> LedgerAssembly:
    return LedgerAssembly(completeness, FIRST - 1, recorded.pair().account, ROOT_HASH, hash_of(FIRST - 1))


@functools.cache
def hash_of(index: int) -> str:
    """A recorded ledger's, as its close told it; that of the first one as the answer to the subscription did."""
    closed = [
        recorded.first_read().closed,
        *(each for each in recorded.stream() if isinstance(each, LedgerClosedFrame)),
    ]
    return next(each.ledger_hash for each in closed if each.ledger_index == index)


def feed(to: LedgerAssembly, frame: recorded.StreamFrame, now_s: float = 0.0) -> tuple[CompleteLedger, ...]:
    if isinstance(frame, LedgerClosedFrame):
        return to.take_closed(frame, now_s)
    return to.take_transaction(frame, now_s)


def hashes(ledgers: list[CompleteLedger]) -> dict[int, tuple[str, ...]]:
    return {each.index: tuple(transaction.tx_hash for transaction in each.transactions) for each in ledgers}


def taken(to: LedgerAssembly, frames: list[recorded.StreamFrame]) -> list[CompleteLedger]:
    return [ledger for frame in frames for ledger in feed(to, frame)]


def until(last: int) -> list[recorded.StreamFrame]:
    """The recorded stream without what came after a ledger."""
    return [each for each in recorded.stream() if each.ledger_index <= last]


def header(index: int) -> LedgerHeader:
    """A ledger as the server would tell it if it were asked."""
    closed = next(
        each for each in recorded.stream() if isinstance(each, LedgerClosedFrame) and each.ledger_index == index
    )
    frames = {
        each.tx_hash: each
        for each in recorded.stream()
        if isinstance(each, TransactionFrame) and each.validated and each.ledger_index == index
    }
    return LedgerHeader(
        ledger_index=index,
        ledger_hash=closed.ledger_hash,
        validated=True,
        parent_hash=hash_of(index - 1),
        has_transactions=bool(frames),
        close_time_s=closed.close_time_s,
        parent_close_time_s=closed.close_time_s - 1,
        transactions=tuple(frames.values()),
    )


def of_ledger(index: int) -> list[recorded.StreamFrame]:
    """One ledger's close and its transactions, each once."""
    frames = [each for each in recorded.stream() if each.ledger_index == index]
    closed = [each for each in frames if isinstance(each, LedgerClosedFrame)]
    validated = {each.tx_hash: each for each in frames if isinstance(each, TransactionFrame) and each.validated}
    return [*closed, *validated.values()]


# --- A real stream -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("completeness", [ALL, FILTERED])
def test_every_recorded_ledger_comes_whole_in_order_and_once(completeness: Completeness) -> None:
    """Doubles of a transaction and proposed ones are passed over. Filtered, the last waits for the next close."""
    to = assembly(completeness)
    ledgers = taken(to, until(LAST))
    last = LAST if completeness is ALL else LAST - 1
    assert hashes(ledgers) == {index: truth()[index] for index in range(FIRST, last + 1)}
    counts = [each.txn_count for each in until(LAST) if isinstance(each, LedgerClosedFrame)]
    assert [len(truth()[index]) for index in range(FIRST, LAST + 1)] == counts, "the record itself is whole"
    assert sum(each or 0 for each in counts) == 155
    assert to.gap(100.0) is None


def test_a_ledger_brings_what_its_close_told() -> None:
    """Ledger 12 of the record: ten transactions, closed at 848967930, base fee 10, reserves 1 and 0.2 XRP."""
    ledger = next(each for each in taken(assembly(ALL), until(LAST)) if each.index == 12)
    assert ledger.ledger_hash == "B86167715E2DD31564F4D4F29FEA99ABFBFE5B07F69FBFB80F60768771F613C4"
    assert ledger.close_time_s == 848967930
    assert [each.meta["TransactionIndex"] for each in ledger.transactions] == list(range(10))
    assert ledger.fees is not None
    assert (ledger.fees.base_fee_drops, ledger.fees.reserve_base_drops, ledger.fees.reserve_inc_drops) == (
        10,
        1_000_000,
        200_000,
    )


def test_the_delay_is_from_the_close_to_the_last_transaction() -> None:
    """The close at 5.0 s, the last of its transactions at 5.25 s."""
    to = assembly(ALL)
    taken(to, [*of_ledger(10), *of_ledger(11)])
    closed, *transactions = of_ledger(12)
    assert feed(to, closed, 5.0) == ()
    for each in transactions[:-1]:
        assert feed(to, each, 5.1) == ()
    (ledger,) = feed(to, transactions[-1], 5.25)
    assert ledger.delay_s == 0.25


def test_a_client_that_left_the_stream_is_told_that_ledgers_are_missing() -> None:
    """The record goes on with closes alone: ledger 105 had a transaction that was not sent any more."""
    to = assembly(ALL)
    ledgers = taken(to, recorded.stream())
    assert ledgers[-1].index == LAST
    assert to.gap(0.0) is None, "it may still come"
    assert to.gap(PATIENCE_S) == LedgerGap(105, 105, "0 of 1 transactions came")


# --- Disorder ----------------------------------------------------------------------------------------------------

SHORT = range(FIRST, 30)


def short_stream() -> list[recorded.StreamFrame]:
    return [frame for index in SHORT for frame in of_ledger(index)]


@settings(max_examples=150, deadline=None)
@given(seed=st.integers(0, 2**32), drop=st.integers(0, 3), double=st.integers(0, 10), spread=st.integers(0, 60))
def test_disorder_gives_the_same_ledgers_or_a_gap_and_never_a_wrong_one(
    seed: int, drop: int, double: int, spread: int
) -> None:
    """Counting: whatever is told is whole; whatever is not told is a gap once a later ledger has closed."""
    chance = random.Random(seed)
    frames = short_stream()
    dropped = {chance.randrange(len(frames)) for _ in range(drop)}
    kept = [frame for place, frame in enumerate(frames) if place not in dropped]
    kept += chance.choices(kept, k=double)
    order = sorted(range(len(kept)), key=lambda place: place + chance.uniform(0, spread))
    to = assembly(ALL)
    ledgers = taken(to, [kept[place] for place in order])
    assert hashes(ledgers) == {each.index: truth()[each.index] for each in ledgers}
    assert [each.index for each in ledgers] == list(range(FIRST, FIRST + len(ledgers)))
    closes = [each.ledger_index for each in kept if isinstance(each, LedgerClosedFrame)]
    next_index = FIRST + len(ledgers)
    gap = to.gap(PATIENCE_S)
    if any(index > next_index for index in closes):
        assert gap is not None
        assert gap.first_index == next_index
    else:
        assert gap is None
    if not dropped:
        assert len(ledgers) == len(SHORT)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32))
def test_filtered_streams_show_a_lost_message_of_ours_with_the_next_one(seed: int) -> None:
    """One transaction that changed our root is lost. A ledger without it may be told, but then the gap names it."""
    chance = random.Random(seed)
    frames = short_stream()
    ours = [
        frame
        for frame in frames
        if isinstance(frame, TransactionFrame) and frame.tx["Account"] == recorded.pair().account
    ]
    lost = chance.choice(ours[:-1])
    to = assembly(FILTERED)
    ledgers = taken(to, [frame for frame in frames if frame is not lost])
    wrong = [each.index for each in ledgers if hashes([each])[each.index] != truth()[each.index]]
    gap = to.gap(0.0)
    assert gap is not None
    assert gap.first_index == lost.ledger_index
    assert lost.tx_hash in gap.why
    assert wrong in ([], [lost.ledger_index])


def test_filtered_a_transaction_that_comes_after_its_ledger_was_told_breaks_it() -> None:
    """A ledger that was told too early is owned up to as a gap, so that it is read again and not left wrong."""
    to = assembly(FILTERED)
    late = of_ledger(12)[-1]
    ledgers = taken(to, [each for each in short_stream() if each is not late and each.ledger_index <= 13])
    assert ledgers[-1].index == 12
    feed(to, late)
    gap = to.gap(0.0)
    assert gap is not None
    assert (gap.first_index, gap.last_index) == (12, 12)


@pytest.mark.parametrize("completeness", list(Completeness))
def test_a_server_that_goes_on_far_ahead_leaves_a_gap_and_not_a_silence(completeness: Completeness) -> None:
    """Its own stream had fallen behind: after ledger 11 comes ledger 111, which is too far ahead to be kept."""
    to = assembly(completeness)
    taken(to, until(11))
    closed = next(each for each in recorded.stream() if isinstance(each, LedgerClosedFrame) and each.ledger_index == 11)
    feed(to, msgspec.structs.replace(closed, ledger_index=111, ledger_hash="F" * 64))
    gap = to.gap(0.0)
    assert gap is not None
    assert (gap.first_index, gap.last_index) == (11 if completeness is FILTERED else 12, 110)


def test_a_ledger_that_was_told_and_is_told_with_another_hash_breaks_it() -> None:
    """What was told of it may be another ledger's: it has to be read anew. Told again as it was, it does nothing."""
    to = assembly(ALL)
    assert taken(to, until(12))[-1].index == 12
    closed = next(each for each in recorded.stream() if isinstance(each, LedgerClosedFrame) and each.ledger_index == 11)
    feed(to, closed)
    assert to.gap(0.0) is None
    feed(to, msgspec.structs.replace(closed, ledger_hash="F" * 64))
    assert to.gap(0.0) == LedgerGap(11, 11, "it was told with two hashes")


# --- What can't be true ------------------------------------------------------------------------------------------


def replaced(frame: recorded.StreamFrame, **fields: object) -> recorded.StreamFrame:
    return msgspec.structs.replace(frame, **fields)


def test_two_servers_that_tell_different_ledgers_make_a_gap_at_once() -> None:
    """A picture is never put together from two versions of one ledger; what is wrong is told without waiting."""
    to = assembly(ALL)
    taken(to, [*of_ledger(10), *of_ledger(11)])
    closed, *transactions = of_ledger(12)
    frames = [closed, replaced(transactions[0], ledger_hash="F" * 64), *transactions[1:]]
    assert taken(to, frames) == []
    assert to.gap(0.0) == LedgerGap(12, 12, "a transaction is of another ledger with the same index")


def test_a_close_told_with_two_hashes_makes_a_gap() -> None:
    """When a server contradicts itself about a ledger, that ledger is asked for and none of the two is believed."""
    to = assembly(FILTERED)
    taken(to, of_ledger(10))
    closed = of_ledger(11)[0]
    taken(to, [closed, replaced(closed, ledger_hash="F" * 64), *of_ledger(12)])
    gap = to.gap(0.0)
    assert gap is not None
    assert (gap.first_index, gap.why) == (11, "it was told with two hashes")


@pytest.mark.parametrize("place", [10, 99])
def test_the_right_number_of_transactions_in_the_wrong_places_is_no_ledger(place: int) -> None:
    """A count that happens to fit hides no missing transaction: the places must be without a hole too."""
    to = assembly(ALL)
    taken(to, [*of_ledger(10), *of_ledger(11)])
    closed, *transactions = of_ledger(12)
    frames = [each for each in transactions if isinstance(each, TransactionFrame)]
    # The last one, so that its order among ours, which would show it, stays.
    *others, last = sorted(frames, key=lambda each: (each.meta or {})["TransactionIndex"])
    assert last.meta is not None
    assert isinstance(closed, LedgerClosedFrame)
    assert closed.txn_count == 10, "so that their places are 0 to 9"
    moved = replaced(last, meta={**last.meta, "TransactionIndex": place})
    assert taken(to, [closed, moved, *others]) == []
    assert to.gap(0.0) is not None


# --- Closing a gap -----------------------------------------------------------------------------------------------


def test_a_ledger_that_was_asked_for_closes_the_gap_and_what_waited_follows() -> None:
    """After a gap is mended nothing is lost: each later ledger follows whole, with the hashes that were recorded."""
    to = assembly(ALL)
    missing = of_ledger(12)[1]
    taken(to, [each for each in short_stream() if each is not missing])
    assert to.gap(PATIENCE_S) is not None
    ledgers = list(to.take_ledger(header(12), 7.0))
    assert hashes(ledgers) == {index: truth()[index] for index in range(12, SHORT.stop)}
    assert ledgers[0].delay_s is None
    assert to.gap(100.0) is None


def test_a_ledger_that_lacks_a_transaction_does_not_close_a_gap() -> None:
    """A mending answer that is itself cut short, or of another ledger, is not taken, and the gap stays open."""
    to = assembly(ALL)
    missing = of_ledger(12)[1]
    taken(to, [each for each in short_stream() if each is not missing])
    whole = header(12)
    assert to.take_ledger(msgspec.structs.replace(whole, transactions=whole.transactions[:-1]), 0.0) == ()
    assert to.take_ledger(msgspec.structs.replace(whole, transactions=whole.transactions[1:]), 0.0) == ()
    assert to.take_ledger(header(13), 0.0) == ()
    assert to.gap(PATIENCE_S) is not None


@pytest.mark.parametrize(
    "spoilt",
    [
        {"parent_hash": "F" * 64},
        {"has_transactions": False},
        {"transactions": ()},
        {"transactions": (), "has_transactions": False},
        {"ledger_hash": "F" * 64},
    ],
)
def test_a_ledger_that_does_not_fit_what_is_known_is_not_taken(spoilt: dict[str, Any]) -> None:
    """Its close was lost, but some of its transactions came: it has to have those, and to follow on the one before."""
    to = assembly(ALL)
    closed, *_, last = of_ledger(12)
    taken(to, [each for each in short_stream() if each not in (closed, last)])
    assert to.take_ledger(msgspec.structs.replace(header(12), **spoilt), 0.0) == ()
    assert to.gap(PATIENCE_S) is not None
    assert hashes(list(to.take_ledger(header(12), 0.0)))[12] == truth()[12]


def test_two_rows_of_one_transaction_are_no_two() -> None:
    """A list that has one of them twice in another's stead is not whole, though its length is right."""
    to = assembly(ALL)
    taken(to, [each for each in short_stream() if each.ledger_index != 12])
    whole = header(12)
    first, *others = whole.transactions
    assert to.take_ledger(msgspec.structs.replace(whole, transactions=(first, first, *others[1:])), 0.0) == ()


def test_a_ledger_with_a_hole_among_its_transactions_is_not_taken_though_nothing_else_is_told_of_it() -> None:
    """Its close was lost, so that its number of transactions is not known, and none of them is ours; their places show
    the hole.
    """
    to = LedgerAssembly(ALL, FIRST - 1, recorded.OTHER, "", hash_of(FIRST - 1))
    taken(to, [each for each in short_stream() if each.ledger_index != 12])
    whole = header(12)
    places = sorted(whole.transactions, key=lambda each: (each.meta or {})["TransactionIndex"])
    assert to.take_ledger(msgspec.structs.replace(whole, transactions=(*places[:4], *places[5:])), 0.0) == ()
    ledgers = to.take_ledger(whole, 0.0)
    assert hashes(list(ledgers))[12] == truth()[12]
    assert ledgers[0].fees is None, "a header tells none"


def test_a_hole_of_several_ledgers_is_told_as_one() -> None:
    """One outage is one gap with its first and last ledger, so that it is caught up with in one go."""
    to = assembly(ALL)
    taken(to, [each for each in short_stream() if each.ledger_index not in (15, 16, 17)])
    assert to.gap(PATIENCE_S) == LedgerGap(15, 17, "its close was not told")


def test_a_ledger_of_more_transactions_than_any_has_had_is_a_gap(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that goes on telling of one ledger takes no more memory than that, and is not believed."""
    monkeypatch.setattr(neo.mirror.assembly, "TRANSACTIONS_MAX", 9)
    to = assembly(ALL)
    ledgers = taken(to, [*of_ledger(10), *of_ledger(11), *of_ledger(12)])
    assert [each.index for each in ledgers] == [10, 11]
    assert len(to._growing[12].transactions) == 9
    assert to.gap(0.0) == LedgerGap(12, 12, "more than 9 transactions")


def test_what_lies_too_far_ahead_is_not_kept() -> None:
    """A stream that goes on for hours behind a gap takes no more memory than 64 ledgers."""
    to = assembly(ALL)
    taken(to, [each for each in until(LAST) if each.ledger_index != FIRST])
    assert len(to._growing) <= 64
    gap = to.gap(PATIENCE_S)
    assert gap is not None
    assert gap.first_index == FIRST
