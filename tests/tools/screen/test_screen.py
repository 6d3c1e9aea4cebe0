"""What the operator sees while a session runs: the panel at every width, plain lines, and silence when nobody looks.

Method: a scripted session's messages (``support/cli_feed.py``) go into a screen that draws into memory, under a clock
that the test moves.
"""

from __future__ import annotations

import io
import re
import threading
from decimal import Decimal

import msgspec
import pytest
from rich.cells import cell_len
from rich.console import Console, ConsoleDimensions
from rich.panel import Panel
from rich.text import Text
from support import cli_feed as feed
from support.store_log import log_lines

from actors.operator.protocol import EndpointHealth, Status
from neo.analysis.moment import Moment
from neo.messages import (
    ActorRestarted,
    ForkMeasured,
    HaltRaised,
    HeldBack,
    LossRoom,
    Message,
    QuoteTiming,
    QuotingPaused,
    Refusal,
    Side,
    SpendingCarried,
    SpentAt,
    VenueMeasured,
)
from neo.messages.halts import HaltReason
from neo.messages.reasons import HoldCode, RefusalCode
from neo.position.pnl import ProfitAndLoss
from tools.commands.status import status_rows
from tools.screen.known import KnownSession
from tools.screen.layout import draw_panel, flow
from tools.screen.live_panel import LivePanel
from tools.screen.pulse import beating
from tools.screen.rows import Segment
from tools.screen.screen import PlainLines, Silent

DURATION_S = 7200
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


def course(*messages: Message, speed: float = 1.0) -> KnownSession:
    """A course that has seen these messages, all of them at second 100."""
    seen = KnownSession(feed.outset(DURATION_S, speed=speed))
    for message in messages:
        seen.observe(message, 100.0)
    return seen


def drawn(
    seen: KnownSession,
    width: int,
    height: int = 50,
    *,
    ascii_only: bool = False,
    ticks_per_s: float | None = 203.0,
    now_s: float = 100.0,
) -> list[str]:
    """The panel's lines in a terminal of a size."""
    console = Console(file=io.StringIO(), width=width, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(draw_panel(seen, ticks_per_s, (width, height), now_s=now_s, ascii_only=ascii_only))
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


def status_of(moment: Moment) -> Status:
    """What ``neo status`` is told at a moment."""
    return Status(
        session_id="s1", venue="sim", seed=7, elapsed_s=5.0, duration_s=DURATION_S, ledger_index=None, ledger_age_s=1.0,
        tick=moment.tick, mid_price=None, pool_price=None, own_bid=None, own_ask=None, offers=0, xrp_drops=None,
        rlusd=None, fills=0, restarts=0, paused=False, pause_cause="", halting=None, halt_detail="", moment=moment,
        limits=feed.outset().limits, channels=(), taps=0,
    )  # fmt: skip


# --- The panel ---------------------------------------------------------------------------------------------------


def test_the_panel_shows_the_market_our_quotes_and_what_we_own() -> None:
    """All on one screen, in the units that an operator thinks in."""
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


def test_equity_leaves_capital_out_and_has_its_four_causes() -> None:
    """As the report does, in the panel, in plain lines and in the status alike."""
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, Decimal(200))
    pnl.mark(Decimal("1.943"))
    pnl.fee(10)
    pnl.capital(50_000_000, Decimal(0))
    pnl.mark(Decimal("1.944"))
    out = io.StringIO()
    lines = PlainLines(out, io.StringIO(), feed.outset(DURATION_S))
    seen = course()
    for message in (feed.started(), feed.view(1, xrp_drops=149_999_990, pnl=pnl)):
        lines.show(message)
        seen.observe(message, 0.0)
    text = "\n".join(drawn(seen, 160))
    # 100 XRP and the 50 deposited rose by 0.001, ten drops were burned at 1.943.
    assert "Equity     +0.1500 RLUSD" in text
    assert "spread +0.0000 RLUSD   revaluation +0.1500 RLUSD" in text
    assert "fees -0.0000 RLUSD   capital +97.1500 RLUSD" in text
    assert "equity +0.1500 RLUSD" in out.getvalue()
    status = dict(status_rows(status_of(seen.moment())))
    assert status["Equity"].startswith("+0.1500 RLUSD")
    assert "capital +97.1500 RLUSD" in status["Causes"]


