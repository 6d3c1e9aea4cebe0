"""What a new session carries of earlier ones' fees and transactions: those of its account, by the ledger's clock.

Method: journals written by hand, each with its session's account, network and times, and what is read of them.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.store_database import ending, opened, tamper
from support.store_records import (
    FIRST_CLOSE_TIME_S,
    appends,
    changed,
    fee,
    intended,
    observed,
    opening,
    signed,
    started,
)

from actors.session.settling_by_hand import settle_orphan
from actors.store.sent import TradingPlace
from actors.store.spent_before import spent_before
from actors.store.store_errors import CorruptedError
from neo.chain.encoding import encode
from neo.desk.opening import SpentBefore
from neo.messages import OrderStatus, Record, SessionStarted, Side, SpentAt

HERE = TradingPlace(venue="live", account="rNEOexample", network_id=0)
DAY_S = 86_400
# The close time of tick 1's ledger; each tick's is 4 s later.
T1 = FIRST_CLOSE_TIME_S + 4
BUY, SELL = Side.BUY, Side.SELL
# What the blobs here burn.
FEE_DROPS = 17
BLOB = encode(
    {
        "TransactionType": "OfferCancel",
        "Account": "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh",
        "Fee": str(FEE_DROPS),
        "Sequence": 2,
        "OfferSequence": 1,
        "LastLedgerSequence": 9,
    }
).hex()


def order(tick: int, side: Side, *after: Record, blob: str = BLOB) -> tuple[Record, ...]:
    """An order, decided on as tick's ledger closed, and what is known of it."""
    return (intended(tick, side), msgspec.structs.replace(signed(tick, side), blob=blob), *after)


def session(path: Path, session_id: str, *records: Record, ends: bool = True, **row: Any) -> None:
    """A session that wrote these, with fields of its row or its account as they are given."""
    store = opened(path)
    account = row.pop("account", HERE.account)
    config = row.pop("config", '{"venue":{"network_id":0}}')
    began = msgspec.structs.replace(opening(session_id), **{"venue": HERE.venue, "config": config, **row})
    store.begin_session(began)
    first, *rest = started()
    assert isinstance(first, SessionStarted)
    store.append(appends([(msgspec.structs.replace(first, account=account), *rest, *records)]))
    if ends:
        store.end_session(ending())
    store.close()


def settled(tick: int, side: Side) -> tuple[Record, ...]:
    """An order whose transaction the next ledger has, and which rests there."""
    return order(tick, side, changed(tick, side, OrderStatus.RESTING), fee(tick, side))


def test_fees_of_a_day_and_transactions_of_a_minute_are_carried_with_their_times(tmp_path: Path) -> None:
    """Of a session that ended and of one that was lost; each until it is itself so old, to the second."""
    path = tmp_path / "neo.db"
    session(path, "one", *settled(1, BUY), *settled(1, SELL), observed(2))
    session(path, "two", *settled(9, BUY), observed(10), ends=False)
    fees = (SpentAt(T1 + 4, 20), SpentAt(T1 + 36, 10))
    requests = (SpentAt(T1, 2), SpentAt(T1 + 32, 1))
    assert spent_before(path, HERE, T1 + 40) == SpentBefore(fees, requests)
    assert spent_before(path, HERE, T1 + 59) == SpentBefore(fees, requests)
    assert spent_before(path, HERE, T1 + 60) == SpentBefore(fees, requests[1:])
    assert spent_before(path, HERE, T1 + 3 + DAY_S) == SpentBefore(fees, ())
    assert spent_before(path, HERE, T1 + 4 + DAY_S) == SpentBefore(fees[1:], ())
    assert spent_before(path, HERE, T1 + 36 + DAY_S) == SpentBefore()


def test_of_a_long_session_only_what_is_not_too_old_is_carried(tmp_path: Path) -> None:
    """Its newer fees do not bring the older ones along."""
    path = tmp_path / "neo.db"
    session(path, "one", *settled(1, BUY), *settled(9, BUY), observed(10))
    assert spent_before(path, HERE, T1 + 4 + DAY_S).fees == (SpentAt(T1 + 36, 10),)


