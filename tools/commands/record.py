"""``neo record``: recordings of a pair, looked at and made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
import msgspec

from actors.venues.live.live_plan import live_settings
from actors.venues.live.live_settings import StreamSettings
from actors.venues.paper.paper_host import stream_settings
from neo.replay.recording_facts import RecordingFacts
from neo.wire.live_config import LiveVenueConfig
from neo.wire.paper_config import PaperVenueConfig
from tools.console.errors import OperatorError
from tools.console.forms import json_option, json_text
from tools.console.options import Duration, Whole
from tools.console.output import shown
from tools.console.words import count
from tools.recordings.converting import PairNamed, convert_files, told_of
from tools.recordings.gauge import Gauge
from tools.recordings.looking import look_at
from tools.recordings.recording_live import LiveRecording, record_live
from tools.recordings.recording_report import as_told, told_lines
from tools.settings.live_options import LiveOptions, endpoint_option, issuer_option, with_live_options
from tools.settings.profiles import find_profile, read_profile

_PROFILE = "live-stage1"

# About an hour of the main network.
SNAPSHOT_LEDGERS = 900
SNAPSHOT_LEDGERS_MAX = 1_000_000

# A recording is not what the fork makes of it.
EXIT_DIFFERS = 1


@click.group(invoke_without_command=True)
@click.option("--out", type=click.Path(path_type=Path), help="The recording; one that is there goes on.")
@click.option("--config", help="The live or paper profile that names pair, network and servers [default: live-stage1].")
@issuer_option
@endpoint_option
@click.option("--duration", type=Duration(), help="How long, such as 30m or 24h [default: until Ctrl+C].")
@click.option(
    "--snapshot-every",
    "snapshot_ledgers",
    type=Whole(0, SNAPSHOT_LEDGERS_MAX),
    help=f"Ledgers from one snapshot of the pair to the next; 0 for none [default: {SNAPSHOT_LEDGERS}].",
)
@click.option("--whole", is_flag=True, help="Keep every transaction of a ledger, not those of the pair alone.")
@click.pass_context
def record(
    context: click.Context,
    out: Path | None,
    config: str | None,
    issuer: str | None,
    endpoints: tuple[str, ...],
    duration: int | None,
    snapshot_ledgers: int | None,
    *,
    whole: bool,
) -> int | None:
    """Keep validated ledgers of a pair in a file, until Ctrl+C; look at such files, and make them of ledgers.

    Needs no account and no key, and sends nothing. Lost connections are survived, and missed ledgers asked for; a kill
    loses at most the ledger in hand, and the same command goes on with the file.
    """
    given = (out, config, issuer, endpoints or None, duration, snapshot_ledgers, whole or None)
    if context.invoked_subcommand is not None:
        if any(value is not None for value in given):
            raise click.UsageError(f"Write options of `neo record {context.invoked_subcommand}` behind its name.")
        return None
    if out is None:
        raise click.UsageError("--out FILE is missing: the recording to be written.")
    wanted = LiveRecording(
        out=out,
        duration_s=duration,
        snapshot_ledgers=SNAPSHOT_LEDGERS if snapshot_ledgers is None else snapshot_ledgers,
        is_whole=whole,
    )
    live = LiveOptions(issuer=issuer, endpoints=endpoints)
    return record_live(wanted, _watched(config or _PROFILE, live))


@record.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--verify", is_flag=True, help="Compare each later snapshot, and a market's end, with what is reached.")
@json_option
def info(file: Path, *, verify: bool, as_json: bool) -> int:
    """Tell what is in a recording: its span, what is missing, its trades, its books.

    Every transaction is executed anew, with nothing of ours in it; what the embedded ledger does not execute is applied
    as recorded, and told. With --verify it ends with 1 where a ledger comes out otherwise than it was recorded.
    """
    with Gauge(sys.stderr, None) as gauge:
        found = look_at(file, compares=verify, progress=lambda facts: gauge.show(lambda: _so_far(facts)))
    if as_json:
        click.echo(msgspec.json.encode(as_told(found, is_verified=verify)).decode())
    else:
        for line in told_lines(found, is_verified=verify):
            click.echo(shown(line))
    return EXIT_DIFFERS if found.mismatch is not None else 0


def _so_far(facts: RecordingFacts) -> str:
    at = "" if facts.last_index is None else f", at ledger {facts.last_index:,}"
    return f"{count(facts.ledgers, 'ledger')}{at}"


@record.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The recording to be written.")
@click.option(
    "--state", "state_from", type=click.Path(path_type=Path), help="A recording, whose last snapshot to begin with."
)
@click.option(
    "--config", default=_PROFILE, show_default=True, help="The live or paper profile that names pair and network."
)
@issuer_option
@json_option
def convert(
    files: tuple[Path, ...], out: Path, state_from: Path | None, config: str, issuer: str | None, *, as_json: bool
) -> None:
    """Make a recording of ledgers that you have.

    FILE has what a server answers to `ledger`, asked with "transactions" and "expand": under version 1 or 2 of the
    API, as JSON, as a list or a line each, packed with gzip or not, in any order.
    """
    settings = _watched(config, LiveOptions(issuer=issuer))
    pair = PairNamed(settings.currency, settings.issuer, settings.network_id)
    done = convert_files(files, out, pair, state_from)
    if as_json:
        click.echo(json_text(done))
        return
    for line in told_of(done):
        click.echo(shown(line))


def _watched(profile: str, live: LiveOptions) -> StreamSettings:
    """Which pair a profile with servers names, and how it is followed."""
    config = read_profile(find_profile(profile))
    if not isinstance(config.venue, LiveVenueConfig | PaperVenueConfig):
        kind = config.venue.kind
        raise OperatorError(f'--config: a venue of kind "{kind}" names no servers; give a live or a paper profile.', 2)
    config = with_live_options(config, live, os.environ)
    return stream_settings(config.venue) if isinstance(config.venue, PaperVenueConfig) else live_settings(config)
