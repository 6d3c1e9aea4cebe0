"""What the operator sees while a session runs: the panel at every width, plain lines, and silence when nobody looks.

Method: a scripted session's messages (``support/cli_feed.py``) go into a screen that draws into memory, under a clock
that the test moves.
"""

from __future__ import annotations

import io
from decimal import Decimal

import pytest
from rich.cells import cell_len
from rich.console import Console
from support import cli_feed as feed

from neo.halt import HaltReason
from neo.messages import ActorRestarted, HaltRaised, HeldBack, Message, Refusal, Side
from neo.reasons import HoldCode, RefusalCode
from tools.course import Course
from tools.layout import Segment, draw_panel, flow
from tools.screen import LivePanel, PlainLines, Silent

DURATION_S = 7200


def course(*messages: Message) -> Course:
    """A course that has seen these messages."""
    seen = Course(DURATION_S)
    for message in messages:
        seen.observe(message)
    return seen


def drawn(seen: Course, width: int, *, ascii_only: bool = False, ticks_per_s: float | None = 203.0) -> list[str]:
    """The panel's lines at a width."""
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(draw_panel(seen, ticks_per_s, width, ascii_only=ascii_only))
    return capture.get().splitlines()


QUOTING = (
    feed.started(),
    feed.orders(1),
    feed.view(
        450,
        own=(feed.offer(Side.BUY, "1.9418"), feed.offer(Side.SELL, "1.9439")),
        xrp_drops=101_234_567,
        rlusd="197.75",
    ),
)


# --- The panel ---------------------------------------------------------------------------------------------------


def test_the_panel_shows_the_market_our_quotes_and_what_we_own() -> None:
    text = "\n".join(drawn(course(*QUOTING), 80))
    assert "25%  0:30:00 of 2:00:00" in text
    assert "Ledger     90,000,450" in text
    assert "203 ticks/s" in text
    assert "mid 1.94300" in text
    assert "AMM 1.94360 (+3.1 bps)" in text
    assert "spread 10.3 bps" in text
    assert "Our bid    1.94180        1.0 bps behind the touch" in text
    assert "Our ask    1.94390        0.5 bps ahead of the touch" in text
    assert "101.23 XRP" in text
    assert "197.75 RLUSD" in text


def test_equity_is_told_against_the_opening_at_the_first_mid() -> None:
    first = feed.view(1, bids=("1.9990",), asks=("2.0010",))
    later = feed.view(2, bids=("2.4990",), asks=("2.5010",), xrp_drops=99_999_990)
    seen = course(feed.started(), first, later)
    figures = seen.figures()
    assert figures is not None
    # 100 XRP gained half a dollar each, and 10 drops were burned at 2.5.
    assert figures.equity_change_rlusd == Decimal("49.999975")
    assert "+50.0000 RLUSD" in "\n".join(drawn(seen, 80))


def test_an_empty_market_shows_no_numbers_rather_than_wrong_ones() -> None:
    seen = course(feed.started(), feed.view(1, bids=(), asks=(), pool=None))
    text = "\n".join(drawn(seen, 80))
    assert "mid -" in text
    assert "AMM - (-)" in text
    assert "Our bid    none" in text


def test_a_side_without_a_quote_is_told_with_the_reason() -> None:
    refusal = Refusal(RefusalCode.RLUSD_EXPOSURE, Side.SELL, "401 > 400")
    held = HeldBack(HoldCode.ANCHOR_DIVERGED, None, "26 bps")
    out = io.StringIO()
    lines = PlainLines(out, io.StringIO(), DURATION_S)
    seen = course(feed.started())
    for message in (feed.orders(1, (refusal,), (held,)), feed.view(1)):
        seen.observe(message)
        lines.show(message)
    text = "\n".join(drawn(seen, 80))
    assert "Our bid    none           anchor_diverged" in text
    assert "Our ask    none           rlusd_exposure" in text
    assert "no bid (anchor_diverged)  no ask (rlusd_exposure)" in out.getvalue()


def test_fills_refusals_and_restarts_are_counted() -> None:
    refusal = Refusal(RefusalCode.XRP_EXPOSURE, Side.BUY, "401 > 400")
    seen = course(
        *QUOTING,
        feed.fill(1, Side.BUY),
        feed.fill(2, Side.SELL, 2_000_000),
        feed.orders(2, (refusal, refusal)),
        ActorRestarted(actor="risk", error="ValueError", restarts=1),
    )
    seen.warn("warning: venue_notice")
    text = "\n".join(drawn(seen, 80))
    assert "Fills      2" in text
    assert "bought 7.70 XRP" in text
    assert "sold 2.00 XRP" in text
    assert "1 restart   2 refusals   1 warning" in text
    assert "warning: venue_notice" in text


