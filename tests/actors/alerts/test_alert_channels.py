"""From a profile's channels and the environment's secrets to channels: what is missing is told by key and mend."""

from __future__ import annotations

import sys

import pytest
from support.alert_samples import EVERYTHING

from actors.alerts.alert_channels import channels_of
from actors.alerts.delivery import ChannelRefusedError
from actors.alerts.mail import MailChannel
from actors.alerts.own_command import CommandChannel
from neo.alerts.alert_settings import CommandSettings, EmailSettings, WebhookForm, WebhookSettings

SLACK = WebhookSettings(WebhookForm.SLACK, "SLACK", "", EVERYTHING)
NTFY = WebhookSettings(WebhookForm.NTFY, "NTFY", "TOKEN", EVERYTHING)
EMAIL = EmailSettings(
    relay="relay.example:587",
    tls="starttls",
    login_variable="MAIL",
    sender="a@b.example",
    recipients=("a@b.example",),
    choice=EVERYTHING,
)
COMMAND = CommandSettings(argv=(sys.executable,), deadline_s=5, choice=EVERYTHING)
GOOD = {
    "SLACK": "https://hooks.example/SECRET",
    "NTFY": "https://ntfy.example/SECRET",
    "TOKEN": "SECRET",
    "MAIL": "me:SECRET",
    "NEO_WALLET_SEED": "SECRET",
    "NOTIFY_SOCKET": "/run/x",
    "PATH": "/bin",
}


def test_each_that_is_on_has_its_channel() -> None:
    """With what it is to hear of; nothing secret in what is shown of it."""
    found = channels_of([SLACK, NTFY], EMAIL, COMMAND, GOOD)
    assert [(channel.name, choice) for channel, choice in found] == [
        ("slack", EVERYTHING),
        ("ntfy", EVERYTHING),
        ("email", EVERYTHING),
        ("command", EVERYTHING),
    ]
    assert "SECRET" not in repr([(channel.name, channel.target) for channel, _ in found])
    assert channels_of([], None, None, {}) == []


def test_a_program_of_ones_own_is_not_given_our_secrets() -> None:
    """Nor may it speak for us to systemd."""
    *_, (command, _) = channels_of([SLACK, NTFY], EMAIL, COMMAND, GOOD)
    assert isinstance(command, CommandChannel)
    assert command._environment == {"PATH": "/bin"}


def test_name_and_password_are_apart_at_the_first_colon() -> None:
    """A password may have more of them."""
    [(email, _)] = channels_of([], EMAIL, None, {"MAIL": "me:a:b"})
    assert isinstance(email, MailChannel)
    assert email._login is not None
    assert (email._login.user, email._login.password) == ("me", "a:b")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("SLACK", None, 'alert_slack.url_variable = "SLACK": the environment has no such variable; set it'),
        ("SLACK", "  ", 'alert_slack.url_variable = "SLACK": the environment has no such variable'),
        ("SLACK", "ftp://h/SECRET", "what that variable has does not begin with https://; mend it there"),
        ("SLACK", "http://hooks.example/SECRET", "what that variable has goes over the internet as plain http"),
        ("NTFY", "https://ntfy.example/SECRET/SECRET", "what that variable has is no address of a topic"),
        ("TOKEN", None, 'alert_ntfy.token_variable = "TOKEN": the environment has no such variable'),
        ("TOKEN", "SEC RET", "what that variable has is no token"),
        ("TOKEN", "SECRET\r\nX: y", "what that variable has is no token"),
        ("MAIL", "SECRET", "what that variable has is not NAME:PASSWORD; mend it there"),
        ("MAIL", ":SECRET", "what that variable has is not NAME:PASSWORD"),
    ],
)
def test_what_is_missing_or_no_good_is_told_by_its_key_alone(name: str, value: str | None, told: str) -> None:
    """Where it is mended is the environment."""
    environment = {**GOOD, name: value} if value is not None else {k: v for k, v in GOOD.items() if k != name}
    with pytest.raises(ChannelRefusedError) as caught:
        channels_of([SLACK, NTFY], EMAIL, COMMAND, {k: v for k, v in environment.items() if v is not None})
    assert told in str(caught.value)
    assert "SEC" not in str(caught.value)


def test_a_program_that_is_not_there_is_told() -> None:
    """With the key that names it."""
    missing = CommandSettings(argv=("/nowhere/tell",), deadline_s=5, choice=EVERYTHING)
    with pytest.raises(ChannelRefusedError, match=r'^alert_command.command = "/nowhere/tell": is no program'):
        channels_of([], None, missing, GOOD)
