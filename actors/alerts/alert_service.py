"""Alerts as a service of the lookout: it sees the session, and tells each channel what that is to hear of."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime
from typing import Final

import msgspec
import trio
from loguru import logger

from actors.alerts.alert_line import AlertLine
from actors.alerts.delivery import AlertChannel
from actors.lookout.watched import Ended, Watched
from actors.operator.bridge import NotDoneError, UnsureError
from actors.operator.protocol import ServiceHealth, Status
from actors.plumbing.tap import Lost, Tapped
from neo.alerts.alert import Alert, AlertEvent, Finding, Severity
from neo.alerts.alert_outbox import AlertOutbox
from neo.alerts.alert_settings import AlertRules, ChannelChoice
from neo.alerts.alert_watch import AlertWatch, ServerState, channel_failed, ended, missed
from neo.messages import (
    ActorRestarted,
    Fill,
    HaltRaised,
    Message,
    QuotingPaused,
    QuotingResumed,
    SessionStarted,
)

# Real seconds between two looks at where the session stands: a ledger takes three.
_LOOK_INTERVAL_S: Final = 1.0


class AlertOrigin(msgspec.Struct, frozen=True):
    """Where alerts are from: the venue, the profile as the operator knows it, the machine's name."""

    venue: str
    profile: str
    host: str


class AlertService:
    """The channels, and the watch that feeds them.

    Args:
        channels: Each with what it is to hear of.
        rules: How many, how often, for how long.
        origin: What every alert says of itself.
    """

    name = "alerts"

    def __init__(
        self, channels: Sequence[tuple[AlertChannel, ChannelChoice]], rules: AlertRules, origin: AlertOrigin
    ) -> None:
        self._rules = rules
        self._origin = origin
        self._watch = AlertWatch(rules)
        self._channels = channels
        self._lines: list[AlertLine] = []
        self._session: Watched | None = None
        self._session_id = ""
        wanted = {event for _, choice in channels for event in choice.events}
        self.types: Collection[type[Message]] = tuple(kind for kind, event in _EVENT_OF if event in wanted)

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Watch and deliver until cancelled."""
        self._lines = [
            AlertLine(channel, AlertOutbox(self._rules, choice), self._tell_of_failure)
            for channel, choice in self._channels
        ]
        async with trio.open_nursery() as nursery:
            for line in self._lines:
                nursery.start_soon(line.run)
            nursery.start_soon(self._look)
            task_status.started()

    def begin(self, session: Watched) -> None:
        """A session has begun."""
        self._session, self._session_id = session, session.session_id

    def observe(self, item: Tapped | Lost) -> None:
        """Take in a message of the session, or that some were missed."""
        found = missed(item.count) if isinstance(item, Lost) else self._watch.on_message(item.message)
        if found is not None:
            self._tell([found])

    def warn(self, note: str) -> None:
        """Take in a warning that the log has."""
        if (found := self._watch.on_warning(note)) is not None:
            self._tell([found])

    def end(self, end: Ended) -> None:
        """The session has ended, or could not begin."""
        self._session = None
        self._tell([ended(end.reason, end.detail, end.summary)])

    async def farewell(self) -> None:
        """Deliver what is left, as far as there is time."""
        try:
            with trio.move_on_after(self._rules.end_deadline_s):
                for line in self._lines:
                    line.hurry()
                # One that fails now is told of by another, which was done perhaps.
                while busy := [line for line in self._lines if not line.is_done]:
                    await busy[0].wait_done()
        finally:
            # Whoever cuts it short is told as well what that cost.
            for line in self._lines:
                if line.open_count:
                    logger.bind(channel=line.name, count=line.open_count).warning("alerts_not_delivered")

    def health(self) -> tuple[ServiceHealth, ...]:
        """How each channel is. Called in any thread."""
        return tuple(line.health for line in self._lines)

    async def _look(self) -> None:
        while True:
            await trio.sleep(_LOOK_INTERVAL_S)
            if (session := self._session) is None:
                continue
            try:
                status = await session.status()
            except (NotDoneError, UnsureError):
                # It has just ended, or hangs: the heartbeat's silence and the watch inside it tell of that.
                continue
            self._tell(self._seen(status))

    def _seen(self, status: Status) -> Iterable[Finding]:
        servers = [ServerState(each.endpoint, each.state, each.detail) for each in status.endpoints]
        return self._watch.on_moment(status.moment, status.elapsed_s, status.limits, servers)

    def _tell_of_failure(self, failed: AlertLine, what: str) -> None:
        alert = self._alert(channel_failed(failed.name, failed.target, what))
        for line in self._lines:
            if line is not failed:
                line.take(alert)

    def _tell(self, findings: Iterable[Finding]) -> None:
        for found in findings:
            alert = self._alert(found)
            for line in self._lines:
                line.take(alert)

    def _alert(self, found: Finding) -> Alert:
        return alert_of(found, self._origin, self._session_id)


def alert_of(found: Finding, origin: AlertOrigin, session_id: str = "") -> Alert:
    """What was found as it is sent, with the time and a name of its own."""
    return Alert(
        id=secrets.token_hex(8),
        at=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        session_id=session_id,
        venue=origin.venue,
        profile=origin.profile,
        host=origin.host,
        **msgspec.structs.asdict(found),
    )


def trial_alert(origin: AlertOrigin) -> Alert:
    """What `neo alerts test` sends."""
    title, detail = "a test: alerts arrive here", "Nothing happened. `neo alerts test` sent this."
    found = Finding(event=AlertEvent.TEST, severity=Severity.INFO, title=title, detail=detail)
    return alert_of(found, origin)


# What is taken from the session's messages for each event; the others come of its status, its log and its end.
_EVENT_OF: Final[tuple[tuple[type[Message], AlertEvent], ...]] = (
    (SessionStarted, AlertEvent.STARTED),
    (HaltRaised, AlertEvent.HALT),
    (ActorRestarted, AlertEvent.ACTOR_RESTARTED),
    (QuotingPaused, AlertEvent.PAUSED),
    (QuotingResumed, AlertEvent.RESUMED),
    (Fill, AlertEvent.FILL),
)
