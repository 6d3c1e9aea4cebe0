"""What a session came to, in lines that an operator reads: the ending explained, then the money, then where it lies."""

from __future__ import annotations

import textwrap
from decimal import Decimal
from pathlib import Path

from neo.halt import HALT_FACTS
from neo.money import xrp
from neo.summary import InventorySummary, SessionSummary
from tools.words import count, show_change, show_duration, show_price, show_rlusd, show_xrp

_LABEL = 12


def ending_line(summary: SessionSummary) -> str:
    """Why the session ended, in one line."""
    meaning = HALT_FACTS[summary.halt_reason].meaning.replace("`", "")
    return f"Session {summary.session_id} ended: {summary.halt_reason} ({meaning})"


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
        ("Fees", show_xrp(summary.inventory.xrp_fees_drops, 6)),
        ("Equity", _equity(summary)),
        *(("Notice", notice) for notice in summary.notices),
        ("Journal", f"sha256 {summary.journal_sha256}"),
        ("Database", summary.database),
        ("Log", str(log_file)),
    ]
    lines = [line for label, text in rows for line in _wrapped(f"{label:<{_LABEL}}{text}", _LABEL, width)]
    for sentence in _reconciliations(summary.inventory):
        lines += _wrapped(sentence, 2, width)
    return lines


def _ending_rows(summary: SessionSummary) -> list[tuple[str, str]]:
    rows = [("Detail", summary.halt_detail)] if summary.halt_detail else []
    rows += [
        ("Also", f"{halt.reason} from {halt.source}" + (f": {halt.detail}" if halt.detail else ""))
        for halt in summary.secondary_halts
    ]
    if summary.rungs_failed:
        rows.append(("NOT DONE", f"on the way down: {'; '.join(summary.rungs_failed)}"))
    if summary.orders_left:
        rows.append(("LEFT", f"resting on the ledger: {', '.join(summary.orders_left)}"))
    return rows


def _ran(summary: SessionSummary) -> str:
    counts = [count(summary.ticks, "tick"), count(summary.ledgers, "ledger"), count(summary.restarts, "actor restart")]
    return f"{show_duration(int(summary.duration_s))} of market in {summary.wall_s:.1f} s; {', '.join(counts)}"


def _fills(summary: SessionSummary) -> str:
    parts = [
        f"{summary.fills:,} ({summary.taker_fills:,} as taker)",
        f"bought {show_xrp(summary.bought_drops)}",
        f"sold {show_xrp(summary.sold_drops)}",
        f"{count(summary.refusals, 'quote')} refused by risk",
    ]
    return ", ".join(parts)


def _equity(summary: SessionSummary) -> str:
    start, end = show_rlusd(summary.equity_start_rlusd, 4), show_rlusd(summary.equity_end_rlusd, 4)
    change = show_change(summary.equity_change_rlusd)
    return f"{start} at the start, {end} at the end (mid {show_price(summary.mid_price)}): {change}"


def _reconciliations(inventory: InventorySummary) -> list[str]:
    """One sentence an asset, exact to the last digit: the form that scripts look for."""
    verdict = "exact" if inventory.exact else "NOT EQUAL"
    xrp_parts = _parts(
        xrp(inventory.xrp_fills_drops),
        xrp(inventory.xrp_capital_drops),
        xrp(inventory.xrp_engine_drops),
    )
    rlusd_parts = _parts(inventory.rlusd_fills, inventory.rlusd_capital, inventory.rlusd_engine)
    return [
        f"{xrp_parts} XRP after fees={_exact(xrp(inventory.xrp_fees_drops))};"
        f" ledger={_exact(xrp(inventory.xrp_ledger_drops))}, {verdict}",
        f"{rlusd_parts} RLUSD; ledger={_exact(inventory.rlusd_ledger)}, {verdict}",
    ]


def _parts(fills: Decimal, capital: Decimal, engine: Decimal) -> str:
    return (
        f"Inventory reconciliation: fills-only={_exact(fills)}, capital_overlay={_exact(capital)},"
        f" engine_total={_exact(engine)}"
    )


def _exact(amount: Decimal) -> str:
    text = format(amount, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def _wrapped(text: str, indent: int, width: int | None) -> list[str]:
    if width is None:
        return [text]
    # A path or a hash longer than the line stays whole, so that it can be copied.
    wrapper = textwrap.TextWrapper(
        width, subsequent_indent=" " * indent, break_long_words=False, break_on_hyphens=False, drop_whitespace=True
    )
    return wrapper.wrap(text)
