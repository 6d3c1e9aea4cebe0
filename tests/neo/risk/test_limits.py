"""The limits as a profile gives them, in the units that the gates count in."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from support.sessions import config_with

from neo.risk import RiskLimits, risk_limits

D = Decimal


def test_every_limit_comes_from_its_key_in_its_unit() -> None:
    """XRP becomes drops and a percentage a share; no limit takes another one's key."""
    config = config_with(
        risk={
            "max_xrp_exposure": D(101),
            "max_rlusd_exposure": D(102),
            "reduce_only_percent": D("87.5"),
            "max_order_rlusd": D(103),
            "price_band_bps": D(104),
            "reserve_buffer_xrp": D("1.000001"),
            "max_fees_day_xrp": D("0.000107"),
            "max_requests_minute": 108,
            "cancel_requests_minute": 9,
        }
    )
    limits = risk_limits(config)
    assert limits == RiskLimits(
        max_xrp_exposure=D(101),
        max_rlusd_exposure=D(102),
        reduce_only_share=D("0.875"),
        max_order_rlusd=D(103),
        price_band_bps=D(104),
        reserve_buffer_drops=1_000_001,
        max_fees_day_drops=107,
        max_requests_minute=108,
        cancel_requests_minute=9,
    )
    assert type(limits.reserve_buffer_drops) is type(limits.max_fees_day_drops) is int
    assert len(set(msgspec.structs.astuple(limits))) == len(limits.__struct_fields__)