def test_the_result_is_told_against_holding_with_its_course() -> None:
    """Half of 100 XRP was sold at 2, then the price fell by 0.1: 5 lost where holding would have lost 10."""
    pnl = ProfitAndLoss()
    pnl.open(100_000_000, Decimal(200))
    pnl.mark(Decimal(2))
    views = [feed.view(1, pnl=pnl)]
    pnl.fill(Side.SELL, 50_000_000, Decimal(100), Decimal(0))
    pnl.mark(Decimal("1.9"))
    views.append(feed.view(2, pnl=pnl))
    seen = course(feed.started(), *views)
    text = "\n".join(drawn(seen, 160))
    assert "Equity     -5.0000 RLUSD    against holding +5.0000 RLUSD" in text
    assert "Course     █▁   -5.00 to +0.00 RLUSD" in text
    assert "Course     #_   -5.00" in "\n".join(drawn(seen, 160, ascii_only=True))
    status = dict(status_rows(status_of(seen.moment())))
    assert "against holding +5.0000 RLUSD" in status["Equity"]
    assert "Course" not in status


def test_how_near_each_limit_is_can_be_seen() -> None:
    """As a share of what may be held, and as what may still be lost; before there was a price, no loss room is told."""
    room = LossRoom(Decimal("90.78"), "risk.max_drawdown_rlusd", Decimal(50), Decimal(100))
    view = msgspec.structs.replace(feed.view(1, xrp_drops=170_000_000, rlusd="100"), loss_room=room)
    seen = course(feed.started(), view)
    text = "\n".join(drawn(seen, 80, 24))
    # 170 XRP at 1.943.
    assert "Exposure   XRP 330.31 of 400 (83%)    RLUSD 100.00 of 400 (25%)" in text
    assert "Loss room  90.78 RLUSD left until the drawdown limit" in text
    assert "Loss room" not in "\n".join(drawn(course(feed.started(), feed.view(1)), 80, 24))
    assert dict(status_rows(status_of(seen.moment())))["Loss room"].startswith("90.78 RLUSD left")


def test_the_status_tells_how_each_server_stands() -> None:
    """Which is used, how far behind, how fast, and why one is down; a venue without servers has no such line."""
    status = status_of(course(*QUOTING).moment())
    used = EndpointHealth(
        endpoint="wss://one:443", state="in use", detail="", lag_ledgers=0, latency_ms=12.34, failures=0
    )
    down = EndpointHealth(
        endpoint="wss://two:443", state="down", detail="no route\x1b[2J", lag_ledgers=None, latency_ms=None, failures=3
    )
    rows = status_rows(msgspec.structs.replace(status, endpoints=(used, down)))
    place = [label for label, _ in rows].index("Endpoints")
    assert rows[place][1] == "wss://one:443  in use  0 ledgers behind  answered in 12.3 ms  0 failures"
    assert rows[place + 1] == ("", "wss://two:443  down  3 failures  no route\\u001b[2J")
    assert "Endpoints" not in dict(status_rows(status))


def test_the_state_says_which_side_is_not_quoted_and_why() -> None:
    """One side missing is a word beside the state; both missing is what the operator must see first."""
    held = HeldBack(HoldCode.ANCHOR_DIVERGED, None, "26 bps")
    both = (feed.offer(Side.BUY, "1.9418"), feed.offer(Side.SELL, "1.9439"))
    for own, told in (
        (both, "State      quoting both sides"),
        (both[:1], "State      quoting, no ask (anchor_diverged)"),
        ((), "State      NOT QUOTING: no bid (anchor_diverged), no ask (anchor_diverged)"),
    ):
        assert told in "\n".join(drawn(course(feed.started(), feed.orders(1, (), (held,)), feed.view(1, own=own)), 80))


def test_what_a_real_venues_servers_were_asked_is_on_the_panel() -> None:
    """And how fast the last quotes were replaced: 0.8 + 1.5 + 1.3 + 0.2 ms. A simulation's panel has no such row."""
    quote = QuoteTiming(ledger_index=7, offers=2, mirror_us=800, decision_us=1_500, journal_us=1_300, socket_us=200)
    told = VenueMeasured(
        ledger_index=7, over_ms=60_000, requests=(), requests_minute=4, requests_minute_most=11, steady_minute_most=4,
        submits_minute=30, submits_minute_most=31, quotes=(quote,), quotes_unsent=0,
    )  # fmt: skip
    text = "\n".join(drawn(course(feed.started(), feed.view(1), told), 160))
    assert "Servers" in text
    assert "asked 4 a minute (most 11)" in text
    assert "submits 30 a minute" in text
    assert "replaced in 3.8 ms" in text
    assert "Servers" not in "\n".join(drawn(course(feed.started(), feed.view(1)), 160))


