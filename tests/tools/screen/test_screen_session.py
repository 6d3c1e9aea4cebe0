"""What an operator sees of real sessions, frame by frame: a side without a quote has a code of ``docs/codes.md``.

Method: whole sessions under the virtual clock; after every message that telemetry shows, the panel is drawn, the plain
line is written and the status is asked for, as if each fell on just that moment.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any

import msgspec
import pytest
from rich.panel import Panel
from rich.text import Text
from support.sessions import Watcher, config_with, plan_for

from actors.plumbing.wiring import ChannelBounds, Channels
from actors.session.parts import USUAL_PARTS
from actors.session.session import start_session
from actors.venues.host import RunningVenue
from neo.analysis.moment import Moment
from neo.analysis.summary import SessionSummary
from neo.messages import MarketView, Message, MoveCapital, PauseQuoting, ResumeQuoting
from neo.messages.reasons import AbsenceCode, HoldCode, RefusalCode
from neo.position.pnl import result_rlusd
from tools.proofs.faults import CrashAt, CrashingChannels, EmptyVenue
from tools.screen.known import KnownSession, outset_of
from tools.screen.layout import draw_panel
from tools.screen.screen import progress_text

PAGE = (Path(__file__).parents[3] / "docs" / "codes.md").read_text(encoding="utf-8")
SECTION = PAGE.partition("## Why a quote is not on the book")[2].partition("\n## ")[0]
CODES = set(re.findall(r"^\| `([a-z_]+)` \|", SECTION, flags=re.MULTILINE))

# The ledgers after which an operator acts, if one does.
PAUSED_AT, RESUMED_AT, DEPOSITED_AT = 20, 30, 40


class Seen:
    """Every frame of a session: the panel and the plain line, and what the session's own board knows at that moment.

    Args:
        course: What the screen knows.
        make_channels: Makes the session's channels.
        acts: True if an operator pauses, resumes and deposits.
    """

    def __init__(self, course: KnownSession, make_channels: Callable[[ChannelBounds], Channels], *, acts: bool) -> None:
        self.codes: Counter[str] = Counter()
        self.unexplained: list[str] = []
        self.moments: list[Moment] = []
        self.watcher = Watcher(self._on_message)
        self._course = course
        self._make_channels = make_channels
        self._channels: Channels | None = None
        self._acts = acts
        self._ledgers = 0

    def make_channels(self, bounds: ChannelBounds) -> Channels:
        """The session's channels, whose board is looked at."""
        self._channels = self._make_channels(bounds)
        return self._channels

    def _on_message(self, message: Message) -> None:
        assert self._channels is not None
        self._course.observe(message, 0.0)
        self._look(type(message).__name__, self._channels.board.present.moment(0))
        if isinstance(message, MarketView):
            self._ledgers += 1
            if self._acts:
                self._act(self._channels)

    def _look(self, when: str, board: Moment) -> None:
        self.moments.append(board)
        panel = draw_panel(self._course, None, (100, 30), now_s=0.0, ascii_only=True)
        assert isinstance(panel, Panel)
        assert isinstance(panel.renderable, Text)
        plain = progress_text(self._course, 0.0)
        for name, side in (("bid", board.bid), ("ask", board.ask)):
            row = next(line for line in panel.renderable.plain.splitlines() if line.startswith(f"Our {name}"))
            if " none " in row:
                code = row.split()[3]
                self.codes[code] += 1
                if code not in CODES or f"no {name} ({code})" not in plain:
                    self.unexplained.append(f"{when}: {row} / {plain}")
            if side.price is None and side.code not in CODES:
                self.unexplained.append(f"{when}: status {side}")

    def _act(self, channels: Channels) -> None:
        said: dict[int, Message] = {
            PAUSED_AT: PauseQuoting(cause="lunch"),
            RESUMED_AT: ResumeQuoting(cause="back"),
            DEPOSITED_AT: MoveCapital(order_id="c0001", xrp_drops=50_000_000, rlusd=Decimal(0)),
        }
        if self._ledgers in said:
            with channels.gateway.sender() as sender:
                sender.send_nowait(said[self._ledgers])


