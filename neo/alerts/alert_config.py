"""``[alerts]``, a section for each channel, and ``[heartbeat]``: who is told of a session, and how.

Whatever is secret (a webhook's address, a log-in, a token) stands in an environment variable; a profile has its name.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated, Literal

import msgspec

from neo.alerts.alert import EVENT_MEANINGS, USUAL
from neo.text.bounds import Bounds, Form, ListOf

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
_RELAY = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[0-9A-Za-z_.-]+):([0-9]{1,5})")
_ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]+@[0-9A-Za-z_.-]+")
_PORT_MAX = 2**16 - 1
_ADDRESS_CHARS_MAX = 254
_WORD_CHARS_MAX = 1000


def _variable_fault(text: str) -> str | None:
    return None if _VARIABLE.fullmatch(text) else "is no name of an environment variable"


def _event_fault(text: str) -> str | None:
    return None if text in (USUAL, *EVENT_MEANINGS) else "has what is no event"


def _relay_fault(text: str) -> str | None:
    found = _RELAY.fullmatch(text)
    return None if found is not None and 1 <= int(found[1]) <= _PORT_MAX else "is no host with a port"


def _address_fault(text: str) -> str | None:
    is_one = _ADDRESS.fullmatch(text) is not None and len(text) <= _ADDRESS_CHARS_MAX
    return None if is_one else "has what is no e-mail address"


def _word_fault(text: str) -> str | None:
    return None if text.isprintable() and len(text) <= _WORD_CHARS_MAX else "has what is no word of a command line"


def _variable(what: str) -> Form:
    told = f'the name of the environment variable that has {what}, in quotes, or "" for none'
    return Form(told, _variable_fault, may_be_empty=True, is_private=True)


_URL = _variable("the address")
_TOKEN = _variable("the access token")
_LOGIN = _variable("name and password with a colon between them")
_FILE = Form('a path in quotes, or "" for none', lambda _: None, may_be_empty=True)
_EVENTS = ListOf(
    Form("an event's name", _event_fault),
    f'a list of events, such as ["{USUAL}"]: {USUAL} (every one but fill), {", ".join(EVENT_MEANINGS)}',
    most=len(EVENT_MEANINGS) + 1,
)
_RELAY_FORM = Form('a host with its port in quotes, such as "relay.example:587", or "" for none', _relay_fault,
                   may_be_empty=True)  # fmt: skip
_SENDER = Form('an e-mail address in quotes, or "" for none', _address_fault, may_be_empty=True)
_RECIPIENTS = ListOf(
    Form("an e-mail address", _address_fault),
    "a list of up to 20 e-mail addresses, each in quotes; [] for none",
    most=20,
    least=0,
)
_COMMAND = ListOf(
    Form("a word of a command line", _word_fault),
    "a list of a program and its arguments, each in quotes; [] for none",
    most=50,
    least=0,
    same=None,
)

Events = Annotated[tuple[str, ...], _EVENTS]
UrlVariable = Annotated[str, _URL]
SeverityMin = Literal["info", "warning", "critical"]


class AlertsConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alerts]``: what holds for every channel."""

    messages_minute_max: Annotated[int, Bounds(ge=1, le=60)]
    repeat_seconds: Annotated[int, Bounds(ge=0, le=86_400)]
    retry_seconds: Annotated[int, Bounds(ge=0, le=86_400)]
    end_deadline_seconds: Annotated[int, Bounds(ge=1, le=15)]
    refusals_minute: Annotated[int, Bounds(ge=1, le=100_000)]
    limit_used_percent: Annotated[Decimal, Bounds(gt=0, le=100)]


class AlertWebhookConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alert_webhook]``: a JSON object to an address of one's own."""

    url_variable: UrlVariable
    severity_min: SeverityMin
    events: Events


class AlertSlackConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alert_slack]``: an incoming webhook of Slack."""

    url_variable: UrlVariable
    severity_min: SeverityMin
    events: Events


class AlertDiscordConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alert_discord]``: a webhook of Discord."""

    url_variable: UrlVariable
    severity_min: SeverityMin
    events: Events


class AlertNtfyConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alert_ntfy]``: a topic of ntfy, with an access token if it needs one."""

    url_variable: UrlVariable
    token_variable: Annotated[str, _TOKEN]
    severity_min: SeverityMin
    events: Events


class AlertEmailConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alert_email]``: mail through a relay."""

    relay: Annotated[str, _RELAY_FORM]
    tls: Literal["starttls", "tls", "none"]
    login_variable: Annotated[str, _LOGIN]
    sender: Annotated[str, _SENDER]
    recipients: Annotated[tuple[str, ...], _RECIPIENTS]
    severity_min: SeverityMin
    events: Events


class AlertCommandConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[alert_command]``: a program of the operator's own."""

    command: Annotated[tuple[str, ...], _COMMAND]
    deadline_seconds: Annotated[int, Bounds(ge=1, le=600)]
    severity_min: SeverityMin
    events: Events


class HeartbeatConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[heartbeat]``: a sign of life while the session is healthy."""

    url_variable: UrlVariable
    file: Annotated[str, _FILE]
    interval_seconds: Annotated[int, Bounds(ge=1, le=86_400)]
