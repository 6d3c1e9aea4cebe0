"""``neo fills``: a session's fills, one by one."""

from __future__ import annotations

from pathlib import Path

import click

from actors.store.trade_rows import fills_of
from tools.console.forms import csv_option, csv_text, db_option, json_option, json_text, one_form
from tools.console.options import Whole
from tools.console.paths import find_database
from tools.reporting.sources import choose
from tools.reporting.terminal import console
from tools.reporting.trade_tables import fill_object, fills_table, fills_told


@click.command()
@click.argument("session", required=False)
@db_option
@click.option("--last", type=Whole(1, 1_000_000_000), help="Only the last so many.")
@json_option
@csv_option
def fills(session: str | None, db: Path | None, last: int | None, *, as_json: bool, as_csv: bool) -> None:
    """List the fills of SESSION: the last one if none is named; a part of its name that no other has is enough.

    The edge is how much better than the market's mid a fill was, in basis points. A session that runs has its fills so
    far.
    """
    one_form(as_json=as_json, as_csv=as_csv)
    path = find_database(db)
    found = choose(path, session).id
    rows = fills_of(path, found)[-(last or 0) :]
    if as_json:
        for row in rows:
            click.echo(json_text(fill_object(found, row)))
    elif as_csv:
        click.echo(csv_text([fill_object(found, row) for row in rows]), nl=False)
    else:
        if rows:
            console().print(fills_table(rows))
        click.echo(f"Session {found}: {fills_told(rows)}.")
