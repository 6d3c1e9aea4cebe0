"""The funding account numbers its payments past those that are under way, and never twice with one number."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from neo.sim.accounts import FUNDING
from neo.sim.funding import SimFunding


def test_the_first_payment_has_the_ledgers_next_sequence() -> None:
    funding = SimFunding({FUNDING: 7}.__getitem__)
    assert (funding.address, funding.next_sequence()) == (FUNDING, 7)


def test_payments_under_way_count_though_no_ledger_has_them() -> None:
    funding = SimFunding(lambda _: 7)
    assert [funding.next_sequence() for _ in range(3)] == [7, 8, 9]


def test_where_the_ledger_is_ahead_its_word_holds() -> None:
    """After a restart the account has paid what this process never knew of."""
    sequences = iter([7, 7, 20, 20])
    funding = SimFunding(lambda _: next(sequences))
    assert [funding.next_sequence() for _ in range(4)] == [7, 8, 20, 21]


@given(st.lists(st.integers(0, 3), max_size=30))
def test_numbers_rise_one_by_one_however_the_ledger_follows(applied: list[int]) -> None:
    """It applies some of what is under way with each ledger, and never more."""
    ledger, given = 1, []
    funding = SimFunding(lambda _: ledger)
    for count in applied:
        given.append(funding.next_sequence())
        ledger = min(ledger + count, given[-1] + 1)
    assert given == list(range(1, len(applied) + 1))
