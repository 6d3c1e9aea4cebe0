"""The pair: whose account we read the ledger for, and which token XRP trades against there."""

from __future__ import annotations

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """Whose metadata we read, and which token XRP trades against."""

    account: str
    currency: str
    issuer: str
