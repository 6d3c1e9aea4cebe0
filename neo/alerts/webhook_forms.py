"""An alert in the form that each kind of webhook takes, within its bounds, and with nothing in it that pings anyone.

Sources: docs.slack.dev, "Sending messages using incoming webhooks" and "Formatting message text";
discord.com/developers, "Execute Webhook" and "Allowed Mentions"; docs.ntfy.sh, "Publish as JSON" and "Limitations".
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import msgspec

from neo.alerts.alert import Alert, Severity
from neo.alerts.alert_settings import WebhookForm

# Slack cuts longer texts, and advises no more; Discord and ntfy refuse them, or make a file of them.
_SLACK_CHARS_MAX: Final = 4000
_DISCORD_CHARS_MAX: Final = 2000
_NTFY_BYTES_MAX: Final = 4096
_NTFY_TITLE_CHARS_MAX: Final = 250

# All that Slack asks to escape: what begins a mention, a link or a command is a "<".
_SLACK_ESCAPES: Final = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})
# What Discord's Markdown would make something of, wherever it stands; a backslash takes its meaning.
_DISCORD_ESCAPES: Final = str.maketrans({char: f"\\{char}" for char in "\\*_~`|#[]()<>@-"})
# No preview of what looks like a link. Source: "Message Flags", SUPPRESS_EMBEDS.
_DISCORD_NO_PREVIEW: Final = 1 << 2

# From 1 (silent) to 5 (rings, and goes on), and an icon.
_NTFY_PRIORITIES: Final = {Severity.INFO: 3, Severity.WARNING: 4, Severity.CRITICAL: 5}
_NTFY_TAGS: Final = {
    Severity.INFO: "information_source",
    Severity.WARNING: "warning",
    Severity.CRITICAL: "rotating_light",
}


def webhook_body(form: WebhookForm, alert: Alert, topic: str = "") -> bytes:
    """What is posted, as JSON.

    Args:
        form: Who takes it.
        alert: What it says.
        topic: Of ntfy.
    """
    match form:
        case WebhookForm.SLACK:
            return msgspec.json.encode(_slack(alert))
        case WebhookForm.DISCORD:
            return msgspec.json.encode(_discord(alert))
        case WebhookForm.NTFY:
            return msgspec.json.encode(_ntfy(alert, topic))
        case WebhookForm.WEBHOOK:
            return alert_json(alert)


def alert_json(alert: Alert) -> bytes:
    """An alert as programs get it: all its fields, and that it is of NEO."""
    return msgspec.json.encode({"app": "neo", **msgspec.structs.asdict(alert)})


def alert_text(alert: Alert) -> str:
    """An alert in lines, for people."""
    return "\n".join(filter(None, [alert.heading, alert.detail, alert.origin]))


def fitted(text: str, most: int, escaped: Callable[[str], str], size: Callable[[str], int]) -> str:
    """A text, escaped, of at most a size; what is cut is told by dots, and no escape is cut through."""
    whole = escaped(text)
    if size(whole) <= most:
        return whole
    kept, room = [], most - size("...")
    for char in text:
        part = escaped(char)
        room -= size(part)
        if room < 0:
            break
        kept.append(part)
    return "".join([*kept, "..."])


def _slack(alert: Alert) -> dict[str, Any]:
    text = fitted(alert_text(alert), _SLACK_CHARS_MAX, lambda part: part.translate(_SLACK_ESCAPES), len)
    return {"text": text, "mrkdwn": False, "parse": "none", "unfurl_links": False, "unfurl_media": False}


def _discord(alert: Alert) -> dict[str, Any]:
    text = fitted(alert_text(alert), _DISCORD_CHARS_MAX, lambda part: part.translate(_DISCORD_ESCAPES), _utf16_units)
    return {"content": text, "allowed_mentions": {"parse": []}, "flags": _DISCORD_NO_PREVIEW}


def _ntfy(alert: Alert, topic: str) -> dict[str, Any]:
    message = "\n".join(filter(None, [alert.detail, alert.origin]))
    return {
        "topic": topic,
        "title": fitted(alert.heading, _NTFY_TITLE_CHARS_MAX, str, len),
        "message": fitted(message, _NTFY_BYTES_MAX, str, _utf8_bytes),
        "priority": _NTFY_PRIORITIES[alert.severity],
        "tags": [_NTFY_TAGS[alert.severity]],
    }


def _utf16_units(text: str) -> int:
    """How long a text is where characters beyond the first plane count twice: nobody's count is larger."""
    return len(text.encode("utf-16-le")) // 2


def _utf8_bytes(text: str) -> int:
    return len(text.encode())
