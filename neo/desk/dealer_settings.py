"""What decides the dealer's doing."""

from __future__ import annotations

import msgspec

from neo.watch.health import RetryPolicy
from neo.watch.session_watch import WatchLimits


class DealerSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the dealer's doing.

    Args:
        order_lifetime_ledgers: How many ledgers an order's transaction may still enter.
        retries: How often a failed request to the venue is made again.
        watch: The limits of what is watched at each ledger.
        reconcile_interval_ledgers: How often the inventory's comparison with the ledger is noted, with its parts.
        offer_expiry_s: How long an offer may rest, so that none outlives us for long; None if for ever.
        fee_max_drops: The most that a transaction may burn: under load the ledger's own fee is paid up to this, and
            above it only cancels are sent. None if what is paid is the base fee, whatever the load.
    """

    order_lifetime_ledgers: int
    retries: RetryPolicy
    watch: WatchLimits
    reconcile_interval_ledgers: int
    offer_expiry_s: int | None
    fee_max_drops: int | None
