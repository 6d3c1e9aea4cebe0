"""The page of all sessions: the databases side by side, what runs first, and what was, a page at a time."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import msgspec
import trio

from actors.page.exchange import PageAnswer, PageRequest
from actors.store import StoreError
from actors.store.session_list import ListPlace, SessionBrief, SessionsPage, sessions_page
from neo.messages.halts import facts_of
from tools.console.markup import escape
from tools.console.words import NOTHING, count
from tools.page.frame import framed, session_href, shown_time
from tools.page.ground import PageError, PageGround, PageRoute
from tools.page.live_states import LIVE_WORDS, LiveState
from tools.page.now_view import NOT_ENDED
from tools.page.plain_page import json_answer
from tools.reporting.labels import LABELS, show

# Past sessions on a page.
PAGE_SESSIONS: Final = 50

# How long a page waits for a database, in seconds: one on a disk that hangs must not hold the others up.
_PATIENCE_S: Final = 3.0

# Where no scripts run, the page is fetched anew so often while something runs, in seconds.
_REFRESH_S: Final = 10

_FIGURES: Final = ("result_rlusd", "against_holding_rlusd", "drawdown_rlusd", "end_xrp", "end_rlusd")
_COLUMNS: Final = (
    ("Session", ""), ("Started", ""), ("Ran for", "num"), ("Ending", ""), ("Fills", "num"), ("Result", "num"),
    ("Against holding", "num"), ("Drawdown", "num"), ("XRP, end", "num"), ("RLUSD, end", "num"),
    ("Venue, profile, seed", ""),
)  # fmt: skip

_COMPARE: Final = (
    '<p class="compare"><button>Compare the chosen</button> <span class="soft">Choose two or more by their boxes; the'
    " others are told against the first.</span></p>"
)


class _Database(msgspec.Struct, frozen=True, kw_only=True):
    """One database's part of the page. ``trouble`` says why it has none."""

    number: int
    path: Path
    page: SessionsPage
    trouble: str = ""


async def sessions_list(ground: PageGround, request: PageRequest) -> PageAnswer:
    """All sessions."""
    before, only = _before(request), _only(request, len(ground.databases))
    databases = await _read_all(ground, before, only)
    states = await ground.live.of(ground.running.values())
    running = set(ground.running)
    past = sorted(
        ((row, database) for database in databases for row in database.page.rows if row.id not in running),
        key=lambda found: found[0].place,
        reverse=True,
    )
    shown, more = past[:PAGE_SESSIONS], past[PAGE_SESSIONS:]
    lists = _running(states, ground) + _past(shown, len(ground.databases), before, only)
    body = (
        f'<h1 class="only-read">Sessions</h1>{_databases(databases, ground, only)}'
        f'<form action="/compare" method="get" id="sessions">{_COMPARE}{lists}</form>'
        f"{_pages(shown, before, only, is_more=bool(more))}"
    )
    refresh_s = _REFRESH_S if states else 0
    return framed("Sessions", body, scripts=("sessions.js",), styles=("sessions.css",), refresh_s=refresh_s)


async def sessions_json(ground: PageGround, _request: PageRequest) -> PageAnswer:
    """Where the running ones stand, for the script that keeps their cards fresh."""
    return json_answer({"running": await ground.live.of(ground.running.values())})


SESSIONS_ROUTES = (
    PageRoute("GET", "/", sessions_list, takes=("before", "database")),
    PageRoute("GET", "/sessions.json", sessions_json),
)


# --- What is asked for -------------------------------------------------------------------------------------------


def _before(request: PageRequest) -> ListPlace | None:
    told = request.query.get("before", ("",))[-1]
    started_at, _, session_id = told.partition("~")
    if told and not (started_at and session_id):
        raise PageError(400, "`before` is a place in the list, as the link to older sessions tells it.")
    return ListPlace(started_at, session_id) if told else None


def _only(request: PageRequest, databases: int) -> int:
    """The number of the only database that is to be shown, from 1; 0 for all."""
    told = request.query.get("database", ("0",))[-1]
    if not (told.isascii() and told.isdigit() and int(told[:9]) <= databases):
        raise PageError(400, f"`database` is the number of one, 1 to {databases}, or 0 for all.")
    return int(told)


async def _read_all(ground: PageGround, before: ListPlace | None, only: int) -> list[_Database]:
    """All databases at once; those that are not shown for their counts."""
    found: dict[int, _Database] = {}

    async def take(number: int, path: Path) -> None:
        most = PAGE_SESSIONS + 1 + len(ground.running) if only in (0, number) else 0
        found[number] = _Database(number=number, path=path, page=SessionsPage((), 0), trouble="does not answer")
        with trio.move_on_after(_PATIENCE_S):
            try:
                # Left to itself if it takes too long.
                page = await trio.to_thread.run_sync(sessions_page, path, before, most, abandon_on_cancel=True)
                found[number] = _Database(number=number, path=path, page=page)
            except StoreError as error:
                found[number] = msgspec.structs.replace(found[number], trouble=f"can't be read: {error}")

    async with trio.open_nursery() as nursery:
        for number, path in enumerate(ground.databases, 1):
            nursery.start_soon(take, number, path)
    return [found[number] for number in sorted(found)]


# --- What is shown -----------------------------------------------------------------------------------------------


