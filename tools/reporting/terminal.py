"""A session's report for the terminal, in tables that fit it."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence

from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from neo.analysis import BUCKETS, CAUSES, SideTouch
from neo.chain.money import plain, xrp
from neo.messages.halts import facts_of
from tools.console.steady_console import SteadyConsole
from tools.console.words import NOTHING
from tools.reporting.broken_limits import ABSENCE_COLUMNS, LOSS_COLUMNS, absence_rows, loss_rows
from tools.reporting.fill_rows import FILL_COLUMNS, FILLS_SHOWN, fill_rows, fills_title
from tools.reporting.fitting import Column, Fitting
from tools.reporting.fork_rows import FORK_COLUMNS, FORK_TITLE, fork_rows
from tools.reporting.labels import GROUPS, show
from tools.reporting.sources import Report
from tools.reporting.timing_rows import TIMING_COLUMNS, TIMING_TITLE, timing_rows
from tools.reporting.twin_rows import (
    TWIN_COLUMNS,
    TWIN_FILLS_COLUMNS,
    TWIN_FILLS_TITLE,
    TWIN_TITLE,
    twin_fill_rows,
    twin_rows,
)
from tools.reporting.venue_rows import (
    REQUESTS_COLUMNS,
    REQUESTS_TITLE,
    SPEED_COLUMNS,
    SPEED_TITLE,
    request_rows,
    speed_rows,
)

# A pipe has no width of its own; this one holds every line.
WIDTH_PIPED = 110

_BAR_CELLS = 24


def console() -> Console:
    """Standard output, at its own width or at one that fits a page."""
    return SteadyConsole(width=None if sys.stdout.isatty() else WIDTH_PIPED, highlight=False)


def report_parts(report: Report) -> Iterator[RenderableType]:
    """The report from top to bottom."""
    yield _head(report)
    figures = report.figures
    for name in ("Session", "Equity"):
        yield _titled(name, _pairs([(label.words, show(label.kind, figures[label.key])) for label in GROUPS[name]]))
    yield _titled("Inventory", _inventory(report))
    yield _titled(
        "Distance to the touch (mean, median: bps, - is behind; shares by bps behind, ahead counts as 0)",
        _distances(report),
    )
    yield _titled("Ledgers without a quote", _words(ABSENCE_COLUMNS, absence_rows(report.course.absence)))
    if report.losses:
        yield _titled("Losses against their limits", _table(LOSS_COLUMNS, loss_rows(report.losses)))
    yield _titled("Mark-outs (bps of the price, + is in our favour)", _mark_outs(report))
    flow = "Others' trades: what we won, and why we didn't win the rest (one trade may have several causes)"
    yield _titled(flow, _flow(report))
    if report.course.fills:
        yield _titled(fills_title(report.course, FILLS_SHOWN), _fills(report))
    if report.course.request_use is not None:
        yield _titled(SPEED_TITLE, _table(SPEED_COLUMNS, speed_rows(report.course)))
        yield _titled(REQUESTS_TITLE, _table(REQUESTS_COLUMNS, request_rows(report.course)))
    if rows := timing_rows(report.timings):
        yield _titled(TIMING_TITLE, _times(rows))
    if report.course.twin_error is not None:
        yield _titled(TWIN_TITLE, _table(TWIN_COLUMNS, twin_rows(report.course)))
        if differing := twin_fill_rows(report.course):
            yield _titled(TWIN_FILLS_TITLE, _table(TWIN_FILLS_COLUMNS, differing))
    if report.course.fork is not None:
        yield _titled(FORK_TITLE, _table(FORK_COLUMNS, fork_rows(report.course.fork)))
    yield from _events(report)


def _head(report: Report) -> Text:
    session = report.session
    ending = session.halt_reason or session.status
    meaning = facts_of(session.halt_reason).meaning.replace("`", "") if session.halt_reason else "it runs still"
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


def _inventory(report: Report) -> Fitting:
    standing = report.course.standing
    rows = []
    if standing is not None:
        exact = "exact" if report.exact else "NOT EQUAL"
        before = [f"{xrp(drops):f}" for drops in (standing.xrp_fills_drops, standing.xrp_capital_drops)]
        after = [f"{xrp(drops):f}" for drops in (standing.xrp_engine_drops, standing.xrp_ledger_drops)]
        rows.append(["XRP", *before, f"-{xrp(standing.xrp_fees_drops):f}", *after, exact])
        before = [f"{plain(value):f}" for value in (standing.rlusd_fills, standing.rlusd_capital)]
        after = [f"{plain(value):f}" for value in (standing.rlusd_engine, standing.rlusd_ledger)]
        rows.append(["RLUSD", *before, "0", *after, exact])
    return _table(["", "fills only", "capital overlay", "fees", "engine total", "ledger", ""], rows)


def _distances(report: Report) -> Fitting:
    results = report.results
    rows = []
    sides = (("bid", results.touch_bid, results.quotes.bid), ("ask", results.touch_ask, results.quotes.ask))
    for side, touch, quoted in sides:
        shares = [show("share", results.quotes.share(quoted)), show("share", touch.within_2bps_share)]
        bps = [show("bps", value).removesuffix(" bps") for value in (touch.mean_bps, touch.median_bps)]
        buckets = [_share(touch.buckets[name], touch) for name, _ in BUCKETS]
        rows.append([side, *shares, *bps, *buckets, _share(touch.ahead, touch)])
    return _table(["", "quoted", "within 2 bps", "mean", "median", *(name for name, _ in BUCKETS), "ahead"], rows)


def _share(count: int, touch: SideTouch) -> str:
    return show("share", count / touch.measured if touch.measured else None)


def _mark_outs(report: Report) -> Fitting:
    rows = []
    for mark in report.results.mark_outs:
        bps = (show("bps", value).removesuffix(" bps") for value in (mark.mean_bps, mark.bid_bps, mark.ask_bps))
        rows.append([str(mark.ledgers), f"{mark.fills:,}", *bps, f"{mark.total:+,.4f}" if mark.fills else NOTHING])
    return _table(["ledgers later", "fills", "all", "bids", "asks", "in RLUSD"], rows)


def _flow(report: Report) -> Fitting:
    flow = report.results.flow
    won = flow.won_share or 0.0
    rows = [
        ["all trades", f"{xrp(flow.xrp_drops):,.2f}", "", f"{flow.trades:,}", ""],
        ["won by us", f"{xrp(flow.won_drops):,.2f}", show("share", flow.won_share), "", _bar(won)],
    ]
    for part in sorted(flow.parts, key=lambda part: -part.xrp_drops):
        cells = [CAUSES[part.cause], f"{xrp(part.xrp_drops):,.2f}", show("share", part.share), f"{part.trades:,}"]
        rows.append([*cells, _bar(part.share)])
    figures = [Column(name) for name in ("XRP", "share", "trades")]
    return Fitting([Column("", right=False), *figures, Column("", right=False, spare=1)], rows)


def _fills(report: Report) -> Fitting:
    when, ledger, what, *figures, order = FILL_COLUMNS
    columns = [Column(when, right=False, spare=1), Column(ledger, spare=3), Column(what, right=False)]
    columns += [Column(name) for name in figures]
    return Fitting([*columns, Column(order, spare=2)], fill_rows(report.course, FILLS_SHOWN))


def _times(rows: Sequence[Sequence[str]]) -> Fitting:
    what, *figures, mean = TIMING_COLUMNS
    columns = [Column(what, right=False, wrap=18), *(Column(name) for name in figures), Column(mean, spare=1)]
    return Fitting(columns, rows)


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
    lines += [] if session.settled is None else [f"settled later: {session.settled}"]
    lines += [f"{one['actor']} restarted in ledger {one['ledger_index']}: {one['error']}" for one in session.restarts]
    lines += report.found_told
    lines += session.warnings
    drift = report.states.get("inventory_drift_at_shutdown")
    if drift:
        lines.append(f"ERROR inventory_drift_at_shutdown {drift}")
    lines += [f"NOT EQUAL {difference}" for difference in report.differences]
    if lines:
        yield _titled("Restarts and warnings", Text("\n".join(f"  {line}" for line in lines)))
    if session.config_changes:
        rows = [(key, f"{old} -> {new}") for key, (old, new) in session.config_changes.items()]
        yield _titled("Config that differs from the shipped profile", _pairs(rows))


def _moved(xrp_drops: int, rlusd: object) -> str:
    parts = [f"{xrp(xrp_drops):+f} XRP"] if xrp_drops else []
    parts += [f"{rlusd:+f} RLUSD"] if rlusd else []
    return ", ".join(parts)


def _words(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Fitting:
    """A table whose last column is words."""
    first, *figures, last = names
    columns = [Column(first, right=False), *(Column(name) for name in figures), Column(last, right=False, wrap=24)]
    return Fitting(columns, rows)


def _table(names: Sequence[str], rows: Sequence[Sequence[str]]) -> Fitting:
    first, *others = names
    return Fitting([Column(first, right=False), *(Column(name) for name in others)], rows, turns=True)
