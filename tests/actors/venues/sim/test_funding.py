"""The funding account numbers its payments past those that are under way, and never twice with one number."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from support.desk_by_hand import PAIR

from actors.venues.sim.funding import SimFunding
from neo.chain.shapes import SignedTransaction
from neo.messages import MoveCapital
from neo.sim.accounts import FUNDING

MOVE = MoveCapital(order_id="c1", xrp_drops=0, rlusd=Decimal("12.5"))


class Forms:
    """Signs by keeping what it was given."""

    def __init__(self) -> None:
        self.kept: list[Mapping[str, Any]] = []

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """The hash is its place."""
        self.kept.append(tx)
        return SignedTransaction(str(len(self.kept)), "")


def deposit(funding: SimFunding) -> int:
    """The sequence of the next deposit."""
    return funding.deposit(PAIR, MOVE, fee_drops=10, last_ledger_sequence=9).sequence


def test_a_deposit_is_a_payment_from_the_funding_account_to_ours() -> None:
    """Of the amount that was asked for, by the ledger's next sequence of that account."""
    forms = Forms()
    assert deposit(SimFunding({FUNDING: 7}.__getitem__, forms.sign)) == 7
    [form] = forms.kept
    assert (form["Account"], form["Destination"], form["Sequence"]) == (FUNDING, PAIR.account, 7)
    assert (form["Amount"]["value"], form["Fee"], form["LastLedgerSequence"]) == ("12.5", "10", 9)


def test_payments_under_way_count_though_no_ledger_has_them() -> None:
    """Two deposits before the next ledger would be one transaction otherwise."""
    funding = SimFunding(lambda _: 7, Forms().sign)
    assert [deposit(funding) for _ in range(3)] == [7, 8, 9]


def test_where_the_ledger_is_ahead_its_word_holds() -> None:
    """After a restart the account has paid what this process never knew of."""
    sequences = iter([7, 7, 20, 20])
    funding = SimFunding(lambda _: next(sequences), Forms().sign)
    assert [deposit(funding) for _ in range(4)] == [7, 8, 20, 21]


@given(st.lists(st.integers(0, 3), max_size=30))
def test_numbers_rise_one_by_one_however_the_ledger_follows(applied: list[int]) -> None:
    """It applies some of what is under way with each ledger, and never more."""
    ledger, numbers = 1, []
    funding = SimFunding(lambda _: ledger, Forms().sign)
    for count in applied:
        numbers.append(deposit(funding))
        ledger = min(ledger + count, numbers[-1] + 1)
    assert numbers == list(range(1, len(applied) + 1))
