"""What a live venue is set up with, as its parts read it."""

from __future__ import annotations

from typing import Literal

import msgspec

from neo.chain.pair import Pair
from neo.mirror.assembly import Completeness
from neo.strategy.settings import QuoteSettings


class StreamSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Which pair of which ledger is watched, and through which servers.

    Args:
        currency: Of the token, as the ledger writes it: three characters, or 40 hexadecimal digits.
        issuer: Of the token.
        endpoints: WebSocket URLs in the order of preference; one at least, each another server's.
        network_id: The network's; 0 for the main network and for a stand-alone ledger.
        server_version_min: The least version of the ledger server.
        completeness: What is subscribed to, and so what proves that a ledger is complete.
        validated_age_s_max: How old a server's newest validated ledger may be.
        request_timeout_s: How long an answer is waited for, and a connection if there is none.
        audit_interval_ledgers: How often the mirror is held against a fresh read.
    """

    currency: str
    issuer: str
    endpoints: tuple[str, ...]
    network_id: int
    server_version_min: str
    completeness: Completeness
    validated_age_s_max: int
    request_timeout_s: float
    audit_interval_ledgers: int


class LiveSettings(StreamSettings, frozen=True, kw_only=True):
    """Which account trades there, and what is done about what is found of it.

    Args:
        account: The address that trades.
        unknown_offers: What is done about offers of ours that no journal knows, before the first order.
        unknown_age_s: A transaction of ours that no journal knows and is younger than this keeps a session from
            starting: another one may be trading with the account.
        order_lifetime_ledgers: From the ledger that a transaction is decided on to the last one that it may enter.
        quotes: What decides our quotes. The issuer's tick size must not be coarser than their prices, and the balances
            leave room for them or not.
    """

    account: str
    unknown_offers: Literal["adopt", "cancel", "halt"]
    unknown_age_s: int
    order_lifetime_ledgers: int
    quotes: QuoteSettings

    @property
    def pair(self) -> Pair:
        """Ours."""
        return Pair(self.account, self.currency, self.issuer)
