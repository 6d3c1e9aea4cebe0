"""How fast the embedded ledger is: transactions per second by family and by size of the book, and where time goes.

Method: recorded scenarios and made-up books on one core, metadata not rendered, the best of a few runs (the machine may
have other work). Run with ``pytest -m bench -n 0 -s``. The one promise that is checked is a ratio within the same run:
an order costs no more in a book of ten thousand offers than in one of a hundred, give or take the noise.
"""

from __future__ import annotations

import cProfile
import io
import pstats
import sys
import time
from typing import Any

import pytest
from support.ledger_world import CURRENCY, ISSUER, rlusd
from support.recorded import FAMILIES, scenarios

from neo.ledger import Ledger
from neo.ledger.keys import address_of
from neo.replay.market_setup import read_setup

RUNS = 5
BOOKS = (100, 1_000, 10_000)
ORDERS = 400
RATIO_MAX = 2.0  # a memory move of a few kilobytes, and the caches' misses
ACCOUNTS = [address_of(bytes([number]) * 20) for number in range(20, 60)]


def tell(line: str = "") -> None:
    """A line for whoever runs the bench."""
    sys.stdout.write(line + "\n")


def play(family: str) -> tuple[int, float]:
    """Play a family; (transactions, seconds of processor time)."""
    count, seconds = 0, 0.0
    for scenario in scenarios(family):
        issuer = scenario["setup"]["issuer"]["address"]
        steps = scenario["steps"]
        sent = [entry["tx"]["Sequence"] for step in steps for entry in step["txs"] if entry["tx"]["Account"] == issuer]
        ledger = read_setup(scenario["setup"], sent[0] if sent else 1)
        start = time.process_time()
        for step in steps:
            ledger.open_at(
                index=int(step["ledger_index"]),
                close_time_s=step["close_time"],
                parent_close_time_s=step["parent_close_time"],
            )
            for entry in step["txs"]:
                ledger.apply(entry["tx"], entry["hash"])
                count += 1
        seconds += time.process_time() - start
    return count, seconds


@pytest.mark.bench
def test_transactions_per_second_by_family() -> None:
    """Tells what each kind of transaction costs on the embedded ledger."""
    tell()
    for family in FAMILIES:
        count, seconds = min((play(family) for _ in range(RUNS)), key=lambda done: done[1])
        tell(
            f"  {family:14} {count:6} transactions {count / seconds:8.0f} a second {seconds / count * 1e6:7.0f} us each"
        )
        assert count > 0


@pytest.mark.bench
def test_where_the_time_of_a_day_goes() -> None:
    """Tells the fifteen functions that a day's transactions spend most time in."""
    profile = cProfile.Profile()
    profile.enable()
    play("day")
    profile.disable()
    told = io.StringIO()
    pstats.Stats(profile, stream=told).sort_stats("tottime").print_stats(15)
    tell(told.getvalue())
    assert "number.py" in told.getvalue()


class Book:
    """A ledger with a book of so many offers, spread over many owners and prices."""

    def __init__(self, offers: int) -> None:
        self.ledger = Ledger.genesis(
            currency=CURRENCY, issuer=ISSUER, accounts=dict.fromkeys(ACCOUNTS, (10**13, "100000000"))
        )
        for number in range(offers // 2):
            self.offer(ACCOUNTS[number % 38], str(10**9), rlusd(f"{2_000_000 + 7 * number}e-3"))
            self.offer(ACCOUNTS[number % 38], rlusd(f"{1_900_000 - 7 * number}e-3"), str(10**9))

    def offer(self, account: str, gets: Any, pays: Any, **fields: Any) -> None:
        tx = {"Account": account, "TransactionType": "OfferCreate", "Fee": "10", "Flags": 0}
        tx |= {"Sequence": self.ledger.sequence(account), "TakerGets": gets, "TakerPays": pays}
        assert self.ledger.apply(tx | fields).result == "tesSUCCESS"

    def replace(self) -> float:
        """Seconds for one maker to move its offer, over and over."""
        maker = ACCOUNTS[38]
        last: dict[str, int] = {}
        start = time.process_time()
        for number in range(ORDERS):
            sequence = self.ledger.sequence(maker)
            self.offer(maker, "5000000", rlusd(f"{9_900_000 + number}e-6"), **last)
            last = {"OfferSequence": sequence}
        return time.process_time() - start

    def take(self) -> float:
        """Seconds for one taker to take a little of the best offer, over and over."""
        start = time.process_time()
        for number in range(ORDERS):
            self.offer(ACCOUNTS[39], rlusd(f"{2_100_000 + number}e-6"), "1000000", Flags=0x20000)
        return time.process_time() - start


@pytest.mark.bench
def test_an_orders_cost_does_not_grow_with_the_book() -> None:
    """A replacement or a take costs about the same in the largest book as in the smallest."""
    costs: dict[str, dict[int, float]] = {"replace": {}, "take": {}}
    for size in BOOKS:
        book = Book(size)
        costs["replace"][size] = min(book.replace() for _ in range(RUNS))
        costs["take"][size] = min(book.take() for _ in range(RUNS))
    tell()
    for kind, by_size in costs.items():
        for size, seconds in by_size.items():
            ratio = seconds / by_size[BOOKS[0]]
            tell(f"  {kind:8} in a book of {size:6}: {seconds / ORDERS * 1e6:6.1f} us, {ratio:.2f} of the smallest")
        assert by_size[BOOKS[-1]] / by_size[BOOKS[0]] < RATIO_MAX
