"""A recording as long as wished: the simulation's crowd without us, ledger by ledger as a recorder writes it."""

from __future__ import annotations

import gzip
from pathlib import Path

import msgspec
from support.recorded_small import recorded_of, state_of
from support.sim_world import world

from neo.replay.recording_text import RecordingHead, write_line
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

_HEAD = RecordingHead(
    currency=RLUSD_CURRENCY, issuer=RLUSD_ISSUER, network_id=None, amendments=(), begun="", means="market", version=""
)


def write_crowd(path: Path, ledgers: int, seed: int = 7) -> Path:
    """Record so many ledgers of the default crowd, four seconds apart."""
    market = world(seed)
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(write_line(_HEAD))
        file.write(write_line(state_of(market.ledger)))
        for _ in range(ledgers):
            before_s = market.ledger.close_time_s
            recorded = recorded_of(market.close_next(), before_s)
            file.write(write_line(msgspec.structs.replace(recorded, parent_hash="")))
    return path