def test_how_much_of_others_trades_was_executed_anew_is_on_the_panel() -> None:
    """98 of 100, and what came out otherwise for our sake; a simulation's panel has no such row."""
    told = ForkMeasured(
        ledger_index=7, executed={}, recorded={}, why_recorded={}, moved=41, not_applied=0, trades_executed=98,
        trades_recorded=2,
    )  # fmt: skip
    text = "\n".join(drawn(course(feed.started(), feed.view(1), told), 160))
    assert "98.0% of others' trades executed anew" in text
    assert "41 transactions otherwise because of ours" in text
    assert "Fork" not in "\n".join(drawn(course(feed.started(), feed.view(1)), 160))


def test_an_empty_market_shows_no_numbers_rather_than_wrong_ones() -> None:
    """A dash is no zero."""
    seen = course(feed.started(), feed.view(1, bids=(), asks=(), pool=None))
    text = "\n".join(drawn(seen, 80))
    assert "mid -" in text
    assert "AMM - (-)" in text
    assert "Our bid    none" in text


def test_a_side_without_a_quote_is_told_with_the_reason() -> None:
    """In the panel and in plain lines alike."""
    refusal = Refusal(RefusalCode.RLUSD_EXPOSURE, Side.SELL, "401 > 400")
    held = HeldBack(HoldCode.ANCHOR_DIVERGED, None, "26 bps")
    out = io.StringIO()
    lines = PlainLines(out, io.StringIO(), feed.outset(DURATION_S))
    seen = course(feed.started())
    for message in (feed.orders(1, (refusal,), (held,)), feed.view(1)):
        seen.observe(message, 100.0)
        lines.show(message)
    text = "\n".join(drawn(seen, 80))
    assert "Our bid    none           anchor_diverged" in text
    assert "Our ask    none           rlusd_exposure" in text
    assert "no bid (anchor_diverged)  no ask (rlusd_exposure)" in out.getvalue()


def test_fills_refusals_and_restarts_are_counted() -> None:
    """And the last fill and the last warning can be read."""
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
    assert "Last fills sold 2.00 XRP" in text
    assert "warning: venue_notice" in text


def test_a_session_whose_first_messages_were_dropped_still_shows() -> None:
    """Telemetry may lose any message, the first one too."""
    text = "\n".join(drawn(course(feed.view(1), feed.view(2)), 80))
    assert "0:00:04 of 2:00:00" in text


FIGURE = re.compile(r"[-+]?[0-9][0-9,.:]*[0-9%]|[0-9]")


@pytest.mark.parametrize("height", [3, 5, 8, 10, 24, 50])
@pytest.mark.parametrize("width", [20, 30, 39, 40, 47, 60, 80, 100, 119, 120, 160, 240])
def test_the_panel_fits_any_terminal_and_no_figure_is_cut(width: int, height: int) -> None:
    """Every figure that stands there stands in the largest panel too, whole."""
    seen = course(*QUOTING, feed.fill(1, Side.BUY, 123_456_789_000_000), feed.fill(2, Side.SELL, 123_456_789_000_000))
    seen.warn("warning: " + "a very long warning of 123456789 things " * 20)
    lines = drawn(seen, width, height)
    assert len(lines) <= height
    framed = width >= 40 and height >= 10
    assert {cell_len(line) for line in lines} == {min(width, 160)} if framed else max(map(cell_len, lines)) <= width
    known = set(FIGURE.findall("\n".join(drawn(seen, 160, 60)))) | {"123456789"}
    known |= {"-1.0", "+0.5"}  # distances, told shorter
    assert set(FIGURE.findall("\n".join(lines))) <= known


@pytest.mark.parametrize("size", [(20, 5), (40, 10), (60, 12), (80, 24), (160, 50)])
def test_both_quotes_are_told_in_the_smallest_terminal(size: tuple[int, int]) -> None:
    """Where little fits, price or code of each side is what stays."""
    bid_only = feed.view(450, own=(feed.offer(Side.BUY, "1.9418"),))
    refused = feed.orders(450, (Refusal(RefusalCode.INSUFFICIENT_RLUSD, Side.SELL, "15.00 > 1.00"),))
    text = "\n".join(drawn(course(feed.started(), bid_only, refused), *size))
    assert "1.94180" in text
    assert "insufficient_rlusd" in text


