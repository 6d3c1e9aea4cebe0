"""What the budgets are judged by: fees of a trailing day and transactions of a trailing minute, in ledger time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from neo.desk.spending import Spending
from neo.messages import SpendingCarried, Spent, SpentAt

DAY_S = 86_400


def test_what_is_older_than_its_window_no_longer_counts() -> None:
    """A transaction leaves after 60 s, a fee after a day, to the second."""
    spending = Spending()
    for time_s in (100, 100, 130):
        spending.add_request(time_s)
        spending.add_fee(time_s, 10)
    assert spending.spent(130) == Spent(30, 3)
    assert spending.spent(159) == Spent(30, 3)
    assert spending.spent(160) == Spent(30, 1)
    assert spending.spent(190) == Spent(30, 0)
    assert spending.spent(100 + DAY_S - 1) == Spent(30, 0)
    assert spending.spent(100 + DAY_S) == Spent(10, 0)
    assert spending.spent(130 + DAY_S) == Spent(0, 0)


@given(st.lists(st.tuples(st.integers(0, 40_000), st.integers(1, 50)), max_size=40))
def test_it_is_the_sum_over_the_window(gaps_and_fees: list[tuple[int, int]]) -> None:
    """Whatever the course, and however often one asks on the way."""
    spending, added, now_s = Spending(), [], 0
    for gap_s, fee_drops in gaps_and_fees:
        now_s += gap_s
        spending.add_fee(now_s, fee_drops)
        spending.add_request(now_s)
        added.append((now_s, fee_drops))
        fees_drops = sum(fee for time_s, fee in added if time_s > now_s - DAY_S)
        requests = sum(time_s > now_s - 60 for time_s, _ in added)
        assert spending.spent(now_s) == Spent(fees_drops, requests)


def test_what_earlier_sessions_spent_falls_out_one_by_one_as_it_grows_old() -> None:
    """Beside what this session spends itself, each fee and each transaction when it is itself a day, a minute old."""
    now_s = 800_000_000
    carried = SpendingCarried(
        ledger_index=9,
        close_time_s=now_s,
        fees=(SpentAt(now_s - DAY_S + 4, 30), SpentAt(now_s - 100, 20), SpentAt(now_s - 8, 12)),
        requests=(SpentAt(now_s - 56, 3), SpentAt(now_s - 8, 2)),
    )
    spending = Spending()
    spending.carry(carried)
    spending.add_fee(now_s, 10)
    spending.add_request(now_s)
    assert spending.spent(now_s) == Spent(72, 6)
    assert spending.spent(now_s + 4) == Spent(42, 3)
    assert spending.spent(now_s + 52) == Spent(42, 1)
    assert spending.spent(now_s + DAY_S - 100) == Spent(22, 0)
    assert spending.spent(now_s + DAY_S - 8) == Spent(10, 0)
    assert (carried.fees_drops, carried.request_count) == (62, 5)
