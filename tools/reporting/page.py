"""A session's report as one HTML file that opens anywhere, without a network: plotly.js is in it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from neo.analysis import Value
from neo.chain.money import plain, xrp
from neo.messages.halts import facts_of
from tools.console.markup import escape
from tools.console.words import NOTHING
from tools.reporting import charts
from tools.reporting.broken_limits import ABSENCE_COLUMNS, LOSS_COLUMNS, absence_rows, loss_rows
from tools.reporting.fill_rows import FILL_COLUMNS, fill_rows, fills_title
from tools.reporting.fork_rows import FORK_COLUMNS, FORK_TITLE, fork_rows
from tools.reporting.labels import GROUPS, LABELS, show
from tools.reporting.shell import plot, whole_page
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

_TILES = (
    ("result_rlusd", "Result"),
    ("against_holding_rlusd", "Against holding"),
    ("drawdown_rlusd", "Maximum drawdown"),
    ("spread_captured_rlusd", "Spread captured"),
    ("inventory_revaluation_rlusd", "Revaluation"),
    ("fees_rlusd", "Fees"),
    ("fills", "Fills"),
    ("flow_won_share", "Of others' trades won"),
)


def page(report: Report) -> str:
    """The whole page."""
    return whole_page(f"NEO session {report.session.id}", f"<main>{page_parts(report)}</main>")


def page_parts(report: Report) -> str:
    """All that is in it, for a page that has a frame of its own."""
    return "".join(_body(report))


def all_charts(report: Report) -> dict[str, charts.Chart]:
    """Every chart by the name of its place in the page."""
    return {name: make(report) for name, (_, _, make, _) in _CHARTS.items()}


def _body(report: Report) -> Iterator[str]:
    yield _head(report)
    yield _tiles(report.figures)
    yield f'<p class="story">{escape(_story(report.figures))}</p>'
    drawn = all_charts(report)
    for heading, names in _PARTS.items():
        yield f'<h2 class="part">{escape(heading)}</h2><div class="charts">'
        for name in names:
            title, caption, _, shown = _CHARTS[name]
            wide = " wide" if name in _WIDE else ""
            yield f'<section class="card{wide}"><h3>{escape(title)}</h3><p class="note">{escape(caption)}</p>'
            yield plot(name, drawn[name]) if shown(report) else '<p class="empty">Nothing to show: no fills.</p>'
            yield "</section>"
        yield "</div>"
    yield '<h2 class="part">All figures</h2><div class="tables">'
    for name in GROUPS:
        rows = [(label.words, show(label.kind, report.figures[label.key])) for label in GROUPS[name]]
        yield _table(name, rows)
    yield table_card("Ledgers without a quote", ABSENCE_COLUMNS, absence_rows(report.course.absence))
    yield table_card("Losses against their limits", LOSS_COLUMNS, loss_rows(report.losses))
    if report.course.request_use is not None:
        yield table_card(SPEED_TITLE, SPEED_COLUMNS, speed_rows(report.course))
        yield table_card(REQUESTS_TITLE, REQUESTS_COLUMNS, request_rows(report.course))
    if timed := timing_rows(report.timings):
        yield table_card(TIMING_TITLE, TIMING_COLUMNS, timed)
    if report.course.twin_error is not None:
        yield table_card(TWIN_TITLE, TWIN_COLUMNS, twin_rows(report.course))
        yield table_card(TWIN_FILLS_TITLE, TWIN_FILLS_COLUMNS, twin_fill_rows(report.course, None))
    if report.course.fork is not None:
        yield table_card(FORK_TITLE, FORK_COLUMNS, fork_rows(report.course.fork))
    yield _inventory(report)
    yield _events(report)
    yield "</div>"
    yield _fills(report)
    yield _config(report)


def _head(report: Report) -> str:
    session = report.session
    reason = session.halt_reason
    ending = f"{reason} ({_meaning(reason)})" if reason else "running still"
    detail = f": {session.halt_detail}" if session.halt_detail else ""
    mood = "good" if reason and facts_of(reason).exit_code == 0 else "bad"
    facts = (
        f"{session.venue}, seed {session.seed}, market {session.market}",
        f"started {session.started_at[:19].replace('T', ' ')} UTC",
        f"{show('duration', report.results.duration_s)} of market, {report.results.ledgers:,} ledgers",
        f"config {session.config_sha256[:12]}",
        f"journal {(session.journal_sha256 or NOTHING)[:12]}",
    )
    told = "".join(f"<li>{escape(fact)}</li>" for fact in facts)
    return (
        f'<header><h1>Session {escape(session.id)}</h1><p class="ending {mood}">{escape(ending + detail)}</p>'
        f"<ul>{told}</ul></header>"
    )


def _meaning(reason: str) -> str:
    return facts_of(reason).meaning.replace("`", "")


def _tiles(figures: dict[str, Value]) -> str:
    tiles = []
    for key, words in _TILES:
        shown, value = show(LABELS[key].kind, figures[key]), figures[key]
        number, _, unit = shown.partition(" ")
        mood = _mood(value) if LABELS[key].kind == "change" else ""
        small = f" <small>{escape(unit)}</small>" if unit else ""
        told = f'<strong class="{mood}">{escape(number)}{small}</strong>'
        tiles.append(f'<div class="tile"><span>{escape(words)}</span>{told}</div>')
    return f'<div class="tiles">{"".join(tiles)}</div>'


def _story(figures: dict[str, Value]) -> str:
    """The page's charts in one sentence: from the result to its causes."""
    if figures["result_rlusd"] is None:
        return "No price was ever known, so nothing can be valued."
    told = {key: show(LABELS[key].kind, value) for key, value in figures.items() if key in LABELS}
    return (
        f"{told['fills']} fills traded {told['turnover_rlusd']} and captured {told['spread_captured_rlusd']} of spread;"
        f" meanwhile the price moved what was held by {told['inventory_revaluation_rlusd']}, and fees were"
        f" {told['fees_rlusd']}: {told['result_rlusd']} in all. Holding the same capital without a trade would have"
        f" come to {told['holding_rlusd']}, so quoting was worth {told['against_holding_rlusd']}."
    )


