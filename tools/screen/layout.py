"""The live panel as a drawing: rows, a width and a height in, lines of text out.

Rows are made of segments that stay whole: what doesn't fit on a line goes to the next one, under the row's own
column. A segment too long for a whole line is told shorter, broken between words if it is prose, and left out if it is
a figure. Where there are more rows than lines, those that matter least are left out. A wide panel sets the rows in two
columns, a narrow one does without columns for labels, and the smallest without a frame.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.box import ROUNDED
from rich.cells import cell_len, set_cell_size
from rich.console import RenderableType
from rich.panel import Panel
from rich.text import Text

from tools.console.words import show_age, show_duration, show_pace, show_rlusd
from tools.screen.known import KnownSession, Outset
from tools.screen.rows import (
    RANK_SHRINKS,
    Row,
    Segment,
    course_rows,
    last_fill_rows,
    left_rows,
    note_rows,
    right_rows,
    words,
)
from tools.screen.spark import BARS, BARS_ASCII

# From this width on, rows stand in two columns; wider than the most, lines are hard to follow with the eye.
WIDTH_TWO_COLUMNS = 120
WIDTH_MAX = 160

# Below these a frame costs more room than it is worth.
_FRAME_WIDTH_MIN = 40
_FRAME_HEIGHT_MIN = 10
# Below this width, labels stand in the line and not in a column of their own.
_LABELS_WIDTH_MIN = 48

# The result's course stands below what it came to.
_COURSE_PLACE = 2

_LABEL = 11
_GAP = "   "
_BORDERS = 4
_FRAME_LINES = 2
_LEFT_OUT = "\N{HORIZONTAL ELLIPSIS}"

_ASCII_BARS = str.maketrans(BARS, BARS_ASCII)

# Enough for a warning with its numbers.
_PROSE_LINES_MAX = 3


def draw_panel(
    course: KnownSession, ticks_per_s: float | None, size: tuple[int, int], *, now_s: float, ascii_only: bool
) -> RenderableType:
    """The panel for a terminal of so many columns and lines.

    Args:
        course: What to show.
        ticks_per_s: In real seconds, if known.
        size: The terminal's columns and lines.
        now_s: The clock that the course was told its messages by.
        ascii_only: True if the terminal has no other characters.
    """
    width, height = min(size[0], WIDTH_MAX), size[1]
    framed = width >= _FRAME_WIDTH_MIN and height >= _FRAME_HEIGHT_MIN
    inner = width - _BORDERS if framed else width
    room = height - _FRAME_LINES if framed else height
    body = [_progress_line(course, inner, ascii_only=ascii_only)]
    if framed and room > 20:
        body.append(Text())
    body += _body(course, ticks_per_s, now_s, (inner, room - len(body)))
    text = Text("\n").join(body)
    text.no_wrap = True
    if ascii_only:
        # One character for one, so that styles stay where they are; what can't be encoded would end the drawing.
        text.plain = text.plain.replace(_LEFT_OUT, "~").translate(_ASCII_BARS).encode("ascii", "replace").decode()
    if not framed:
        return text
    title = _title(course.outset, inner)
    return Panel(text, title=title, title_align="left", box=ROUNDED, width=width, border_style="dim")


def _body(course: KnownSession, ticks_per_s: float | None, now_s: float, room: tuple[int, int]) -> list[Text]:
    moment, outset = course.moment(), course.outset
    notes = note_rows(course.notes)
    page = [Row("Page", [words(course.page)], 6)] if course.page else []
    if moment.ledger is None:
        known = moment.started is not None
        rows = [*left_rows(moment, "", None), *_outset_rows(outset, known=known), *page, *notes]
        return fit(rows, room)
    left = left_rows(moment, _speed(ticks_per_s), course.ledger_age_s(now_s))
    right = right_rows(moment, outset.limits, course.warnings)
    right[_COURSE_PLACE:_COURSE_PLACE] = course_rows(moment)
    fills = last_fill_rows(moment)
    if room[0] + _BORDERS < WIDTH_TWO_COLUMNS:
        return fit([*left, *right, *page, *fills, *notes], room)
    column = (room[0] - len(_GAP)) // 2
    ours, theirs = fit([*left, *notes, *fills], (column, room[1])), fit([*right, *page], (column, room[1]))
    lines = []
    for number in range(max(len(ours), len(theirs))):
        line = ours[number] if number < len(ours) else Text()
        line.append(" " * (column - line.cell_len) + _GAP)
        lines.append(line + theirs[number] if number < len(theirs) else line)
    return lines


def fit(rows: Sequence[Row], room: tuple[int, int]) -> list[Text]:
    """Rows as lines, at most so many of at most so many cells; the rows that matter least are left out.

    Our quotes stay: in the smallest room the longer of them loses its last line, and so does what matters next to them.
    """
    width, height = room
    drawn = [(row.rank, flow(row.label, row.segments, width)) for row in rows]
    while drawn and sum(len(lines) for _, lines in drawn) > height:
        least = max(drawn, key=_least)
        if least[0] > RANK_SHRINKS or len(least[1]) == 1:
            drawn.remove(least)
        else:
            least[1].pop()
    return [line for _, lines in drawn for line in lines]


def flow(label: str, segments: Iterable[Segment], width: int) -> list[Text]:
    """One row as lines of at most ``width`` cells, broken between segments only."""
    in_column = width >= _LABELS_WIDTH_MIN
    margin, gap = (_LABEL, _GAP) if in_column else (1, "  ")
    head = label.ljust(margin) if in_column or not label else f"{label} "
    line = Text(head[:width], style="bold")
    line.stylize("not bold", len(head))
    lines = [line]
    before = ""
    for segment in segments:
        text = _fitting(segment, width - line.cell_len - len(before), margin, width)
        if text is None and line.cell_len > margin:
            line, before = Text(" " * margin), ""
            lines.append(line)
        first, *others = [text] if text is not None else _on_lines(segment, width - line.cell_len)
        line.append(before)
        line.append(first.ljust(segment.width) if in_column else first, style=segment.style or None)
        for other in others:
            line = Text(" " * margin)
            line.append(other, style=segment.style or None)
            lines.append(line)
        before = gap
    return lines


def _fitting(segment: Segment, room: int, margin: int, width: int) -> str | None:
    """A segment as it fits into what is left of a line, or None if it needs a line of its own.

    It is told shorter only if a line of its own would not be enough for the whole of it.
    """
    if cell_len(segment.text) <= room:
        return segment.text
    whole_fits = cell_len(segment.text) <= width - margin
    return segment.short if segment.short and not whole_fits and cell_len(segment.short) <= room else None


def _on_lines(segment: Segment, room: int) -> list[str]:
    """A segment on lines of its own: whole, shorter, or word by word; of a figure too long, that there is one."""
    for text in (segment.text, segment.short):
        if text and cell_len(text) <= room:
            return [text]
    if not segment.prose:
        return [_LEFT_OUT[: max(0, room)]]
    lines = [""]
    for word in segment.text.split(" "):
        # One word too long for a line is a path or a name.
        whole = word if cell_len(word) <= room else set_cell_size(word, max(0, room - 1)) + _LEFT_OUT
        longer = f"{lines[-1]} {whole}".strip()
        if cell_len(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(whole)
    if len(lines) <= _PROSE_LINES_MAX:
        return lines
    last = lines[_PROSE_LINES_MAX - 1]
    while cell_len(last) + 2 > room and " " in last:
        last = last.rpartition(" ")[0]
    return [*lines[: _PROSE_LINES_MAX - 1], f"{last} {_LEFT_OUT}" if cell_len(last) + 2 <= room else last]


def _progress_line(course: KnownSession, width: int, *, ascii_only: bool) -> Text:
    """Elapsed of duration as a bar with its numbers."""
    share = f"{course.share:4.0%}"
    elapsed = show_duration(course.present.elapsed_s)
    for numbers in (f"{share}  {elapsed} of {show_duration(course.outset.duration_s)}", f"{share}  {elapsed}", share):
        if len(numbers) <= width:
            break
    room = max(0, width - len(numbers) - 2)
    filled = int(room * course.share)
    # Two different characters, so that the bar reads without colours too.
    heavy, light = "\N{BOX DRAWINGS HEAVY HORIZONTAL}", "\N{BOX DRAWINGS LIGHT HORIZONTAL}"
    done, left = ("#", ".") if ascii_only else (heavy, light)
    gap = "  " if room else ""
    return Text.assemble((done * filled, "cyan"), (left * (room - filled), "bright_black"), f"{gap}{numbers}")


def _outset_rows(outset: Outset, *, known: bool) -> list[Row]:
    """What goes on until the first ledger: what was asked for, what is being done, when to expect something."""
    doing = (
        f"the first ledger is expected in about {show_age(max(1.0, outset.first_ledger_after_s))}"
        if known
        else "opening the database, and settling what an earlier session may have left there"
    )
    limits = outset.limits
    return [
        Row("Now", [words(doing, "yellow")], 2),
        Row("Session", [Segment(f"venue {outset.venue}"), words(f"profile {outset.profile}"),
                        Segment(f"seed {outset.seed}")], 3),
        Row("Length", [Segment(f"{show_duration(outset.duration_s)} of market"), Segment(show_pace(outset.speed))], 4),
        Row("Prices", [words(outset.market)], 6),
        Row("Database", [words(outset.database)], 5),
        Row("Limits", [Segment(f"XRP worth {show_rlusd(limits.max_xrp_exposure)}"),
                       Segment(f"{show_rlusd(limits.max_rlusd_exposure)} held"),
                       Segment(f"loss {show_rlusd(outset.max_session_loss_rlusd)}"),
                       Segment(f"drawdown {show_rlusd(outset.max_drawdown_rlusd)}")], 7),
    ]  # fmt: skip


def _title(outset: Outset, width: int) -> str:
    """The most that fits of what the session is called."""
    whole = f"NEO {outset.venue} | seed {outset.seed}"
    return next((title for title in (whole, f"NEO {outset.venue}") if len(title) + 4 <= width), "NEO")


def _speed(ticks_per_s: float | None) -> str:
    return "" if ticks_per_s is None else f"{ticks_per_s:,.{0 if ticks_per_s >= 10 else 2}f} ticks/s"


def _least(drawn: tuple[int, list[Text]]) -> tuple[int, int]:
    return drawn[0], len(drawn[1])
