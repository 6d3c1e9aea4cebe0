"""The sections that say who is told of a session: what they take, and that a profile may be without them.

Method: the shipped profile with a value changed, and what is said of it then; a value that may be a secret in the wrong
place is never among it.
"""

from __future__ import annotations

from decimal import Decimal

import pytest
from support.profile_tables import Tables, changed, refused, tables

from neo.alerts.alert import EVENT_MEANINGS, AlertEvent, Severity
from neo.alerts.alert_settings import WebhookForm
from neo.config import Config, config_sha256, parse_config
from neo.config.key_wiring import (
    alert_rules,
    command_settings,
    email_settings,
    heartbeat_settings,
    webhook_settings,
)
from neo.config.schema import TELLING_SECTIONS
from tools.settings.profiles import find_profile, read_profile, shipped_profiles

SECRET = "https://hooks.example/services/T0/B0/abcdefSECRET"  # noqa: S105 - a sample


def with_keys(**changes: object) -> Config:
    """The shipped profile with ``section__key`` changed."""
    return parse_config(tables(**changes), "my.toml")


def without(*sections: str) -> Tables:
    """The shipped profile without these sections."""
    return {name: table for name, table in tables().items() if name not in sections}


@pytest.mark.parametrize("name", shipped_profiles())
def test_nobody_is_told_of_a_session_unless_it_is_asked_for(name: str) -> None:
    """Every channel of every shipped profile is off."""
    config = read_profile(find_profile(name))
    assert webhook_settings(config) == []
    assert (email_settings(config), command_settings(config), heartbeat_settings(config)) == (None, None, None)


def test_a_profile_from_before_there_were_alerts_is_as_good_as_ever() -> None:
    """Its sessions are told to nobody, and its hash is what it was."""
    config = parse_config(without(*TELLING_SECTIONS), "old.toml")
    assert (alert_rules(config), webhook_settings(config), email_settings(config)) == (None, [], None)
    assert (command_settings(config), heartbeat_settings(config)) == (None, None)
    assert config_sha256(config) == config_sha256(parse_config(tables(), "my.toml"))


def test_a_channel_needs_what_holds_for_all_of_them() -> None:
    """A section that was taken over alone is told what belongs to it; a heartbeat needs none of that."""
    rest = TELLING_SECTIONS - {"alert_slack"}
    assert refused(without(*rest)) == ["my.toml: alerts: the section is missing; add [alerts] with all its keys"]
    assert parse_config(without(*TELLING_SECTIONS - {"heartbeat"}), "my.toml").alerts is None


@pytest.mark.parametrize(
    ("key", "value", "told"),
    [
        ("alert_slack.events", ["usual", "filled"], "has what is no event; write a list of events"),
        ("alert_slack.events", [], "must have from 1 to"),
        ("alert_slack.events", ["fill", "fill"], "has one of them twice"),
        ("alert_slack.severity_min", "error", 'is not known here; write one of "info", "warning", "critical"'),
        ("alert_email.relay", "relay.example", "is no host with a port; write a host with its port"),
        ("alert_email.relay", "relay.example:0", "is no host with a port"),
        ("alert_email.relay", "smtp://relay.example:25", "is no host with a port"),
        ("alert_email.tls", "ssl", 'is not known here; write one of "starttls", "tls", "none"'),
        ("alert_email.sender", "me", "has what is no e-mail address"),
        ("alert_email.recipients", ["a@b.example", "a@b.example\nBcc: c@d.example"], "has what is no e-mail address"),
        ("alert_command.command", "notify --now", "is a text, the wrong type; write a list of a program"),
        ("alert_command.command", ["notify", "a\nb"], "has what is no word of a command line"),
        ("alert_command.deadline_seconds", 0, "must be at least 1"),
        ("alerts.end_deadline_seconds", 16, "must be at most 15"),
        ("alerts.limit_used_percent", Decimal(101), "must be at most 100"),
        ("heartbeat.interval_seconds", 0, "must be at least 1"),
    ],
)
def test_a_bad_value_is_told_with_key_value_and_mend(key: str, value: object, told: str) -> None:
    """As every other value of a profile."""
    [line] = refused(changed(key, value))
    assert line.startswith(f"my.toml: {key} = ")
    assert told in line


@pytest.mark.parametrize(
    "key",
    [
        *(f"alert_{form}.url_variable" for form in WebhookForm),
        "alert_ntfy.token_variable",
        "alert_email.login_variable",
        "heartbeat.url_variable",
    ],
)
@pytest.mark.parametrize("value", [SECRET, "me:hunter2 SECRET", [SECRET]], ids=["an address", "a log-in", "in a list"])
def test_a_secret_in_place_of_its_variables_name_is_not_repeated(key: str, value: object) -> None:
    """The message goes to a terminal, and maybe into a log; what to write instead is in it."""
    [line] = refused(changed(key, value))
    assert line.startswith(f'my.toml: {key} = "[hidden]": is ')
    assert "the name of the environment variable" in line
    assert "SECRET" not in line


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"recipients": ["a@b.example"]}, "alert_email.sender: is empty, and mail goes through"),
        ({"sender": "a@b.example"}, "alert_email.recipients: is empty, and mail goes through"),
        (
            {"sender": "a@b.example", "recipients": ["a@b.example"], "tls": "none", "login_variable": "MAIL"},
            'alert_email.tls = "none": would send name and password',
        ),
    ],
)
def test_mail_that_could_not_be_sent_or_would_give_its_password_away_is_refused(
    changes: dict[str, object], told: str
) -> None:
    """Before a session relies on it."""
    [line] = refused(
        tables(alert_email__relay="relay.example:587", **{f"alert_email__{k}": v for k, v in changes.items()})
    )
    assert told in line


def test_what_is_written_reaches_who_takes_it() -> None:
    """In units of its own, each key in its place."""
    config = with_keys(
        alerts__limit_used_percent=Decimal(80),
        alert_ntfy__url_variable="NTFY",
        alert_ntfy__token_variable="TOKEN",  # noqa: S106 - a variable's name
        alert_ntfy__severity_min="critical",
        alert_ntfy__events=["ended", "fill"],
        alert_email__relay="relay.example:465",
        alert_email__tls="tls",
        alert_email__sender="neo@b.example",
        alert_email__recipients=["a@b.example"],
        alert_command__command=["notify", "--now", "--now"],
        heartbeat__file="alive",
    )
    rules = alert_rules(config)
    assert rules is not None
    assert (rules.limit_used_share, rules.max_drawdown_rlusd) == (Decimal("0.8"), config.risk.max_drawdown_rlusd)
    [ntfy] = webhook_settings(config)
    assert (ntfy.form, ntfy.url_variable, ntfy.token_variable) == (WebhookForm.NTFY, "NTFY", "TOKEN")
    assert ntfy.choice.takes(AlertEvent.ENDED, Severity.CRITICAL)
    assert not ntfy.choice.takes(AlertEvent.ENDED, Severity.WARNING)
    assert not ntfy.choice.takes(AlertEvent.HALT, Severity.CRITICAL)
    email, command, heartbeat = email_settings(config), command_settings(config), heartbeat_settings(config)
    assert email is not None
    assert (email.relay, email.tls, email.recipients) == ("relay.example:465", "tls", ("a@b.example",))
    assert email.choice.events == set(EVENT_MEANINGS) - {AlertEvent.FILL}
    assert command is not None
    assert (command.argv, command.deadline_s) == (("notify", "--now", "--now"), 30)
    assert heartbeat is not None
    assert (heartbeat.url_variable, heartbeat.file, heartbeat.interval_s) == ("", "alive", 60)
