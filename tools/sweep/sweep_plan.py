"""A sweep as it is going to be run, worked out and checked before anything runs."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import msgspec
import platformdirs

from actors.recordings.ledger_recording import LedgerRecording
from neo.config import Config, config_sha256
from neo.text.printable import printable
from neo.text.redaction import hide_secrets
from tools.console.errors import OperatorError
from tools.console.paths import whole_path
from tools.console.words import count, show_duration
from tools.settings.markets import given_markets, session_market
from tools.settings.profiles import find_profile, read_profile, read_tables, read_text, with_options
from tools.sweep.points import RUNS_MAX, Axis, Chosen, Point, checked_points, listed_settings, settings_of
from tools.sweep.runs import Market, Run, runs_of

_MINUTE_S = 60

# As many settings as may be swept, with a few keys each.
_POINTS_BYTES_MAX = 4 * 1024 * 1024


class SweepOptions(msgspec.Struct, frozen=True, kw_only=True):
    """The command line of ``neo sweep``; None or empty where the profile decides."""

    config: str
    axes: tuple[Axis, ...]
    zipped: bool
    points: Path | None
    seeds: tuple[int, ...]
    market: tuple[Path, ...]
    allow_implausible_prices: bool
    recording: tuple[Path, ...]
    duration: int | None
    jobs: int | None
    out: Path | None
    keep: bool
    as_json: bool
    as_csv: bool
    as_markdown: bool


class Plan(msgspec.Struct, frozen=True):
    """All sessions of a sweep, and the folder that is theirs."""

    profile: str
    points: list[Point]
    runs: list[Run]
    markets: tuple[Market, ...]
    seeds: tuple[int, ...]
    duration_s: int
    folder: Path

    def facts(self) -> list[str]:
        """What must be known to read the results, a line each."""
        first, last = self.seeds[0], self.seeds[-1]
        return [
            f"{count(len(self.points), 'point')}, {count(len(self.seeds), 'seed')} ({first} to {last}): "
            f"{count(len(self.runs), 'session')} of {show_duration(self.duration_s)}",
            f"profile {self.profile}",
            f"market {', '.join(market.name for market in self.markets)}",
            *(told for market in self.markets if (told := _too_short(market, self.duration_s)) is not None),
            *(market.warning for market in self.markets if market.warning is not None),
        ]


def make_plan(options: SweepOptions) -> Plan:
    """Check everything that a command line asks for, before anything runs.

    Raises:
        OperatorError: Something in it can't be used.
    """
    profile = find_profile(options.config)
    config = read_profile(profile)
    if options.points is not None:
        if options.axes:
            raise OperatorError("--points and --set are two ways to say it; choose one.", 2)
        text = read_text(options.points, _POINTS_BYTES_MAX, "a CSV of settings", "--points")
        settings = listed_settings(text, f"--points {printable(str(options.points))}")
    else:
        settings = settings_of(options.axes, zipped=options.zipped)
    if len(settings) * len(options.seeds) * max(1, len(options.market) + len(options.recording)) > RUNS_MAX:
        raise OperatorError(f"More than {RUNS_MAX:,} sessions; sweep fewer values or seeds.", 2)
    tables = read_tables(profile)
    if options.duration is not None:
        with_options(config, {"--duration": ("session.duration_seconds", options.duration)})
        tables["session"]["duration_seconds"] = options.duration
    points = checked_points(tables, settings)
    markets = _markets(config, profile, options)
    duration_s = points[0].config.session.duration_seconds
    runs = runs_of(points, options.seeds, markets, duration_s)
    folder = options.out if options.out is not None else _usual_folder(profile, config, settings)
    return Plan(hide_secrets(profile.stem), points, runs, markets, options.seeds, duration_s, whole_path(folder))


def _markets(config: Config, profile: Path, options: SweepOptions) -> tuple[Market, ...]:
    named = [("--market", file, given_markets(prices=file)) for file in options.market]
    named += [("--recording", file, given_markets(ledgers=file)) for file in options.recording]
    givens = [given for _, _, given in named] or [given_markets()]
    taken = options.allow_implausible_prices
    found = [session_market(config, profile, given, implausible_allowed=taken) for given in givens]
    read = [market for market in found if market is not None]
    if not read:
        raise OperatorError(
            f'{printable(str(profile))}: venue.kind = "{config.venue.kind}": such a venue takes no recording, and a'
            " sweep runs every setting on the same ones; give a profile of another kind with --config."
        )
    for number, market in enumerate(read):
        if any(market.name == other.name or market.sha256 == other.sha256 for other in read[:number]):
            option, file, _ = named[number]
            raise OperatorError(f"{option} {file}: given twice, by its name or its content; leave one out.", 2)
    return tuple(read)


def _too_short(market: Market, duration_s: int) -> str | None:
    """What becomes of sessions that are longer than their market; None if none is."""
    if isinstance(market, LedgerRecording):
        lasts = show_duration(market.lasts_s)
        return f"{market.name} lasts {lasts}: sessions end with it" if duration_s > market.lasts_s else None
    if duration_s <= _MINUTE_S * len(market.bars):
        return None
    return f"{market.name} has {count(len(market.bars), 'minute')}: past them they come again in seeded blocks"


def _usual_folder(profile: Path, config: Config, settings: Sequence[Chosen]) -> Path:
    """One profile and the same swept keys have the same folder, so that a sweep goes on where it stopped, and one with
    more values finds those that are there.
    """
    keys = sorted({key for chosen in settings for key in chosen.settings})
    text = "\n".join([profile.stem, config_sha256(config), *keys])
    name = f"{profile.stem}-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    return platformdirs.user_data_path("neo", appauthor=False) / "sweeps" / name
