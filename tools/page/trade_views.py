"""The pages of a session's fills, orders and refusals: filtered, the newest first, each row with its way to the
journal.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from actors.page.exchange import PageAnswer, PageRequest
from actors.store.table_pages import (
    NumberedFill,
    RefusalRow,
    RowChoice,
    RowPage,
    fills_page,
    orders_page,
    refusals_page,
)
from actors.store.trade_rows import OrderRow
from neo.chain.money import xrp
from neo.messages import OrderStatus, Side
from neo.messages.reasons import HOLD_MEANINGS, REFUSAL_MEANINGS
from neo.text.printable import printable
from tools.console.words import NOTHING, show_bps, show_price
from tools.page.frame import PageHead, framed, session_href, shown_time
from tools.page.ground import PageGround, PageRoute, SessionPlace, read
from tools.page.now_cells import Cell
from tools.page.now_view import state_of_row
from tools.page.table_parts import TEXT, Filter, choice_of, filter_form, pager, table
from tools.reporting.trade_tables import edge_bps

_SIDE = Filter("side", "Side", {str(side): str(side) for side in Side})
_CODES = {str(code): str(code) for meanings in (REFUSAL_MEANINGS, HOLD_MEANINGS) for code in meanings}

_FILL_FILTERS = (_SIDE, Filter("kind", "As", {"maker": "maker", "taker": "taker"}), TEXT)
_ORDER_FILTERS = (
    _SIDE,
    Filter("status", "Status", {str(status): str(status) for status in OrderStatus}),
    Filter("kind", "Kind", {"offer": "offer", "cancel": "cancel"}),
    TEXT,
)
_REFUSAL_FILTERS = (
    _SIDE,
    Filter("kind", "What", {"refused": "refused by risk", "held back": "held back"}),
    Filter("code", "Code", _CODES),
    TEXT,
)

_FILL_COLUMNS = ("closed", "ledger", "side", "XRP", "RLUSD", "price", "mid", "edge", "as", "order", "journal")
_ORDER_COLUMNS = (
    "decided",
    "ledger",
    "order",
    "side",
    "price",
    "XRP",
    "left",
    "status",
    "result",
    "in place of",
    "journal",
)
_REFUSAL_COLUMNS = ("closed", "ledger", "tick", "what", "side", "code", "detail", "journal")

# With more, the way to the next page stands below the table as well.
_ROWS_ON_A_SCREEN = 20

Look = Callable[[Path, str, RowChoice], RowPage[Any]]


async def fills_view(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """Fills."""
    place, choice = await ground.place(session), choice_of(request, _FILL_FILTERS)
    page = await _look(fills_page, place, choice)
    rows = [_fill_cells(session, row) for row in page.rows]
    return tabled(place, "fills", "Fills", _FILL_FILTERS, choice, page.total, table("Fills", _FILL_COLUMNS, rows))


async def orders_view(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """Offers, and cancels of some."""
    place, choice = await ground.place(session), choice_of(request, _ORDER_FILTERS)
    page = await _look(orders_page, place, choice)
    rows = [_order_cells(session, row) for row in page.rows]
    return tabled(place, "orders", "Orders", _ORDER_FILTERS, choice, page.total, table("Orders", _ORDER_COLUMNS, rows))


async def refusals_view(ground: PageGround, request: PageRequest, session: str) -> PageAnswer:
    """What risk refused, and what was held back before or after it was asked."""
    place, choice = await ground.place(session), choice_of(request, _REFUSAL_FILTERS)
    page = await _look(refusals_page, place, choice)
    rows = [_refusal_cells(session, row) for row in page.rows]
    shown = table("Refusals", _REFUSAL_COLUMNS, rows)
    return tabled(place, "refusals", "Refusals", _REFUSAL_FILTERS, choice, page.total, shown)


TABLE_ROUTES = (
    PageRoute("GET", "/session/{session}/fills", fills_view, takes=None),
    PageRoute("GET", "/session/{session}/orders", orders_view, takes=None),
    PageRoute("GET", "/session/{session}/refusals", refusals_view, takes=None),
)


async def _look(look: Look, place: SessionPlace, choice: RowChoice) -> RowPage[Any]:
    page: RowPage[Any] = await read(partial(look, place.database, place.row.id, choice))
    return page


def tabled(
    place: SessionPlace,
    tab: str,
    title: str,
    filters: Sequence[Filter],
    choice: RowChoice,
    total: int,
    shown: str,
    after: str = "",
) -> PageAnswer:
    """A page with a table.

    Args:
        place: The session.
        tab: Which of its pages.
        title: In words.
        filters: What can be chosen by.
        choice: What is chosen.
        total: The rows on all pages.
        shown: The table.
        after: What comes below it.
    """
    action = session_href(place.row.id, f"/{tab}")
    pages = pager(action, choice, total)
    newer = f'<p id="newer" role="status" hidden><a href="{action}">Newer rows have come: show them</a></p>'
    body = (
        f'<section class="card" aria-labelledby="title"><h1 id="title">{title}</h1>'
        f"{filter_form(action, filters, choice)}{newer}{pages}"
        f"{shown if total else ''}{pages if total > _ROWS_ON_A_SCREEN else ''}</section>{after}"
    )
    return framed(
        f"{title}: {place.row.id}", body, head=head_of(place, tab), scripts=("tables.js",), styles=("tables.css",)
    )


def head_of(place: SessionPlace, tab: str) -> PageHead:
    """The head of one of a session's pages."""
    if place.running is None:
        return PageHead(session=place.row.id, tab=tab, state=state_of_row(place.row))
    return PageHead(session=place.row.id, tab=tab, state="running", is_live=True)


