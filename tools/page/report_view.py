"""The pages of a report and of a comparison: the parts of the HTML report and of ``neo compare``, within the page."""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import trio

from actors.page.exchange import PageAnswer, PageRequest
from actors.page.policies import PAGE_POLICY
from tools.console.markup import escape
from tools.page.frame import PageHead, framed, session_href
from tools.page.ground import PageError, PageGround, PageRoute, SessionPlace
from tools.page.now_view import state_of_row
from tools.page.report_child import command
from tools.reporting.look import PARTS_STYLE, SCRIPT

# Plotly writes styles into what it draws, and draws some of it as images; all else stays as strict as on other pages.
REPORT_POLICY: Final = PAGE_POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'").replace(
    "img-src 'self' data:", "img-src 'self' data: blob:"
)

# What the frame's own style would do to the parts; and tables that stand below each other share their columns.
_WITHIN: Final = """
.card + .card { margin-top: 0; }
&.compared table { table-layout: fixed; min-width: 560px; }
&.compared td, &.compared th { overflow-wrap: anywhere; white-space: normal; }
"""

# A month's journal takes a minute, in seconds; and reports are made one at a time, as each wants a processor.
_PATIENCE_S: Final = 120.0

# More columns than these nobody reads side by side.
COMPARED_MAX: Final = 8


async def report_page(ground: PageGround, _request: PageRequest, session: str) -> PageAnswer:
    """A session's report, as of now if it goes on."""
    place = await ground.place(session)
    is_live = place.running is not None
    state = "running" if is_live else state_of_row(place.row)
    head = PageHead(session=session, tab="report", state=state, is_live=is_live)
    return _page(f"Report: {session}", await _made(ground, [place]), head)


async def compare_page(ground: PageGround, request: PageRequest) -> PageAnswer:
    """Sessions side by side."""
    wanted = list(dict.fromkeys(request.query.get("session", ())))
    if not 2 <= len(wanted) <= COMPARED_MAX:
        raise PageError(
            400,
            f"A comparison takes 2 to {COMPARED_MAX} sessions, as in /compare?session=A&session=B; choose them at /.",
        )
    places = [await ground.place(session) for session in wanted]
    ways = " ".join(f'<a href="{session_href(one)}">{escape(one)}</a>' for one in wanted)
    parts = f'{await _made(ground, places)}<p class="ways">{ways}</p>'
    return _page("Comparison", parts, None)


async def report_asset(_ground: PageGround, request: PageRequest, name: str) -> PageAnswer:
    """What a report's page is drawn with: the parts' style and script of the HTML report, and its plotly.js."""
    make = _ASSETS.get(name)
    if make is None:
        raise PageError(404, "The page has no such file.")
    body, etag = await trio.to_thread.run_sync(_asset, name)
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    if etag in (tag.strip() for tag in request.if_none_match.split(",")):
        return PageAnswer(body=b"", status=304, headers=headers)
    content_type = "text/css; charset=utf-8" if name.endswith(".css") else "text/javascript; charset=utf-8"
    return PageAnswer(body=body, content_type=content_type, headers=headers)


REPORT_ROUTES = (
    PageRoute("GET", "/session/{session}/report", report_page),
    PageRoute("GET", "/compare", compare_page, takes=("session",)),
    PageRoute("GET", "/assets/report/{name}", report_asset),
)


def _page(title: str, parts: str, head: PageHead | None) -> PageAnswer:
    linked = (
        '<link rel="stylesheet" href="/assets/report/report.css"><script src="/assets/report/plotly.js" defer></script>'
        '<script src="/assets/report/report.js" defer></script>'
    )
    kind = "report" if head else "report compared"
    answer = framed(title, f'{linked}<div class="{kind}">{parts}</div>', head=head)
    return msgspec.structs.replace(answer, headers={**answer.headers, "Content-Security-Policy": REPORT_POLICY})


async def _made(ground: PageGround, places: Sequence[SessionPlace]) -> str:
    """The parts, from a process of their own.

    Raises:
        PageError: A database can't be read, or it takes too long.
    """
    words = command([(place.database, place.row.id) for place in places])
    with trio.move_on_after(_PATIENCE_S):
        async with ground.reports:
            # Not the terminal's: an interrupt is for the session, which ends in its own time.
            done = await trio.run_process(
                words, capture_stdout=True, capture_stderr=True, check=False, start_new_session=True
            )
            if done.returncode == 0:
                return done.stdout.decode()
            told = done.stderr.decode(errors="replace").strip()
            if done.returncode == 1 and told:
                raise PageError(503, f"The report can't be made: {told}")
            raise PageError(500, f"The report can't be made: its process ended with {done.returncode}.")
    raise PageError(503, f"The report took longer than {_PATIENCE_S:g} s; `neo report` has no such limit.")


@functools.cache
def _asset(name: str) -> tuple[bytes, str]:
    body = _ASSETS[name]().encode()
    return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'


def _style() -> str:
    # Within its frame the report's style is the report's alone.
    return f".report {{\n{PARTS_STYLE}{_WITHIN}}}\n"


def _plotly() -> str:
    # Four megabytes that no page but a report's needs.
    from plotly.offline import get_plotlyjs  # type: ignore[import-untyped]  # noqa: PLC0415 - it has no types

    return str(get_plotlyjs())


_ASSETS: Final[Mapping[str, Callable[[], str]]] = {
    "report.css": _style,
    "report.js": lambda: SCRIPT,
    "plotly.js": _plotly,
}
