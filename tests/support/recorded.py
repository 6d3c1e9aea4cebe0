"""Scenarios recorded from a real ledger server, as the fill reader and the desk get to see them."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from neo.chain.pair import Pair
from neo.messages import LedgerTransaction

FOLDER = Path(__file__).parent.parent / "data" / "conformance"
FAMILIES = tuple(sorted(path.name.removesuffix(".jsonl.gz") for path in FOLDER.glob("*.jsonl.gz")))


@functools.cache
def scenarios(family: str) -> tuple[dict[str, Any], ...]:
    """All scenarios of one family."""
    with gzip.open(FOLDER / f"{family}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


def pair_of(scenario: dict[str, Any], name: str) -> Pair:
    """The scenario's pair from one account's side."""
    setup = scenario["setup"]
    return Pair(setup["accounts"][name], setup["currency"], setup["issuer"]["address"])


def applied(step: dict[str, Any]) -> Iterator[LedgerTransaction]:
    """The transactions that reached a step's ledger, in its order."""
    for entry in step["txs"]:
        if entry["meta"] is not None:
            yield LedgerTransaction(entry["hash"], entry["tx"], entry["meta"], entry["result"])
