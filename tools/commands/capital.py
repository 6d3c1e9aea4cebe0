"""``neo capital``: deposits and withdrawals, and the list of everything that moved other than by trading.

While a session runs on the simulated ledger, a deposit is a real payment from a funding account there, a withdrawal
one to it, and the session finds both on the ledger. While none runs, they are recorded, and the next session's opening
balance has them, told apart from the balance that the profile gives.
"""

from __future__ import annotations

import contextlib
import os
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import click
import msgspec
from rich.box import SIMPLE_HEAD
from rich.table import Table

from actors.operator.endpoint import endpoint_file
from actors.operator.protocol import Capital
from actors.store import SessionRunningError
from actors.store import reports as stored
from actors.venues.table import is_venue_kept
from neo.analysis import Value
from neo.chain.money import EXACT, plain, xrp
from neo.desk.capital_moves import told_amount
from neo.text.bounds import SEED_MAX
from tools.console.errors import OperatorError
from tools.console.forms import csv_option, csv_text, db_option, json_option, json_text, late_db_option, one_form
from tools.console.link import NoSessionError
from tools.console.options import NameOf, Whole, quoted
from tools.console.paths import find_database, prepare_default_database, session_database, writable_database
from tools.console.payments import AMOUNT_MEND, as_move, order, order_and_follow, read_amount
from tools.console.spoken import tell_done
from tools.console.words import NOTHING
from tools.reporting.terminal import console


class Amount(click.ParamType[Decimal]):
    """A positive amount in plain digits."""

    name = "amount"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """The amount, or a usage error that says what to write."""
        amount = read_amount(str(value))
        if amount is None:
            self.fail(f"{quoted(value)} is not an amount; {AMOUNT_MEND}.", param, ctx)
        return amount


_no_wait_option = click.option("--no-wait", is_flag=True, help="Don't wait until the session's ledger has it.")


@click.group()
@db_option
@click.pass_context
def capital(context: click.Context, db: Path | None) -> None:
    """Deposit and withdraw, and list what moved other than by trading."""
    context.obj = db


@capital.command()
@late_db_option
@click.argument("amount", type=Amount())
@click.argument("asset", type=NameOf(["XRP", "RLUSD"]))
@_no_wait_option
@json_option
@click.pass_obj
def deposit(db: Path | None, amount: Decimal, asset: str, *, no_wait: bool, as_json: bool) -> None:
    """Deposit AMOUNT of ASSET (XRP or RLUSD).

    A running session pays it in at once, and this waits until its ledger has it; else the next one opens with it.
    """
    _move(db, "deposit", *as_move(amount, asset), as_json=as_json, waits=not no_wait)


@capital.command()
@late_db_option
@click.argument("amount", type=Amount())
@click.argument("asset", type=NameOf(["XRP", "RLUSD"]))
@_no_wait_option
@json_option
@click.pass_obj
def withdraw(db: Path | None, amount: Decimal, asset: str, *, no_wait: bool, as_json: bool) -> None:
    """Withdraw AMOUNT of ASSET (XRP or RLUSD).

    A running session pays it out at once, and this waits until its ledger has it; else the next one opens without it.
    """
    drops, rlusd = as_move(amount, asset)
    _move(db, "withdraw", -drops, EXACT.minus(rlusd), as_json=as_json, waits=not no_wait)


@capital.command()
@late_db_option
@click.argument("number", type=Whole(1, SEED_MAX))
@json_option
@click.pass_obj
def cancel(db: Path | None, number: int, *, as_json: bool) -> None:
    """Take back NUMBER, a deposit or withdrawal that waits for the next session.

    `neo capital list` tells the numbers. One that a running session was told of is a payment, and can't be taken back.
    """
    path = writable_database(session_database(db))
    try:
        taken = stored.cancel_capital(path, number)
    except SessionRunningError as error:
        raise OperatorError(f"{error} What waits can be taken back once it has ended.") from None
    if as_json:
        click.echo(json_text(taken))
    else:
        click.echo(f"Number {taken.id}, {taken.kind} of {told_amount(taken.xrp_drops, taken.rlusd)}: cancelled.")