def _mood(value: Value) -> str:
    number = float(value) if value is not None else 0.0
    return "good" if number > 0 else "bad" if number < 0 else ""


def _inventory(report: Report) -> str:
    standing = report.course.standing
    if standing is None:
        return _table("Inventory reconciliation", [("the session has not ended properly", NOTHING)])
    rows = [
        ("XRP, fills only", f"{xrp(standing.xrp_fills_drops):f}"),
        ("XRP, capital overlay", f"{xrp(standing.xrp_capital_drops):f}"),
        ("XRP, fees", f"-{xrp(standing.xrp_fees_drops):f}"),
        ("XRP, engine total", f"{xrp(standing.xrp_engine_drops):f}"),
        ("XRP, ledger", f"{xrp(standing.xrp_ledger_drops):f}"),
        ("RLUSD, fills only", f"{plain(standing.rlusd_fills):f}"),
        ("RLUSD, capital overlay", f"{plain(standing.rlusd_capital):f}"),
        ("RLUSD, engine total", f"{plain(standing.rlusd_engine):f}"),
        ("RLUSD, ledger", f"{plain(standing.rlusd_ledger):f}"),
        ("engine, ledger and tables", "exact" if report.exact else "NOT EQUAL"),
        ("checks on the way, exact", f"{report.results.checks_exact:,} of {report.results.checks:,}"),
    ]
    rows += [
        (f"ledger {one.ledger_index}: {one.cause}", f"{xrp(one.xrp_drops):+f} XRP, {one.rlusd:+f} RLUSD")
        for one in report.results.capital_moves
    ]
    return _table("Inventory reconciliation", rows)


