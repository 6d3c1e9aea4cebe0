"""The headers that every answer has, so that a browser does with it what was meant and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from email.utils import formatdate
from typing import Final

# Nothing from elsewhere, nothing inline, in no frame.
PAGE_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self';"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)

_ALWAYS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    # Not no-referrer: under it a browser hides the origin of a form's POST, which is checked here. No other site is
    # told anything either way.
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def headers_of(own: Mapping[str, str], now_s: float) -> list[tuple[str, str]]:
    """An answer's headers: its own, and of the others those that it does not have.

    Args:
        own: The answer's.
        now_s: The machine's time of day, in seconds since 1970.
    """
    told = {name.lower() for name in own}
    always = [(name, value) for name, value in _ALWAYS.items() if name.lower() not in told]
    return [("Date", formatdate(now_s, usegmt=True)), *always, *own.items()]
