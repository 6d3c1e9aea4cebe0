"""The part of the crowd that an operator may change, as the crowd uses it and a world's file keeps it.

The profile's section is :class:`neo.sim.venue_config.SimVenueConfig`; there are no defaults here. What isn't here is a
documented constant in ``neo.sim.facts``, which also says which fact each number comes from and which is an assumption.
"""

from __future__ import annotations

import msgspec


class SimConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The simulated market. Whole numbers throughout, each with its unit in its name."""

    ledger_interval_s: int
    """Seconds from one ledger close to the next. Fact: 3 to 5 s on the network, 4 s here. A recorded minute needs at
    least four ledgers to show its open, high, low and close, so 15 s at most."""

    maker_count: int
    """Makers who quote both sides around the reference. Assumption."""

    maker_offset_bps_min: int
    """Distance from the reference of the nearest maker's first layer. Assumption."""

    maker_offset_bps_max: int
    """Distance from the reference of the farthest maker's first layer; the others spread evenly between. Assumption."""

    maker_size_xrp: int
    """Mean size of a maker's first layer; the second layer is twice that. Assumption. At the most, a maker's funds
    still cover all its quotes."""

    maker_lag_ledgers_max: int
    """A maker looks at the market every 1 to this many ledgers (uniform) and re-quotes from what it saw. Assumption."""

    maker_tolerance_bps: int
    """A maker leaves a quote alone until its target has moved more than this. Assumption."""

    taker_orders_per_day: int
    """Mean taker orders in 24 hours; they arrive at random, more of them in busy recorded minutes. Fitted, so that all
    trading transactions of a day come to the fact: 8,462 on 2025-12-15."""

    taker_size_xrp_min: int
    """Smallest taker order; sizes have a power-law tail above it, so the median is 1.6 times and the mean 3 times this.
    Fitted to the fact of 1.35 book fill legs in a transaction."""

    taker_informed_percent: int
    """Share of takers who trade in the direction in which the reference has just moved, before makers re-quote: the
    adverse selection a quote suffers. Assumption."""

    amm_pool_xrp: int
    """XRP in the AMM pool at the start; as much RLUSD lies beside it as the reference price says. Assumption."""

    amm_fee_bps: int
    """The pool's trading fee; the arbitrageur keeps the pool within it of the reference. Assumption, fitted to the fact
    of 295 AMM swap legs a day. The ledger allows 100 at most."""
