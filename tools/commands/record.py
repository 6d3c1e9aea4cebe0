"""``neo record``: recordings of a pair, looked at and made."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from neo.wire.live_config import LiveVenueConfig
from tools.console.errors import OperatorError
from tools.console.forms import json_option
from tools.console.output import shown
from tools.recordings.converting import PairNamed, convert_files, told_of
from tools.recordings.looking import look_at
from tools.recordings.recording_report import as_told, told_lines
from tools.settings.live_options import LiveOptions, live_options, with_live_options
from tools.settings.profiles import find_profile, read_profile


@click.group()
def record() -> None:
    """Keep validated ledgers of the pair in a file, and look at such files."""


@record.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def info(file: Path, *, as_json: bool) -> None:
    """Tell what is in a recording: its span, what is missing, its trades.

    FILE is a recording of NEO's, or a market recorded as those in the tests are.
    """
    found = look_at(file)
    if as_json:
        click.echo(msgspec.json.encode(as_told(found.facts, found.size_bytes)).decode())
        return
    for line in told_lines(found.facts, found.size_bytes):
        click.echo(line)


@record.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@click.option("--out", required=True, type=click.Path(path_type=Path), help="The recording to be written.")
@click.option(
    "--state", "state_from", type=click.Path(path_type=Path), help="A recording, whose last snapshot to begin with."
)
@click.option("--config", default="live-stage1", show_default=True, help="The profile that names pair and network.")
@live_options
def convert(files: tuple[Path, ...], out: Path, state_from: Path | None, config: str, **live: Any) -> None:
    """Make a recording of ledgers that you have.

    FILE has what a server answers to `ledger`, asked with "transactions" and "expand": under version 1 or 2 of the
    API, as JSON, as a list or a line each, packed with gzip or not, in any order.
    """
    done = convert_files(files, out, _pair_of(config, LiveOptions(**live)), state_from)
    for line in told_of(done):
        click.echo(shown(line))


def _pair_of(profile: str, live: LiveOptions) -> PairNamed:
    venue = with_live_options(read_profile(find_profile(profile)), live, os.environ).venue
    if not isinstance(venue, LiveVenueConfig):
        raise OperatorError(f'--config: its venue is of kind "{venue.kind}", which names no pair of a real ledger.', 2)
    return PairNamed(venue.currency, venue.issuer, venue.network_id)
