"""The largest move of late: it comes at once, fades by half-lives, and is never taken to be nothing."""

from __future__ import annotations

from decimal import Decimal

from neo.watch.largest_move import LargestMove

D = Decimal


def test_a_larger_move_counts_at_once_whichever_way_it_went() -> None:
    """From 2 to 1.98 is 100 bps down, and more than the 11 that are reckoned with anyway."""
    move = LargestMove(60, D(11))
    move.observe(1000, D(2))
    assert move.bps == 11
    move.observe(1004, D("1.98"))
    assert move.bps == 100


def test_a_half_life_takes_half_of_it_away_and_the_least_stays() -> None:
    """With a price that stands still 100 bps are 50 after 60 s, 25 after 120 s, and then the 11 that always count."""
    move = LargestMove(60, D(11))
    move.observe(1000, D(2))
    move.observe(1004, D("2.02"))
    seen = []
    for time_s in (1064, 1124, 1304):
        move.observe(time_s, D("2.02"))
        seen.append(move.bps)
    assert seen == [50, 25, 11]


def test_a_smaller_move_leaves_what_has_not_faded_yet() -> None:
    """20 bps a half-life after 100: the 50 that are left of those still count for more."""
    move = LargestMove(60, D(11))
    move.observe(1000, D(2))
    move.observe(1004, D("2.02"))
    move.observe(1064, D("2.02404"))
    assert move.bps == 50


def test_a_price_that_is_not_later_says_nothing() -> None:
    """A ledger that is seen again after a crash is no move, and the next one is measured from the one before it."""
    move = LargestMove(60, D(11))
    move.observe(1000, D(2))
    move.observe(1000, D(3))
    move.observe(996, D(3))
    assert move.bps == 11
    move.observe(1004, D("2.02"))
    assert move.bps == 100
