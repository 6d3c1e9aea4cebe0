"""The inventory as the tables have it, worked out of their rows: what the invariants at shutdown compare.

Nothing of it comes from the memory of whoever wrote the rows: a figure that is only carried along would agree with
itself, whatever became of the tables.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from actors.store.money_text import decimal_from
from actors.store.store_errors import DamagedValueError
from neo.chain.money import EXACT, sum_rlusd
from neo.desk.reconcile import TableTotals
from neo.messages import Side

# What is told of a table's rows; one broken row is reason enough to look at all of them.
_BREAKS_MAX: Final = 5

# A ledger and what a fill in it changed; both tables must have the same ones.
_Moves = Counter[tuple[int, int | Decimal]]


class _Balance(msgspec.Struct):
    """One asset's rows of ``inventory_ledger``, added up."""

    last: int | Decimal
    breaks: list[str]
    moves: _Moves
    largest_break: int | Decimal


def table_totals(connection: sqlite3.Connection, session_id: str) -> TableTotals:
    """What the tables say that a session holds: fills, running balances, capital overlay and fees, each from its own.

    A value that we never write is a break like any other, and then nothing is told to be there.
    """
    try:
        return _table_totals(connection, session_id)
    except DamagedValueError as error:
        nothing = Decimal(0)
        return TableTotals(
            xrp_fills_drops=0,
            xrp_inventory_drops=0,
            xrp_capital_drops=0,
            xrp_fees_drops=0,
            rlusd_fills=nothing,
            rlusd_inventory=nothing,
            rlusd_capital=nothing,
            breaks=(f"the tables can't be added up: {error}",),
        )


def _table_totals(connection: sqlite3.Connection, session_id: str) -> TableTotals:
    xrp = _balance(connection, session_id, "XRP")
    rlusd = _balance(connection, session_id, "RLUSD")
    fills_drops, fills_rlusd = _fills(connection, session_id)
    breaks = xrp.breaks + rlusd.breaks
    for asset, fills, balance in (("XRP", fills_drops, xrp), ("RLUSD", fills_rlusd, rlusd)):
        breaks += [
            f"ledger {ledger_index}: fills and inventory_ledger differ by a change of {change} {asset}"
            for ledger_index, change in (fills - balance.moves) | (balance.moves - fills)
        ]
    capital = connection.execute("SELECT xrp_drops, rlusd FROM capital_events WHERE session_id = ?", (session_id,))
    capital_drops, capital_rlusd = 0, Decimal(0)
    for drops, text in capital:
        capital_drops += drops
        capital_rlusd = EXACT.add(capital_rlusd, decimal_from(text))
    fees = connection.execute("SELECT fee_drops FROM fees WHERE session_id = ?", (session_id,))
    return TableTotals(
        xrp_fills_drops=sum(int(change) * times for (_, change), times in fills_drops.items()),
        xrp_inventory_drops=int(xrp.last),
        xrp_capital_drops=capital_drops,
        xrp_fees_drops=sum(drops for (drops,) in fees),
        rlusd_fills=_sum(change for (_, change) in fills_rlusd.elements()),
        rlusd_inventory=Decimal(rlusd.last),
        rlusd_capital=capital_rlusd,
        xrp_break_drops=int(xrp.largest_break),
        rlusd_break=Decimal(rlusd.largest_break),
        breaks=tuple(breaks[:_BREAKS_MAX]),
    )


def _balance(connection: sqlite3.Connection, session_id: str, asset: str) -> _Balance:
    """Follow one asset's balance from row to row."""
    held = _Balance(last=0, breaks=[], moves=Counter(), largest_break=0)
    rows = connection.execute(
        "SELECT seq, ledger_index, change, new_balance FROM inventory_ledger WHERE session_id = ? AND asset = ?"
        " ORDER BY seq",
        (session_id, asset),
    )
    for seq, ledger_index, *cells in rows:
        change, balance = cells if asset == "XRP" else map(decimal_from, cells)
        missing = balance - held.last - change if asset == "XRP" else _sum((balance, -held.last, -change))
        if missing:
            if len(held.breaks) < _BREAKS_MAX:
                told = f"inventory_ledger, {asset}, seq {seq}: {held.last} and {change} do not give {balance}"
                held.breaks.append(told)
            held.largest_break = max(held.largest_break, abs(missing))
        held.moves[ledger_index, change] += 1
        held.last = balance
    return held


def _fills(connection: sqlite3.Connection, session_id: str) -> tuple[_Moves, _Moves]:
    """What each fill changed, in drops and in RLUSD."""
    drops: _Moves = Counter()
    rlusd: _Moves = Counter()
    rows = connection.execute(
        "SELECT ledger_index, side, xrp_drops, rlusd, rlusd_rounding FROM fills WHERE session_id = ?", (session_id,)
    )
    for ledger_index, side, xrp_drops, traded, rounding in rows:
        sign = 1 if side == Side.BUY else -1
        drops[ledger_index, sign * xrp_drops] += 1
        rlusd[ledger_index, _sum((decimal_from(rounding), -sign * decimal_from(traded)))] += 1
    return drops, rlusd


def _sum(parts: Iterator[int | Decimal] | tuple[int | Decimal, ...]) -> Decimal:
    return sum_rlusd(Decimal(part) for part in parts)
