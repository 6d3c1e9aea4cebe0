"""What an account's balances leave room for, before a session begins with them.

Figures by hand: an XRP is 2 RLUSD; both limits are 100 RLUSD, and the share for reduce-only 80 %.
The smallest quote has 3 RLUSD and a little for rounding (0.998 of it is placed): 3.01 RLUSD, or 1.51 XRP (1.505 up).
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from support.quoting_views import SETTINGS, WIDE

from neo.strategy.outset import Holdings, Outlook, quotable_sides, within_limits

LIMITS_100 = msgspec.structs.replace(
    WIDE,
    max_xrp_exposure=Decimal(100),
    max_rlusd_exposure=Decimal(100),
    reduce_only_share=Decimal("0.8"),
    reserve_buffer_drops=2_000_000,
)
QUOTES = msgspec.structs.replace(
    SETTINGS,
    limits=LIMITS_100,
    requote=msgspec.structs.replace(SETTINGS.requote, min_remainder_rlusd=Decimal(3)),
)


def holdings(xrp: str = "20", rlusd: str = "20", **fields: Any) -> Holdings:
    """So much, of which 1.2 XRP are the reserve."""
    drops = int(Decimal(xrp) * 1_000_000)
    usual = {"price": Decimal(2), "owner_reserve_drops": 200_000, "spare_drops": drops - 1_200_000}
    return Holdings(xrp_drops=drops, rlusd=Decimal(rlusd), **{**usual, **fields})


def limits_of(xrp: str, rlusd: str, **fields: Any) -> Outlook:
    return within_limits(LIMITS_100, holdings(xrp, rlusd, **fields))


def test_balances_well_within_both_limits_need_nothing() -> None:
    """Up to the very share: 40 XRP are worth 80 of 100."""
    outlook = limits_of("40", "80")
    assert (outlook.is_fit, outlook.mend) == (True, None)
    assert outlook.told == "in RLUSD: XRP 80.00 of 100, RLUSD 80.00 of 100"


@pytest.mark.parametrize(
    ("xrp", "rlusd", "ending", "mend"),
    [
        (
            "51.003",
            "20",
            "above risk.max_xrp_exposure, so a session ends at once with risk_xrp_exposure",
            "Pay 1.01 XRP or more out of the account, or set risk.max_xrp_exposure to 102.01 or more",
        ),
        (
            "20",
            "100.001",
            "above risk.max_rlusd_exposure, so a session ends at once with risk_rlusd_exposure",
            "Pay 0.01 RLUSD or more out of the account, or set risk.max_rlusd_exposure to 100.01 or more",
        ),
        (
            "60",
            "110",
            "above risk.max_xrp_exposure and risk.max_rlusd_exposure, so a session ends at once with risk_xrp_exposure",
            "Pay 10.00 XRP or more out of the account, or set risk.max_xrp_exposure to 120.00 or more; and pay 10.00"
            " RLUSD or more out of the account, or set risk.max_rlusd_exposure to 110.00 or more",
        ),
    ],
)
def test_what_is_above_a_limit_is_told_with_the_ending_and_both_ways_out(
    xrp: str, rlusd: str, ending: str, mend: str
) -> None:
    """Amounts are rounded up, so that who pays them out is within."""
    outlook = limits_of(xrp, rlusd)
    assert outlook.is_fit is False
    assert outlook.told.endswith(ending)
    assert outlook.mend == mend


@pytest.mark.parametrize(
    ("xrp", "rlusd", "side", "mend"),
    [
        ("45", "20", "asks", "Pay 5.00 XRP or more out of the account, or set risk.max_xrp_exposure to 112.50 or more"),
        ("20", "88", "bids", "Pay 8.00 RLUSD or more out of the account, or set risk.max_rlusd_exposure to 110.00"),
        ("42", "90", "bids", "Pay 2.00 XRP or more out of the account, or set risk.max_xrp_exposure to 105.00"),
    ],
)
def test_above_the_share_of_a_limit_the_side_that_is_left_is_named(xrp: str, rlusd: str, side: str, mend: str) -> None:
    """Near both, the one that is used up more decides: 90 of 100 RLUSD, and bids bring that down."""
    outlook = limits_of(xrp, rlusd)
    assert outlook.is_fit is True
    assert outlook.told.endswith(f"above 80 % (risk.reduce_only_percent), so only {side} are quoted")
    assert (outlook.mend or "").startswith(mend)
    assert (outlook.mend or "").endswith("and both sides are")


def test_without_a_price_only_the_token_is_held_against_its_limit() -> None:
    """What XRP is worth nobody knows then, and nothing can be said of the sides."""
    outlook = limits_of("1000", "20", price=None)
    assert outlook.is_fit is True
    assert outlook.told == (
        "in RLUSD: RLUSD 20.00 of 100 (neither the order book nor a pool has a price to value XRP by)"
    )
    assert limits_of("1000", "101", price=None).is_fit is False
    sides = quotable_sides(QUOTES, holdings(price=None))
    assert (sides.is_fit, sides.mend) == (None, None)


@pytest.mark.parametrize(
    ("xrp", "rlusd", "is_fit", "lacking", "mend"),
    [
        # 1.2 of reserve, 0.4 for two offers, 2 of buffer, 1.51 for an ask.
        ("5.11", "3.01", True, None, None),
        ("5.10", "3.01", True, "no asks", "Pay 0.01 XRP or more into the account"),
        ("5.11", "3", True, "no bids", "Pay 0.01 RLUSD or more into the account"),
        ("2", "0", False, "no asks and no bids", "Pay 3.11 XRP and 3.01 RLUSD or more into the account"),
    ],
)
def test_each_side_needs_its_smallest_quote(
    xrp: str, rlusd: str, is_fit: bool, lacking: str | None, mend: str | None
) -> None:
    """One side is enough to begin with; what the other one lacks is told to the hundredth."""
    outlook = quotable_sides(QUOTES, holdings(xrp, rlusd))
    assert outlook.is_fit is is_fit
    assert outlook.mend == mend
    assert lacking is None or outlook.told.endswith(f"{lacking} can be placed")
