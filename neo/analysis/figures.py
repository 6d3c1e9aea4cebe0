"""Results as one flat table of named figures: what experiments keep, comparisons set side by side, CSV has columns of.

Money is text of an exact decimal in XRP or RLUSD, counts are integers, statistics are floats; units are in the names.
"""

from __future__ import annotations

from decimal import Decimal

from neo.analysis.results import Results
from neo.analysis.touch import SideTouch
from neo.chain.money import plain, xrp

Value = str | int | float | None

_SPLIT = (
    "equity_start_rlusd",
    "equity_end_rlusd",
    "spread_captured_rlusd",
    "inventory_revaluation_rlusd",
    "fees_rlusd",
    "capital_flows_rlusd",
    "residual_rlusd",
    "realised_rlusd",
    "unrealised_rlusd",
)


def flat_figures(results: Results) -> dict[str, Value]:
    """Every figure by its name; names and their order are the same for every session."""
    flow, quotes = results.flow, results.quotes
    figures: dict[str, Value] = {
        "duration_s": results.duration_s,
        "ledgers": results.ledgers,
        "fills": results.fills,
        "taker_fills": results.taker_fills,
        "bought_xrp": _text(xrp(results.bought_drops)),
        "sold_xrp": _text(xrp(results.sold_drops)),
        "end_xrp": _text(xrp(results.xrp_end_drops)),
        "end_rlusd": _text(results.rlusd_end),
        "mid_price_start": results.mid_price_start,
        "mid_price_end": results.mid_price_end,
    }
    split = results.split
    figures |= {name: None if split is None else _text(getattr(split, name)) for name in _SPLIT}
    figures |= _judged(results)
    figures |= _touch("bid", results.touch_bid) | _touch("ask", results.touch_ask)
    figures |= {
        "time_with_bid_share": _rounded(quotes.share(quotes.bid)),
        "time_with_ask_share": _rounded(quotes.share(quotes.ask)),
        "time_with_both_share": _rounded(quotes.share(quotes.both)),
        "time_with_neither_share": _rounded(quotes.share(quotes.neither)),
    }
    for mark in results.mark_outs:
        figures[f"mark_out_{mark.ledgers}_bps"] = _rounded(mark.mean_bps)
        figures[f"mark_out_{mark.ledgers}_bid_bps"] = _rounded(mark.bid_bps)
        figures[f"mark_out_{mark.ledgers}_ask_bps"] = _rounded(mark.ask_bps)
    figures |= {
        "flow_trades": flow.trades,
        "flow_xrp": _text(xrp(flow.xrp_drops)),
        "flow_won_xrp": _text(xrp(flow.won_drops)),
        "flow_won_share": _rounded(flow.won_share),
        "flow_lost_xrp": _text(xrp(flow.lost_drops)),
    }
    for part in flow.parts:
        figures[f"lost_{part.cause}_xrp"] = _text(xrp(part.xrp_drops))
        figures[f"lost_{part.cause}_share"] = _rounded(part.share)
    return figures


def _judged(results: Results) -> dict[str, Value]:
    """What a session is judged by: its result, against holding, by the hour, by what was traded, by what was sent."""
    result, turnover = results.result_rlusd, results.turnover_rlusd
    hours, orders, fills = results.duration_s / 3600, results.orders_sent, results.fills
    told = None if result is None else float(result)
    return {
        "result_rlusd": _money(result),
        "holding_rlusd": _money(results.holding_rlusd),
        "against_holding_rlusd": _money(results.against_holding_rlusd),
        "drawdown_rlusd": _money(results.drawdown_rlusd),
        "turnover_rlusd": _text(plain(turnover)),
        "result_hourly_rlusd": _rounded(told / hours if told is not None and hours else None),
        "result_turnover_bps": _rounded(told / float(turnover) * 10_000 if told is not None and turnover else None),
        "orders_sent": orders,
        "offers_sent": results.offers_sent,
        "cancels_sent": results.cancels_sent,
        "orders_per_fill": _rounded(orders / fills if fills else None),
    }


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else _text(amount)


def _touch(side: str, touch: SideTouch) -> dict[str, Value]:
    figures: dict[str, Value] = {
        f"{side}_within_2bps_share": _rounded(touch.within_2bps_share),
        f"{side}_distance_mean_bps": _rounded(touch.mean_bps),
        f"{side}_distance_median_bps": _rounded(touch.median_bps),
    }
    for name, count in touch.buckets.items():
        figures[f"{side}_{name.replace('-', '_to_').replace('+', '_or_more')}_bps_ledgers"] = count
    return figures


def _text(amount: Decimal) -> str:
    return format(amount, "f")


def _rounded(value: float | None) -> float | None:
    """Six decimals: far finer than any of these statistics is."""
    return None if value is None else round(value, 6)
