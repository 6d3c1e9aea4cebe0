"""Recorded prices as they were read, for whoever lays a market over them."""

from __future__ import annotations

import msgspec

from neo.market.minutes import Minutes


class Recording(msgspec.Struct, frozen=True):
    """A recording of one-minute prices.

    Args:
        name: As the operator knows it.
        sha256: Of what it says.
        file_sha256: Of its file's bytes, by which a ledger names it that an earlier version left.
        bars: Its minutes.
        warning: What is implausible in it and was allowed all the same, or None.
    """

    name: str
    sha256: str
    file_sha256: str
    bars: Minutes
    warning: str | None = None
