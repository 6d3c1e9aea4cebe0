"""What a transaction burns: the ledger's own fee under load, up to the cap."""

from __future__ import annotations

import msgspec
import pytest
from support.dealer_bench import SETTINGS, Bench
from support.desk_by_hand import TERMS, ledger

from neo.desk.fee import fee_asked


@pytest.mark.parametrize(
    ("open_drops", "cap_drops", "paid", "is_above"),
    [
        (10, 5000, 10, False),
        (900, 5000, 900, False),
        (5000, 5000, 5000, False),
        (5001, 5000, 5000, True),
        (5001, None, 10, False),  # without a cap nothing but the base fee is paid
        (1, 5000, 10, False),  # never below the base fee
    ],
)
def test_the_fee_follows_the_load_up_to_the_cap(
    open_drops: int, cap_drops: int | None, paid: int, is_above: bool
) -> None:
    """Exactly the cap may be paid; a drop more is asked for in vain."""
    fee = fee_asked(msgspec.structs.replace(TERMS, open_ledger_fee_drops=open_drops), cap_drops)
    assert (fee.drops, fee.is_above_cap) == (paid, is_above)


def test_a_fee_above_the_cap_is_told_once_for_as_long_as_it_lasts() -> None:
    """Of six ledgers the second to the fourth, and the last, ask for 900 drops, and 500 may be paid: two warnings."""
    bench = Bench(settings=msgspec.structs.replace(SETTINGS, fee_max_drops=500))
    dear = msgspec.structs.replace(TERMS, open_ledger_fee_drops=900)
    told: list[dict[str, int]] = []
    for index, terms in enumerate((TERMS, dear, dear, dear, TERMS, dear), start=11):
        effects = bench.ledger(ledger(index, terms=terms))
        assert effects.view is not None
        assert effects.view.costs.base_fee_drops == (500 if terms is dear else 10)
        told += [dict(warned.fields) for warned in effects.warnings if warned.event == "fee_above_cap"]
    assert told == [{"ledger_index": index, "asked_drops": 900, "cap_drops": 500} for index in (12, 16)]
