"""An alert: what happened, how grave it is, and the words for people."""

from __future__ import annotations

import enum
from typing import Final

import msgspec


class Severity(enum.StrEnum):
    """How grave it is, the least first: to read some time, to look at today, to get up for."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        """The higher, the graver."""
        return _RANKS.index(self)


_RANKS: Final = tuple(Severity)


class AlertEvent(enum.StrEnum):
    """What is told."""

    STARTED = "started"
    ENDED = "ended"
    STARTUP_FAILED = "startup_failed"
    HALT = "halt"
    ACTOR_RESTARTED = "actor_restarted"
    PAUSED = "paused"
    RESUMED = "resumed"
    QUIET = "quiet"
    LOG_WARNING = "log_warning"
    LOG_ERROR = "log_error"
    REFUSALS = "refusals"
    LIMIT_NEAR = "limit_near"
    ENDPOINT_LOST = "endpoint_lost"
    ENDPOINT_BACK = "endpoint_back"
    CHANNEL_FAILED = "channel_failed"
    FILL = "fill"
    # Never chosen: what a channel makes of others, and what `neo alerts test` sends.
    HELD_BACK = "held_back"
    TEST = "test"


# What each event that can be chosen means, and how grave it is. The table of ``docs/alerts.md`` is made from these.
EVENT_MEANINGS: Final[dict[AlertEvent, tuple[str, str]]] = {
    AlertEvent.STARTED: ("info", "the session has its first ledger and begins to trade"),
    AlertEvent.ENDED: ("by the ending", "the session is over: why, with what result, what it left"),
    AlertEvent.STARTUP_FAILED: ("critical", "a session could not begin, or never came to trade"),
    AlertEvent.HALT: ("by the ending", "a cause to end was found; the way down begins, or has another cause"),
    AlertEvent.ACTOR_RESTARTED: ("warning", "a part of the engine failed and was started again"),
    AlertEvent.PAUSED: ("warning", "an operator pulled the quotes"),
    AlertEvent.RESUMED: ("info", "an operator lets it quote again"),
    AlertEvent.QUIET: ("warning", "no quote, or none on one side, for `engine.quiet_warning_seconds` and longer"),
    AlertEvent.LOG_WARNING: ("warning", "any other warning of the log"),
    AlertEvent.LOG_ERROR: ("critical", "an error of the log"),
    AlertEvent.REFUSALS: ("warning", "risk refused more than `alerts.refusals_minute` quotes within a minute"),
    AlertEvent.LIMIT_NEAR: ("warning", "exposure, loss or the day's fees reached `alerts.limit_used_percent`"),
    AlertEvent.ENDPOINT_LOST: ("warning", "a server of a real ledger is not to be had"),
    AlertEvent.ENDPOINT_BACK: (
        "info",
        "it is to be had again, as found when it was next asked; while another serves, that may be long",
    ),
    AlertEvent.CHANNEL_FAILED: ("warning", "another channel of alerts delivers nothing"),
    AlertEvent.FILL: ("info", "one of our offers traded"),
}

# What a profile writes for every event but fills, which come by the hundred.
USUAL: Final = "usual"


def events_of(names: tuple[str, ...]) -> frozenset[AlertEvent]:
    """The events that a profile's list names."""
    named = {AlertEvent(name) for name in names if name != USUAL}
    usual = set(EVENT_MEANINGS) - {AlertEvent.FILL} if USUAL in names else set()
    return frozenset(named | usual)


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What is worth telling, before it is known when and of which session.

    Args:
        event: What happened.
        severity: How grave it is.
        title: In a few words.
        detail: Numbers and words, in one line or a few.
        subject: What it is about, such as the part that was restarted: the same event of the same subject is told once
            in a while. Empty for what is another thing each time.
    """

    event: AlertEvent
    severity: Severity
    title: str
    detail: str = ""
    subject: str = ""


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """What is sent.

    Args:
        id: Its own: an alert that comes twice, because an answer was lost, has the same one.
        at: The machine's time when it was found, in UTC (ISO 8601).
        event: As in :class:`Finding`; so are severity, title, detail and subject.
        session_id: The session's; "" before it has a name.
        venue: Where it trades.
        profile: As the operator knows it.
        host: The machine's name.
    """

    id: str
    at: str
    event: AlertEvent
    severity: Severity
    title: str
    detail: str
    subject: str
    session_id: str
    venue: str
    profile: str
    host: str

    @property
    def heading(self) -> str:
        """The first line, wherever it is shown."""
        return f"NEO {self.severity}: {self.title}"

    @property
    def origin(self) -> str:
        """The last line: of which session it is, and when it was."""
        session = f"session {self.session_id}" if self.session_id else "no session"
        return f"{session}, {self.venue}, profile {self.profile}, on {self.host}, {self.at}"
