"""The page Course: how a session went so far, as charts that a script draws and keeps level, and as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import msgspec

from actors.page.exchange import PageAnswer, PageRequest
from tools.console.markup import escape
from tools.console.words import NOTHING
from tools.page.course_data import STRETCH_LEDGERS, CoursePart, StretchPart, figure_words
from tools.page.frame import PageHead, framed, session_href, shown_time
from tools.page.ground import PageError, PageGround, PageRoute, read
from tools.page.now_view import state_of_row
from tools.page.plain_page import JSON

# Of each chart: the name of its place, its title, and what it shows.
_CHARTS = (
    (
        "price",
        "Price, our quotes and fills",
        "RLUSD per XRP. The mid and the best prices are without our own offers. A triangle that points up is what we"
        " bought, one that points down what we sold.",
    ),
    (
        "equity",
        "Result, against simply holding",
        "RLUSD since the start, deposits and withdrawals left out. Holding: the same capital, never traded.",
    ),
    (
        "causes",
        "What moved equity: its four causes",
        "RLUSD since the start. Together they are the change of equity, exactly.",
    ),
    (
        "inventory",
        "Inventory, target and limits",
        "RLUSD, XRP at the mid. The session ends where a limit is crossed. A limit that is far away is told in the"
        " legend alone.",
    ),
    (
        "distance",
        "Distance to the touch",
        "Basis points of the mid: 0 is the best price of others, above it we were ahead, below it behind.",
    ),
    (
        "markouts",
        "Mark-outs",
        "RLUSD, summed up since the start: what fills were worth so many ledgers later, at the mid of then. Rising is"
        " in our favour.",
    ),
)

_TIMES = (("0", "Whole session"), ("900", "Last 15 min"), ("3600", "Last hour"), ("21600", "Last 6 h"))
_STEPS = (
    ("zoom", "0.5", "Zoom in"),
    ("zoom", "2", "Zoom out"),
    ("pan", "-0.5", "Earlier"),
    ("pan", "0.5", "Later"),
)

_TILES = (
    ("result_rlusd", "Result"),
    ("against_holding_rlusd", "Against holding"),
    ("drawdown_rlusd", "Maximum drawdown"),
    ("fills", "Fills"),
    ("end_xrp", "XRP held"),
    ("end_rlusd", "RLUSD held"),
)
_POINTS = (
    "time", "ledger", "mid", "our bid", "our ask", "bid to touch, bps", "ask to touch, bps", "AMM", "XRP", "RLUSD",
    "result", "simply holding",
)  # fmt: skip
# Of a number in an address: whatever is longer is none of ours.
_DIGITS_MAX = 18

# Enough to hear how it goes; the script shows as many.
_POINTS_SHOWN = 20


async def course_page(ground: PageGround, _request: PageRequest, session: str) -> PageAnswer:
    """The charts' places, and what the journal tells so far."""
    place = await ground.place(session)
    part = await read(partial(ground.courses.part, [place.database], session, 0))
    assert part is not None, "its place is known"
    is_live = place.running is not None
    state = "running" if is_live else state_of_row(place.row)
    head = PageHead(session=session, tab="course", state=state, is_live=is_live)
    body = (
        '<h1 class="only-read">Course</h1><noscript><p>The charts are drawn by a script; the figures below are as of'
        " when this page was made.</p></noscript>"
        f'<div id="course" data-from="{escape(session_href(session, "/course.json"))}"'
        f' data-stretch="{escape(session_href(session, "/stretch.json"))}" data-near-most="{STRETCH_LEDGERS}"></div>'
        f'<p id="course-lost" class="alarm" role="status" aria-live="polite"></p>{_tiles(part)}{_bar()}'
        f'<div class="charts">{"".join(_chart(*chart) for chart in _CHARTS)}</div>'
        f'<p id="thinned" class="note"></p><div class="grid">{_figures(part)}{_mark_outs(part)}{_points(part)}</div>'
    )
    scripts = ("uplot/uPlot.iife.min.js", "charts.js", "course.js")
    return framed(f"Course: {session}", body, head=head, scripts=scripts, styles=("uplot/uPlot.min.css", "course.css"))