def test_another_account_another_network_and_the_simulation_have_budgets_of_their_own(tmp_path: Path) -> None:
    """A session whose profile names no network counts, for it can't be told."""
    path = tmp_path / "neo.db"
    session(path, "stranger", *settled(1, BUY), observed(2), account="rStranger")
    session(path, "elsewhere", *settled(2, BUY), observed(3), config='{"venue":{"network_id":1}}')
    session(path, "simulated", *settled(3, BUY), observed(4), venue="sim")
    assert spent_before(path, HERE, T1 + 40) == SpentBefore()
    session(path, "unnamed", *settled(4, BUY), observed(5), config="[engine]\n")
    assert spent_before(path, HERE, T1 + 40) == SpentBefore((SpentAt(T1 + 16, 10),), (SpentAt(T1 + 12, 1),))


def test_a_fee_that_two_journals_tell_of_is_paid_once(tmp_path: Path) -> None:
    """A session that was settled late read the account's transactions of those after it as well."""
    path = tmp_path / "neo.db"
    session(path, "one", *settled(1, BUY), fee(3, BUY), observed(4))
    session(path, "two", *settled(3, BUY), observed(4))
    assert spent_before(path, HERE, T1 + 40).fees == (SpentAt(T1 + 4, 10), SpentAt(T1 + 12, 10))


@pytest.mark.parametrize("fate", [OrderStatus.LOST, OrderStatus.CANCELED, OrderStatus.FAILED])
def test_an_order_settled_by_hand_counts_with_the_fee_that_was_signed(tmp_path: Path, fate: OrderStatus) -> None:
    """Whatever somebody says of the order: nobody saw what its transaction cost. From when it was decided on."""
    path = tmp_path / "neo.db"
    given_up = changed(1, BUY, OrderStatus.LOST, "its ledger can't be asked")
    session(path, "one", *order(1, BUY, given_up), observed(2))
    carried = SpentBefore((SpentAt(T1, FEE_DROPS),), (SpentAt(T1, 1),))
    assert spent_before(path, HERE, T1 + 40) == carried
    settle_orphan(path, "one", intended(1, BUY).order_id, fate, "seen gone")
    assert spent_before(path, HERE, T1 + 40) == carried
    assert spent_before(path, HERE, T1 + DAY_S) == SpentBefore()


def test_what_the_ledger_told_of_an_order_is_believed(tmp_path: Path) -> None:
    """One that never came about burned nothing, one that rested and was given up then has burned its fee once, and one
    that was taken over from the ledger was not sent by us.
    """
    path = tmp_path / "neo.db"
    lapsed = order(1, BUY, changed(1, BUY, OrderStatus.FAILED, "tefMAX_LEDGER"))
    given_up = (*settled(2, SELL), changed(2, SELL, OrderStatus.LOST, "its ledger can't be asked"))
    adopted = order(3, BUY, changed(3, BUY, OrderStatus.RESTING, "adopted"), blob="")
    session(path, "one", *lapsed, *given_up, *adopted, observed(4))
    assert spent_before(path, HERE, T1 + 40) == SpentBefore(
        (SpentAt(T1 + 8, 10),), (SpentAt(T1, 1), SpentAt(T1 + 4, 1))
    )


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE fees SET created_at = 'tomorrow'",
        "UPDATE fees SET created_at = '2999-01-01'",
        "UPDATE orders SET status = 'lost', blob = '00', submit_tx_hash = 'X'",
    ],
)
def test_what_can_not_be_read_is_told_and_not_counted_as_nothing(tmp_path: Path, damage: str) -> None:
    """A budget that forgot a part of what is spent would let more be spent."""
    path = tmp_path / "neo.db"
    session(path, "one", *settled(1, BUY), observed(2))
    tamper(path, damage)
    with pytest.raises(CorruptedError, match="damaged"):
        spent_before(path, HERE, T1 + 40)
