"""Text as a page has it: nothing in it is markup."""

from __future__ import annotations

import html

from tools.console.output import shown


def escape(text: str) -> str:
    """Text as it stands in a page: no markup, and nothing in it that turns the lines around."""
    return html.escape(shown(text))
