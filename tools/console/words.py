"""Figures in the operator's words: prices, distances, amounts, durations, so that every screen says them alike."""

from __future__ import annotations

import math
from decimal import Decimal

from neo.analysis.moment import SideMoment
from neo.chain.money import xrp

NOTHING = "-"


def show_price(price: Decimal | None) -> str:
    """RLUSD per XRP to six significant digits."""
    return NOTHING if price is None else f"{float(price):#.6g}"


def show_bps(distance_bps: Decimal | None) -> str:
    """A signed distance in basis points."""
    return NOTHING if distance_bps is None else f"{distance_bps:+.1f} bps"


def show_touch(distance_bps: Decimal | None) -> str:
    """How far a quote stands from the touch: positive is ahead of it, negative behind."""
    if distance_bps is None:
        return NOTHING
    if abs(distance_bps) < Decimal("0.05"):
        return "at the touch"
    where = "ahead of" if distance_bps > 0 else "behind"
    return f"{abs(distance_bps):.1f} bps {where} the touch"


def show_quote(name: str, side: SideMoment) -> str:
    """Our quote on one side in a sentence's part, or why there is none, or why it won't be renewed."""
    if side.price is None:
        return f"no {name} ({side.code})"
    return f"{name} {show_price(side.price)} ({', '.join(filter(None, [show_touch(side.distance_bps), side.code]))})"


def show_xrp(drops: int, decimals: int = 2) -> str:
    """Drops as XRP; six decimals are exact."""
    return f"{xrp(drops):,.{decimals}f} XRP"


def show_rlusd(amount: Decimal | None, decimals: int = 2) -> str:
    """An amount of RLUSD."""
    return NOTHING if amount is None else f"{amount:,.{decimals}f} RLUSD"


def show_change(amount: Decimal | None) -> str:
    """A signed amount of RLUSD."""
    return NOTHING if amount is None else f"{amount:+,.4f} RLUSD"


def show_duration(duration_s: int) -> str:
    """Seconds as ``h:mm:ss``."""
    minutes, seconds = divmod(duration_s, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"


def show_age(age_s: float) -> str:
    """Seconds as ``12 s``, ``3 min`` or ``2 h``, rounded down."""
    minutes = int(age_s) // 60
    return f"{int(age_s)} s" if minutes < 2 else f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def show_pace(speed: float) -> str:
    """A session's speed."""
    return "as fast as possible" if math.isinf(speed) else f"at {speed:g} x real time"


def show_part(part: int, rest: int) -> str:
    """How much a part is of itself and the rest, in percent; a dash of nothing."""
    return f"{part / (part + rest):.1%}" if part + rest else NOTHING


def count(number: int, noun: str, nouns: str = "") -> str:
    """``1 fill``, ``2 fills``; ``nouns`` is the plural where it is no plain one."""
    return f"{number:,} {noun if number == 1 else nouns or f'{noun}s'}"