def test_a_large_terminal_is_used() -> None:
    """Both columns: quotes and offers, limits and what is left of them, causes, budgets, and fills down to its end."""
    fills = [feed.fill(number, Side.SELL) for number in range(60)]
    lines = drawn(course(*QUOTING, *fills), 160, 50, now_s=107.0)
    text = "\n".join(lines)
    assert len(lines) == 50
    assert any("Ledger" in line and "Exposure" in line for line in lines)
    for told in (
        "came 7 s ago",
        "buy 7.70 XRP      at 1.94180   450 ledgers",
        "XRP 196.70 of 400",
        "RLUSD 197.75 of 400",
        "Free       90.53 XRP        182.75 RLUSD",
        "reserve 1.00 XRP   buffer 2.00 XRP   asks 7.70 XRP",
        "fees 0.000120 of 1 XRP a day   requests 14 of 60 a minute",
        "sold 7.70 XRP       at 1.94300   391 ledgers ago",
    ):
        assert told in text, told


@pytest.mark.parametrize("size", [(80, 24), (160, 50), (40, 10)])
def test_before_the_first_ledger_the_panel_tells_what_goes_on(size: tuple[int, int]) -> None:
    """What was started, with which limits, and what is waited for."""
    seen = course()
    before = "\n".join(drawn(seen, *size))
    assert "starting" in before
    assert "opening the database" in before
    seen.observe(feed.started(), 100.0)
    begun = "\n".join(drawn(seen, *size))
    assert "the first ledger is expected" in begun
    if size[0] >= 80:
        for told in ("venue sim", "profile paper", "seed 20260121", "2:00:00 of market", "at 1 x real time",
                     "/data/neo.sqlite3", "in about 4 s", "loss 100.00 RLUSD"):  # fmt: skip
            assert told in begun, told


def test_a_row_that_does_not_fit_breaks_between_its_segments() -> None:
    """No figure is cut in two."""
    segments = [Segment("mid 1.94300", width=12), Segment("AMM 1.94360 (+3.1 bps)"), Segment("spread 10.3 bps")]
    lines = [line.plain for line in flow("Market", segments, 48)]
    assert lines == ["Market     mid 1.94300    AMM 1.94360 (+3.1 bps)", "           spread 10.3 bps"]
    narrow = [line.plain for line in flow("Market", segments, 34)]
    assert narrow == ["Market mid 1.94300", " AMM 1.94360 (+3.1 bps)", " spread 10.3 bps"]


def test_a_terminal_of_ascii_alone_gets_a_bar_of_ascii() -> None:
    """The way so far can be seen there too."""
    bar = next(line for line in drawn(course(*QUOTING), 80, ascii_only=True) if "25%" in line)
    assert "#" in bar
    assert "." in bar


def test_a_terminal_of_ascii_alone_gets_text_that_it_can_take() -> None:
    """A letter that can't be encoded would end the drawing for good."""
    seen = course(*QUOTING, QuotingPaused(ledger_index=1, close_time_s=1, cause="Zürich \N{SNOWMAN}"))
    seen.warn("a warning " * 60)
    panel = draw_panel(seen, None, (60, 24), now_s=100.0, ascii_only=True)
    assert isinstance(panel, Panel)
    assert isinstance(panel.renderable, Text)
    assert panel.renderable.plain.isascii()
    assert "PAUSED (Z?rich ?)" in panel.renderable.plain


def test_text_from_elsewhere_is_text_and_moves_no_cursor() -> None:
    """Escape codes and markup in causes, details and warnings, in the panel, in plain lines and in the status."""
    hostile = "\x1b[2J\x1b[31m[/nope] \u202e x"
    seen, out = course(*QUOTING), io.StringIO()
    lines = PlainLines(out, io.StringIO(), feed.outset(DURATION_S))
    halt = HaltRaised(reason=HaltReason.ACTOR_FAILURE, detail=hostile, source="risk", first=True)
    held = HeldBack(HoldCode.WOULD_FAIL, Side.BUY, hostile)
    for message in (*QUOTING, feed.orders(2, (), (held,)), halt):
        seen.observe(message, 100.0)
        lines.show(message)
    seen.warn(hostile)
    for text in ("\n".join(drawn(seen, 100)), out.getvalue(), str(status_rows(status_of(seen.moment())))):
        assert "\x1b" not in text
        assert "\u202e" not in text
    assert "[/nope]" in "\n".join(drawn(seen, 100))


