"""How long a complete ledger takes from its last frame to the market a quote is decided on (pytest -m bench -n 0 -s).

Two kinds of ledger: those of a recorded market, where nearly everything is of the pair, and ledgers of 200 transactions
of another one, which have to be passed over quickly.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable

import pytest
from support import recorded_mirror
from support.recorded_pair import Model, recording

from neo.mirror.assembly import Completeness, LedgerAssembly
from neo.mirror.pinned_read import start_mirror
from neo.wire.frames import LedgerClosedFrame, TransactionFrame

pytestmark = pytest.mark.bench

FOREIGN_TRANSACTIONS = 200


def microseconds(work: Callable[[], object]) -> float:
    """Of processor time: the machine may have other work."""
    before = time.process_time()
    work()
    return (time.process_time() - before) * 1e6


def told(what: str, samples: list[float]) -> None:
    worst = sorted(samples)[int(len(samples) * 0.99)]
    print(f"{what}: median {statistics.median(samples):.0f} us, p99 {worst:.0f} us")


def test_a_ledger_of_the_pair() -> None:
    market = recording("older")
    mirror = start_mirror(Model(market).answers(market.pair("t1")))
    told("apply", [microseconds(functools.partial(mirror.apply, ledger)) for ledger in market.ledgers])
    told("market and balances", [microseconds(lambda: (mirror.market(5), mirror.balances())) for _ in range(200)])


def test_a_ledger_of_two_hundred_transactions_of_others() -> None:
    read = recorded_mirror.first_read()
    mirror = start_mirror(read)
    assembly = LedgerAssembly(Completeness.ALL, mirror.ledger_index, read.pair.account, "", mirror.ledger_hash)
    transactions = [each for ledger in recording("older").ledgers for each in ledger.transactions]
    last_frames, applied = [], []
    for start in range(0, len(transactions) - FOREIGN_TRANSACTIONS, FOREIGN_TRANSACTIONS):
        index = mirror.ledger_index + 1
        assembly.take_closed(closed(index), 0.0)
        *frames, last = [
            TransactionFrame(
                tx=each.tx,
                meta={**each.meta, "TransactionIndex": place},
                tx_hash=each.tx_hash,
                ledger_index=index,
                validated=True,
                result=each.result,
            )
            for place, each in enumerate(transactions[start : start + FOREIGN_TRANSACTIONS])
        ]
        for frame in frames:
            assert assembly.take_transaction(frame, 0.0) == ()
        before = time.process_time()
        (ledger,) = assembly.take_transaction(last, 0.0)
        last_frames.append((time.process_time() - before) * 1e6)
        applied.append(microseconds(functools.partial(mirror.apply, ledger)))
    told("the last frame", last_frames)
    told("apply", applied)


def closed(index: int) -> LedgerClosedFrame:
    return LedgerClosedFrame(
        ledger_index=index,
        ledger_hash=f"{index:064X}",
        close_time_s=index,
        txn_count=FOREIGN_TRANSACTIONS,
        base_fee_drops=10,
        reserve_base_drops=1_000_000,
        reserve_inc_drops=200_000,
    )
