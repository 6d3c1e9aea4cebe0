"""Whole days of the simulated market: their figures beside the facts, and how long a ledger takes.

Run with ``pytest -m bench -n 0 -s tests/bench/test_sim_bench.py``.
"""

import sys
import time
from collections import Counter

import pytest
from support.sim_counts import count
from support.sim_world import world

from neo.sim.facts import AMM_SWAP_LEGS_PER_DAY, BOOK_FILL_LEGS_PER_DAY, TRADING_TRANSACTIONS_PER_DAY

LEDGERS_PER_DAY = 21_600
PER_LEDGER_MS_MAX = 0.6
"""Of the 30 s that a day with all actors may take, the market may use less than half: 0.6 ms of 1.39 ms a ledger."""

FACTS = {
    "book legs": BOOK_FILL_LEGS_PER_DAY,
    "trading transactions": TRADING_TRANSACTIONS_PER_DAY,
    "pool legs": AMM_SWAP_LEGS_PER_DAY,
}


@pytest.mark.bench
def test_day_figures(capsys: pytest.CaptureFixture[str]) -> None:
    """Over several seeds, a day's figures come to the facts within a tenth in the mean and a quarter each."""
    totals: Counter[str] = Counter()
    seeds = range(1, 5)
    for seed in seeds:
        market, counts = world(seed), Counter[str]()
        pool = market.ledger.amm()
        assert pool is not None
        for _ in range(LEDGERS_PER_DAY):
            count(market.close_next(), pool.account, counts)
        totals += counts
        with capsys.disabled():
            sys.stdout.write(f"\nseed {seed}: " + ", ".join(f"{name} {counts[name]}" for name in sorted(counts)))
        for name, fact in FACTS.items():
            assert counts[name] == pytest.approx(fact, rel=0.25), (seed, name)
    for name, fact in FACTS.items():
        assert totals[name] / len(seeds) == pytest.approx(fact, rel=0.1), name


@pytest.mark.bench
def test_ledger_speed(capsys: pytest.CaptureFixture[str]) -> None:
    """A day's ledgers take well under 0.6 ms each, everything included, in processor time of this one thread."""
    market = world(1)
    began_s, transactions = time.thread_time(), 0
    for _ in range(LEDGERS_PER_DAY):
        transactions += len(market.close_next().transactions)
    spent_s = time.thread_time() - began_s
    per_ledger_ms = 1000 * spent_s / LEDGERS_PER_DAY
    with capsys.disabled():
        sys.stdout.write(
            f"\n{LEDGERS_PER_DAY} ledgers, {transactions} transactions in {spent_s:.1f} s: "
            f"{per_ledger_ms:.3f} ms a ledger, {1e6 * spent_s / transactions:.0f} us a transaction"
        )
    assert per_ledger_ms < PER_LEDGER_MS_MAX