def _number(text: str) -> Cell:
    return Cell(text, number=True)


def _fill_cells(session_id: str, numbered: NumberedFill) -> list[Cell | str]:
    fill, seq = numbered.fill, numbered.seq
    return [
        shown_time(fill.created_at),
        _number(f"{fill.ledger_index:,}"),
        Cell(str(fill.side)),
        _number(f"{xrp(fill.xrp_drops):,.6f}"),
        _number(f"{fill.rlusd:,.4f}"),
        _number(show_price(fill.price)),
        _number(show_price(fill.mid_price)),
        _number(show_bps(edge_bps(fill))),
        Cell("taker" if fill.taker else "maker"),
        Cell(fill.order_id, href=order_href(session_id, fill.order_id)),
        Cell(NOTHING) if seq is None else Cell(f"#{seq}", href=record_href(session_id, seq)),
    ]


def _order_cells(session_id: str, order: OrderRow) -> list[Cell | str]:
    what = f"cancel of {order.cancels}" if order.cancels else order.replaces or NOTHING
    about = order.cancels or order.replaces
    return [
        shown_time(order.created_at),
        _number(f"{order.ledger_index:,}"),
        Cell(order.id),
        Cell(str(order.side)),
        _number(show_price(order.price)),
        _number(f"{xrp(order.xrp_drops):,.6f}"),
        _number(f"{xrp(order.xrp_left_drops):,.6f}"),
        Cell(str(order.status)),
        Cell(printable(order.failure_reason or order.result or NOTHING)),
        Cell(what, href=order_href(session_id, about) if about else ""),
        Cell("records", href=order_href(session_id, order.id)),
    ]


def _refusal_cells(session_id: str, row: RefusalRow) -> list[Cell | str]:
    return [
        NOTHING if row.created_at is None else shown_time(row.created_at),
        _number(f"{row.ledger_index:,}"),
        _number(f"{row.tick:,}"),
        Cell(row.kind),
        Cell(row.side or "both"),
        Cell(row.code),
        Cell(printable(row.detail) or NOTHING),
        Cell(f"#{row.seq}", href=record_href(session_id, row.seq)),
    ]


def record_href(session_id: str, seq: int) -> str:
    """A record of the journal with its neighbours."""
    return session_href(session_id, f"/journal?seq={seq}")


def order_href(session_id: str, order_id: str) -> str:
    """All records of an order."""
    return session_href(session_id, f"/journal?order={order_id}")
