"""``[venue]`` of kind ``paper``: a real market through its servers, with our orders in a fork of it alone."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from neo.network.pending import HOLD_LEDGERS
from neo.text.bounds import RLUSD_MAX, Bounds
from neo.wire.live_config import CURRENCY, ENDPOINTS, ISSUER, NETWORK_ID_MAX, VERSION


class PaperVenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a paper market."""

    kind: Literal["paper"]
    opening_xrp: Annotated[Decimal, Bounds(gt=0, lt=100_000_000_000, decimals=6)]
    opening_rlusd: Annotated[Decimal, Bounds(ge=0, lt=RLUSD_MAX, digits=15)]
    order_delay_ledgers: Annotated[int, Bounds(ge=1, le=HOLD_LEDGERS)]
    endpoints: Annotated[tuple[str, ...], ENDPOINTS]
    network_id: Annotated[int, Bounds(ge=0, le=NETWORK_ID_MAX)]
    currency: Annotated[str, CURRENCY]
    issuer: Annotated[str, ISSUER]
    server_version_min: Annotated[str, VERSION]
    completeness: Literal["all", "filtered"]
    validated_age_seconds_max: Annotated[int, Bounds(ge=5, le=600)]
    request_timeout_seconds: Annotated[int, Bounds(ge=1, le=60)]
    audit_interval_ledgers: Annotated[int, Bounds(ge=1, le=100_000)]

    @property
    def opening_drops(self) -> int:
        """``opening_xrp`` in drops, exact."""
        return int(self.opening_xrp.scaleb(6))
