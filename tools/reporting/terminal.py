"""A session's report for the terminal, in tables that fit it."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from neo.analysis import BUCKETS, CAUSES, SideTouch
from neo.halt import HALT_FACTS, HaltReason
from neo.money import plain, xrp
from tools.reporting.labels import GROUPS, show
from tools.reporting.sources import Report
from tools.words import NOTHING

# A pipe has no width of its own; this one holds every line.
WIDTH_PIPED = 110

_BAR_CELLS = 24


def console() -> Console:
    """Standard output, at its own width or at one that fits a page."""
    return Console(width=None if sys.stdout.isatty() else WIDTH_PIPED, highlight=False, markup=False)


def report_parts(report: Report) -> Iterator[RenderableType]:
    """The report from top to bottom."""
    yield _head(report)
    figures = report.figures
    for name in ("Session", "Equity"):
        yield _titled(name, _pairs([(label.words, show(label.kind, figures[label.key])) for label in GROUPS[name]]))
    yield _titled("Inventory", _inventory(report))
    yield _titled("Distance to the touch (bps behind; ahead counts as 0)", _distances(report))
    yield _titled("Mark-outs (bps of the price, + is in our favour)", _mark_outs(report))
    yield _titled("Others' trades: what we won, and why we didn't win the rest", _flow(report))
    yield from _events(report)


def _head(report: Report) -> Text:
    session = report.session
    ending = session.halt_reason or session.status
    meaning = HALT_FACTS[HaltReason(ending)].meaning.replace("`", "") if session.halt_reason else "it runs still"
    text = Text()
    text.append(f"Session {session.id}", style="bold")
    text.append(f" on {session.venue}, seed {session.seed}, market {session.market}\n")
    text.append(f"Started {session.started_at[:19].replace('T', ' ')} UTC; ending: {ending} ({meaning})")
    if session.halt_detail:
        text.append(f"; {session.halt_detail}")
    text.append(f"\nConfig {session.config_sha256[:12]}, journal {(session.journal_sha256 or NOTHING)[:12]}")
    return text


def _titled(title: str, body: RenderableType) -> Group:
    return Group(Text(f"\n{title}", style="bold"), body)


def _pairs(pairs: list[tuple[str, str]]) -> Table:
    table = Table.grid(padding=(0, 2))
    table.add_column(style="dim")
    table.add_column(justify="right")
    for words, shown in pairs:
        table.add_row(f"  {words}", shown)
    return table


def _inventory(report: Report) -> Table:
    standing = report.course.standing
    table = _table("", "fills only", "capital overlay", "fees", "engine total", "ledger", "")
    if standing is None:
        return table
    exact = "exact" if standing.exact else "NOT EQUAL"
    fees = f"-{xrp(standing.xrp_fees_drops):f}"
    table.add_row(
        "XRP",
        *(f"{xrp(drops):f}" for drops in (standing.xrp_fills_drops, standing.xrp_capital_drops)),
        fees,
        *(f"{xrp(drops):f}" for drops in (standing.xrp_engine_drops, standing.xrp_ledger_drops)),
        exact,
    )
    rlusd = (standing.rlusd_fills, standing.rlusd_capital)
    totals = (standing.rlusd_engine, standing.rlusd_ledger)
    table.add_row(
        "RLUSD", *(f"{plain(value):f}" for value in rlusd), "0", *(f"{plain(value):f}" for value in totals), exact
    )
    return table


def _distances(report: Report) -> Table:
    results = report.results
    table = _table("", "quoted", "within 2 bps", "mean", "median", *(name for name, _ in BUCKETS), "ahead")
    sides = (("bid", results.touch_bid, results.quotes.bid), ("ask", results.touch_ask, results.quotes.ask))
    for side, touch, quoted in sides:
        shares = [_share(touch.buckets[name], touch) for name, _ in BUCKETS]
        table.add_row(
            side,
            show("share", results.quotes.share(quoted)),
            show("share", touch.within_2bps_share),
            show("bps", touch.mean_bps).removesuffix(" bps"),
            show("bps", touch.median_bps).removesuffix(" bps"),
            *shares,
            _share(touch.ahead, touch),
        )
    return table


def _share(count: int, touch: SideTouch) -> str:
    return show("share", count / touch.measured if touch.measured else None)


def _mark_outs(report: Report) -> Table:
    table = _table("ledgers later", "fills", "all", "bids", "asks", "in RLUSD")
    for mark in report.results.mark_outs:
        bps = (show("bps", value).removesuffix(" bps") for value in (mark.mean_bps, mark.bid_bps, mark.ask_bps))
        table.add_row(str(mark.ledgers), f"{mark.fills:,}", *bps, f"{mark.total:+,.4f}" if mark.fills else NOTHING)
    return table


def _flow(report: Report) -> Table:
    flow = report.results.flow
    table = _table("", "XRP", "share", "trades")
    table.add_column("", no_wrap=True)
    table.add_row("all trades", f"{xrp(flow.xrp_drops):,.2f}", "", f"{flow.trades:,}", "")
    won = flow.won_share or 0.0
    table.add_row("won by us", f"{xrp(flow.won_drops):,.2f}", show("share", flow.won_share), "", _bar(won))
    for part in sorted(flow.parts, key=lambda part: -part.xrp_drops):
        cells = (CAUSES[part.cause], f"{xrp(part.xrp_drops):,.2f}", show("share", part.share), f"{part.trades:,}")
        table.add_row(*cells, _bar(part.share))
    return table


def _bar(share: float) -> str:
    return "#" * round(share * _BAR_CELLS)


def _events(report: Report) -> Iterator[RenderableType]:
    session = report.session
    moved = report.results.capital_moves
    if moved:
        rows = [(f"ledger {one.ledger_index}: {one.cause}", _moved(one.xrp_drops, one.rlusd)) for one in moved]
        yield _titled("Capital that came and went", _pairs(rows))
    lines = [f"{halt.reason} from {halt.source} {halt.detail}".rstrip() for halt in session.secondary_halts]
    lines += [f"NOT DONE on the way down: {rung}" for rung in session.rungs_failed]
    lines += [f"{one['actor']} restarted in ledger {one['ledger_index']}: {one['error']}" for one in session.restarts]
    lines += session.warnings
    drift = report.states.get("inventory_drift_at_shutdown")
    if drift:
        lines.append(f"ERROR inventory_drift_at_shutdown {drift}")
    if lines:
        yield _titled("Restarts and warnings", Text("\n".join(f"  {line}" for line in lines)))
    if session.config_changes:
        rows = [(key, f"{old} -> {new}") for key, (old, new) in session.config_changes.items()]
        yield _titled("Config that differs from the shipped profile", _pairs(rows))


def _moved(xrp_drops: int, rlusd: object) -> str:
    parts = [f"{xrp(xrp_drops):+f} XRP"] if xrp_drops else []
    parts += [f"{rlusd:+f} RLUSD"] if rlusd else []
    return ", ".join(parts)


def _table(first: str, *others: str) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column(first, no_wrap=True)
    for name in others:
        table.add_column(name, justify="right")
    return table
