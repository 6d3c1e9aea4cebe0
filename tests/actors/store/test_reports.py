"""What reports read of a session from its database."""

from __future__ import annotations

from pathlib import Path

import pytest
from support import invented
from support.store_database import opened
from support.store_records import appends, changed, intended, opening, signed, started

from actors.store.reports import course
from neo.analysis.flow import Cause
from neo.messages import OrderStatus, Record, Side


@pytest.mark.parametrize(
    ("status", "cause"),
    [
        (OrderStatus.UNFUNDED, Cause.UNFUNDED),
        (OrderStatus.FROZEN, Cause.FROZEN),
        (OrderStatus.CANCELED, Cause.NO_QUOTE),
    ],
)
def test_a_trade_that_went_past_an_offer_which_was_removed_is_told_with_the_reason(
    tmp_path: Path, status: OrderStatus, cause: Cause
) -> None:
    """Whoever met our ask of 2.01 removed it, and traded at 2.015: the journal's record of it reaches the report."""
    path = tmp_path / "neo.db"
    store = opened(path)
    store.begin_session(opening("one"))
    placed: list[Record] = [intended(1, Side.SELL), signed(1, Side.SELL), changed(1, Side.SELL, OrderStatus.RESTING)]
    seen = invented.seen(1, "2", "1.99", "2.01")
    removed = changed(1, Side.SELL, status)
    passed_by = invented.trade(2, Side.BUY, ("2.015", 7, False))
    store.append(appends([(*started(), *placed, seen, removed, passed_by)]))
    store.close()
    lost = {part.cause: part.xrp_drops for part in course(path, "one").flow.parts if part.xrp_drops}
    assert lost == {cause: 7}
