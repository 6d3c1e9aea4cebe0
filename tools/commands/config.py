"""``neo config``: begin a profile, check it, show what it comes to, audit the wiring of its keys."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

import tools
from neo.config import Config, ConfigError, Problem, config_sha256, dotted_values, parse_config
from neo.config.reading import show_value
from neo.text.bounds import SEED_MAX
from neo.wire.live_config import endpoint_name
from tools.console.errors import EXIT_STARTUP, OperatorError
from tools.console.forms import json_option, json_text
from tools.console.log_redaction import redact
from tools.console.options import Duration, NameOf, SpeedType, Whole
from tools.console.output import shown
from tools.console.steady_console import SteadyConsole
from tools.console.words import NOTHING, count
from tools.proofs.audit import Audit, KeyAudit, Profile, audit, profile_lines
from tools.settings.live_options import LiveOptions, live_options, with_live_options
from tools.settings.markets import own_market_trouble
from tools.settings.own_profile import write_own_profile
from tools.settings.profiles import (
    PROFILE_BYTES_MAX,
    PROFILES_FOLDER,
    find_profile,
    read_profile,
    read_tables,
    read_text,
    shipped_profiles,
    with_options,
    without_secrets,
)
from tools.settings.shipped import SHIPPED, profile_name

EXIT_NOT_WIRED = 1

_DEFAULT = "paper"
_FLOORS = ("neo", "actors", "tools")
_WIDTH_PIPED = 220


@click.group()
def config() -> None:
    """Begin profiles, check them, show what they come to, and audit that every key is wired."""


@config.command()
@click.argument("file", metavar="FILE")
@json_option
def check(file: str, *, as_json: bool) -> int:
    """Tell all that is wrong with a profile.

    FILE is a path or a shipped profile's name; the recording that it names is checked too.
    """
    path = find_profile(file)
    problems = problems_of(path)
    if as_json:
        told = {"file": shown(str(path)), "ok": not problems, "problems": problems}
        click.echo(msgspec.json.encode(told).decode())
    elif problems:
        for problem in problems:
            click.echo(problem.line(str(path)))
        click.echo(f"{path}: {count(len(problems), 'problem')}.", err=True)
    else:
        click.echo(f"{path}: good.")
    return EXIT_STARTUP if problems else 0


@config.command()
@click.argument("file", metavar="FILE", type=click.Path(path_type=Path))
@click.option("--profile", type=NameOf(shipped_profiles()), help="The shipped profile to begin with [default: paper].")
@click.option("--venue", type=NameOf(tuple(SHIPPED)), help="The kind of venue to begin with, in place of a profile.")
@json_option
def init(file: Path, profile: str | None, venue: str | None, *, as_json: bool) -> None:
    """Write a profile of your own, ready to be changed.

    FILE has every key with its comment, and passes `neo config check`. A file that is there is never written over.
    """
    if profile is not None and venue is not None:
        raise OperatorError("--profile and --venue both say what to begin with; write one of them.", 2)
    begun_from = profile_name(profile, venue)
    path = write_own_profile(file, begun_from)
    if problems := problems_of(path):
        path.unlink()
        raise OperatorError(f"{path}: nothing was written, for it would not be good: {problems[0].line(str(path))}")
    if as_json:
        click.echo(json_text({"file": path, "profile": begun_from}))
    else:
        click.echo(f"{path}: written from {begun_from}, and good. `neo run --config {file}` runs it.")


@config.command()
@click.argument("file", metavar="[FILE]", default=_DEFAULT)
@click.option("--duration", type=Duration(), help="As for neo run.")
@click.option("--speed", type=SpeedType(), help="As for neo run.")
@click.option("--seed", type=Whole(0, SEED_MAX), help="As for neo run.")
@click.option("--market", type=click.Path(), help="As for neo run.")
@click.option("--recording", type=click.Path(), help="As for neo run.")
@live_options
@json_option
def show(
    file: str,
    duration: int | None,
    speed: float | None,
    seed: int | None,
    market: str | None,
    recording: str | None,
    *,
    as_json: bool,
    **live: Any,
) -> None:
    """Show what a session would run with.

    Every value of FILE (default: paper) with the command line's in their place, and the hash of what decides a
    session's course. Secrets are hidden.
    """
    path = find_profile(file)
    given = {
        "--duration": ("session.duration_seconds", duration),
        "--speed": ("venue.speed", speed),
        "--seed": ("venue.seed", seed),
        "--market": ("venue.market_file", market),
        "--recording": ("venue.recording_file", recording),
    }
    from_file = with_options(read_profile(path), given)
    effective = with_live_options(from_file, LiveOptions(**live), os.environ)
    values, before = shown_values(effective), shown_values(from_file)
    overridden = {key for key, value in given.values() if value is not None}
    overridden |= {key for key in values if values[key] != before[key]}
    if as_json:
        told = {"file": shown(str(path)), "config_sha256": config_sha256(effective), "overridden": sorted(overridden)}
        encode = msgspec.json.Encoder(decimal_format="number").encode
        click.echo(encode(told | {"values": values}).decode())
    else:
        click.echo("\n".join(_toml_lines(path, config_sha256(effective), values, overridden)))


@config.command("audit")
@json_option
def audit_command(*, as_json: bool) -> int:
    """Show how every key is wired.

    In which file and line it is, where it is parsed, which modules consume it, what could stand in for it. Fails if
    nothing consumes a key, something consumes one that isn't there, or a fallback could mask a missing value.
    """
    found = audit(own_sources(), own_profiles())
    if as_json:
        click.echo(msgspec.json.encode(found).decode())
    else:
        width = None if sys.stdout.isatty() else _WIDTH_PIPED
        SteadyConsole(width=width, highlight=False, markup=False, emoji=False).print(audit_table(found))
        for finding in found.findings:
            click.echo(finding)
        click.echo(f"{count(len(found.keys), 'key')}, {count(len(found.findings), 'finding')}.")
    return EXIT_NOT_WIRED if found.findings else 0


def problems_of(path: Path) -> Sequence[Problem]:
    """Everything that keeps a session from starting with a profile.

    Raises:
        OperatorError: The file can't be read, or is no TOML: there is nothing to go through.
    """
    try:
        checked = parse_config(read_tables(path), str(path))
    except ConfigError as error:
        return without_secrets(error.problems)
    trouble = own_market_trouble(checked, path)
    return () if trouble is None else (trouble,)


def shown_values(effective: Config) -> dict[str, Any]:
    """Every value by its dotted key, as it may be shown: what looks like a secret is hidden."""
    values: Iterator[tuple[str, Any]]
    values = ((key, redact(key, value)) for key, value in dotted_values(effective).items())
    # More of an endpoint may hold a password or a token.
    values = ((key, [*map(endpoint_name, value)] if key == "venue.endpoints" else value) for key, value in values)
    return {key: "max" if value == math.inf else value for key, value in values}


def own_sources() -> dict[str, str]:
    """The source that this command runs from, by path from its root."""
    root = _root()
    files = (path for floor in _FLOORS for path in sorted((root / floor).rglob("*.py")))
    return {path.relative_to(root).as_posix(): path.read_text(encoding="utf-8") for path in files}


def own_profiles() -> list[Profile]:
    """The shipped profiles."""
    paths = [PROFILES_FOLDER / f"{name}.toml" for name in shipped_profiles()]
    return [
        Profile(path.name, read_tables(path), profile_lines(read_text(path, PROFILE_BYTES_MAX, "a profile")))
        for path in paths
    ]


def audit_table(found: Audit) -> Table:
    """A row for each key."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("key", no_wrap=True)
    for name in found.keys[0].lines:
        table.add_column(name, justify="right", no_wrap=True)
    for name in ("parsed", "consumed by", "fallback", "note"):
        table.add_column(name, overflow="fold")
    for one in found.keys:
        table.add_row(*_cells(one))
    return table


def _cells(one: KeyAudit) -> list[str]:
    lines = ["MISSING" if line is None else f"line {line}" for line in one.lines.values()]
    fallback = "; ".join(one.fallbacks) or "none"
    return [one.key, *lines, one.parsed, ", ".join(one.consumers) or NOTHING, fallback, one.note]


def _toml_lines(path: Path, sha256: str, values: Mapping[str, Any], overridden: set[str]) -> list[str]:
    lines = [f"# {path}", f"# config_sha256 {sha256}"]
    section = ""
    for key, value in values.items():
        before, (section, _, name) = section, key.partition(".")
        lines += [] if section == before else ["", f"[{section}]"]
        note = "  # from the command line" if key in overridden else ""
        lines.append(f"{name} = {show_value(value)}{note}")
    return lines


def _root() -> Path:
    assert tools.__file__ is not None, "the floors are packages with files"
    return Path(tools.__file__).parent.parent
