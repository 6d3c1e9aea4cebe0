"""The course of a session of any length tells the report's numbers, in memory that does not grow.

Method: the small session worked out by hand, a whole session's journal, and invented ones that are too long to keep.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable
from decimal import Decimal

import pytest
from support import invented
from support.invented import fill, opening, seen
from support.sessions import journal_of, plan_for, run

from neo.analysis.figures import flat_figures
from neo.analysis.long_course import GROUPS_MAX, KINDS, FillGroup, LongCourse
from neo.analysis.results import course_of, results_of
from neo.chain.money import sum_rlusd
from neo.messages import Fill, Record, Side


def folded(records: Iterable[Record]) -> LongCourse:
    course = LongCourse()
    for seq, record in enumerate(records, 1):
        if type(record).__name__ in KINDS:
            course.apply(seq, record)
    return course


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> list[Record]:
    path = tmp_path_factory.mktemp("long_course") / "neo.sqlite3"
    return journal_of(path, run(plan_for(path, duration_s=1200)).session_id)


def test_the_figures_are_the_reports(journal: list[Record]) -> None:
    """To the last digit, of a whole session and of the small one; the report has some more."""
    for records in (journal, list(invented.small_session())):
        report = flat_figures(results_of(course_of(records)))
        figures = folded(records).figures()
        assert len(figures) > 30
        assert figures == {name: report[name] for name in figures}


def test_the_mark_outs_and_the_ledgers_are_the_reports(journal: list[Record]) -> None:
    """Every ledger of a session that is not long has the report's row."""
    course = folded(journal)
    report = course_of(journal)
    assert course.mark_outs == results_of(report).mark_outs
    points = [placed.point for placed in course.ledgers.since(0)]
    assert [point.row for point in points] == report.rows
    assert points[-1].mark_outs == tuple(mark.total for mark in course.mark_outs)


def test_every_fill_has_its_own_group_in_their_order(journal: list[Record]) -> None:
    """With the price it traded at."""
    fills = [(seq, record) for seq, record in enumerate(journal, 1) if isinstance(record, Fill)]
    assert fills
    groups = folded(journal).fills.since(0)
    assert [(group.first_seq, group.side, group.xrp_drops) for group in groups] == [
        (seq, one.side, one.xrp_drops) for seq, one in fills
    ]
    prices = [float(group.price) for group in groups if group.price is not None]
    assert prices == pytest.approx([float(one.price) for _, one in fills], rel=1e-9)


def test_a_session_that_breaks_off_or_has_no_price_has_no_figures_made_up() -> None:
    """Absent is absent; the count of ledgers is there."""
    bare = folded([*opening(), seen(2, None)]).figures()
    assert (bare["ledgers"], bare["result_rlusd"], bare["time_with_bid_share"]) == (1, None, 0.0)
    assert folded([]).figures()["result_rlusd"] is None


def long_session(ledgers: int) -> Iterable[Record]:
    """A fill on each side in each ledger: many more than are shown."""
    yield from opening("100000", "200000")
    for index in range(2, ledgers + 2):
        yield fill(index, Side.BUY, "1.99", "1")
        yield fill(index, Side.SELL, "2.01", "1")
        yield seen(index, xrp_drops=100_000_000_000)


def test_ten_thousand_fills_are_a_bounded_number_of_groups_that_lose_nothing() -> None:
    """Counts, XRP and RLUSD of all groups add up to all fills, on each side, at the price they traded at."""
    groups = folded(long_session(5_000)).fills.since(0)
    assert GROUPS_MAX / 4 < len(groups) <= GROUPS_MAX
    for side, price in ((Side.BUY, "1.99"), (Side.SELL, "2.01")):
        ours = [group for group in groups if group.side is side]
        assert sum(group.count for group in ours) == 5_000
        assert sum(group.xrp_drops for group in ours) == 5_000_000_000
        assert float(sum_rlusd(group.rlusd for group in ours)) == pytest.approx(5_000 * float(price))
        assert {group.price for group in ours} == {Decimal(price)}
        assert [group.first_seq for group in ours] == sorted(group.first_seq for group in ours)


def test_whoever_asks_now_and_then_has_the_groups_that_are_told_at_once() -> None:
    """Across each time that fills were grouped anew, and for a moment between the fills of two sides."""
    course = LongCourse()
    held: dict[int, FillGroup] = {}
    after = 0
    for seq, record in enumerate(long_session(3_000), 1):
        course.apply(seq, record)
        if seq % 331 == 0 or seq == 9_002:
            told = course.fills.since(after)
            first = told[0].first_seq if told else seq + 1
            held = {key: group for key, group in held.items() if key < first}
            # As they were told: the course goes on with its own.
            held |= {group.first_seq: copy.copy(group) for group in told}
            after = seq
            assert list(held.values()) == course.fills.since(0)
    assert after == 9_002


def test_memory_does_not_grow_with_the_session() -> None:
    """Twice as long, and no more is kept."""
    kept = []
    for ledgers in (6_000, 12_000):
        course = folded(long_session(ledgers))
        kept.append(len(course.ledgers.since(0)) + len(course.fills.since(0)) + len(course._mark_outs._waiting))
    assert kept[1] <= kept[0] + GROUPS_MAX
    assert max(kept) < 5_000
