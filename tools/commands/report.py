"""``neo report`` and ``neo compare``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from neo.analysis import Value
from tools.console.errors import OperatorError
from tools.console.forms import csv_option, csv_text, db_option, json_option, one_form
from tools.reporting.comparison import comparison_table
from tools.reporting.page import page
from tools.reporting.shell import write_page
from tools.reporting.sources import Report, load
from tools.reporting.terminal import console, report_parts
from tools.settings.profiles import find_database, whole_path


@click.command()
@click.argument("session", required=False)
@db_option
@click.option("--html", type=click.Path(path_type=Path), help="Write the report as one page that opens offline.")
@click.option("--force", is_flag=True, help="Write it over a page that is there; never over any other file.")
@json_option
@csv_option
def report(
    session: str | None, db: Path | None, html: Path | None, *, force: bool, as_json: bool, as_csv: bool
) -> None:
    """Tell what SESSION came to (the last one if none is named; enough of its name to know it by will do)."""
    one_form(as_json=as_json, as_csv=as_csv)
    found = load(find_database(db), session)
    if html is not None:
        target = whole_path(html)
        write_page(target, page(found), force=force)
        click.echo(f"{html}: written ({target.stat().st_size / 1e6:.1f} MB).", err=True)
    if as_json:
        click.echo(msgspec.json.encode(as_object(found)).decode())
    elif as_csv:
        click.echo(csv_text([row_of(found)]), nl=False)
    elif html is None:
        out = console()
        for part in report_parts(found):
            out.print(part)


@click.command()
@click.argument("sessions", nargs=-1, required=True)
@db_option
@json_option
@csv_option
def compare(sessions: Sequence[str], db: Path | None, *, as_json: bool, as_csv: bool) -> None:
    """Set SESSIONS side by side: where their configs differ, and what each came to against the first."""
    one_form(as_json=as_json, as_csv=as_csv)
    if len(sessions) < 2:
        raise OperatorError("compare takes two sessions or more; `neo sessions` lists them.", 2)
    path = find_database(db)
    found = [load(path, name) for name in sessions]
    if as_json:
        click.echo(msgspec.json.encode([as_object(one) for one in found]).decode())
    elif as_csv:
        click.echo(csv_text([row_of(one) for one in found]), nl=False)
    else:
        out = console()
        for part in comparison_table(found, out.width):
            out.print(part)


def as_object(found: Report) -> dict[str, object]:
    """A report as one JSON object: the session, its figures, its config."""
    session = found.session
    return {
        "session": session.id,
        "started_at": session.started_at,
        "ended_at": session.ended_at,
        "venue": session.venue,
        "seed": session.seed,
        "market": session.market,
        "halt_reason": session.halt_reason,
        "halt_detail": session.halt_detail,
        "settled": session.settled,
        "config_sha256": session.config_sha256,
        "config_changes": session.config_changes,
        "journal_sha256": session.journal_sha256,
        "figures": found.figures,
        "absence": found.course.absence,
        "loss_limits": found.losses,
        "restarts": session.restarts,
        "warnings": session.warnings,
        "config": found.config,
    }


def row_of(found: Report) -> dict[str, Value]:
    """A report as one row of a table: the session, its figures, its config by dotted key."""
    session = found.session
    row: dict[str, Value] = {
        "session": session.id,
        "started_at": session.started_at,
        "venue": session.venue,
        "seed": session.seed,
        "market": session.market,
        "halt_reason": session.halt_reason,
        "config_sha256": session.config_sha256,
    }
    return row | found.figures | dict(found.config.items())