@pytest.mark.parametrize(
    ("drops", "left"), [(300_000, "spent 0.3 XRP on fees in 24 hours, 0.7 of 1 XRP"), (1_200_000, "0 of 1 XRP")]
)
def test_what_is_left_of_the_budgets_is_told_at_the_start(drops: int, left: str) -> None:
    """If earlier sessions used up some of them: in a plain line as in the panel."""
    fees, requests = (SpentAt(1, drops - 10), SpentAt(5, 10)), (SpentAt(5, 3),)
    carried = SpendingCarried(ledger_index=9, close_time_s=9, fees=fees, requests=requests)
    seen, out = course(feed.started(), carried), io.StringIO()
    PlainLines(out, io.StringIO(), feed.outset(DURATION_S)).show(carried)
    for text in (out.getvalue(), "\n".join(drawn(seen, 160, 50))):
        assert f"{left} is left; 3 of the minute's 60 transactions are sent" in text


def test_a_long_warning_is_told_with_its_end() -> None:
    """The end often names what it is about."""
    seen = course(*QUOTING)
    seen.warn("error: shutdown_rung_failed rung=cancel_resting cause=" + "what went wrong " * 5 + "o000002")
    assert "o000002" in "\n".join(drawn(seen, 80))


def test_status_names_a_code_for_each_side_before_the_first_ledger() -> None:
    """``starting``, and never an empty field."""
    rows = dict(status_rows(status_of(course(feed.started()).moment())))
    assert rows["State"] == "starting"
    assert rows["Our bid"] == "none  starting"
    assert rows["Our ask"] == "none  starting"


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
    return LivePanel(console, feed.outset(DURATION_S), real_time_s=clock)


def test_the_panel_draws_by_real_time_however_many_messages_come() -> None:
    """550 ledgers at once cost no drawing, and the next moment shows the newest."""
    stream, clock = io.StringIO(), Ticking()
    panel = live(stream, clock)
    clock.now_s += 0.2
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
    """Closed twice, it harms nothing."""
    stream = io.StringIO()
    panel = live(stream, Ticking())
    panel.show(feed.view(1))
    panel.close()
    panel.close()
    written = stream.getvalue()
    assert written.rfind("\x1b[?25h") > written.rfind("\x1b[?25l") >= 0


class Resizing(Console):
    """A terminal whose size the test sets."""

    told = (80, 24)

    @property
    def size(self) -> ConsoleDimensions:
        return ConsoleDimensions(*self.told)

    @size.setter
    def size(self, _size: tuple[int, int]) -> None:
        raise AssertionError("nobody but the test sets the size")


def test_a_resize_is_drawn_at_the_next_beat_on_a_clean_screen() -> None:
    """No message need come for it; what lies beyond a smaller size would come up again later."""
    stream, clock = io.StringIO(), Ticking()
    terminal = Resizing(file=stream, force_terminal=True, color_system=None, legacy_windows=False)
    panel = LivePanel(terminal, feed.outset(DURATION_S), real_time_s=clock)
    clock.now_s += 0.2
    for message in QUOTING:
        panel.show(message)
    before = stream.tell()
    panel.beat()
    assert stream.tell() == before
    terminal.told = (40, 10)
    panel.beat()
    frame = stream.getvalue()[before:]
    assert "\x1b[2J" in frame
    assert max(cell_len(CONTROL.sub("", line)) for line in frame.splitlines()) == 40
    assert "Our bid" in frame
    panel.close()
    # The screen is wiped before it is given back.
    assert stream.getvalue().rfind("\x1b[2J") < stream.getvalue().rfind("\x1b[?1049l")
    closed = stream.tell()
    panel.beat()
    assert stream.tell() == closed


def test_the_age_of_the_last_ledger_grows_while_nothing_comes() -> None:
    """A market that has stopped looks stopped."""
    stream, clock = io.StringIO(), Ticking()
    panel = live(stream, clock)
    clock.now_s += 0.2
    for message in QUOTING:
        panel.show(message)
    clock.now_s += 33.5
    panel.beat()
    assert "came 33 s ago" in stream.getvalue()
    panel.close()


def test_warnings_that_the_panel_showed_are_printed_when_it_is_gone() -> None:
    """The panel's screen takes nothing with it, and brackets in a warning are no markup."""
    stream = io.StringIO()
    panel = live(stream, Ticking())
    panel.warn("warning: venue_notice [bold]")
    panel.close()
    written = stream.getvalue()
    assert written.rfind("\x1b[?1049l") < written.rfind("warning: venue_notice [bold]")


