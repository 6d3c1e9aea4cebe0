"""The page Now: where a running session stands, and the hand; of a past session, how it ended and where to look."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from actors.operator.protocol import Status
from actors.page.exchange import PageAnswer, PageRequest
from actors.store import SessionRow
from neo.messages.halts import facts_of
from tools.console.markup import escape
from tools.console.words import NOTHING, show_change
from tools.page.frame import PageHead, framed, session_href, shown_time
from tools.page.ground import PageGround, PageRoute
from tools.page.hand_forms import hand_card
from tools.page.now_cells import EQUITY_WORDS, LIMIT_WORDS, Cell, Cells, NowData, now_data
from tools.page.plain_page import json_answer
from tools.page.running import SessionGoneError

# How often it is fetched anew where no scripts run, in seconds.
_REFRESH_S = 5

# Of one that runs out of this page's reach, or was killed: which of them its database can't tell.
NOT_ENDED: Final = "not ended, and nothing answers"

_OFFERS = ("offer", "price", "status", "age")
_FILLS = ("fill", "price", "edge", "ledgers ago")
_ENDPOINTS = ("endpoint", "state", "lag", "latency", "failures", "why")
_CHANNELS = ("channel", "waiting", "peak", "bound", "dropped")


async def now_page(ground: PageGround, _request: PageRequest, session: str) -> PageAnswer:
    """Now, of a session that runs; of any other how it ended."""
    place = await ground.place(session)
    if place.running is not None:
        try:
            status = await place.running.status()
        except SessionGoneError as error:
            # Between its end and the moment that its row says so.
            return _ended_page(place.row, str(error))
        return _running_page(status)
    return _ended_page(place.row, "")


async def running_list(ground: PageGround, _request: PageRequest) -> PageAnswer:
    """The sessions that run, for a page whose own has ended."""
    return json_answer([{"session": name, "href": session_href(name)} for name in ground.running])


NOW_ROUTES = (PageRoute("GET", "/session/{session}", now_page), PageRoute("GET", "/running.json", running_list))


# --- A session that runs -----------------------------------------------------------------------------------------


def _running_page(status: Status) -> PageAnswer:
    data = now_data(status)
    head = PageHead(session=status.session_id, tab="now", state=data.state, is_live=True)
    title = f"Now: {status.session_id}"
    stacks = (
        (_market_card(data), _table_card(data, "balances", "Inventory", ("", "XRP", "RLUSD"))),
        (
            _limits_card(data),
            _table_card(data, "offers", "Open orders", _OFFERS),
            _table_card(data, "fills", "Last fills", _FILLS, _sums(data)),
        ),
        (_equity_card(data), hand_card(status)),
        (
            _table_card(data, "channels", "Channels", _CHANNELS),
            _table_card(data, "endpoints", "Endpoints", _ENDPOINTS),
            _table_card(data, "services", "Services", ("service", "state", "detail")),
            _table_card(data, "watch", "Watch", ()),
        ),
    )
    told = "".join(f'<div class="stack">{"".join(cards)}</div>' for cards in stacks)
    body = f'<h1 class="only-read">Now</h1>{_tiles(status, data)}<div class="stacks">{told}</div>'
    return framed(title, body, head=head, scripts=("now.js",), styles=("now.css",), refresh_s=_REFRESH_S)


def _tiles(status: Status, data: NowData) -> str:
    """What is looked at first."""
    age = "" if data.age_s is None else f"{data.age_s:.1f}"
    tiles = (
        ("State", _cell(data, "state")),
        ("Mid", _cell(data, "mid")),
        ("Result", _cell(data, "result")),
        ("Against holding", _cell(data, "against")),
        ("Last ledger came", f'<span class="plain" id="age" data-age="{age}">{_cell(data, "age")}</span>'),
        ("Fills", _cell(data, "fills")),
    )
    shown = "".join(
        f'<div class="tile"><span>{escape(words)}</span><strong>{cell}</strong></div>' for words, cell in tiles
    )
    facts = f"{status.venue}, seed {status.seed}"
    return f'<div class="tiles" role="group" aria-label="At a glance, {escape(facts)}">{shown}</div>'


def _market_card(data: NowData) -> str:
    pairs = (
        ("Our bid", "bid"), ("", "bid_why"), ("Our ask", "ask"), ("", "ask_why"), ("Spread", "spread"),
        ("Ledger", "ledger"), ("Tick", "tick"), ("Elapsed", "elapsed"),
    )  # fmt: skip
    inner = _table(data, "ladder", ("price", "RLUSD per XRP", "from the mid"))
    return _card("market", "Market and our quotes", inner + _pairs(data, pairs))


def _limits_card(data: NowData) -> str:
    rows = []
    for name, words in LIMIT_WORDS.items():
        share = data.meters.get(name)
        value = 'value="0" hidden' if share is None else f'value="{share}"'
        rows.append(
            f'<div class="limit"><span id="{name}-words">{escape(words)}</span>{_cell(data, name, "dd")}'
            f'<meter data-meter="{name}" min="0" max="1" low="0.8" high="0.999" optimum="0" {value}'
            f' aria-labelledby="{name}-words"></meter></div>'
        )
    return _card("limits", "Limits and budgets", "".join(rows))


def _equity_card(data: NowData) -> str:
    pairs = tuple((words, name) for name, words in EQUITY_WORDS.items())
    return _card("equity", "Equity and its causes", _pairs(data, pairs))


def _sums(data: NowData) -> str:
    return f'<p class="soft">bought {_cell(data, "bought")}, sold {_cell(data, "sold")}</p>'


def _table_card(data: NowData, name: str, title: str, columns: Sequence[str], before: str = "") -> str:
    return _card(name, title, before + _table(data, name, columns, f"{name}-title"))


def _card(name: str, title: str, inner: str) -> str:
    heading = f'<h2 id="{name}-title">{escape(title)}</h2>'
    return f'<section class="card" aria-labelledby="{name}-title">{heading}{inner}</section>'


def _pairs(data: NowData, pairs: Sequence[tuple[str, str]]) -> str:
    told = []
    for words, name in pairs:
        if words:
            told.append(f"<dt>{escape(words)}</dt>{_cell(data, name, 'dd')}")
        else:
            # More of the pair before, below it.
            told.append(_cell(data, name, "dd", "more"))
    return f'<dl class="pairs">{"".join(told)}</dl>'


def _cell(data: NowData, name: str, tag: str = "span", kind: str = "") -> str:
    cell = data.cells[name]
    kinds = " ".join(filter(None, (kind, cell.tone)))
    tone = f' data-tone="{cell.tone}"' if cell.tone else ""
    plain = "plain" if tag == "span" else ""
    classes = " ".join(filter(None, (plain, kinds)))
    marked = f' class="{classes}"' if classes else ""
    return f'<{tag}{marked} data-cell="{name}"{tone}>{escape(cell.text)}</{tag}>'


def _table(data: NowData, name: str, columns: Sequence[str], labelled: str = "") -> str:
    rows = data.tables[name]
    numbers = {at for row in rows for at, cell in enumerate(row) if cell.number}
    marks = ['class="num" scope="col"' if at in numbers else 'scope="col"' for at in range(len(columns))]
    heads = "".join(f"<th {mark}>{escape(words)}</th>" for mark, words in zip(marks, columns, strict=True))
    hidden = " hidden" if has_one_word(rows) else ""
    head = f"<thead{hidden}><tr>{heads}</tr></thead>" if columns else ""
    named = f' aria-labelledby="{labelled}"' if labelled else ' aria-label="Prices in their order"'
    body = "".join(f"<tr>{''.join(map(shown_cell, row))}</tr>" for row in rows)
    return f'<div class="scroll"><table{named}>{head}<tbody data-table="{name}">{body}</tbody></table></div>'


def has_one_word(rows: Sequence[Cells]) -> bool:
    """Instead of rows there is a word about why there are none."""
    return len(rows) == 1 and len(rows[0]) == 1


def shown_cell(cell: Cell) -> str:
    """A cell of a table."""
    classes = " ".join(filter(None, ("num" if cell.number else "", cell.tone)))
    marked = f' class="{classes}"' if classes else ""
    tone = f' data-tone="{cell.tone}"' if cell.tone else ""
    text = escape(cell.text)
    inner = f'<a href="{escape(cell.href)}">{text}</a>' if cell.href else text
    return f"<td{marked}{tone}>{inner}</td>"


# --- A past session ----------------------------------------------------------------------------------------------


def _ended_page(row: SessionRow, trouble: str) -> PageAnswer:
    state = state_of_row(row)
    rows = [
        ("Venue", f"{row.venue}, seed {row.seed}"),
        ("Market", row.market),
        ("Profile", row.profile or NOTHING),
        ("Ticks", f"{row.ticks:,}"),
        ("Ledgers", f"{row.ledgers:,}"),
        ("Fills", f"{row.fills:,}"),
        ("Result without capital", show_change(row.equity_change_rlusd)),
        ("Config", row.config_sha256[:12]),
        ("Journal", (row.journal_sha256 or NOTHING)[:12]),
    ]
    told = "".join(f"<dt>{escape(words)}</dt><dd>{escape(text)}</dd>" for words, text in rows)
    ended = NOTHING if row.ended_at is None else shown_time(row.ended_at)
    times = f"<dt>Started</dt><dd>{shown_time(row.started_at)}</dd><dt>Ended</dt><dd>{ended}</dd>"
    notes = [f"also: {halt.reason} from {halt.source} {halt.detail}".rstrip() for halt in row.secondary_halts]
    notes += [f"not done on the way down: {rung}" for rung in row.rungs_failed]
    notes += [] if row.settled is None else [f"settled later: {row.settled}"]
    listed = "".join(f"<li>{escape(note)}</li>" for note in notes)
    why = f"<p>{escape(_meaning(row))}</p>" if row.halt_reason else ""
    ways = "".join(
        f'<li><a href="{session_href(row.id, path)}">{words}</a></li>'
        for words, path in (("Report", "/report"), ("Course", "/course"), ("Events", "/events"))
    )
    body = (
        f'<h1>Session {escape(row.id)}</h1><section class="card" aria-label="How it ended">'
        f'<p class="big">{escape(state)}</p>'
        f"{why}{f'<p>{escape(trouble)}</p>' if trouble else ''}"
        f"{f'<ul>{listed}</ul>' if listed else ''}<ul class='ways'>{ways}</ul></section>"
        f'<section class="card" aria-label="What it was"><dl class="pairs left">{times}{told}</dl></section>'
    )
    head = PageHead(session=row.id, tab="now", state=state)
    return framed(f"Session {row.id}", body, head=head, styles=("now.css",))


def state_of_row(row: SessionRow) -> str:
    """How a session that does not run here stands, by its row."""
    if row.halt_reason is None:
        return NOT_ENDED
    detail = f" ({row.halt_detail})" if row.halt_detail else ""
    return f"ended: {row.halt_reason}{detail}"


def _meaning(row: SessionRow) -> str:
    return facts_of(row.halt_reason or "").meaning.replace("`", "").capitalize() + "."
