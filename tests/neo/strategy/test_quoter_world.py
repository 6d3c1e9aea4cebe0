"""Quoting and risk on the exact ledger, seed after seed, without actors: what must hold in every single ledger.

Method: the simulated market, the desk, the quoter and risk in one loop; the seed is part of the test's name.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.quoting_world import QuotingWorld, Step
from support.sessions import config_with

from neo.chain.money import value_rlusd
from neo.config import Config
from neo.messages import MarketView, Side
from neo.messages.reasons import HoldCode

D = Decimal
LEDGERS = 200
CONFIGS: dict[str, dict[str, Any]] = {
    "as shipped": {},
    "three levels": {"strategy": {"levels": 3}, "risk": {"max_requests_minute": 200}},
    "other model": {"strategy": {"model": "avellaneda_stoikov"}},
    "tight": {
        "venue": {"opening_xrp": D(50), "opening_rlusd": D(100)},
        "risk": {"max_xrp_exposure": D(150), "max_rlusd_exposure": D(150)},
    },
    "at the anchor": {"strategy": {"bid_offset_bps": D(0), "ask_offset_bps": D(0), "viability_sigmas": D(0)}},
}


def prices(view: MarketView, side: Side) -> list[Decimal]:
    """Where our offers of one side rest, or will."""
    return [offer.price for offer in view.own_offers if offer.side is side]


def check(step: Step, config: Config) -> None:
    """What must hold in every ledger."""
    view, allowed = step.view, step.allowed
    assert allowed is not None
    bids, asks = prices(view, Side.BUY), prices(view, Side.SELL)
    assert not bids or not asks or max(bids) < min(asks)
    # What is priced behind the touch as it was read is behind it on the exact ledger too.
    assert not {held.code for held in allowed.held_back} & {HoldCode.WOULD_CROSS, HoldCode.WOULD_FAIL}
    assert len(bids) <= config.strategy.levels >= len(asks)
    if allowed.halt is None:
        bids_drops = sum(quote.xrp_drops for quote in allowed.quotes if quote.side is Side.BUY)
        asks_rlusd = sum((quote.rlusd for quote in allowed.quotes if quote.side is Side.SELL), D(0))
        if bids_drops:
            own_drops = sum(offer.xrp_drops for offer in view.own_offers if offer.side is Side.BUY)
            value = value_rlusd(view.xrp_total_drops + own_drops + bids_drops, allowed.anchor_price or D(0))
            assert value <= config.risk.max_xrp_exposure
        if asks_rlusd:
            own_rlusd = sum((offer.rlusd for offer in view.own_offers if offer.side is Side.SELL), D(0))
            assert view.rlusd_total + own_rlusd + asks_rlusd <= config.risk.max_rlusd_exposure


@pytest.mark.parametrize("name", list(CONFIGS))
@pytest.mark.parametrize("seed", [1, 2])
def test_every_ledger_keeps_every_promise(seed: int, name: str) -> None:
    """Own offers apart, everything behind the exact ledger's touch, both sides filled within limits, books exact."""
    config = config_with(**CONFIGS[name])
    world = QuotingWorld(config, seed)
    for step in world.steps(LEDGERS):
        check(step, config)
    standing = world.desk.standing()
    assert standing.exact
    assert standing.fills > 5
    assert standing.taker_fills * 4 <= standing.fills


@pytest.mark.parametrize("seed", [1, 2])
def test_a_wider_offset_is_filled_less(seed: int) -> None:
    """Every bps away from the anchor costs fills: 3 bps is filled more than 12 bps."""
    fills = []
    for offset_bps in (D(3), D(12)):
        strategy = {"bid_offset_bps": offset_bps, "ask_offset_bps": offset_bps}
        world = QuotingWorld(config_with(strategy=strategy), seed)
        for _ in world.steps(LEDGERS):
            pass
        fills.append(world.desk.standing().fills)
    assert fills[0] > fills[1]
