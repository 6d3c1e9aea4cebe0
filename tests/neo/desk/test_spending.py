"""What the budgets are judged by: fees of a trailing day and transactions of a trailing minute, in ledger time."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from neo.desk.spending import Spending
from neo.messages import Spent

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
