"""What is posted to each kind of webhook: its fields, within its bounds, and nothing in it that pings or leads away."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.alert_samples import an_alert

from neo.alerts.alert import Alert, Severity
from neo.alerts.alert_settings import WebhookForm
from neo.alerts.webhook_forms import alert_json, alert_text, webhook_body

PINGS = "<!channel> <@U123> @everyone @here <https://evil.example|click> **bold** `x` [a](http://b) :siren: & <#C1>"


def body(form: WebhookForm, alert: Alert, topic: str = "") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(webhook_body(form, alert, topic))
    return found


def test_a_program_gets_every_field() -> None:
    """And whose it is; the id is the same at each try, so that one that comes twice can be told."""
    alert = an_alert(detail=PINGS)
    assert webhook_body(WebhookForm.WEBHOOK, alert) == alert_json(alert)
    assert body(WebhookForm.WEBHOOK, alert) == {
        "app": "neo",
        "id": "a1",
        "at": "2026-01-21T12:00:00Z",
        "event": "halt",
        "severity": "warning",
        "title": "the session is ending: risk_stale_ledger",
        "detail": PINGS,
        "subject": "",
        "session_id": "20260121-120000-ab12",
        "venue": "sim",
        "profile": "paper",
        "host": "desk",
    }


def test_people_get_what_happened_its_numbers_and_of_which_session() -> None:
    """In three lines; one without numbers in two."""
    assert alert_text(an_alert()).splitlines() == [
        "NEO warning: the session is ending: risk_stale_ledger",
        "no ledger for 61.0 s",
        "session 20260121-120000-ab12, sim, profile paper, on desk, 2026-01-21T12:00:00Z",
    ]
    assert alert_text(an_alert(detail="", session_id="")).splitlines()[1].startswith("no session, sim")


def test_slack_pings_nobody() -> None:
    """Its three escapes, and no reading of names or marks."""
    told = body(WebhookForm.SLACK, an_alert(detail=PINGS))
    assert not set("<>") & set(told["text"])
    assert "&lt;!channel&gt; &lt;@U123&gt; @everyone" in told["text"]
    assert "&amp; &lt;#C1&gt;" in told["text"]
    assert {name: told[name] for name in told if name != "text"} == {
        "mrkdwn": False,
        "parse": "none",
        "unfurl_links": False,
        "unfurl_media": False,
    }


def test_discord_pings_nobody() -> None:
    """By its own word for that, and every mark has a backslash."""
    told = body(WebhookForm.DISCORD, an_alert(detail=PINGS))
    assert told["allowed_mentions"] == {"parse": []}
    assert told["flags"] == 4
    assert r"\<\@U123\> \@everyone \@here" in told["content"]
    assert r"\*\*bold\*\* \`x\` \[a\]\(http://b\)" in told["content"]


@pytest.mark.parametrize(("severity", "priority"), [(Severity.INFO, 3), (Severity.WARNING, 4), (Severity.CRITICAL, 5)])
def test_ntfy_gets_topic_title_and_how_loud(severity: Severity, priority: int) -> None:
    """A critical one rings until it is looked at."""
    told = body(WebhookForm.NTFY, an_alert(severity=severity, detail="größer"), "my-topic")
    assert (told["topic"], told["priority"]) == ("my-topic", priority)
    assert told["title"] == f"NEO {severity}: the session is ending: risk_stale_ledger"
    assert told["message"].startswith("größer\nsession ")
    assert len(told["tags"]) == 1


LONG = st.text(st.sampled_from(["<", "&", "*", "\\", "a", "ß", "\U0001f6a8", "\n"]), min_size=0, max_size=6000)


@given(LONG)
def test_no_text_is_longer_than_a_service_takes_and_no_escape_is_cut_through(detail: str) -> None:
    """Whatever it is made of: a cut escape would be the mark that it was to hide."""
    alert = an_alert(detail=detail, title=f"t{detail}")
    slack = body(WebhookForm.SLACK, alert)["text"]
    discord = body(WebhookForm.DISCORD, alert)["content"]
    ntfy = body(WebhookForm.NTFY, alert, "t")
    assert len(slack) <= 4000
    assert "&" not in slack.replace("&lt;", "").replace("&amp;", "")
    assert len(discord.encode("utf-16-le")) // 2 <= 2000
    assert "*" not in discord.replace("\\\\", "").replace("\\*", "")
    assert len(ntfy["message"].encode()) <= 4096
    assert len(ntfy["title"]) <= 250
    if len(detail) > 5000:
        assert slack.endswith("...")
        assert discord.endswith("...")
        assert ntfy["title"].endswith("...")
