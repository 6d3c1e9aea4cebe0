"""A line of numbers in one line of text: a bar for each stretch, the higher the number the higher the bar."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

BARS = "".join(chr(ord("\N{LOWER ONE EIGHTH BLOCK}") + step) for step in range(8))
# For terminals of ASCII alone, from low to high.
BARS_ASCII = "_.-:=+*#"


def spark(values: Sequence[Decimal], cells: int) -> str:
    """At most so many bars, from the lowest value to the highest; "" if there is nothing to compare.

    Args:
        values: Evenly spaced, oldest first. Each bar is the last of its stretch.
        cells: Bars at most.
    """
    if len(values) < 2:
        return ""
    count = min(cells, len(values))
    shown = [values[(place + 1) * len(values) // count - 1] for place in range(count)]
    low, high = min(shown), max(shown)
    step = (high - low) / (len(BARS) - 1)
    return "".join(BARS[round((value - low) / step) if step else 0] for value in shown)
