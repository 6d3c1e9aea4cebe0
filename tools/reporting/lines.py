"""What a session came to, in lines that an operator reads: the ending explained, then the money, then where it lies."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path

from neo.analysis import Results, SideTouch, flat_figures
from neo.analysis.summary import InventorySummary, SessionSummary
from neo.chain.money import xrp
from neo.messages.halts import HALT_FACTS
from neo.watch.absence import absence_notices
from tools.console.words import count, show_change, show_duration, show_price, show_rlusd, show_xrp
from tools.reporting.labels import show

_LABEL = 12

# A command is pasted, so no line is broken within it.
_UNBROKEN = re.compile(r"(?:`[^`]*`|[^ ])+")


def ending_lines(summary: SessionSummary, width: int | None) -> list[str]:
    """Why the session ended, in one line where there is room for it."""
    return _wrapped("", _ending(summary), width)


def _ending(summary: SessionSummary) -> list[str]:
    meaning = HALT_FACTS[summary.halt_reason].meaning.replace("`", "")
    return [f"Session {summary.session_id} ended: {summary.halt_reason}", f"({meaning})"]


def report_lines(summary: SessionSummary, log_file: Path, width: int | None) -> list[str]:
    """Everything below the ending.

    Args:
        summary: The finished session.
        log_file: Where its log is.
        width: Cells of a line; None leaves lines whole, for pipes.
    """
    rows = [
        *_ending_rows(summary),
        ("Ran", _ran(summary)),
        ("Fills", _fills(summary)),
        *_absent_rows(summary),
        ("Fees", [show_xrp(summary.inventory.xrp_fees_drops, 6)]),
        ("Equity", _equity(summary)),
        *_results_rows(summary.results),
        *_twin_rows(summary.results),
        *_trouble_rows(summary),
        *(("Notice", _UNBROKEN.findall(notice)) for notice in _notices(summary)),
    ]
    lines = [line for label, parts in rows for line in _wrapped(f"{label:<{_LABEL}}", parts, width)]
    for sentence in _reconciliations(summary.inventory):
        lines += _wrapped("Inventory reconciliation: ", sentence, width, indent=_LABEL)
    for difference in summary.inventory.differences:
        lines += _wrapped(f"{'NOT EQUAL':<{_LABEL}}", difference.split(" "), width)
    # These stay whole whatever the width: they are copied.
    lines += [
        f"{label:<{_LABEL}}{text}"
        for label, text in (
            ("Journal", summary.journal_sha256),
            ("Database", summary.database),
            ("Log", str(log_file)),
        )
    ]
    return lines


def _ending_rows(summary: SessionSummary) -> list[tuple[str, list[str]]]:
    rows = [("Detail", summary.halt_detail.split(" "))] if summary.halt_detail else []
    for halt in summary.secondary_halts:
        told = f"{halt.reason} from {halt.source}" + (f": {halt.detail}" if halt.detail else "")
        rows.append(("Also", told.split(" ")))
    if summary.rungs_failed:
        rows.append(("NOT DONE", f"on the way down: {'; '.join(summary.rungs_failed)}".split(" ")))
    if summary.orders_left:
        rows.append(("LEFT", f"may still be on the ledger: {', '.join(summary.orders_left)}".split(" ")))
    return rows


def _ran(summary: SessionSummary) -> list[str]:
    return [
        f"{show_duration(int(summary.duration_s))} of market in {summary.wall_s:.1f} s,",
        f"{count(summary.ticks, 'tick')},",
        f"{count(summary.ledgers, 'ledger')},",
        count(summary.restarts, "actor restart"),
    ]


def _fills(summary: SessionSummary) -> list[str]:
    return [
        f"{summary.fills:,} ({summary.taker_fills:,} as taker),",
        f"bought {show_xrp(summary.bought_drops)},",
        f"sold {show_xrp(summary.sold_drops)},",
        f"{count(summary.refusals, 'quote')} refused by risk",
    ]


def _absent_rows(summary: SessionSummary) -> list[tuple[str, list[str]]]:
    """Why quotes stayed away: refusals and ticks by code, the most frequent first."""
    rows = []
    for label, counts, unit in (("Refused", summary.refused, "quote"), ("Held back", summary.held_back, "tick")):
        ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
        parts = [f"{code} {count(number, unit)}" for code, number in ranked]
        if label == "Held back" and summary.anchor_pulls:
            parts.append(count(summary.anchor_pulls, "pull"))
        if parts:
            rows.append((label, [f"{part}," for part in parts[:-1]] + parts[-1:]))
    return rows


def _notices(summary: SessionSummary) -> tuple[str, ...]:
    """What the operator is to know besides; quotes that were missing for a large part of the time are told here too."""
    absent = () if summary.absence is None else absence_notices(summary.absence, summary.ledgers)
    return (*absent, *summary.notices)


def _twin_rows(results: Results | None) -> list[tuple[str, list[str]]]:
    """How far paper was off, where it ran beside."""
    error = None if results is None else results.twin
    if error is None:
        return []
    unlike = error.differing + error.live_only + error.paper_only
    parts = [f"error {error.error_share:.2%},", f"{count(error.matched, 'fill')} alike,", f"{unlike:,} not"]
    if error.result_difference_rlusd is not None:
        parts[-1] += ","
        parts.append(f"result on paper {show_change(error.result_difference_rlusd)}")
    return [("Paper twin", parts)]


def _trouble_rows(summary: SessionSummary) -> list[tuple[str, list[str]]]:
    if not summary.checkpoints_failed:
        return []
    return [("Checkpoints", [f"{summary.checkpoints_failed:,} failed, see the log; nothing committed is lost"])]


def _equity(summary: SessionSummary) -> list[str]:
    return [
        f"{show_rlusd(summary.equity_start_rlusd, 4)} at the start,",
        f"{show_rlusd(summary.equity_end_rlusd, 4)} at the end",
        f"(mid {show_price(summary.mid_price)}):",
        show_change(summary.equity_change_rlusd),
    ]


def _results_rows(results: Results | None) -> list[tuple[str, list[str]]]:
    """Where the equity came from, and how near our quotes stood to the touch."""
    if results is None:
        return []
    rows = []
    split = results.split
    if split is not None:
        parts = [
            f"spread captured {show_change(split.spread_captured_rlusd)},",
            f"inventory revaluation {show_change(split.inventory_revaluation_rlusd)},",
            f"fees {show_change(split.fees_rlusd)},",
            f"capital flows {show_change(split.capital_flows_rlusd)},",
            f"residual {_exact(split.residual_rlusd)};",
            f"realised {show_change(split.realised_rlusd)},",
            f"unrealised {show_change(split.unrealised_rlusd)}",
        ]
        rows.append(("Split", parts))
        rows.append(("Judged", _judged(results)))
    orders = [f"{count(results.orders_sent, 'transaction')} sent,", f"{results.cancels_sent:,} of them cancels"]
    if results.fills:
        orders[-1] += ","
        orders.append(f"{results.orders_sent / results.fills:.2f} for each fill")
    rows.append(("Orders", orders))
    quotes = results.quotes
    for label, touch, quoted in (("Bid", results.touch_bid, quotes.bid), ("Ask", results.touch_ask, quotes.ask)):
        rows.append((label, _touch(touch, quotes.share(quoted))))
    return rows


def _judged(results: Results) -> list[str]:
    """The result against doing nothing, at its worst, and by the hour and the turnover."""
    figures = flat_figures(results)
    return [
        f"simply holding {show_change(results.holding_rlusd)},",
        f"against holding {show_change(results.against_holding_rlusd)};",
        f"maximum drawdown {show_rlusd(results.drawdown_rlusd, 4)};",
        f"result per hour {show('change', figures['result_hourly_rlusd'])},",
        f"per turnover {show('bps', figures['result_turnover_bps'])}",
    ]


def _touch(touch: SideTouch, quoted_share: float | None) -> list[str]:
    if touch.within_2bps_share is None or quoted_share is None:
        return ["never quoted beside a touch of others"]
    parts = [
        f"out {quoted_share:.1%} of the time,",
        f"within 2 bps of the touch in {touch.within_2bps_share:.1%} of these;",
        f"distance mean {touch.mean_bps:+.2f},",
        f"median {touch.median_bps:+.2f} bps;",
        "behind by",
    ]
    shares = [f"{name} bps {count / touch.measured:.1%}" for name, count in touch.buckets.items()]
    return [*parts, *(f"{share}," for share in shares[:-1]), shares[-1]]


def _reconciliations(inventory: InventorySummary) -> list[list[str]]:
    """One sentence an asset, exact to the last digit: the form that scripts look for."""
    if not (inventory.xrp_ledger_drops or inventory.xrp_engine_drops):
        # No account is without its reserve.
        return [["none,", "the session ended before it knew a balance"]]
    verdict = "exact" if inventory.exact else "NOT EQUAL"
    return [
        [
            f"fills-only={_exact(xrp(inventory.xrp_fills_drops))},",
            f"capital_overlay={_exact(xrp(inventory.xrp_capital_drops))},",
            f"engine_total={_exact(xrp(inventory.xrp_engine_drops))} XRP",
            f"after fees={_exact(xrp(inventory.xrp_fees_drops))};",
            f"ledger={_exact(xrp(inventory.xrp_ledger_drops))}, {verdict}",
        ],
        [
            f"fills-only={_exact(inventory.rlusd_fills)},",
            f"capital_overlay={_exact(inventory.rlusd_capital)},",
            f"engine_total={_exact(inventory.rlusd_engine)} RLUSD;",
            f"ledger={_exact(inventory.rlusd_ledger)}, {verdict}",
        ],
    ]


def _exact(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _wrapped(start: str, parts: Sequence[str], width: int | None, indent: int = _LABEL) -> list[str]:
    """Parts, each kept whole, as lines of at most ``width`` cells below the start of the first."""
    lines = [start]
    fresh = True
    for part in parts:
        if not fresh and width is not None and len(lines[-1]) + 1 + len(part) > width:
            lines.append(" " * indent)
            fresh = True
        lines[-1] += part if fresh else f" {part}"
        fresh = False
    return lines