def _databases(databases: Sequence[_Database], ground: PageGround, only: int) -> str:
    """Each database with what it has; one alone needs no list, unless it can't be read."""
    if len(databases) == 1 and not databases[0].trouble:
        return ""
    items = [_choice("All databases", "/", is_chosen=not only, told="")] if len(databases) > 1 else []
    for one in databases:
        runs = sum(session.database == one.path for session in ground.running.values())
        told = one.trouble or count(one.page.total, "session") + (f", {runs} running" if runs else "")
        href = f"/?{urlencode({'database': one.number})}"
        words = _name(one.path, [each.path for each in databases])
        items.append(_choice(words, href, is_chosen=only == one.number, told=told, is_bad=bool(one.trouble)))
    return f'<nav aria-label="Databases"><ul class="databases">{"".join(items)}</ul></nav>'


def _choice(words: str, href: str, *, is_chosen: bool, told: str, is_bad: bool = False) -> str:
    current = ' aria-current="true"' if is_chosen else ""
    tone = "bad" if is_bad else "soft"
    return f'<li><a href="{href}"{current}>{escape(words)}</a> <span class="{tone}">{escape(told)}</span></li>'


def _name(path: Path, paths: Sequence[Path]) -> str:
    """A database's file, with so much of its folder that no other one is called so."""
    parts = path.parts
    for length in range(1, len(parts) + 1):
        name = "/".join(parts[-length:])
        if sum("/".join(other.parts[-length:]) == name for other in paths) == 1:
            return name
    return str(path)


def _running(states: Sequence[LiveState], ground: PageGround) -> str:
    if not states:
        return ""
    cards = "".join(_card(state, ground) for state in states)
    return f'<h2>Running</h2><div class="grid running" id="running">{cards}</div>'


def _card(state: LiveState, ground: PageGround) -> str:
    name = state.session
    pairs = "".join(
        f'<dt>{words}</dt><dd data-live="{key}" class="{state.cells[key].tone}">{escape(state.cells[key].text)}</dd>'
        for key, words in LIVE_WORDS.items()
    )
    href = session_href(name)
    where = escape(_name(ground.running[name].database, ground.databases))
    return (
        f'<section class="card" data-running="{escape(name)}" aria-labelledby="run-{escape(name)}">'
        f'<h3 id="run-{escape(name)}">{_box(name)}<a href="{href}">{escape(name)}</a></h3>'
        f'<p class="soft">{where}</p><dl class="pairs">{pairs}</dl>'
        f'<p class="ways"><a href="{href}">Now</a> <a href="{href}/course">Course</a>'
        f' <a href="{href}/events">Events</a></p></section>'
    )


def _box(name: str) -> str:
    return f'<input type="checkbox" name="session" value="{escape(name)}" aria-label="Compare {escape(name)}"> '


def _past(shown: Sequence[tuple[SessionBrief, _Database]], databases: int, before: ListPlace | None, only: int) -> str:
    if not shown:
        told = "No older ones." if before is not None else "No sessions yet; `neo run` makes one."
        return f'<h2>Past</h2><p class="soft">{escape(told)}</p>'
    columns = [*_COLUMNS[:1], ("Database", ""), *_COLUMNS[1:]] if databases > 1 and not only else list(_COLUMNS)
    heads = "".join(f'<th scope="col" class="{kind}">{words}</th>' for words, kind in columns)
    rows = "".join(_row(row, database if len(columns) > len(_COLUMNS) else None) for row, database in shown)
    return (
        '<h2 id="past">Past</h2><div class="card">'
        '<div class="scroll" tabindex="0" role="region" aria-labelledby="past">'
        f'<table class="past" aria-labelledby="past"><thead><tr>{heads}</tr></thead>'
        f"<tbody>{rows}</tbody></table></div></div>"
    )


def _row(row: SessionBrief, database: _Database | None) -> str:
    figures = row.figures
    cells = [f'<th scope="row">{_box(row.id)}<a href="{session_href(row.id)}">{escape(row.id)}</a></th>']
    if database is not None:
        cells.append(f"<td>{escape(database.path.name)}</td>")
    cells.append(f'<td class="nowrap">{shown_time(row.started_at)}</td>')
    cells.append(_number(show("duration", figures.get("duration_s"))))
    cells.append(f"<td>{_ending(row)}</td>")
    cells.append(_number(NOTHING if row.fills is None else f"{row.fills:,}"))
    cells += [_figure(key, figures.get(key)) for key in _FIGURES]
    cells.append(f"<td>{escape(f'{row.venue}, {row.profile or NOTHING}, {row.seed}')}</td>")
    return f"<tr>{''.join(cells)}</tr>"


def _ending(row: SessionBrief) -> str:
    if row.halt_reason is None:
        return f'<span class="warn">{NOT_ENDED}</span>'
    tone = "" if facts_of(row.halt_reason).exit_code == 0 else "bad"
    return f'<span class="{tone}">{escape(row.halt_reason)}</span>'


def _figure(key: str, value: str | int | float | None) -> str:
    told = show(LABELS[key].kind, value)
    tone = ""
    if LABELS[key].kind == "change" and value is not None:
        tone = "bad" if told.startswith("-") else "good"
    # The column says what it is of.
    return f'<td class="num {tone}">{escape(told.removesuffix(" RLUSD").removesuffix(" XRP"))}</td>'


def _number(told: str) -> str:
    return f'<td class="num">{escape(told)}</td>'


def _pages(
    shown: Sequence[tuple[SessionBrief, _Database]], before: ListPlace | None, only: int, *, is_more: bool
) -> str:
    ways = []
    chosen = {"database": str(only)} if only else {}
    if before is not None:
        ways.append(f'<a href="/?{urlencode(chosen)}">Newest</a>')
    if is_more:
        place = shown[-1][0].place
        query = urlencode({**chosen, "before": f"{place.started_at}~{place.session_id}"})
        ways.append(f'<a href="/?{query}" rel="next">Older</a>')
    return f'<nav class="ways" aria-label="Pages of past sessions">{" ".join(ways)}</nav>' if ways else ""