def watched(
    database: Path,
    make_channels: Callable[[ChannelBounds], Channels] = Channels,
    make_venue: Callable[[RunningVenue], RunningVenue] | None = None,
    *,
    acts: bool = False,
    sections: Mapping[str, dict[str, Any]] = MappingProxyType({}),
) -> tuple[Seen, SessionSummary]:
    """A session, seen in every frame: long enough for an operator's acts, else for what it is about."""
    plan = plan_for(database, duration_s=360 if acts else 120, config=config_with(**sections))
    seen = Seen(KnownSession(outset_of(plan)), make_channels, acts=acts)
    parts = msgspec.structs.replace(USUAL_PARTS, channels=seen.make_channels)
    if make_venue is not None:
        parts = msgspec.structs.replace(parts, venue=make_venue)
    summary = start_session(plan, seen.watcher, parts=parts)
    return seen, summary


def test_the_page_of_codes_has_all_that_the_engine_can_name() -> None:
    """No code is shown that can't be looked up."""
    assert {*RefusalCode, *HoldCode, *AbsenceCode} == CODES


def test_a_session_is_told_as_it_is_in_every_frame(tmp_path: Path) -> None:
    """Codes from before the first ledger to after the last: fills, orders on their way, a pause, the way down.

    And a deposit of some 97 RLUSD is no gain at any moment: the last figures are the summary's, to the last digit.
    """
    seen, summary = watched(tmp_path / "neo.sqlite3", acts=True)
    assert summary.fills > 5
    assert seen.unexplained == []
    assert set(seen.codes) >= {"starting", "filled", "order_pending", "undecided", "paused", "ending"}
    splits = [moment.ledger.split for moment in seen.moments if moment.ledger is not None]
    assert None not in splits
    results = [result_rlusd(split) for split in splits if split is not None]
    assert max(results) < 20 > -min(results)
    assert splits[-1] is not None
    assert splits[-1].capital_flows_rlusd > 90
    assert result_rlusd(splits[-1]) == summary.equity_change_rlusd
    assert splits[-1].residual_rlusd == 0


@pytest.mark.parametrize(
    ("code", "sections"),
    [
        ("reduce_only", {"risk": {"max_xrp_exposure": Decimal(200)}}),
        ("request_budget", {"risk": {"max_requests_minute": 6, "cancel_requests_minute": 4}}),
        ("not_viable", {"strategy": {"viability_sigmas": Decimal(9), "levels": 2}}),
        ("insufficient_rlusd", {"venue": {"opening_rlusd": Decimal(1)}}),
        ("fee_budget", {"risk": {"max_fees_day_xrp": Decimal("0.0001")}}),
    ],
)
def test_what_keeps_a_side_away_is_named_in_every_frame(
    tmp_path: Path, code: str, sections: dict[str, dict[str, Any]]
) -> None:
    """A whole session each, brought about by its settings."""
    seen, _ = watched(tmp_path / "neo.sqlite3", sections=sections)
    assert seen.unexplained == []
    assert seen.codes[code] > 5, seen.codes


def test_a_strategy_that_fails_leaves_no_side_without_a_code(tmp_path: Path) -> None:
    """While it is restarted its silence has a code too."""
    channels = partial(CrashingChannels, trigger=CrashAt("strategy", {12, 13}, "before"))
    seen, summary = watched(tmp_path / "neo.sqlite3", channels)
    assert summary.restarts
    assert seen.unexplained == []


def test_an_empty_market_is_named_too(tmp_path: Path) -> None:
    """After ten good ledgers nobody quotes any more, and the frames say why we don't."""
    seen, _ = watched(tmp_path / "neo.sqlite3", make_venue=partial(EmptyVenue, ledgers_well=10))
    assert seen.unexplained == []
    assert seen.codes["no_anchor"] > 5, seen.codes
