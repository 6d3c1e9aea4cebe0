"""The pages of a session's events, with its messages as they flow, and of the journal's own records as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, Final

import msgspec

from actors.operator.filters import MESSAGE_TYPES
from actors.page.exchange import PageAnswer, PageRequest
from actors.plumbing.tap import without_blobs
from actors.store import SessionRow
from actors.store.money_text import ledger_time_text
from actors.store.table_pages import EVENT_TYPES, JournalRow, RowPage, events_page, journal_around, journal_of_order
from neo.chain.money import xrp
from neo.messages import FeePaid, InventoryChecked
from neo.text.printable import printable
from neo.text.redaction import excerpt, hide_within
from tools.console.markup import escape
from tools.console.words import NOTHING
from tools.page.frame import framed, shown_time
from tools.page.ground import PageError, PageGround, PageRoute, read
from tools.page.now_cells import Cell
from tools.page.table_parts import TEXT, Filter, choice_of, table
from tools.page.trade_views import head_of, order_href, record_href, tabled

# Of a record on both sides.
_NEIGHBOURS: Final = 5
_ID_MAX: Final = 64
_SEQ_DIGITS: Final = 15

_encode = msgspec.json.Encoder(decimal_format="string").encode


def _in_words(name: str) -> str:
    """``HaltRaised`` as ``halt raised``."""
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


_TYPES = {name: _in_words(name) for name in (*EVENT_TYPES, InventoryChecked.__name__, FeePaid.__name__)}
_FILTERS = (Filter("kind", "Event", _TYPES), TEXT)
_COLUMNS = ("ledger closed", "ledger", "event", "what", "journal")
# What the row has in other columns.
_ELSEWHERE = {"type", "ledger_index", "close_time_s"}
_FIELD_CHARS = 160
# What is larger within a record is read there.
_PARTS_MAX = 6
# As many as tell a hash from others.
_HASH_CHARS = 12


async def events_view(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """Beginnings, ends, pauses, capital and trouble; what the log warned of; the tap of a session that runs."""
    place, choice = await ground.place(session), choice_of(request, _FILTERS)
    page: RowPage[JournalRow] = await read(partial(events_page, place.database, session, choice))
    rows = [_event_cells(session, row) for row in page.rows]
    after = _notes(place.row) if place.running is None else _warnings(ground.warnings(session)) + _tap_card()
    return tabled(place, "events", "Events", _FILTERS, choice, page.total, table("Events", _COLUMNS, rows), after)


async def journal_view(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """A record with its neighbours (``seq``), or all that there is of an order (``order``)."""
    place = await ground.place(session)
    order = (request.query.get("order") or [""])[-1]
    if order:
        if len(order) > _ID_MAX:
            raise PageError(400, f"order: no order is called '{excerpt(order, 40)}'.")
        rows = await read(partial(journal_of_order, place.database, session, order))
        title, chosen, around = f"Records of order {order}", None, ""
        missing = f"The journal has nothing of an order '{excerpt(order, 40)}'."
    else:
        seq = _seq(request)
        rows = await read(partial(journal_around, place.database, session, seq, _NEIGHBOURS))
        title, chosen, around = f"Record #{seq}", seq, _around(session, seq, rows)
        missing = f"The journal has no record #{seq}."
        if seq not in {row.seq for row in rows}:
            rows = []
    if not rows:
        raise PageError(404, f"{missing} The tables of the session lead to those that it has.")
    body = (
        f'<section class="card"><h1>{escape(title)}</h1><p class="soft">Amounts are exact: XRP in drops, a millionth of'
        f" one. Of a signed transaction only the length is shown.</p>{around}"
        f'<ol class="journal">{"".join(_record(session, row, chosen) for row in rows)}</ol>{around}</section>'
    )
    return framed(f"{title}: {session}", body, head=head_of(place, ""), scripts=("tables.js",), styles=("tables.css",))


JOURNAL_ROUTES = (
    PageRoute("GET", "/session/{session}/events", events_view, takes=None),
    PageRoute("GET", "/session/{session}/journal", journal_view, takes=("seq", "order")),
)


# --- Events ------------------------------------------------------------------------------------------------------


def _event_cells(session_id: str, row: JournalRow) -> list[Cell | str]:
    return [
        NOTHING if (moment := _moment(row)) is None else shown_time(moment),
        Cell(f"{row.ledger_index:,}", number=True),
        Cell(_in_words(type(row.record).__name__)),
        Cell(_said(row)),
        Cell(f"#{row.seq}", href=record_href(session_id, row.seq)),
    ]


def _moment(row: JournalRow) -> str | None:
    """When the record's ledger closed. What comes before the first ledger's row tells it itself."""
    close_time_s = getattr(row.record, "close_time_s", None)
    return row.created_at if close_time_s is None else ledger_time_text(close_time_s)


def _said(row: JournalRow) -> str:
    """A record's fields in a line."""
    return "; ".join(
        _field(name, value) for name, value in _fields(row).items() if name not in _ELSEWHERE and _is(value)
    )


