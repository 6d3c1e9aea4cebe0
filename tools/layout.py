"""The live panel as a drawing: figures and a width in, lines of text out.

Rows are made of segments that stay whole: what doesn't fit on a line goes to the next one, under the row's own
column, and a single segment too long for the panel is cut. A wide panel sets the rows in two columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec
from rich.box import ROUNDED
from rich.panel import Panel
from rich.text import Text

from tools.course import Course, Figures
from tools.words import (
    count,
    show_bps,
    show_change,
    show_duration,
    show_price,
    show_rlusd,
    show_touch,
    show_xrp,
)

# From this width on, rows stand in two columns; wider than the most, lines are hard to follow with the eye.
WIDTH_TWO_COLUMNS = 120
WIDTH_MAX = 160

_LABEL = 11
_GAP = "   "
_BORDERS = 4


class Segment(msgspec.Struct, frozen=True):
    """A piece of a row that is never broken: its text, its style, and the room it takes at least."""

    text: str
    style: str = ""
    width: int = 0


Row = tuple[str, list[Segment]]


def draw_panel(course: Course, ticks_per_s: float | None, width: int, *, ascii_only: bool) -> Panel:
    """The panel for a terminal of this width."""
    width = min(width, WIDTH_MAX)
    inner = width - _BORDERS
    figures = course.figures()
    if figures is None:
        body = [Text("waiting for the first ledger", style="dim")]
    else:
        body = [progress_line(figures, course.duration_s, inner, ascii_only=ascii_only), Text()]
        body += _columns(*_rows(course, figures, ticks_per_s), inner, one=width < WIDTH_TWO_COLUMNS)
    if course.last_note:
        body.append(_cut(Text(course.last_note, style="yellow"), inner))
    started = course.started
    title = "NEO" if started is None else f"NEO {started.venue} | seed {started.seed}"
    text = Text("\n").join(body)
    text.no_wrap = True
    return Panel(text, title=title, title_align="left", box=ROUNDED, width=width, border_style="dim")


def progress_line(figures: Figures, duration_s: int, width: int, *, ascii_only: bool) -> Text:
    """Elapsed of duration as a bar with its numbers."""
    numbers = f"{figures.share:4.0%}  {show_duration(figures.elapsed_s)} of {show_duration(duration_s)}"
    room = max(0, width - len(numbers) - 2)
    filled = int(room * figures.share)
    # Two different characters, so that the bar reads without colours too.
    heavy, light = "\N{BOX DRAWINGS HEAVY HORIZONTAL}", "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    done, left = ("#", ".") if ascii_only else (heavy, light)
    return Text.assemble((done * filled, "cyan"), (left * (room - filled), "bright_black"), f"  {numbers}")


def flow(label: str, segments: Iterable[Segment], width: int) -> list[Text]:
    """One row as lines of at most ``width`` cells, broken between segments only."""
    lines = [Text(label.ljust(_LABEL), style="bold")]
    lines[0].stylize("not bold", _LABEL)
    for segment in segments:
        line = lines[-1]
        gap = "" if len(line) == _LABEL else _GAP
        if gap and len(line) + len(gap) + len(segment.text) > width:
            lines.append(Text(" " * _LABEL))
            line, gap = lines[-1], ""
        line.append(gap)
        line.append(segment.text.ljust(min(segment.width, width - len(line))), style=segment.style or None)
    return [_cut(line, width) for line in lines]


def _rows(course: Course, figures: Figures, ticks_per_s: float | None) -> tuple[list[Row], list[Row]]:
    return _market_rows(figures, ticks_per_s), _own_rows(course, figures)


def _market_rows(figures: Figures, ticks_per_s: float | None) -> list[Row]:
    speed = "" if ticks_per_s is None else f"{ticks_per_s:,.{0 if ticks_per_s >= 10 else 2}f} ticks/s"
    return [
        ("Ledger", [Segment(f"{figures.ledger_index:,}", width=12), Segment(f"tick {figures.tick:,}", width=11),
                    Segment(speed)]),
        ("Market", [Segment(f"mid {show_price(figures.mid)}", width=12),
                    Segment(f"AMM {show_price(figures.pool)} ({show_bps(figures.pool_distance_bps)})", width=24),
                    Segment(f"spread {show_bps(figures.spread_bps).lstrip('+')}")]),
        ("Our bid", _quote_segments(figures.bid, figures.bid_distance_bps, figures.no_bid_reason, "green")),
        ("Our ask", _quote_segments(figures.ask, figures.ask_distance_bps, figures.no_ask_reason, "red")),
    ]  # fmt: skip


def _quote_segments(price: Decimal | None, distance_bps: Decimal | None, reason: str, colour: str) -> list[Segment]:
    told = reason if price is None else show_touch(distance_bps)
    return [Segment("none" if price is None else show_price(price), colour, 12), Segment(told)]


def _own_rows(course: Course, figures: Figures) -> list[Row]:
    change = figures.equity_change_rlusd
    colour = "" if not change else "green" if change > 0 else "red"
    return [
        ("Inventory", [Segment(show_xrp(figures.xrp_drops), width=14), Segment(show_rlusd(figures.rlusd), width=14),
                       Segment(f"value {show_rlusd(figures.value_rlusd)}")]),
        ("Fills", [Segment(f"{course.fills:,}", width=6), Segment(f"bought {show_xrp(course.bought_drops)}", width=20),
                   Segment(f"sold {show_xrp(course.sold_drops)}")]),
        ("Equity", [Segment(show_change(change), colour, 20)]),
        ("Watch", [*([Segment("PAUSED", "bold yellow")] if course.paused else []),
                   Segment(count(course.restarts, "restart"), "red" if course.restarts else ""),
                   Segment(count(course.refusals, "refusal")),
                   Segment(count(course.warnings, "warning"), "yellow" if course.warnings else "")]),
    ]  # fmt: skip


def _columns(left: Sequence[Row], right: Sequence[Row], width: int, *, one: bool) -> list[Text]:
    if one:
        return [line for label, segments in [*left, *right] for line in flow(label, segments, width)]
    column = (width - len(_GAP)) // 2
    lines: list[Text] = []
    for (left_label, left_segments), (right_label, right_segments) in zip(left, right, strict=True):
        ours, theirs = flow(left_label, left_segments, column), flow(right_label, right_segments, column)
        for number in range(max(len(ours), len(theirs))):
            line = ours[number] if number < len(ours) else Text()
            line.append(" " * (column - len(line)) + _GAP)
            lines.append(line + theirs[number] if number < len(theirs) else line)
    return lines


def _cut(line: Text, width: int) -> Text:
    line.truncate(width, overflow="crop" if width < 4 else "ellipsis")
    return line
