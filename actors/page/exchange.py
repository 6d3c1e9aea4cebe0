"""What a browser asks of the page, and what it is answered."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager

import msgspec


class PageRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One request, whole and within its bounds.

    Args:
        method: ``GET``, ``HEAD`` (answered as GET, without the body) or ``POST``.
        path: Decoded, without the query; begins with a slash.
        query: Of each name all values, in their order.
        form: The fields of a POST, by name; of a field that came twice the last.
        may_act: It carried the token, so it may change something.
        accepts_json: Its ``Accept`` prefers JSON to a page.
        accepts_page: Its ``Accept`` names pages, as a browser's does; who names neither is told plain text.
        if_none_match: The ``ETag`` that the browser has already, as it was told it; "" if it has none.
    """

    method: str
    path: str
    query: Mapping[str, Sequence[str]] = {}
    form: Mapping[str, str] = {}
    may_act: bool = False
    accepts_json: bool = False
    accepts_page: bool = True
    if_none_match: str = ""


class PageAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """An answer in one piece.

    Args:
        body: Its bytes.
        content_type: With the character set.
        status: Of HTTP.
        headers: More than the server adds itself (length, type, the policies); of one that it would add, this one.
    """

    body: bytes
    content_type: str = "text/html; charset=utf-8"
    status: int = 200
    headers: Mapping[str, str] = {}


class PageEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One server-sent event.

    Args:
        event: Its name.
        data: Text, mostly JSON.
    """

    event: str
    data: str


class PageStream(msgspec.Struct, frozen=True):
    """Server-sent events, from when the server opens them until the browser leaves or they end."""

    events: AbstractAsyncContextManager[AsyncIterator[PageEvent]]


Answer = PageAnswer | PageStream
Site = Callable[[PageRequest], Awaitable[Answer]]