def _field(name: str, value: Any) -> str:
    """A field in words: drops as XRP, and what is within it in brackets."""
    words = name.replace("_", " ")
    if isinstance(value, dict):
        if len(value) > _PARTS_MAX:
            return f"{words} as the record has it"
        return f"{words} ({', '.join(_field(part, inner) for part, inner in value.items() if _is(inner))})"
    if name.endswith("drops"):
        return f"{words.removesuffix('drops').removesuffix('xrp ')}{xrp(value):,f} XRP"
    text = value if isinstance(value, str) else _encode(value).decode()
    if name.endswith("sha256"):
        text = text[:_HASH_CHARS]
    return f"{words} {text if len(text) <= _FIELD_CHARS else f'{text[: _FIELD_CHARS - 3]}...'}"


def _is(value: Any) -> bool:
    return value not in (None, "", [], {})


def _fields(row: JournalRow) -> dict[str, Any]:
    fields: dict[str, Any] = hide_within(msgspec.to_builtins(without_blobs(row.record)))
    return fields


def _notes(row: SessionRow) -> str:
    """What the journal does not keep, and the session's row does from its end on."""
    lines = [f"{one['actor']} restarted in ledger {one['ledger_index']}: {one['error']}" for one in row.restarts]
    lines += row.warnings
    lines += [f"not done on the way down: {rung}" for rung in row.rungs_failed]
    if row.halt_reason is None:
        return ""
    told = "".join(f"<li>{escape(printable(line))}</li>" for line in lines) or "<li>none</li>"
    return (
        '<section class="card" aria-labelledby="notes-title"><h2 id="notes-title">Restarts and warnings</h2>'
        f'<ul class="notes">{told}</ul></section>'
    )


def _warnings(notes: Sequence[str]) -> str:
    """What the log of a running session warned of, as far as this process hears of it."""
    told = "".join(f"<li>{escape(printable(note))}</li>" for note in notes) or "<li>none that this page heard of</li>"
    return (
        '<section class="card" aria-labelledby="notes-title"><h2 id="notes-title">Warnings so far</h2>'
        f'<ul class="notes">{told}</ul><p class="soft">The newest first. The log has all of them; restarts are counted'
        " on the page Now.</p></section>"
    )


def _tap_card() -> str:
    options = "".join(f"<option>{name}</option>" for name in sorted(MESSAGE_TYPES))
    return (
        '<section class="card" aria-labelledby="tap-title" id="tap"><h2 id="tap-title">Messages as they flow</h2>'
        "<noscript><p>This part needs scripts; <code>neo tap</code> shows the same in a terminal.</p></noscript>"
        '<form class="filter" id="tap-form" hidden aria-label="Which messages">'
        f'<label><span>Type</span><select name="type"><option value="">all</option>{options}</select></label>'
        '<label><span>Where</span><input name="where" placeholder="side=buy" autocomplete="off" spellcheck="false"'
        ' aria-describedby="tap-told"></label>'
        '<div class="buttons"><button id="tap-start">Start</button>'
        '<button type="button" id="tap-stop" disabled>Stop</button></div></form>'
        '<p class="soft" id="tap-told">A field and its value, such as side=buy. The newest 200 are kept here; the'
        ' session never waits for this page.</p><p id="tap-state" role="status" aria-live="polite"></p>'
        '<div class="scroll"><table class="rows" aria-label="Messages" id="tap-table" hidden><thead><tr>'
        '<th scope="col">seen</th><th scope="col" class="num">number</th><th scope="col">way</th>'
        '<th scope="col">type</th><th scope="col">fields</th></tr></thead><tbody id="tap-rows"></tbody></table></div>'
        "</section>"
    )


# --- The journal -------------------------------------------------------------------------------------------------


def _seq(request: PageRequest) -> int:
    text = (request.query.get("seq") or [""])[-1]
    if not text.isascii() or not text.isdigit() or len(text) > _SEQ_DIGITS:
        told = f"'{excerpt(text, 40)}' is no number of a record" if text else "which record is not told"
        raise PageError(400, f"seq: {told}; write ?seq=1 for the first, or ?order=ID for an order's.")
    return int(text)


def _around(session_id: str, seq: int, rows: Sequence[JournalRow]) -> str:
    """The way to the records before and after."""
    if not rows:
        return ""
    step = 2 * _NEIGHBOURS + 1
    first, last = rows[0].seq, rows[-1].seq
    ways = []
    if first > 1:
        ways.append(f'<li><a rel="prev" href="{record_href(session_id, max(1, seq - step))}">Earlier</a></li>')
    if last >= seq + _NEIGHBOURS:
        ways.append(f'<li><a rel="next" href="{record_href(session_id, seq + _NEIGHBOURS + 1)}">Later</a></li>')
    return f'<nav class="pager" aria-label="Records before and after"><ul>{"".join(ways)}</ul></nav>'


def _record(session_id: str, row: JournalRow, chosen: int | None) -> str:
    fields = _fields(row)
    text = msgspec.json.format(_encode(fields), indent=2).decode()
    moment = _moment(row)
    when = "before the first ledger" if moment is None else shown_time(moment)
    order = fields.get("order_id")
    of_order = f' <a href="{order_href(session_id, order)}">order {escape(order)}</a>' if order else ""
    mark = ' class="chosen" aria-current="true"' if row.seq == chosen else ""
    return (
        f'<li{mark} id="r{row.seq}"><p><a href="{record_href(session_id, row.seq)}">#{row.seq}</a>'
        f" <b>{escape(fields['type'])}</b>{of_order} <span class='soft'>ledger {row.ledger_index:,}, {when}</span></p>"
        f"<pre tabindex='0' aria-label='Record {row.seq}'>{escape(text)}</pre></li>"
    )
