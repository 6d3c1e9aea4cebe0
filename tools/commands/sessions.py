"""``neo sessions``: what the database has of past and running sessions."""

from __future__ import annotations

import sys
from pathlib import Path

import click
import msgspec

from actors.store import SessionRow, list_sessions
from neo.analysis import Value
from tools.console.forms import csv_option, csv_text, db_option, one_form
from tools.console.paths import find_database
from tools.console.steady_console import SteadyConsole
from tools.console.words import NOTHING
from tools.reporting.fitting import Column, Fitting

# A pipe has no width of its own; this one holds every column.
_WIDTH_PIPED = 160


@click.command()
@db_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object a session, a line each.")
@csv_option
def sessions(db: Path | None, *, as_json: bool, as_csv: bool) -> None:
    """List the sessions in the database, the newest first."""
    path = find_database(db)
    # Before the first session there is no database, and that is no fault.
    rows = [] if db is None and not path.exists() else list_sessions(path)
    one_form(as_json=as_json, as_csv=as_csv)
    if as_csv:
        click.echo(csv_text([_flat(row) for row in rows]), nl=False)
    elif as_json:
        for row in rows:
            click.echo(msgspec.json.encode(_without_config(row)).decode())
    elif not rows:
        click.echo(f"No sessions yet in {path}; `neo run` makes one.")
    else:
        console = SteadyConsole(width=None if sys.stdout.isatty() else _WIDTH_PIPED, highlight=False)
        console.print(sessions_table(rows))


def sessions_table(rows: list[SessionRow]) -> Fitting:
    """The sessions, a row each; a narrow table leaves out what can be looked up."""
    columns = [
        Column("session", right=False),
        # The name begins with it, to the second.
        Column("started (UTC)", right=False, spare=3),
        Column("ending", right=False),
        Column("ticks", spare=2),
        Column("fills", spare=1),
        Column("equity change"),
        Column("seed", spare=4),
        Column("journal", right=False, spare=5),
    ]
    return Fitting(columns, [_cells(row) for row in rows])


def _cells(row: SessionRow) -> list[str]:
    change = row.equity_change_rlusd
    cells = [row.id, row.started_at[:19].replace("T", " "), row.halt_reason or row.status]
    cells += [f"{row.ticks:,}", f"{row.fills:,}", NOTHING if change is None else f"{change:+.4f}"]
    return [*cells, str(row.seed), (row.journal_sha256 or NOTHING)[:12]]


def _flat(row: SessionRow) -> dict[str, Value]:
    """What the table shows, and what it was started with."""
    change = row.equity_change_rlusd
    return {
        "session": row.id,
        "started_at": row.started_at,
        "ended_at": row.ended_at,
        "status": row.status,
        "halt_reason": row.halt_reason,
        "venue": row.venue,
        "seed": row.seed,
        "market": row.market,
        "config_sha256": row.config_sha256,
        "ticks": row.ticks,
        "fills": row.fills,
        "equity_change_rlusd": None if change is None else str(change),
        "journal_sha256": row.journal_sha256,
    }


def _without_config(row: SessionRow) -> dict[str, object]:
    fields = msgspec.structs.asdict(row)
    del fields["config"]
    del fields["results"]
    del fields["timings"]
    return fields
