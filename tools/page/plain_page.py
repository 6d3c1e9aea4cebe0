"""A sentence as an answer: a page to a browser, JSON to a program that wants it, plain text to who names neither."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import msgspec

from actors.page.exchange import PageAnswer, PageRequest
from tools.page.frame import refused_page

JSON: Final = "application/json"

_TITLES: Final[Mapping[int, str]] = {
    200: "Done",
    202: "Asked",
    400: "Not understood",
    401: "Token needed",
    404: "Not here",
    405: "Not like this",
    409: "Not done",
    503: "Not now",
}


def told(request: PageRequest, sentence: str, *, status: int = 200) -> PageAnswer:
    """A sentence, as the asker reads it.

    Args:
        request: What was asked.
        sentence: What to tell; it is escaped here.
        status: Of HTTP.
    """
    if request.accepts_json:
        return json_answer({"detail": sentence}, status)
    if request.accepts_page:
        return refused_page(status, _TITLES.get(status, "Not done"), sentence)
    return PageAnswer(body=f"{sentence}\n".encode(), content_type="text/plain; charset=utf-8", status=status)


def json_answer(content: object, status: int = 200) -> PageAnswer:
    """Anything as JSON; money and prices as text, digit for digit."""
    return PageAnswer(body=as_json(content), content_type=JSON, status=status)


as_json = msgspec.json.Encoder(decimal_format="string").encode
"""As :func:`json_answer`, the bytes alone."""
