"""``neo report``: the results of one session."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from tools.console.forms import csv_option, csv_text, db_option, json_option, one_form
from tools.console.paths import find_database, whole_path
from tools.reporting.exports import as_object, row_of
from tools.reporting.page import page
from tools.reporting.shell import write_page
from tools.reporting.sources import load
from tools.reporting.terminal import console, report_parts


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
    """Show the results of SESSION: the last one if none is named; a part of its name that no other has is enough."""
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
