"""How the command line says where a page is served."""

from __future__ import annotations

from typing import Any, Final

import click

from neo.text.listening import listen_address
from tools.console.options import quoted

PAGE_ADDRESS: Final = "127.0.0.1:8017"


class PageAddress(click.ParamType[str]):
    """A host in numbers and a port."""

    name = "address"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The address, or a usage error that says what to write."""
        address = listen_address(str(value))
        if address is None:
            self.fail(f"{quoted(value)} is no address to listen at; write one such as {PAGE_ADDRESS}.", param, ctx)
        return str(address)


page_option = click.option(
    "--page",
    type=PageAddress(),
    is_flag=False,
    flag_value=PAGE_ADDRESS,
    metavar="[ADDRESS]",
    help=f"Serve the session's page while it runs, at {PAGE_ADDRESS} or ADDRESS.",
)
