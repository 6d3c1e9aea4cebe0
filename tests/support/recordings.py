"""Recordings for tests: a few ledgers of a recorded market, as the lines of a file and as items."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import msgspec
from support.recorded_pair import lines_of

from neo.replay.market_lines import MarketLines
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingHead, RecordingItem, write_line

LIVE = {"means": "live", "network_id": 0, "begun": "2026-11-26T00:11:44Z", "version": "0.1.0"}


def market_items(name: str = "plain", ledgers: int = 3) -> list[RecordingItem]:
    """Head, opening state and the first ledgers of a recorded market."""
    first, *others = lines_of(name, ledgers=ledgers)
    market = MarketLines(first)
    return [market.head, *(item for line in others for item in market.feed(line))]


def live_items(name: str = "plain", ledgers: int = 3) -> list[RecordingItem]:
    """The same as a recorder would have written it: without its end, as it is not over."""
    head, *others = market_items(name, ledgers)
    assert isinstance(head, RecordingHead)
    told = {field: getattr(head, field) for field in ("currency", "issuer", "amendments")}
    return [RecordingHead(**(told | LIVE)), *others]


def state_of(items: Iterable[RecordingItem]) -> RecordedState:
    """The first snapshot."""
    return next(item for item in items if isinstance(item, RecordedState))


def ledgers_of(items: Iterable[RecordingItem]) -> list[RecordedLedger]:
    """The ledgers."""
    return [item for item in items if isinstance(item, RecordedLedger)]


def packed(path: Path, items: Iterable[RecordingItem]) -> Path:
    """A recording's file, packed in one go."""
    path.write_bytes(gzip.compress(b"".join(write_line(item) for item in items)))
    return path


def packed_lines(path: Path, lines: Iterable[dict[str, Any]]) -> Path:
    """A file of these objects, a line each."""
    path.write_bytes(gzip.compress("".join(json.dumps(line) + "\n" for line in lines).encode()))
    return path


def spoilt(ledger: RecordedLedger) -> RecordedLedger:
    """A ledger whose first transaction's metadata does not name an entry that it changed."""
    first, *others = ledger.transactions
    node = {"ModifiedNode": {"LedgerEntryType": "Offer"}}
    meta = {**first.meta, "AffectedNodes": [node, *first.meta["AffectedNodes"]]}
    return msgspec.structs.replace(ledger, transactions=(msgspec.structs.replace(first, meta=meta), *others))
