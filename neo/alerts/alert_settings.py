"""What alerts and the heartbeat take of a profile, in their own units."""

from __future__ import annotations

import enum
from decimal import Decimal

import msgspec

from neo.alerts.alert import AlertEvent, Severity


class AlertRules(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for every channel.

    Args:
        messages_minute_max: Messages of a channel in a minute.
        repeat_s: Real seconds in which the same alert again is only counted.
        retry_s: Real seconds for which a delivery is tried again.
        end_deadline_s: Real seconds that the last alerts may take.
        refusals_minute: Refused quotes in a minute of session time that are told.
        limit_used_share: Share of a limit that is told once it is used up, above 0 to 1.
        max_session_loss_rlusd: The limit of a session's loss.
        max_drawdown_rlusd: The limit of its drawdown.
    """

    messages_minute_max: int
    repeat_s: int
    retry_s: int
    end_deadline_s: int
    refusals_minute: int
    limit_used_share: Decimal
    max_session_loss_rlusd: Decimal
    max_drawdown_rlusd: Decimal


class ChannelChoice(msgspec.Struct, frozen=True):
    """What a channel is told."""

    severity_min: Severity
    events: frozenset[AlertEvent]

    def takes(self, event: AlertEvent, severity: Severity) -> bool:
        """Whether an alert is for this channel. What it makes of others, and a test, always is."""
        if event in (AlertEvent.HELD_BACK, AlertEvent.TEST):
            return True
        return event in self.events and severity.rank >= self.severity_min.rank


class WebhookForm(enum.StrEnum):
    """What a webhook is sent: a JSON object of our own, or what a service of that name takes."""

    WEBHOOK = "webhook"
    SLACK = "slack"
    DISCORD = "discord"
    NTFY = "ntfy"


class WebhookSettings(msgspec.Struct, frozen=True):
    """A webhook. The variables are of the environment; ``token_variable`` is "" where none is needed."""

    form: WebhookForm
    url_variable: str
    token_variable: str
    choice: ChannelChoice


class EmailSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Mail. ``relay`` is a host with its port, ``tls`` one of ``starttls``, ``tls`` and ``none``."""

    relay: str
    tls: str
    login_variable: str
    sender: str
    recipients: tuple[str, ...]
    choice: ChannelChoice


class CommandSettings(msgspec.Struct, frozen=True, kw_only=True):
    """A program, its arguments, and the real seconds that it may take."""

    argv: tuple[str, ...]
    deadline_s: int
    choice: ChannelChoice


class HeartbeatSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a sign of life goes, each "" for nowhere, and how many real seconds lie between two."""

    url_variable: str
    file: str
    interval_s: int
