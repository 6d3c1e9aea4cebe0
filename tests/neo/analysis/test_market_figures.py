"""The figures of books, against ledgers that are made by hand."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from support.small_network import bid, offer, rlusd

from neo.analysis.market_figures import MarketWatch, SpreadFigures
from neo.ledger import Fees, Ledger
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

MAKER = crowd_address("maker")


def ledger_with(
    bids: Sequence[tuple[int, str]], asks: Sequence[tuple[int, str]], *, funded_xrp: int = 10_000
) -> Ledger:
    """A ledger with offers of so many XRP at a price each."""
    drops = (funded_xrp + 1) * 1_000_000 + 200_000 + (len(bids) + len(asks)) * 200_010  # over all reserves and fees
    ledger = Ledger.genesis(
        currency=RLUSD_CURRENCY,
        issuer=RLUSD_ISSUER,
        fees=Fees(10, 1_000_000, 200_000),
        accounts={MAKER: (drops, Decimal(100_000))},
    )
    sequence = 1
    for xrp, price in bids:
        made = ledger.apply(bid(sequence, MAKER, xrp, f"{xrp * Decimal(price):f}"))
        assert made.result == "tesSUCCESS"
        sequence += 1
    for xrp, price in asks:
        sides = {"TakerGets": f"{xrp}000000", "TakerPays": rlusd(f"{xrp * Decimal(price):f}")}
        assert ledger.apply(offer(sequence, MAKER, sides)).result == "tesSUCCESS"
        sequence += 1
    return ledger


def test_spread_and_depth_are_what_the_books_have() -> None:
    """A touch of 1.999 and 2.001 is 10 bps wide; an ask 150 bps from the mid of 2 counts within 200 bps alone."""
    watch = MarketWatch()
    watch.take(ledger_with(bids=[(100, "1.999"), (30, "1.992"), (7, "1.8")], asks=[(50, "2.001"), (20, "2.03")]))
    figures = watch.figures()
    assert figures.spread == SpreadFigures(
        ledgers=1,
        least_bps=Decimal("10.0"),
        median_bps=Decimal("10.0"),
        mean_bps=Decimal(10),
        p95_bps=Decimal("10.0"),
        most_bps=Decimal("10.0"),
    )
    assert [(each.within_bps, int(each.bids_xrp), int(each.asks_xrp)) for each in figures.depth] == [
        (10, 100, 50), (50, 130, 50), (200, 130, 70),
    ]  # fmt: skip
    assert figures.mid_first == figures.mid_last == 2


def test_only_what_has_funds_behind_it_counts() -> None:
    """An ask of 50 XRP by somebody who has 20."""
    watch = MarketWatch()
    watch.take(ledger_with(bids=[(100, "1.999")], asks=[(50, "2.001")], funded_xrp=20))
    assert watch.figures().depth[0].asks_xrp == 20


def test_spreads_are_ranked_over_the_ledgers() -> None:
    """Of nineteen at 10 bps and one at 50 the median is 10, and 95 of 100 are not above 10 either."""
    watch = MarketWatch()
    for _ in range(19):
        watch.take(ledger_with(bids=[(1, "1.999")], asks=[(1, "2.001")]))
    watch.take(ledger_with(bids=[(1, "1.995")], asks=[(1, "2.005")]))
    spread = watch.figures().spread
    assert spread is not None
    assert spread == SpreadFigures(
        ledgers=20,
        least_bps=Decimal(10),
        median_bps=Decimal(10),
        mean_bps=Decimal(12),
        p95_bps=Decimal(10),
        most_bps=Decimal(50),
    )


def test_the_course_of_the_mid_is_told() -> None:
    """First, last, lowest and highest."""
    watch = MarketWatch()
    for low, high in (("1.99", "2.01"), ("1.79", "1.81"), ("2.19", "2.21"), ("2.09", "2.11")):
        watch.take(ledger_with(bids=[(1, low)], asks=[(1, high)]))
    figures = watch.figures()
    assert (figures.mid_first, figures.mid_last, figures.mid_least, figures.mid_most) == (
        Decimal(2), Decimal("2.1"), Decimal("1.8"), Decimal("2.2"),
    )  # fmt: skip


def test_ledgers_without_both_sides_are_counted_and_have_no_spread() -> None:
    """Nothing is made up for them."""
    watch = MarketWatch()
    watch.take(ledger_with(bids=[(1, "1.99")], asks=[]))
    watch.take(ledger_with(bids=[], asks=[(1, "2")]))
    watch.take(ledger_with(bids=[], asks=[]))
    figures = watch.figures()
    assert (figures.ledgers, figures.one_sided, figures.empty) == (3, 2, 1)
    assert (figures.spread, figures.depth, figures.mid_first) == (None, (), None)
