"""The pair: whose account we read the ledger for, and which token XRP trades against there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from neo.messages import Freeze

# Flags of an account; and of a line: those of the low account's side, and of the high one's.
_GLOBAL: Final = 0x00400000
_LINE: Final = (0x00400000, 0x00800000)
_DEEP: Final = (0x02000000, 0x04000000)


class Pair(msgspec.Struct, frozen=True):
    """Whose metadata we read, and which token XRP trades against."""

    account: str
    currency: str
    issuer: str


def freezes_of(line: Mapping[str, Any] | None, issuer: Mapping[str, Any], pair: Pair) -> tuple[Freeze, ...]:
    """The freezes of our RLUSD that its issuer has set.

    Source: xrpl.org, "Freezing Tokens", "Deep Freeze", "RippleState" and "AccountRoot" (their flags).

    Args:
        line: Our trust line as the ledger's own entry (RippleState); None if there is none.
        issuer: The issuer's account as the ledger's own entry (AccountRoot).
        pair: Ours.
    """
    found = []
    if line is not None:
        side = int(line["HighLimit"]["issuer"] == pair.issuer)
        found += [
            freeze for freeze, flags in ((Freeze.LINE, _LINE), (Freeze.DEEP, _DEEP)) if line["Flags"] & flags[side]
        ]
    if issuer["Flags"] & _GLOBAL:
        found.append(Freeze.GLOBAL)
    return tuple(found)
