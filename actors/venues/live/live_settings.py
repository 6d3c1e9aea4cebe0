"""What a live venue is set up with, as its parts read it."""

from __future__ import annotations

from typing import Literal

import msgspec

from neo.chain.pair import Pair
from neo.mirror.assembly import Completeness


class LiveSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which ledger, which pair, through which servers, and what is done about what is found there.

    Args:
        account: The address that trades.
        currency: Of the token, as the ledger writes it: three characters, or 40 hexadecimal digits.
        issuer: Of the token.
        endpoints: WebSocket URLs in the order of preference; one at least, each another server's.
        network_id: The network's; 0 for the main network and for a stand-alone ledger.
        server_version_min: The least version of the ledger server.
        completeness: What is subscribed to, and so what proves that a ledger is complete.
        validated_age_s_max: How old a server's newest validated ledger may be.
        request_timeout_s: How long an answer is waited for, and a connection if there is none.
        audit_interval_ledgers: How often the mirror is held against a fresh read.
        unknown_offers: What is done about offers of ours that no journal knows, before the first order.
        unknown_age_s: A transaction of ours that no journal knows and is younger than this keeps a session from
            starting: another one may be trading with the account.
        price_digits: Significant digits that we quote with; the issuer's tick size must not be coarser.
    """

    account: str
    currency: str
    issuer: str
    endpoints: tuple[str, ...]
    network_id: int = 0
    server_version_min: str = "2.3.0"
    completeness: Completeness = Completeness.ALL
    validated_age_s_max: int = 20
    request_timeout_s: float = 10.0
    audit_interval_ledgers: int = 75
    unknown_offers: Literal["adopt", "cancel", "halt"] = "halt"
    unknown_age_s: int = 300
    price_digits: int = 15

    @property
    def pair(self) -> Pair:
        """Ours."""
        return Pair(self.account, self.currency, self.issuer)
