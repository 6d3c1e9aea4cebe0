"""Alerts, rules and channels for tests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, cast

import msgspec
import trio
from support.cli_feed import FIRST_LEDGER, outset, started, view

from actors.alerts.delivery import ChannelError
from actors.lookout.watched import Watched
from actors.operator.protocol import Status
from neo.alerts.alert import EVENT_MEANINGS, Alert, AlertEvent, Severity
from neo.alerts.alert_settings import AlertRules, ChannelChoice
from neo.analysis.moment import Present
from neo.messages import ChannelDepth

RULES = AlertRules(
    messages_minute_max=3,
    repeat_s=900,
    retry_s=3600,
    end_deadline_s=10,
    refusals_minute=40,
    limit_used_share=Decimal("0.9"),
    max_session_loss_rlusd=Decimal(100),
    max_drawdown_rlusd=Decimal(50),
)

EVERYTHING = ChannelChoice(Severity.INFO, frozenset(EVENT_MEANINGS))

_SAMPLE = Alert(
    id="a1",
    at="2026-01-21T12:00:00Z",
    event=AlertEvent.HALT,
    severity=Severity.WARNING,
    title="the session is ending: risk_stale_ledger",
    detail="no ledger for 61.0 s",
    subject="",
    session_id="20260121-120000-ab12",
    venue="sim",
    profile="paper",
    host="desk",
)


def rules(**changes: Any) -> AlertRules:
    """The rules with some of them changed."""
    return msgspec.structs.replace(RULES, **changes)


def an_alert(**changes: Any) -> Alert:
    """An alert with some of its fields changed."""
    return msgspec.structs.replace(_SAMPLE, **changes)


class FakeChannel:
    """A channel that keeps what it gets, fails as often as it is told to, and may hang."""

    def __init__(self, name: str = "fake", *failures: ChannelError, hangs: bool = False) -> None:
        self.name = name
        self.target = f"{name}://somewhere"
        self.deadline_s = 20.0
        self.failures = list(failures)
        self.hangs = hangs
        self.sent: list[Alert] = []
        self.tried_at_s: list[float] = []
        self.is_closed = False

    async def send(self, alert: Alert) -> None:
        self.tried_at_s.append(trio.current_time())
        if self.hangs:
            await trio.sleep_forever()
        if self.failures:
            raise self.failures.pop(0)
        self.sent.append(alert)

    async def aclose(self) -> None:
        self.is_closed = True

    @property
    def titles(self) -> list[str]:
        return [alert.title for alert in self.sent]


def status(present: Present | None = None, **changes: Any) -> Status:
    """Where a healthy session stands after a ledger, or what this fold knows of one."""
    known = Present()
    known.observe(started())
    known.observe(view(1))
    moment = (present or known).moment()
    healthy = Status(
        session_id="20260121-120000-ab12",
        venue="sim",
        seed=7,
        elapsed_s=4.0,
        duration_s=7200,
        ledger_index=FIRST_LEDGER + 1,
        ledger_age_s=1.0,
        tick=1,
        mid_price=None,
        pool_price=None,
        own_bid=None,
        own_ask=None,
        offers=0,
        xrp_drops=None,
        rlusd=None,
        fills=0,
        restarts=0,
        paused=False,
        pause_cause="",
        halting=None,
        halt_detail="",
        moment=moment,
        limits=outset().limits,
        channels=(ChannelDepth("gateway", waiting=0, peak=1, bound=8, dropped=0, delivered=3),),
        taps=1,
    )
    return msgspec.structs.replace(healthy, **changes)


class FakeSession:
    """A session whose status is what a test says; an exception in its place is raised."""

    session_id = "20260121-120000-ab12"

    def __init__(self, *told: Status | Exception) -> None:
        self.told = list(told) or [status()]

    async def status(self) -> Status:
        """The next one; the last one for ever."""
        told = self.told.pop(0) if len(self.told) > 1 else self.told[0]
        if isinstance(told, Exception):
            raise told
        return told


def watched(*told: Status | Exception) -> Watched:
    """That session, as a service gets it."""
    return cast("Watched", FakeSession(*told))