def _events(report: Report) -> str:
    session = report.session
    lines = [f"{halt.reason} from {halt.source} {halt.detail}".rstrip() for halt in session.secondary_halts]
    lines += [f"not done on the way down: {rung}" for rung in session.rungs_failed]
    lines += [] if session.settled is None else [f"settled later: {session.settled}"]
    lines += [f"{one['actor']} restarted in ledger {one['ledger_index']}: {one['error']}" for one in session.restarts]
    lines += report.found_told
    lines += session.warnings
    drift = report.states.get("inventory_drift_at_shutdown")
    lines += [f"not equal: {difference}" for difference in report.differences]
    lines += [f"inventory drift at shutdown: {drift}"] if drift else []
    told = "".join(f"<li>{escape(line)}</li>" for line in lines) or "<li>none</li>"
    return f'<section class="card"><h3>Restarts and warnings</h3><ul class="events">{told}</ul></section>'


def _fills(report: Report) -> str:
    """Every fill, out of the way until it is asked for."""
    rows = fill_rows(report.course, None)
    if not rows:
        return ""
    title = fills_title(report.course, None)
    told = f"<summary><h3>{escape(title)}</h3></summary>{_cells(title, FILL_COLUMNS, rows)}"
    return f'<section class="card"><details>{told}</details></section>'


def _config(report: Report) -> str:
    changes = report.session.config_changes
    rows = []
    for key, value in report.config.items():
        shipped = f" <small>shipped: {escape(str(changes[key][0]))}</small>" if key in changes else ""
        mark = ' class="changed"' if key in changes else ""
        rows.append(f"<tr{mark}><td>{escape(key)}</td><td>{escape(value)}{shipped}</td></tr>")
    table = f'<table aria-label="Config">{"".join(rows)}</table>'
    return f'<section class="card"><h3>Config</h3><div class="config">{table}</div></section>'


def _table(title: str, rows: list[tuple[str, str]]) -> str:
    cells = "".join(f"<tr><td>{escape(words)}</td><td>{escape(shown)}</td></tr>" for words, shown in rows)
    return (
        f'<section class="card"><h3>{escape(title)}</h3><table aria-label="{escape(title)}">{cells}</table></section>'
    )


def table_card(title: str, names: Sequence[str], rows: list[list[str]]) -> str:
    return f'<section class="card"><h3>{escape(title)}</h3>{_cells(title, names, rows)}</section>'


def _cells(title: str, names: Sequence[str], rows: list[list[str]]) -> str:
    heads = "".join(f"<th>{escape(name)}</th>" for name in names)
    cells = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return (
        f'<div class="scroll"><table class="several" aria-label="{escape(title)}"><tr>{heads}</tr>{cells}</table></div>'
    )


def _always(_report: Report) -> bool:
    return True


def _has_fills(report: Report) -> bool:
    return charts.has_mark_outs(report.results.mark_outs)


_Entry = tuple[str, str, Callable[[Report], charts.Chart], Callable[[Report], bool]]
_CHARTS: dict[str, _Entry] = {
    "equity": (
        "The result, and what it is made of",
        "The thick line is the sum of the coloured ones, exactly. Deposits and withdrawals are in none of them.",
        charts.equity_chart,
        _always,
    ),
    "price": (
        "Price, our quotes and fills",
        "Mid without our own offers. Long sessions are thinned: of each stretch the lowest and the highest mid stay.",
        charts.price_chart,
        _always,
    ),
    "inventory": (
        "Inventory and exposure limits",
        "What we hold, in RLUSD at the mid. The session ends where a limit is crossed.",
        charts.inventory_chart,
        _always,
    ),
    "distance": (
        "Distance to the touch",
        "Of the ledgers that had both a quote of ours and one of others.",
        charts.distance_chart,
        _always,
    ),
    "markouts": (
        "Mark-outs",
        "The mid some ledgers after each fill against its price, weighted by XRP; above zero is in our favour.",
        charts.mark_out_chart,
        _has_fills,
    ),
    "flow": (
        "Others' trades: won, and lost to what",
        "Every XRP that others traded in the pair, by why we did not win it.",
        charts.flow_chart,
        _always,
    ),
}
_WIDE = frozenset({"equity", "price", "inventory"})
# The page's way from what came out to why.
_PARTS: dict[str, tuple[str, ...]] = {
    "What it came to": ("equity",),
    "What was quoted, traded and held": ("price", "inventory"),
    "Why: who traded with us, and who did not": ("markouts", "flow", "distance"),
}
