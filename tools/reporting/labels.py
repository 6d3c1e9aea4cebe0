"""The figures' names in words, their groups and how each is shown: one list for terminal, page and comparisons."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

import msgspec

from neo.analysis import CAUSES, HORIZONS_LEDGERS, Value
from tools.console.words import NOTHING, show_duration


class Label(msgspec.Struct, frozen=True):
    """How one figure is told: its key, its words, and its kind (which decides digits and unit)."""

    key: str
    words: str
    kind: str


def _touch(side: str) -> list[Label]:
    return [
        Label(f"{side}_within_2bps_share", f"{side} within 2 bps of the touch", "share"),
        Label(f"{side}_distance_mean_bps", f"{side} distance, mean", "bps"),
        Label(f"{side}_distance_median_bps", f"{side} distance, median", "bps"),
    ]


GROUPS: dict[str, list[Label]] = {
    "Session": [
        Label("duration_s", "market time", "duration"),
        Label("ledgers", "ledgers", "count"),
        Label("fills", "fills", "count"),
        Label("taker_fills", "of these as taker", "count"),
        Label("bought_xrp", "bought", "xrp"),
        Label("sold_xrp", "sold", "xrp"),
        Label("turnover_rlusd", "turnover", "rlusd"),
        Label("orders_sent", "orders sent", "count"),
        Label("cancels_sent", "of these cancels", "count"),
        Label("orders_per_fill", "orders per fill", "ratio"),
        Label("end_xrp", "XRP at the end", "xrp"),
        Label("end_rlusd", "RLUSD at the end", "rlusd"),
    ],
    "Equity": [
        Label("equity_start_rlusd", "at the start", "rlusd"),
        Label("equity_end_rlusd", "at the end", "rlusd"),
        Label("spread_captured_rlusd", "spread captured", "change"),
        Label("inventory_revaluation_rlusd", "inventory revaluation", "change"),
        Label("fees_rlusd", "fees", "change"),
        Label("capital_flows_rlusd", "capital flows", "change"),
        Label("residual_rlusd", "residual", "exact"),
        Label("result_rlusd", "result without capital", "change"),
        Label("realised_rlusd", "of it realised", "change"),
        Label("unrealised_rlusd", "of it unrealised", "change"),
        Label("holding_rlusd", "simply holding instead", "change"),
        Label("against_holding_rlusd", "result against holding", "change"),
        Label("drawdown_rlusd", "maximum drawdown", "rlusd"),
        Label("result_hourly_rlusd", "result per hour", "change"),
        Label("result_turnover_bps", "result per turnover", "bps"),
    ],
    "Quotes": [
        Label("time_with_bid_share", "time with a bid", "share"),
        Label("time_with_ask_share", "time with an ask", "share"),
        *_touch("bid"),
        *_touch("ask"),
    ],
    "Mark-outs": [
        Label(f"mark_out_{horizon}_bps", f"after {horizon} ledger{'s' if horizon > 1 else ''}", "bps")
        for horizon in HORIZONS_LEDGERS
    ],
    "Flow": [
        Label("flow_xrp", "others' trades", "xrp"),
        Label("flow_won_xrp", "won by us", "xrp"),
        Label("flow_won_share", "won, as a share", "share"),
        Label("flow_lost_xrp", "lost", "xrp"),
        *(Label(f"lost_{cause}_share", f"lost: {words}", "share") for cause, words in CAUSES.items()),
    ],
}

# What is told to two decimals.
_CENTS = {"xrp", "bps", "ratio"}

LABELS: dict[str, Label] = {label.key: label for labels in GROUPS.values() for label in labels}


def show(kind: str, value: Value) -> str:
    """One figure in the form of its kind; a dash where there is none."""
    if value is None:
        return NOTHING
    number = _decimal(value)
    if number is None:
        return str(value)
    if kind == "duration":
        return show_duration(int(number))
    if kind == "exact":
        return f"{number:f} RLUSD"
    forms = {
        "count": "{:,.0f}",
        "ratio": "{:,.2f}",
        "xrp": "{:,.2f} XRP",
        "rlusd": "{:,.4f} RLUSD",
        "change": "{:+,.4f} RLUSD",
        "share": "{:.1%}",
        "bps": "{:+.2f} bps",
    }
    return forms[kind].format(number)


def difference(kind: str, first: Value, other: Value) -> str:
    """How much another session's figure is above the first one's; a dash where either is missing."""
    before, after = _decimal(first), _decimal(other)
    if before is None or after is None:
        return NOTHING
    change = after - before
    if not change:
        return "="
    if kind == "share":
        return f"{change * 100:+.1f} pp"
    if kind == "duration":
        return f"{'+' if change > 0 else '-'}{show_duration(int(abs(change)))}"
    return f"{change:+,.0f}" if kind == "count" else f"{change:+,.2f}" if kind in _CENTS else f"{change:+,.4f}"


def _decimal(value: Value) -> Decimal | None:
    if value is None:
        return None
    try:
        return Decimal(str(value))
    except InvalidOperation:
        return None