def test_a_session_whose_first_messages_were_dropped_still_shows() -> None:
    text = "\n".join(drawn(course(feed.view(1), feed.view(2)), 80))
    assert "0:00:04 of 2:00:00" in text


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 119, 120, 160, 240])
def test_every_line_of_the_panel_is_as_wide_as_its_frame(width: int) -> None:
    seen = course(*QUOTING, feed.fill(1, Side.BUY, 123_456_789_000_000), feed.fill(2, Side.SELL, 123_456_789_000_000))
    seen.warn("warning: " + "a very long warning " * 20)
    lines = drawn(seen, width)
    assert {cell_len(line) for line in lines} == {min(width, 160)}


def test_a_wide_panel_sets_its_rows_in_two_columns() -> None:
    assert len(drawn(course(*QUOTING), 160)) < len(drawn(course(*QUOTING), 80))
    assert any("Ledger" in line and "Inventory" in line for line in drawn(course(*QUOTING), 160))


def test_a_row_that_does_not_fit_breaks_between_its_segments() -> None:
    lines = flow("Market", [Segment("mid 1.94300"), Segment("AMM 1.94360 (+3.1 bps)")], 34)
    assert [line.plain for line in lines] == ["Market     mid 1.94300", "           AMM 1.94360 (+3.1 bps)"]


def test_a_terminal_of_ascii_alone_gets_a_bar_of_ascii() -> None:
    bar = next(line for line in drawn(course(*QUOTING), 80, ascii_only=True) if "25%" in line)
    assert "#" in bar
    assert "." in bar


# --- Drawing in time ---------------------------------------------------------------------------------------------


class Ticking:
    """A real-time clock that the test moves."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def live(stream: io.StringIO, clock: Ticking) -> LivePanel:
    """A panel on a terminal in memory."""
    console = Console(file=stream, force_terminal=True, width=80, color_system=None, legacy_windows=False)
    return LivePanel(console, DURATION_S, real_time_s=clock)


def test_the_panel_draws_by_real_time_however_many_messages_come() -> None:
    stream, clock = io.StringIO(), Ticking()
    panel = live(stream, clock)
    for message in QUOTING:
        panel.show(message)
    after_first = stream.tell()
    for number in range(451, 1000):
        panel.show(feed.view(number))
    assert stream.tell() == after_first
    clock.now_s += 0.2
    panel.show(feed.view(1000))
    assert stream.tell() > after_first
    assert "90,001,000" in stream.getvalue()
    panel.close()


def test_the_panel_gives_the_cursor_back_when_it_closes() -> None:
    stream = io.StringIO()
    panel = live(stream, Ticking())
    panel.show(feed.view(1))
    panel.close()
    panel.close()
    written = stream.getvalue()
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0


class Gone(io.StringIO):
    """A pipe whose reader left."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_went_away_does_not_end_the_session() -> None:
    lines = PlainLines(Gone(), Gone(), DURATION_S)
    silent = Silent(Gone())
    for message in QUOTING:
        lines.show(message)
        silent.show(message)
    lines.warn("warning: x")
    silent.warn("warning: x")


# --- Plain lines -------------------------------------------------------------------------------------------------


def test_plain_lines_come_at_every_twentieth_of_the_way_without_control_codes() -> None:
    out, warnings = io.StringIO(), io.StringIO()
    screen = PlainLines(out, warnings, 1800 * feed.INTERVAL_S)
    for message in feed.session(1800):
        screen.show(message)
    screen.close()
    lines = out.getvalue().splitlines()
    progress = [line for line in lines if " of " in line]
    assert len(progress) == 21
    assert progress[0].lstrip().startswith("0%")
    assert progress[-1].startswith("100%  2:00:00 of 2:00:00  ledger 90001800  mid 1.9")
    assert "bps behind the touch" in progress[-1]
    assert lines[-1] == "ending: duration_elapsed"
    assert "\x1b" not in out.getvalue()
    assert warnings.getvalue() == ""


def test_an_ending_is_told_at_once_with_its_numbers() -> None:
    out = io.StringIO()
    screen = PlainLines(out, io.StringIO(), DURATION_S)
    halt = HaltRaised(reason=HaltReason.RISK_XRP_EXPOSURE, detail="401.2 > 400", source="risk", first=True)
    screen.show(halt)
    assert out.getvalue() == "ending: risk_xrp_exposure (401.2 > 400)\n"


def test_quiet_shows_warnings_only() -> None:
    warnings = io.StringIO()
    screen = Silent(warnings)
    for message in feed.session(20):
        screen.show(message)
    screen.warn("warning: venue_notice")
    assert warnings.getvalue() == "warning: venue_notice\n"
