"""``neo orders``: a session's orders, one by one."""

from __future__ import annotations

from pathlib import Path

import click

from actors.store.trade_rows import orders_of
from neo.messages import OrderStatus
from tools.console.forms import csv_option, csv_text, db_option, json_option, json_text, one_form
from tools.console.options import NameOf, Whole
from tools.console.paths import find_database
from tools.reporting.sources import choose
from tools.reporting.terminal import console
from tools.reporting.trade_tables import order_object, orders_counted, orders_table


@click.command()
@click.argument("session", required=False)
@db_option
@click.option("--status", type=NameOf([str(each) for each in OrderStatus]), help="Only orders that stand so.")
@click.option("--last", type=Whole(1, 1_000_000_000), help="Only the last so many.")
@json_option
@csv_option
def orders(
    session: str | None, db: Path | None, status: str | None, last: int | None, *, as_json: bool, as_csv: bool
) -> None:
    """List the orders of SESSION: the last one if none is named; a part of its name that no other has is enough.

    Offers and the cancels of some, in the order in which they were decided on, with what became of each.
    """
    one_form(as_json=as_json, as_csv=as_csv)
    path = find_database(db)
    found = choose(path, session).id
    rows = [row for row in orders_of(path, found) if status is None or row.status == status][-(last or 0) :]
    if as_json:
        for row in rows:
            click.echo(json_text(order_object(found, row)))
    elif as_csv:
        click.echo(csv_text([order_object(found, row) for row in rows]), nl=False)
    else:
        if rows:
            console().print(orders_table(rows))
        click.echo(f"Session {found}: {orders_counted(rows)}.")
