"""The channels that a profile turns on, with the secrets that the environment has for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from actors.alerts.delivery import AlertChannel, ChannelRefusedError
from actors.alerts.own_command import CommandChannel
from actors.alerts.secret_url import Login, SecretUrl, UrlFaultError
from neo.alerts.alert_settings import ChannelChoice, CommandSettings, EmailSettings, WebhookSettings

# What a program of the operator's own is not started with: our own secrets, and who speaks for us to systemd.
_OUR_OWN: Final = "NEO_"
_SYSTEMD: Final = frozenset({"NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID"})

Channels = Sequence[tuple[AlertChannel, ChannelChoice]]


def channels_of(
    webhooks: Sequence[WebhookSettings],
    email: EmailSettings | None,
    command: CommandSettings | None,
    environment: Mapping[str, str],
    *,
    secret_variables: Sequence[str] = (),
) -> Channels:
    """The channels that are on, each with what it is to hear of.

    Args:
        webhooks: Those that are on.
        email: None if it is off.
        command: None if it is off.
        environment: Of this process.
        secret_variables: Those that others than the channels have a secret in: a program is not given them either.

    Raises:
        ChannelRefusedError: One can't be used; its key, what is wrong, and the mend.
    """
    found: list[tuple[AlertChannel, ChannelChoice]] = [(_webhook(each, environment), each.choice) for each in webhooks]
    if email is not None:
        # Only where it is used, as the HTTP client below.
        from actors.alerts.mail import MailChannel  # noqa: PLC0415

        found.append((MailChannel(email, _login(email, environment)), email.choice))
    if command is not None:
        named = [*secret_variables, *(each.url_variable for each in webhooks)]
        named += [each.token_variable for each in webhooks]
        named += [email.login_variable] if email is not None else []
        found.append((_command(command, environment, named), command.choice))
    return found


def secret_of(environment: Mapping[str, str], variable: str, key: str) -> str:
    """What a variable has.

    Args:
        environment: Of this process.
        variable: Its name.
        key: That names it in the profile.

    Raises:
        ChannelRefusedError: It is not set, or empty.
    """
    value = environment.get(variable, "").strip()
    if not value:
        raise ChannelRefusedError(
            f'{key} = "{variable}": the environment has no such variable; set it, or write "" to leave it out'
        )
    return value


def url_of(environment: Mapping[str, str], variable: str, key: str) -> SecretUrl:
    """The address that a variable has.

    Raises:
        ChannelRefusedError: It is not set, or has what is none.
    """
    try:
        return SecretUrl(secret_of(environment, variable, key))
    except UrlFaultError as error:
        raise ChannelRefusedError(f'{key} = "{variable}": what that variable has {error}; mend it there') from None


def _webhook(settings: WebhookSettings, environment: Mapping[str, str]) -> AlertChannel:
    # Only where one is used: it loads the HTTP client.
    from actors.alerts.webhook import WebhookChannel  # noqa: PLC0415

    section, variable = f"alert_{settings.form}", settings.url_variable
    url = url_of(environment, variable, f"{section}.url_variable")
    token = ""
    if settings.token_variable:
        token = secret_of(environment, settings.token_variable, f"{section}.token_variable")
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ChannelRefusedError(
                f'{section}.token_variable = "{settings.token_variable}": what that variable has is no token;'
                " mend it there"
            )
    try:
        return WebhookChannel(settings.form, url, token)
    except ChannelRefusedError as error:
        raise ChannelRefusedError(
            f'{section}.url_variable = "{variable}": what that variable has {error}; mend it there'
        ) from None


def _login(settings: EmailSettings, environment: Mapping[str, str]) -> Login | None:
    if not settings.login_variable:
        return None
    key = "alert_email.login_variable"
    user, colon, password = secret_of(environment, settings.login_variable, key).partition(":")
    if not (user and colon and password):
        raise ChannelRefusedError(
            f'{key} = "{settings.login_variable}": what that variable has is not NAME:PASSWORD; mend it there'
        )
    return Login(user, password)


def _command(settings: CommandSettings, environment: Mapping[str, str], secret: Sequence[str]) -> AlertChannel:
    kept = {
        name: value
        for name, value in environment.items()
        if not name.startswith(_OUR_OWN) and name not in _SYSTEMD and name not in secret
    }
    try:
        return CommandChannel(settings, kept)
    except ChannelRefusedError as error:
        raise ChannelRefusedError(
            f'alert_command.command = "{settings.argv[0]}": {error}; write its path, and check that you may run it'
        ) from None