@capital.command(name="list")
@late_db_option
@json_option
@csv_option
@click.pass_obj
def list_moves(db: Path | None, *, as_json: bool, as_csv: bool) -> None:
    """List opening balances, deposits and withdrawals of every session, and what waits for the next one."""
    one_form(as_json=as_json, as_csv=as_csv)
    path = find_database(db)
    rows = [] if db is None and not path.exists() else _rows(path)
    if as_json:
        for row in rows:
            click.echo(msgspec.json.encode(row).decode())
    elif as_csv:
        click.echo(csv_text(rows), nl=False)
    elif not rows:
        click.echo(f"No capital has moved yet in {path}.")
    else:
        console().print(_table(rows))


def _move(db: Path | None, kind: str, xrp_drops: int, rlusd: Decimal, *, as_json: bool, waits: bool) -> None:
    # The one in the user's data folder may begin with capital: nobody can have mistyped it.
    path = prepare_default_database() if db is None else session_database(db)
    # A session that was killed has left that file behind; then nobody was told anything.
    with contextlib.suppress(NoSessionError):
        if os.path.lexists(endpoint_file(path)):
            _order(path, Capital(xrp_drops, rlusd), as_json=as_json, waits=waits)
            return
    try:
        recorded = stored.record_capital(writable_database(path), kind, xrp_drops, rlusd)
    except SessionRunningError as error:
        raise OperatorError(f"{error} Its control channel can't be found, so it can't be asked.") from None
    if as_json:
        click.echo(json_text(recorded))
        return
    amount = told_amount(xrp_drops, rlusd)
    # One that was lost is gone on with, and its balances are what its ledger says.
    unless = ", unless it goes on with a lost session's ledger: then the one after it" if is_venue_kept(path) else ""
    click.echo(
        f"Recorded as number {recorded.id}: {kind} of {amount}. No session runs; the next one opens with it{unless}."
    )


def _order(path: Path, move: Capital, *, as_json: bool, waits: bool) -> None:
    """Have the running session pay."""
    if not waits:
        tell_done(order(path, move), as_json=as_json)
        return
    paid = order_and_follow(path, move)
    what = told_amount(move.xrp_drops, move.rlusd)
    if as_json:
        click.echo(json_text(paid))
    else:
        click.echo(f"Session {paid.session_id}: {what} paid, in ledger {paid.ledger_index} as {paid.tx_hash}.")


def _rows(path: Path) -> list[dict[str, Value]]:
    rows: list[dict[str, Value]] = [
        {
            "session": event.session_id,
            "number": None,
            "at": event.created_at,
            "ledger": event.ledger_index,
            "cause": event.cause,
            "xrp": format(plain(xrp(event.xrp_drops)), "f"),
            "rlusd": format(plain(event.rlusd), "f"),
        }
        for event in stored.capital_events(path)
    ]
    rows += [
        {
            "session": None,
            "number": waiting.id,
            "at": waiting.recorded_at,
            "ledger": None,
            "cause": f"{waiting.kind}, waits for the next session",
            "xrp": format(plain(xrp(waiting.xrp_drops)), "f"),
            "rlusd": format(plain(waiting.rlusd), "f"),
        }
        for waiting in stored.capital_orders(path)
        if waiting.session_id is None
    ]
    return rows


def _table(rows: list[dict[str, Value]]) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("session", no_wrap=True)
    table.add_column("number", justify="right")
    table.add_column("ledger", justify="right")
    table.add_column("cause", overflow="fold")
    table.add_column("XRP", justify="right", no_wrap=True)
    table.add_column("RLUSD", justify="right", no_wrap=True)
    for row in rows:
        ledger = NOTHING if row["ledger"] is None else str(row["ledger"])
        # A hash in full is for programs; its beginning is enough to know it by.
        cause = re.sub(r"\b([0-9A-F]{12})[0-9A-F]{52}\b", r"\1...", str(row["cause"]))
        number = NOTHING if row["number"] is None else str(row["number"])
        table.add_row(str(row["session"] or NOTHING), number, ledger, cause, str(row["xrp"]), str(row["rlusd"]))
    return table
