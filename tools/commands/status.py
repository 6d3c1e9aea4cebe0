"""``neo status``: where the running session stands, as the screen would show it."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from actors.operator.protocol import GetStatus, Status
from neo.text.printable import printable
from tools.console.forms import db_option
from tools.console.link import asked
from tools.console.paths import session_database
from tools.console.words import count, show_duration
from tools.screen.rows import endpoint_rows, last_fill_rows, left_rows, right_rows

_LABEL = 11


@click.command()
@db_option
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def status(db: Path | None, *, as_json: bool) -> None:
    """Tell where the running session stands."""
    reply = asked(session_database(db), GetStatus())
    assert isinstance(reply, Status), "a session answers what it was asked"
    if as_json:
        click.echo(msgspec.json.Encoder(decimal_format="string").encode(reply).decode())
        return
    for label, text in status_rows(reply):
        click.echo(f"{label:<{_LABEL}}{text}")


def status_rows(told: Status) -> list[tuple[str, str]]:
    """A status as labelled lines: the session, what the screen shows of it, and its channels."""
    moment = told.moment
    elapsed = f"{show_duration(int(told.elapsed_s))} of {show_duration(told.duration_s)}"
    rows = [("Session", f"{told.session_id} on {told.venue}, seed {told.seed}"), ("Elapsed", elapsed)]
    shown = [*left_rows(moment, "", told.ledger_age_s), *right_rows(moment, told.limits, None), *last_fill_rows(moment)]
    shown += endpoint_rows(told.endpoints)
    rows += [(row.label, "  ".join(segment.text for segment in row.segments)) for row in shown]
    rows.append(("Taps", count(told.taps, "tap")))
    full = [f"{depth.name} {depth.waiting}/{depth.bound}" for depth in told.channels]
    rows.append(("Channels", ", ".join(full)))
    rows += [
        ("" if place else "Services", f"{each.name}: {'' if each.ok else 'FAILING, '}{printable(each.detail)}")
        for place, each in enumerate(told.services)
    ]
    return rows
