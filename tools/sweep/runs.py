"""One session of a sweep: what it is asked for, how it is known again, and what came of it."""

from __future__ import annotations

import functools
import hashlib
from pathlib import Path

import msgspec

import actors
import neo
from actors.recordings.ledger_recording import LedgerRecording
from neo.analysis import Value
from neo.config import Config, config_sha256
from neo.market.recording import Recording
from neo.messages.halts import HaltReason
from tools.sweep.points import Point

# Endings that tell of a fault of the engine's or the machine's, not of the settings.
BROKEN = frozenset({HaltReason.STARTUP_FAILURE, HaltReason.ACTOR_FAILURE, HaltReason.UNEXPECTED_HALT})


Market = Recording | LedgerRecording
"""What a session is run on."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One session to run. ``id`` is the same whenever the same session is asked for, and only then."""

    id: str
    settings: dict[str, str]
    config: Config
    seed: int
    duration_s: int
    market: int
    market_name: str


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What came of one session: a line of the results file. ``figures`` are those of ``neo report --json``."""

    run: str
    settings: dict[str, str]
    seed: int
    market: str
    duration_s: int
    config_sha256: str
    journal_sha256: str
    halt_reason: HaltReason
    halt_detail: str
    wall_s: float
    figures: dict[str, Value]

    @property
    def pair(self) -> tuple[int, str]:
        """What two settings' sessions have in common if they are to be compared one to one."""
        return self.seed, self.market


def runs_of(points: list[Point], seeds: tuple[int, ...], markets: tuple[Market, ...], duration_s: int) -> list[Run]:
    """Every session of a sweep. All settings get the first seed before any gets the second, so that a sweep that is
    cut short has something to say of each.
    """
    code = code_sha256()
    hashes = [config_sha256(point.config) for point in points]
    return [
        Run(
            id=_identity(code, config_hash, market.sha256, seed, duration_s),
            settings=point.settings,
            config=point.config,
            seed=seed,
            duration_s=duration_s,
            market=number,
            market_name=market.name,
        )
        for seed in seeds
        for number, market in enumerate(markets)
        for point, config_hash in zip(points, hashes, strict=True)
    ]


@functools.cache
def code_sha256() -> str:
    """SHA-256 of the engine's source: results of two builds don't mix, whatever their version number says."""
    digest = hashlib.sha256()
    for package in (neo, actors):
        assert package.__file__ is not None, "the floors are packages with files"
        folder = Path(package.__file__).parent
        for path in sorted(folder.rglob("*.py")):
            digest.update(path.relative_to(folder.parent).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _identity(*parts: str | int) -> str:
    return hashlib.sha256("\n".join(map(str, parts)).encode()).hexdigest()[:16]
