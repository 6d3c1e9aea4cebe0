"""The models' offsets, worked by hand, and the promises that any model's skew must keep."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.quoting_views import SETTINGS, by_side, settings, view

from neo.strategy.models import MODELS, ModelSettings, Offsets, Situation
from neo.strategy.quoter import Quoter

D = Decimal
LEVEL = Situation(variance_bps2_s=D(2), excess_share=D(0), excess_lots=D(0))
names = st.sampled_from(sorted(MODELS))
shares = st.decimals("-1", "1", places=4)


def offsets(model: str, situation: Situation, **numbers: Decimal) -> Offsets:
    """A model's answer, with these of its numbers changed."""
    return MODELS[model](msgspec.structs.replace(SETTINGS.model_settings, **numbers)).offsets(situation)


def test_fixed_offset_is_its_two_numbers_when_inventory_is_on_target() -> None:
    """5 bps below and 10 bps above, whatever the volatility."""
    assert offsets("fixed_offset", LEVEL, inventory_skew_bps=D(20)) == Offsets(D(5), D(10))


def test_fixed_offset_leans_by_the_excess_share() -> None:
    """A tenth too much XRP and a skew of 20 bps: both quotes 2 bps lower; a tenth too little: both 2 bps higher."""
    long = LEVEL._replace(excess_share=D("0.1"))
    assert offsets("fixed_offset", long, inventory_skew_bps=D(20)) == Offsets(D(7), D(8))
    short = LEVEL._replace(excess_share=D("-0.1"))
    assert offsets("fixed_offset", short, inventory_skew_bps=D(20)) == Offsets(D(3), D(12))


def test_avellaneda_stoikov_by_the_papers_formulas() -> None:
    """gamma 0.01, kappa 0.3, sigma^2 2 bps^2/s over 60 s: risk is 1.2 bps a lot.

    Half the spread is 1.2 / 2 + ln(1 + 0.01 / 0.3) / 0.01 = 0.6 + 3.27898... bps; two lots too many lower both quotes
    by 2.4 bps.
    """
    level = offsets("avellaneda_stoikov", LEVEL)
    assert level.bid_bps == level.ask_bps
    assert round(level.bid_bps, 5) == D("3.87898")
    long = offsets("avellaneda_stoikov", LEVEL._replace(excess_lots=D(2)))
    assert long == Offsets(level.bid_bps + D("2.4"), level.ask_bps - D("2.4"))


@pytest.mark.parametrize("gamma", ["1e-6", "1e-9", "1e-10", "1e-17", "1e-30", "1e-400"])
def test_avellaneda_stoikov_with_hardly_any_risk_aversion_keeps_its_spread(gamma: str) -> None:
    """Without risk aversion the best distance is 1 / kappa, 3.33 bps, and not none."""
    nearly = offsets("avellaneda_stoikov", LEVEL, risk_aversion=D(gamma))
    assert round(nearly.bid_bps, 3) == round(nearly.ask_bps, 3) == D("3.333")


def test_avellaneda_stoikov_widens_with_volatility() -> None:
    """Twice the variance adds half of gamma * sigma^2 * T once more: 0.6 bps a side."""
    calm, wild = (offsets("avellaneda_stoikov", LEVEL._replace(variance_bps2_s=D(each))) for each in (2, 4))
    assert wild.bid_bps - calm.bid_bps == wild.ask_bps - calm.ask_bps == D("0.6")


@given(names, shares, st.decimals("0", "50", places=3))
def test_inventory_moves_quotes_and_never_the_spread(model: str, share: Decimal, variance: Decimal) -> None:
    """The reservation price moves against the excess; bid and ask keep their distance from each other."""
    level = offsets(model, LEVEL._replace(variance_bps2_s=variance), inventory_skew_bps=D(20))
    situation = Situation(variance_bps2_s=variance, excess_share=share, excess_lots=share * 25)
    leaning = offsets(model, situation, inventory_skew_bps=D(20))
    assert round(leaning.bid_bps + leaning.ask_bps, 12) == round(level.bid_bps + level.ask_bps, 12)
    lower = leaning.bid_bps - level.bid_bps
    assert lower * share >= 0


def test_a_third_model_is_a_class_and_an_entry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Named in the list, a model of 7 bps a side quotes: anchor, band, touch and sizes are the engine's."""

    class Seven:
        def __init__(self, settings: ModelSettings) -> None:
            del settings

        def offsets(self, situation: Situation) -> Offsets:
            del situation
            return Offsets(D(7), D(7))

    monkeypatch.setitem(MODELS, "seven", Seven)
    [bid], [ask] = by_side(Quoter(settings(model="seven")).on_view(view())).values()
    assert [round((2 - bid.price) * 5000, 1), round((ask.price - 2) * 5000, 1)] == [7, 7]


@pytest.mark.parametrize("model", sorted(MODELS))
def test_the_same_situation_gives_the_same_digits(model: str) -> None:
    """No memory, no binary fractions: twice the same question, twice the same answer."""
    situation = Situation(D("3.14159"), D("0.123"), D("-1.7"))
    assert str(offsets(model, situation)) == str(offsets(model, situation))
