"""The forms of JSON at the ledger's edge: what comes in is not trusted yet, what goes out is built here.

Inside (amounts, entries, state, flow) everything has a type of its own; a house test keeps it so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

Json: TypeAlias = "bool | int | str | Sequence[Json] | Mapping[str, Json] | None"
"""Any piece of JSON that the ledger writes; it writes no floats."""

JsonObject: TypeAlias = dict[str, Json]
"""An object that the ledger writes."""

TxJson: TypeAlias = Mapping[str, object]
"""A transaction in the ledger's JSON form, as somebody sent it: a field is nothing until it has been looked at."""

SavedJson: TypeAlias = Mapping[str, Any]
"""An object of a saved ledger. ``Any``, because its shape is known from having written it, and a wrong one fails."""