async def course_json(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """What changed since a record of the journal."""
    after = _number_of(request, "after", "the number of a record, as the last answer's `seq` told it", "0")
    return _json(await read(partial(ground.courses.part, ground.databases, session, after)))


async def stretch_json(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """All ledgers and fills of a stretch."""
    first, last = (_number_of(request, name, "the number of a ledger") for name in ("first", "last"))
    return _json(await read(partial(ground.courses.stretch, ground.databases, session, first, last)))


def _number_of(request: PageRequest, name: str, what: str, otherwise: str = "") -> int:
    told = request.query.get(name, (otherwise,))[-1]
    if not (told.isascii() and told.isdigit() and len(told) <= _DIGITS_MAX):
        raise PageError(400, f"`{name}` is {what}.")
    return int(told)


def _json(part: CoursePart | StretchPart | None) -> PageAnswer:
    if part is None:
        raise PageError(404, "No database of this page has a session of that name.")
    return PageAnswer(body=msgspec.json.encode(part), content_type=JSON)


COURSE_ROUTES = (
    PageRoute("GET", "/session/{session}/course", course_page),
    PageRoute("GET", "/session/{session}/course.json", course_json, takes=("after",)),
    PageRoute("GET", "/session/{session}/stretch.json", stretch_json, takes=("first", "last")),
)


def _tiles(part: CoursePart) -> str:
    tiles = "".join(
        f'<div class="tile"><span>{words}</span>'
        f'<strong data-figure="{name}">{escape(part.figures[name])}</strong></div>'
        for name, words in _TILES
    )
    return f'<div class="tiles">{tiles}</div>'


def _bar() -> str:
    """What time is shown: for a mouse and for keys alike. A script shows it, as without one it does nothing."""
    spans = "".join(
        f'<button type="button" data-last="{last}" aria-pressed="{"false" if last != "0" else "true"}">{words}</button>'
        for last, words in _TIMES
    )
    steps = "".join(f'<button type="button" data-{kind}="{value}">{words}</button>' for kind, value, words in _STEPS)
    return (
        f'<div class="times" id="times" role="toolbar" aria-label="Time that the charts show" hidden><div>{spans}</div>'
        f'<div>{steps}</div><p id="shown" role="status" aria-live="polite"></p><p id="at" class="soft"></p>'
        '<p id="course-note" class="soft" role="status" aria-live="polite"></p></div>'
        '<p class="only-read" id="chart-keys">Plus and minus zoom, left and right move, Home and End go to either end,'
        " Escape shows the whole session. The figures are in the tables below the charts.</p>"
    )


def _chart(name: str, title: str, told: str) -> str:
    return (
        f'<section class="card" id="chart-{name}" aria-labelledby="title-{name}"><h2 id="title-{name}">{title}</h2>'
        f'<p class="note" id="note-{name}">{told}</p><ul class="legend" aria-label="Lines of {title}"></ul>'
        f'<div class="plot" tabindex="0" role="img" aria-labelledby="title-{name}" aria-describedby="chart-keys"></div>'
        "</section>"
    )


def _figures(part: CoursePart) -> str:
    rows = "".join(
        f'<tr><th scope="row">{escape(words)}</th>'
        f'<td class="num" data-figure="{name}">{escape(part.figures[name])}</td></tr>'
        for name, words in figure_words().items()
    )
    table = f'<table aria-labelledby="so-far"><tbody>{rows}</tbody></table>'
    return f'<section class="card"><h2 id="so-far">So far</h2>{table}</section>'


def _mark_outs(part: CoursePart) -> str:
    heads = "".join(f'<th scope="col" class="num">{words}</th>' for words in ("fills", "all", "bids", "asks"))
    rows = "".join(
        f'<tr><th scope="row">{horizon}</th>{"".join(map(_number, cells))}</tr>' for horizon, *cells in part.mark_outs
    )
    return (
        '<section class="card"><h2 id="means">Mark-outs, on the mean</h2><div class="scroll">'
        '<table aria-labelledby="means"><caption>Basis points of the price so long after the fill, weighted by XRP;'
        " + is in our favour.</caption>"
        f'<thead><tr><th scope="col">after</th>{heads}</tr></thead><tbody id="mark-outs">{rows}</tbody></table></div>'
        "</section>"
    )


def _number(told: str) -> str:
    return f'<td class="num">{escape(told)}</td>'


def _points(part: CoursePart) -> str:
    """The charts' last points, for those who don't see them; a script fills it once it is opened."""
    heads = "".join(f'<th scope="col" class="num">{words}</th>' for words in _POINTS)
    table = (
        '<table aria-labelledby="last"><caption>The newest first; prices in RLUSD per XRP, result and holding in RLUSD'
        f" since the start.</caption><thead><tr>{heads}</tr></thead>"
        f'<tbody id="points">{_rows(part)}</tbody></table>'
    )
    return (
        '<section class="card wide"><details id="table"><summary><h2 id="last">The last points as a table</h2>'
        f'</summary><div class="scroll">{table}</div></details></section>'
    )


def _rows(part: CoursePart) -> str:
    columns = part.columns
    return "".join(_row(columns, at) for at in range(len(columns["time"]) - 1, -1, -1)[:_POINTS_SHOWN])


def _row(columns: Mapping[str, Sequence[float | None]], at: int) -> str:
    def told(name: str, form: str) -> str:
        value = columns[name][at]
        return NOTHING if value is None else format(value, form)

    parts = [columns[name][at] for name in ("spread", "revaluation", "fees")]
    result = sum(part for part in parts if part is not None) if None not in parts else None
    time = shown_time(datetime.fromtimestamp(columns["time"][at] or 0, UTC).isoformat(), "time")
    cells = [
        *(told(name, "#.6g") for name in ("mid", "own_bid", "own_ask")),
        *(told(name, "+.1f") for name in ("bid_distance", "ask_distance")),
        told("pool", "#.6g"),
        told("xrp", ",.2f"),
        told("rlusd", ",.2f"),
        NOTHING if result is None else f"{result:+.4f}",
        told("holding", "+.4f"),
    ]
    shown = "".join(f'<td class="num">{cell}</td>' for cell in (time, told("ledger", ".0f"), *cells))
    return f"<tr>{shown}</tr>"
