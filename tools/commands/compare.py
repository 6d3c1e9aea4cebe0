"""``neo compare``: sessions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from tools.console.errors import OperatorError
from tools.console.forms import csv_option, csv_text, db_option, json_option, one_form
from tools.console.paths import find_database
from tools.reporting.comparison import comparison_table
from tools.reporting.exports import as_object, row_of
from tools.reporting.sources import load
from tools.reporting.terminal import console


@click.command()
@click.argument("sessions", nargs=-1, required=True)
@db_option
@json_option
@csv_option
def compare(sessions: Sequence[str], db: Path | None, *, as_json: bool, as_csv: bool) -> None:
    """Set SESSIONS side by side: where their configs differ, and how each one's results differ from the first's."""
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
