"""Fills live and on paper, side by side: what is alike, what is not, by how much, and why as far as it is known.

Records are made by hand; a price of 2 and 1 XRP a fill, if nothing else is said, and a mid of 2.5 at the end.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from support.invented import fill, seen

from neo.analysis.twin_error import TwinFold, TwinKind, TwinSide
from neo.messages import (
    Fill,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderStatus,
    Record,
    Side,
    TwinEntry,
    TwinFill,
    TwinObserved,
)

D = Decimal


def live(index: int, tx_hash: str, sequence: int = 7, xrp: str = "1", price: str = "2") -> Fill:
    """A fill that the session booked, of the buy order of this sequence."""
    return msgspec.structs.replace(
        fill(index, Side.BUY, price, xrp), tx_hash=tx_hash, offer_sequence=sequence, order_id=f"o{sequence}"
    )


def paper(index: int, tx_hash: str, sequence: int = 7, xrp: str = "1", price: str = "2") -> TwinObserved:
    """The same on paper."""
    drops = int(D(xrp).scaleb(6))
    return TwinObserved(
        ledger_index=index, fills=(TwinFill(tx_hash, sequence, Side.BUY, drops, D(price) * D(xrp), taker=False),)
    )


def placed(
    sequence: int,
    live_index: int | None,
    paper_index: int | None,
    cancels: str | None = None,
    replaces: str | None = None,
) -> list[Record]:
    """An order, or the cancel of one, and the ledgers that it entered; None for none."""
    order_id, tx_hash = f"o{sequence}", f"T{sequence}"
    records: list[Record] = [
        OrderIntended(
            order_id=order_id,
            tick=1,
            ledger_index=1,
            close_time_s=4,
            side=Side.BUY,
            price=D(2),
            xrp_drops=1,
            rlusd=D(2),
            replaces=replaces,
            cancels=cancels,
        ),
        OrderSigned(order_id=order_id, tx_hash=tx_hash, blob="", sequence=sequence, last_ledger_sequence=99),
    ]
    if paper_index is not None:
        records.append(TwinObserved(ledger_index=paper_index, entered=(TwinEntry(tx_hash, "tesSUCCESS"),)))
    result, index = ("tefMAX_LEDGER", 9) if live_index is None else ("tesSUCCESS", live_index)
    records.append(
        OrderChanged(
            order_id=order_id,
            ledger_index=index,
            close_time_s=0,
            status=OrderStatus.RESTING,
            result=result,
            xrp_left_drops=0,
            rlusd_left=D(0),
        )
    )
    return records


def folded(*records: Record) -> TwinFold:
    """A session in which the twin began after ledger 1, with these records."""
    fold = TwinFold()
    for record in (
        TwinObserved(ledger_index=1, begins=True),
        *records,
        seen(40, mid="2.5"),
        TwinObserved(ledger_index=40),
    ):
        fold.apply(record)
    return fold


def test_a_session_without_a_twin_has_no_error() -> None:
    """There is nothing to tell."""
    fold = TwinFold()
    fold.apply(live(3, "A"))
    assert (fold.error(), fold.rows()) == (None, ())


def test_fills_by_the_same_transactions_are_alike_and_the_error_is_nothing() -> None:
    """Two takers met one order, here and there."""
    fold = folded(live(3, "A"), live(4, "B", xrp="2"), paper(3, "A"), paper(4, "B", xrp="2"))
    error = fold.error()
    assert error is not None
    assert (error.matched, error.differing, error.live_only, error.paper_only) == (2, 0, 0, 0)
    assert (error.error_share, error.result_difference_rlusd, error.ledgers) == (0.0, D(0), 39)
    assert {row.why for row in fold.rows()} == {""}


def test_the_error_is_the_xrp_by_which_orders_differ_over_what_was_filled() -> None:
    """Order 7: 3 XRP live and 2 on paper by the same taker; order 8: 1 XRP on paper alone: 2 of 3 XRP differ."""
    fold = folded(live(3, "A", xrp="3"), paper(3, "A", xrp="2"), paper(5, "C", sequence=8))
    error = fold.error()
    assert error is not None
    assert (error.differing, error.paper_only, error.live_drops, error.paper_drops) == (1, 1, 3_000_000, 3_000_000)
    assert error.error_share == pytest.approx(2 / 3)
    # Bought at 2 and worth 2.5: 3 XRP on paper and 3 live gain the same.
    assert error.result_difference_rlusd == 0


def test_what_paper_would_have_told_better_is_told_in_rlusd_and_by_its_price() -> None:
    """1 XRP bought at 1.99 on paper and at 2 live: 50 bps better; and 1 XRP more there, worth 0.5 more than it cost."""
    fold = folded(live(3, "A"), paper(3, "A", price="1.99"), paper(4, "B"))
    error = fold.error()
    assert error is not None
    assert error.result_difference_rlusd == D("0.51")
    first, second = fold.rows()
    assert first.kind is TwinKind.DIFFERING
    assert first.price_difference_bps == pytest.approx(50.0)
    assert (second.kind, second.live, second.paper) == (TwinKind.PAPER_ONLY, None, TwinSide(4, 1_000_000, D(2)))


def test_what_is_left_of_an_order_on_both_sides_is_matched_in_the_order_of_time() -> None:
    """Another taker met it a ledger later."""
    fold = folded(*placed(7, 3, 2), live(5, "B"), paper(4, "A"))
    (row,) = fold.rows()
    assert (row.kind, row.why) == (TwinKind.DIFFERING, "it entered 1 ledger later")
    error = fold.error()
    assert error is not None
    assert error.error_share == 0.0  # as much of the order was filled


@pytest.mark.parametrize(
    ("records", "why"),
    [
        pytest.param(placed(7, 4, 2), "it entered 2 ledgers later", id="late"),
        pytest.param(placed(7, None, 2), "it entered on paper alone: tefMAX_LEDGER", id="refused"),
        pytest.param(placed(7, 2, None), "it entered no ledger on paper", id="not on paper"),
        pytest.param(
            [*placed(7, 2, 2), *placed(9, 6, 5, cancels="o7")], "its cancel entered 1 ledger later", id="cancel"
        ),
        pytest.param(
            [*placed(7, 2, 2), *placed(9, 6, 5, replaces="o7")], "its successor entered 1 ledger later", id="x"
        ),
        pytest.param(placed(7, 2, 2), "not known", id="neither"),
        pytest.param([], "an order of before the session", id="adopted"),
    ],
)
def test_why_a_fill_is_on_one_side_alone(records: list[Record], why: str) -> None:
    """By the ledgers that the order, and its cancel, entered in truth and on paper."""
    (row,) = folded(*records, paper(5, "A")).rows()
    assert (row.kind, row.why) == (TwinKind.PAPER_ONLY, why)


def test_both_fills_in_one_ledger_by_other_takers_are_told_by_the_order_within_it() -> None:
    """Who went first is the ledger's to say."""
    (row,) = folded(*placed(7, 2, 2), live(5, "B"), paper(5, "A", xrp="0.5")).rows()
    assert (row.kind, row.why) == (TwinKind.DIFFERING, "order within the ledger")


def test_ledgers_that_the_twin_did_not_live_through_are_not_compared() -> None:
    """It began after ledger 1, was lost after 6, began anew after 10; fills of 8 and of before it count for nothing."""
    fold = folded(
        live(1, "Z"),
        live(3, "A"),
        paper(3, "A"),
        TwinObserved(ledger_index=6),
        live(8, "B"),
        TwinObserved(ledger_index=10, begins=True),
        live(12, "C"),
        paper(12, "C"),
    )
    error = fold.error()
    assert error is not None
    assert (error.matched, error.live_only, error.ledgers) == (2, 0, 5 + 30)
