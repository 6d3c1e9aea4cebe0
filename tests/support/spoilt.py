"""Pieces of JSON with something in them left out or put wrong, as a server might send them that is not what it was."""

from __future__ import annotations

import copy
import random
from typing import Any

JUNK: tuple[Any, ...] = (
    None, True, 0, -1, 2**63, 1.5, "", "x", "-5", "1e9", "NaN", "1E400", "9" * 60, [], {}, [1], [None], ["x"], {"a": 1},
)  # fmt: skip


def leaves(value: Any) -> list[tuple[Any, Any]]:
    """Every place in a piece of JSON, as (what holds it, its key there)."""
    found: list[tuple[Any, Any]] = []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += [(value, key), *leaves(inner)]
    return found


def spoilt(value: Any, chance: random.Random) -> Any:
    """A copy with one place left out, or filled with junk."""
    value = copy.deepcopy(value)
    holder, key = chance.choice(leaves(value))
    if chance.random() < 0.4:
        del holder[key]
    else:
        holder[key] = copy.deepcopy(chance.choice(JUNK))
    return value
