"""The page's addresses: which handler answers which, and what is told where none does."""

from __future__ import annotations

import msgspec

from actors.page.exchange import Answer, PageRequest, Site
from neo.text.redaction import excerpt
from tools.page.asset_routes import ASSET_ROUTES
from tools.page.course_view import COURSE_ROUTES
from tools.page.event_routes import EVENT_ROUTES
from tools.page.figures_route import FIGURES_ROUTES
from tools.page.ground import PageError, PageGround, PageRoute
from tools.page.hand_routes import HAND_ROUTES
from tools.page.journal_view import JOURNAL_ROUTES
from tools.page.login_routes import LOGIN_ROUTES
from tools.page.now_view import NOW_ROUTES
from tools.page.plain_page import told
from tools.page.report_view import REPORT_ROUTES
from tools.page.sessions_view import SESSIONS_ROUTES
from tools.page.trade_views import TABLE_ROUTES

# Of every part of the page, each of which has its own; the first that fits answers.
ROUTES: tuple[PageRoute, ...] = (
    *SESSIONS_ROUTES,
    *NOW_ROUTES,
    *COURSE_ROUTES,
    *REPORT_ROUTES,
    *TABLE_ROUTES,
    *JOURNAL_ROUTES,
    *HAND_ROUTES,
    *EVENT_ROUTES,
    *LOGIN_ROUTES,
    *ASSET_ROUTES,
    *FIGURES_ROUTES,
)


def make_site(ground: PageGround, routes: tuple[PageRoute, ...] = ROUTES) -> Site:
    """What answers every request.

    Args:
        ground: What the handlers stand on.
        routes: The addresses.
    """

    async def site(request: PageRequest) -> Answer:
        try:
            route, parts = _route(request, routes)
            _require_taken(request, route)
            return await route.handler(ground, request, **parts)
        except PageError as error:
            answer = told(request, error.message, status=error.status)
            return msgspec.structs.replace(answer, headers=error.headers)

    return site


def _require_taken(request: PageRequest, route: PageRoute) -> None:
    """A mistyped name must not give another answer than the one that is asked for."""
    if route.takes is not None and (unknown := sorted(request.query.keys() - set(route.takes))):
        takes = f"it takes {', '.join(route.takes)}" if route.takes else "it takes none"
        raise PageError(400, f"'{excerpt(unknown[0], 40)}' is nothing that this address takes in its query; {takes}.")


def _route(request: PageRequest, routes: tuple[PageRoute, ...]) -> tuple[PageRoute, dict[str, str]]:
    method = "GET" if request.method == "HEAD" else request.method
    allowed: list[str] = []
    for route in routes:
        parts = _parts(route.pattern, request.path)
        if parts is None:
            continue
        if route.method == method:
            return route, parts
        allowed += ["GET", "HEAD"] if route.method == "GET" else [route.method]
    if allowed:
        words = " and ".join(dict.fromkeys(allowed))
        raise PageError(405, f"This address answers {words} only.", {"Allow": ", ".join(dict.fromkeys(allowed))})
    raise PageError(404, "The page has no such address. Begin at /, where all sessions are.")


def _parts(pattern: str, path: str) -> dict[str, str] | None:
    """The parts of a path that a pattern leaves open; None if they don't fit."""
    wanted, given = pattern.split("/"), path.split("/")
    if len(wanted) != len(given):
        return None
    parts: dict[str, str] = {}
    for want, one in zip(wanted, given, strict=True):
        if want.startswith("{"):
            if not one:
                return None
            parts[want[1:-1]] = one
        elif want != one:
            return None
    return parts
