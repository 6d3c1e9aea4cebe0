"""What all pages have in common: the way from page to page, the session's state, and how times and colours are shown.

A page is whole without a script: it is made on the server, and scripts only keep it fresh.
"""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

import msgspec

from actors.page.exchange import PageAnswer
from tools.console.markup import escape


class Tab(msgspec.Struct, frozen=True):
    """A page of a session: its name here, its words, what follows the session's address, and its letter after ``g``."""

    key: str
    words: str
    path: str
    letter: str


TABS = (
    Tab("now", "Now", "", "n"),
    Tab("course", "Course", "/course", "c"),
    Tab("fills", "Fills", "/fills", "f"),
    Tab("orders", "Orders", "/orders", "o"),
    Tab("refusals", "Refusals", "/refusals", "u"),
    Tab("events", "Events", "/events", "e"),
    Tab("report", "Report", "/report", "r"),
)

_KEYS = (
    ("?", "this help"),
    ("t", "light, dark, or as the system has it"),
    ("g, then s", "all sessions"),
    *((f"g, then {tab.letter}", tab.words) for tab in TABS),
    ("Tab, Enter", "from control to control, and use it"),
    ("Esc", "close this help"),
)


class PageHead(msgspec.Struct, frozen=True, kw_only=True):
    """What a page's head says of its session.

    Args:
        session: Its id; "" on pages of none.
        tab: Which of :data:`TABS` this page is, by its key.
        state: How it stands, in words.
        is_live: It runs: the page follows its events.
    """

    session: str = ""
    tab: str = ""
    state: str = ""
    is_live: bool = False


def session_href(session_id: str, path: str = "") -> str:
    """A session's address, or that of one of its pages."""
    return f"/session/{quote(session_id, safe='')}{path}"


def framed(
    title: str,
    body: str,
    *,
    head: PageHead | None = None,
    scripts: Sequence[str] = (),
    styles: Sequence[str] = (),
    refresh_s: int = 0,
    status: int = 200,
) -> PageAnswer:
    """A whole page.

    Args:
        title: What it is called.
        body: What is in it, as markup; its first heading is the page's.
        head: The session that it is about.
        scripts: Names of assets that run when the page is there, besides the common one.
        styles: The same for styles.
        refresh_s: Where no scripts run, it is fetched anew so often; 0 for never.
        status: Of HTTP.
    """
    about = head or PageHead()
    events = f' data-events="/events?session={quote(about.session, safe="")}"' if about.is_live else ""
    linked = "".join(f'<link rel="stylesheet" href="/assets/{quote(name)}">' for name in ("neo.css", *styles))
    run = '<script src="/assets/page.js"></script>'
    run += "".join(f'<script src="/assets/{quote(name)}" defer></script>' for name in scripts)
    again = f'<noscript><meta http-equiv="refresh" content="{refresh_s}"></noscript>' if refresh_s else ""
    page = (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<meta name="color-scheme" content="light dark"><title>{escape(title)} - NEO</title>'
        f'<link rel="icon" href="data:,">{linked}{run}{again}</head>\n'
        f'<body data-session="{escape(about.session)}" data-tab="{escape(about.tab)}"{events}>'
        f'<a class="skip" href="#main">To the content</a>{_top(about)}'
        f'<main id="main" tabindex="-1">{body}</main>{_foot()}{_help()}</body></html>\n'
    )
    return PageAnswer(body=page.encode(), status=status, headers={"Cache-Control": "no-store"})


def refused_page(status: int, title: str, told: str, head: PageHead | None = None) -> PageAnswer:
    """A page that says why there is nothing to see, and what to do instead."""
    way = '<p><a href="/">All sessions</a></p>'
    body = f'<section class="card"><h1>{escape(title)}</h1><p>{escape(told)}</p>{way}</section>'
    return framed(title, body, head=head, status=status)


def shown_time(moment: str, form: str = "full") -> str:
    """A moment, which a script shows in the operator's own zone.

    Args:
        moment: UTC, ISO 8601.
        form: ``full``, ``time`` (of the day) or ``day``.
    """
    text = moment[:19].replace("T", " ")
    short = {"time": text[11:], "day": text[:10]}.get(form, text)
    return f'<time datetime="{escape(moment[:19])}Z" data-form="{form}">{escape(short)} UTC</time>'


def _top(about: PageHead) -> str:
    marked = ' aria-current="page"' if not about.session and not about.tab else ""
    named = ""
    if about.session:
        live = " data-live" if about.is_live else ""
        named = (
            f'<p class="named"><span class="soft">Session</span> <strong>{escape(about.session)}</strong></p>'
            f'<p class="state" id="state"{live} role="status" aria-live="polite">{escape(about.state)}</p>'
        )
    return (
        f'<header class="top"><a class="brand" href="/"{marked}><b>NEO</b> <span>Sessions</span></a>{named}'
        '<div class="tools"><p class="linkage" id="linkage" role="status" aria-live="polite"></p>'
        '<button type="button" id="theme" hidden>Theme</button>'
        '<button type="button" id="ask" hidden aria-haspopup="dialog">Help</button></div></header>'
        + (_tabs(about) if about.session else "")
    )


def _tabs(about: PageHead) -> str:
    items = []
    for tab in TABS:
        current = ' aria-current="page"' if tab.key == about.tab else ""
        items.append(f'<li><a href="{session_href(about.session, tab.path)}"{current}>{tab.words}</a></li>')
    return f'<nav class="tabs" aria-label="Pages of this session"><ul>{"".join(items)}</ul></nav>'


def _foot() -> str:
    return '<footer class="foot"><p id="zone">Times are in UTC.</p></footer>'


def _help() -> str:
    keys = "".join(f"<dt><kbd>{escape(key)}</kbd></dt><dd>{escape(told)}</dd>" for key, told in _KEYS)
    return (
        '<dialog id="help" aria-labelledby="help-title"><h2 id="help-title">Keyboard</h2>'
        f'<dl class="keys">{keys}</dl><p>Figures are RLUSD, XRP and basis points, as in the panel. A page that shows a'
        " running session keeps itself fresh; when it lost the session, it says so, and since when.</p>"
        '<form method="dialog"><button>Close</button></form></dialog>'
    )
