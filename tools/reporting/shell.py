"""What every page is made of and how it is kept: one HTML file that opens anywhere and asks nobody for anything.

The page's own policy forbids what it does not need: no address can be loaded from or sent to, and no script runs but
the two that were put into it.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]  # it has none

from actors.plumbing.files import FileRefusedError, replacing
from neo.text.printable import printable
from tools.console.errors import EXIT_OUTPUT_LOST, OperatorError
from tools.console.markup import escape
from tools.console.output import shown
from tools.console.targets import TargetKind, target_trouble
from tools.reporting.look import SCRIPT, STYLE

# A page of ours, whichever build wrote it, by its beginning.
_OURS = re.compile(rb"<!doctype html>\n.{0,2000}<title>NEO s(?:ession|weep)", re.DOTALL)
_PAGE = TargetKind("page", "report.html", lambda head: _OURS.match(head) is not None)


def whole_page(title: str, body: str, style: str = "") -> str:
    """A page from its title, its markup and what it adds to the common style."""
    scripts = (get_plotlyjs(), SCRIPT)
    allowed = " ".join(f"'sha256-{_digest(script)}'" for script in scripts)
    # Plotly writes styles as it draws; what it draws as an image stays within the page.
    policy = (
        f"default-src 'none'; script-src {allowed}; style-src 'unsafe-inline'; img-src data: blob:;"
        " base-uri 'none'; form-action 'none'"
    )
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{escape(title)}</title>'
        f"<style>{STYLE}{style}</style></head>\n<body>{body}\n"
        + "\n".join(f"<script>{script}</script>" for script in scripts)
        + "</body></html>\n"
    )


def plot(name: str, chart: Mapping[str, Any]) -> str:
    """A chart's place in the page, and its data."""
    # A "<" could begin a tag for an HTML parser, whatever JSON thinks.
    text = shown(msgspec.json.encode(chart).decode()).replace("<", "\\u003c")
    return f'<div class="plot" id="{name}"></div><script type="application/json" data-for="{name}">{text}</script>'


def write_page(path: Path, page: str, *, force: bool) -> None:
    """Write a page whole or not at all, and over nothing but another page.

    Args:
        path: Where to.
        page: The page.
        force: Replace a page that is there.

    Raises:
        OperatorError: It can't be written, or there is something that must stay.
    """
    fault = target_trouble(path, _PAGE, force=force)
    if fault is not None:
        raise OperatorError(f"{printable(str(path))}: {fault}.", 2)
    try:
        with replacing(path) as file:
            file.write(page.encode())
    except FileRefusedError as error:
        raise OperatorError(str(error), EXIT_OUTPUT_LOST) from None


def _digest(script: str) -> str:
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
