"""``neo page``: the sessions of databases in a browser, past ones and those that run elsewhere on this machine."""

from __future__ import annotations

import signal
import sys
from pathlib import Path

import click
import trio
from loguru import logger

from actors.page.page_door import DoorError
from neo.config.key_wiring import PageSettings
from tools.console.async_part import run_async
from tools.console.errors import OperatorError
from tools.console.forms import json_text
from tools.console.interrupts import interrupted_by
from tools.console.logs import warning
from tools.console.options import DatabaseName
from tools.console.page_options import PAGE_ADDRESS, PageAddress
from tools.console.paths import data_folder, find_database, session_database
from tools.console.streams import Lines
from tools.page.found_sessions import follow_sessions
from tools.page.ground import PageGround
from tools.page.page_service import OpenPage, PagePlan, plan_page
from tools.page.page_token import given_token


@click.command()
@click.option(
    "--db", "databases", type=DatabaseName(), multiple=True, help="A database [default: in the user's data folder]."
)
@click.option("--address", type=PageAddress(), default=PAGE_ADDRESS, show_default=True, help="Where to serve it.")
@click.option("--certificate", default="", metavar="FILE", help="A PEM file, to speak TLS.")
@click.option("--key", default="", metavar="FILE", help="Its key's PEM file.")
@click.option("--show-token", is_flag=True, help="Print the token that changes need, and end.")
@click.option("--json", "as_json", is_flag=True, help="Tell where it is as a line of JSON.")
def page(
    databases: tuple[Path, ...], address: str, certificate: str, key: str, *, show_token: bool, as_json: bool
) -> None:
    """Show sessions in a browser: past ones, and those that run on this machine.

    --db may be given more than once. Ctrl+C ends it. A session's own page is opened with `neo run --page`.
    """
    if show_token:
        token = given_token(data_folder())
        click.echo(json_text({"token": token}) if as_json else token)
        return
    paths = tuple(dict.fromkeys(session_database(path) for path in databases)) or (find_database(None),)
    plan = plan_page(PageSettings(address=address, certificate=certificate, key=key))
    # Loguru's own first sink would write everything to the terminal.
    logger.remove()
    with warning(Lines(sys.stderr).print):
        try:
            run_async(_serve, plan, paths, as_json)
        except KeyboardInterrupt:
            # Ctrl+C is how one leaves; whatever else interrupts is told by the exit code.
            if interrupted_by() != signal.SIGINT:
                raise


async def _serve(plan: PagePlan, databases: tuple[Path, ...], as_json: bool) -> None:
    ground = PageGround(databases, gate=plan.gate, is_remote=not plan.address.is_loopback)
    opened = OpenPage(plan, ground)
    async with trio.open_nursery() as nursery:
        try:
            await nursery.start(opened.serve)
        except* DoorError as refused:
            raise OperatorError(str(refused.exceptions[0]), 2) from None
        lines = Lines(sys.stdout)
        if as_json:
            lines.print(json_text({"url": opened.url, "databases": [str(path) for path in databases]}))
        else:
            lines.print(f"The page is at {opened.url}/ ({', '.join(map(str, databases))}). Ctrl+C ends it.")
        await follow_sessions(ground)
