"""A session's fills and orders as lists: a table for the terminal, flat rows for programs and spreadsheets."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from actors.store.trade_rows import FillRow, OrderRow
from neo.analysis import Value
from neo.chain.money import gap_bps, plain, price_of, sum_rlusd, xrp
from neo.messages import Fill, Side
from tools.console.words import NOTHING, count, show_bps, show_price
from tools.reporting.fitting import Column, Fitting


def edge_bps(fill: FillRow | Fill) -> Decimal | None:
    """How much better than the market's mid a fill was, in basis points of it; None where there was no mid."""
    mid = fill.mid_price
    return gap_bps(mid, fill.price, mid) if fill.side is Side.BUY else gap_bps(fill.price, mid, mid)


def fill_object(session_id: str, fill: FillRow) -> dict[str, Value]:
    """A fill, flat; amounts to their last digit."""
    edge = edge_bps(fill)
    return {
        "session": session_id,
        "at": fill.created_at,
        "ledger": fill.ledger_index,
        "side": str(fill.side),
        "xrp": _xrp(fill.xrp_drops),
        "rlusd": f"{plain(fill.rlusd):f}",
        "price": f"{fill.price:f}",
        "mid_price": _text(fill.mid_price),
        "edge_bps": None if edge is None else f"{edge:.2f}",
        "taker": bool(fill.taker),
        "order": fill.order_id,
        "tx_hash": fill.tx_hash,
    }


def order_object(session_id: str, order: OrderRow) -> dict[str, Value]:
    """An order, flat; amounts to their last digit."""
    return {
        "session": session_id,
        "at": order.created_at,
        "ledger": order.ledger_index,
        "tick": order.tick,
        "order": order.id,
        "side": str(order.side),
        "price": f"{order.price:f}",
        "xrp": _xrp(order.xrp_drops),
        "rlusd": f"{plain(order.rlusd):f}",
        "status": str(order.status),
        "result": order.result,
        "failure_reason": order.failure_reason,
        "changed_at": order.changed_at,
        "xrp_left": _xrp(order.xrp_left_drops),
        "rlusd_left": f"{plain(order.rlusd_left):f}",
        "replaces": order.replaces,
        "cancels": order.cancels,
        "tx_hash": order.submit_tx_hash,
        "sequence": order.offer_sequence,
        "last_ledger": order.last_ledger_sequence,
    }


def fills_table(fills: Sequence[FillRow]) -> Fitting:
    """The fills, a row each; a narrow table leaves out what can be looked up."""
    columns = [
        Column("closed (UTC)", right=False),
        Column("ledger", spare=4),
        Column("side", right=False),
        Column("XRP"),
        Column("RLUSD", spare=1),
        Column("price"),
        Column("mid", spare=3),
        Column("edge"),
        Column("as", right=False, spare=2),
        Column("order", right=False, spare=5),
    ]
    return Fitting(columns, [_fill_cells(fill) for fill in fills])


def orders_table(orders: Sequence[OrderRow]) -> Fitting:
    """The orders, a row each; a narrow table leaves out what can be looked up."""
    columns = [
        Column("decided (UTC)", right=False, spare=1),
        Column("ledger", spare=6),
        Column("order", right=False),
        Column("side", right=False),
        Column("price"),
        Column("XRP"),
        Column("left", spare=5),
        Column("status", right=False),
        Column("result", right=False, spare=4),
        Column("in place of", right=False, spare=3),
    ]
    return Fitting(columns, [_order_cells(order) for order in orders])


def fills_told(fills: Sequence[FillRow]) -> str:
    """What the fills come to, in one line."""
    parts = [count(len(fills), "fill")]
    for side, word in ((Side.BUY, "bought"), (Side.SELL, "sold")):
        mine = [fill for fill in fills if fill.side is side]
        if mine:
            drops = sum(fill.xrp_drops for fill in mine)
            rlusd = sum_rlusd(fill.rlusd for fill in mine)
            parts.append(
                f"{word} {xrp(drops):,.6f} XRP for {rlusd:,.4f} RLUSD, {show_price(price_of(drops, rlusd))} each"
            )
    return "; ".join(parts)


def orders_counted(orders: Sequence[OrderRow]) -> str:
    """How many orders there are of each status, in one line."""
    statuses = dict.fromkeys(order.status for order in orders)
    parts = (f"{sum(order.status is each for order in orders):,} {each}" for each in statuses)
    return "; ".join([count(len(orders), "order"), *parts])


def _fill_cells(fill: FillRow) -> list[str]:
    cells = [_time(fill.created_at), str(fill.ledger_index), str(fill.side), f"{xrp(fill.xrp_drops):,.6f}"]
    cells += [f"{fill.rlusd:,.4f}", show_price(fill.price), show_price(fill.mid_price), show_bps(edge_bps(fill))]
    return [*cells, "taker" if fill.taker else "maker", fill.order_id]


def _order_cells(order: OrderRow) -> list[str]:
    what = f"cancel of {order.cancels}" if order.cancels else order.replaces or NOTHING
    result = order.failure_reason or order.result or NOTHING
    cells = [_time(order.created_at), str(order.ledger_index), order.id, str(order.side), show_price(order.price)]
    cells += [f"{xrp(drops):,.6f}" for drops in (order.xrp_drops, order.xrp_left_drops)]
    return [*cells, str(order.status), result, what]


def _time(text: str) -> str:
    """Without the year, which a session's name has."""
    return text[5:19].replace("T", " ")


def _xrp(drops: int) -> str:
    return f"{plain(xrp(drops)):f}"


def _text(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"