def test_of_thousands_of_warnings_the_last_ones_are_printed_and_the_others_counted() -> None:
    """The last hundred, with where the others are."""
    stream = io.StringIO()
    panel = live(stream, Ticking())
    for number in range(1, 1235):
        panel.warn(f"warning: number {number}")
    panel.close()
    told = stream.getvalue().rpartition("\x1b[?1049l")[2]
    assert "1,134 earlier warnings: see the log." in told
    assert re.findall(r"number (\d+)", told) == [str(number) for number in range(1135, 1235)]


class Gone(io.StringIO):
    """A pipe whose reader left."""

    def write(self, _text: str) -> int:
        raise BrokenPipeError


def test_a_terminal_that_went_away_does_not_end_the_session() -> None:
    """Whatever it would have been told."""
    lines = PlainLines(Gone(), Gone(), feed.outset(DURATION_S))
    silent = Silent(Gone())
    for message in QUOTING:
        lines.show(message)
        silent.show(message)
    lines.warn("warning: x")
    silent.warn("warning: x")


# --- Plain lines -------------------------------------------------------------------------------------------------


def test_plain_lines_come_at_every_twentieth_of_the_way_without_control_codes() -> None:
    """21 lines for two hours, and the ending."""
    out, warnings = io.StringIO(), io.StringIO()
    screen = PlainLines(out, warnings, feed.outset(1800 * feed.INTERVAL_S), real_time_s=Ticking())
    for message in feed.session(1800):
        screen.show(message)
    screen.close()
    lines = out.getvalue().splitlines()
    progress = [line for line in lines if "% " in line]
    assert len(progress) == 21
    assert progress[0].lstrip().startswith("0%")
    assert progress[-1].startswith("100%  2:00:00 of 2:00:00  ledger 90001800  mid 1.9")
    assert "bps behind the touch" in progress[-1]
    assert lines[-1] == "ending: duration_elapsed"
    assert "\x1b" not in out.getvalue()
    assert warnings.getvalue() == ""


def test_a_long_session_prints_a_line_each_minute_of_real_time() -> None:
    """Its next twentieth is hours away; the beat alone is enough, ledgers or none."""
    out, clock = io.StringIO(), Ticking()
    screen = PlainLines(out, io.StringIO(), feed.outset(30 * 86_400), real_time_s=clock)
    assert out.getvalue() == ""
    clock.now_s += 1.5
    screen.beat()
    told = out.getvalue()
    assert told.startswith("session on sim  profile paper  seed 20260121")
    assert "first ledger in about 4 s" in told
    assert "no ledger yet  no bid (starting)  no ask (starting)" in told
    screen.show(feed.started())
    screen.show(feed.view(1))
    before = len(out.getvalue().splitlines())
    for _ in range(10 * 6):
        clock.now_s += 10
        screen.beat()
    lines = out.getvalue().splitlines()[before:]
    assert len(lines) == 10
    assert all("ledger 90000001" in line and "no bid (undecided)" in line for line in lines)
    assert "2 min old" in lines[1]
    screen.close()
    clock.now_s += 3600
    screen.beat()
    assert len(out.getvalue().splitlines()) == before + 10


def test_an_ending_is_told_at_once_with_its_numbers() -> None:
    """Not with the next line of progress."""
    out = io.StringIO()
    screen = PlainLines(out, io.StringIO(), feed.outset(DURATION_S))
    halt = HaltRaised(reason=HaltReason.RISK_XRP_EXPOSURE, detail="401.2 > 400", source="risk", first=True)
    screen.show(halt)
    assert out.getvalue().endswith("\nending: risk_xrp_exposure (401.2 > 400)\n")


def test_quiet_shows_warnings_only() -> None:
    """Twenty ledgers leave no word."""
    warnings = io.StringIO()
    screen = Silent(warnings)
    for message in feed.session(20):
        screen.show(message)
    screen.warn("warning: venue_notice")
    screen.beat()
    assert warnings.getvalue() == "warning: venue_notice\n"


def test_a_beat_that_fails_is_told_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """It ends the beats and nothing else."""
    monkeypatch.setattr("tools.screen.pulse._BEAT_S", 0.0)
    begun = threading.Event()

    def broken() -> None:
        begun.set()
        raise TypeError("a cell that can't be drawn")

    with log_lines() as lines, beating(broken):
        assert begun.wait(60)
    assert lines == ["ERROR screen_pulse_broke"]
