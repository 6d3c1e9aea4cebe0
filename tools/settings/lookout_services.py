"""What shows and tells a session to the outside, as its profile asks for it: the services of its lookout."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

from actors.alerts.alert_channels import Channels, channels_of, url_of
from actors.alerts.alert_service import AlertOrigin, AlertService
from actors.alerts.delivery import ChannelRefusedError
from actors.alerts.secret_url import UrlFaultError
from actors.lookout.heartbeat import FilePulse, Heartbeat, Pulse
from actors.lookout.lookout import Service
from actors.lookout.service_manager import service_manager_of
from actors.lookout.vital_signs import VitalSigns
from actors.plumbing.files import require_own
from neo.config import Config
from neo.config.key_wiring import (
    alert_rules,
    command_settings,
    email_settings,
    heartbeat_settings,
    session_settings,
    webhook_settings,
)
from tools.console.errors import OperatorError
from tools.console.paths import whole_path


def services_of(config: Config, profile: str, environment: Mapping[str, str]) -> list[Service]:
    """The services that a profile asks for, and systemd if it started this process.

    Args:
        config: The profile's values.
        profile: As the operator knows it.
        environment: Of this process: it has the secrets.

    Raises:
        OperatorError: One can't be used as it is set up.
    """
    limits = session_settings(config)
    signs = VitalSigns(limits.stale_after_s, limits.silent_after_s)
    found: list[Service] = []
    try:
        rules, channels = alert_rules(config), alert_channels(config, environment)
        if rules is not None and channels:
            found.append(AlertService(channels, rules, alert_origin(config, profile)))
        found += _heartbeats(config, environment, signs)
    except ChannelRefusedError as error:
        raise OperatorError(f"config {profile}: {error}.") from None
    manager = service_manager_of(environment, signs)
    return found if manager is None else [*found, manager]


def alert_channels(config: Config, environment: Mapping[str, str]) -> Channels:
    """The channels that a profile turns on, each with what it is to hear of.

    Raises:
        ChannelRefusedError: One can't be used as it is set up.
    """
    heartbeat = heartbeat_settings(config)
    return channels_of(
        webhook_settings(config),
        email_settings(config),
        command_settings(config),
        environment,
        secret_variables=[] if heartbeat is None else [heartbeat.url_variable],
    )


def alert_origin(config: Config, profile: str) -> AlertOrigin:
    """What alerts say of themselves."""
    return AlertOrigin(config.venue.kind, profile, platform.node())


def _heartbeats(config: Config, environment: Mapping[str, str], signs: VitalSigns) -> list[Service]:
    settings = heartbeat_settings(config)
    if settings is None:
        return []
    pulses: list[Pulse] = []
    if settings.file:
        file = whole_path(Path(settings.file))
        if not file.parent.is_dir():
            raise ChannelRefusedError(f'heartbeat.file = "{settings.file}": its folder does not exist; make it')
        require_own(file)
        pulses.append(FilePulse(file))
    if settings.url_variable:
        # Only where one is used: it loads the HTTP client.
        from actors.alerts.url_pulse import UrlPulse  # noqa: PLC0415

        key = "heartbeat.url_variable"
        url = url_of(environment, settings.url_variable, key)
        try:
            pulses.append(UrlPulse(url))
        except UrlFaultError as error:
            raise ChannelRefusedError(f'{key} = "{settings.url_variable}": what that variable has {error}') from None
    return [Heartbeat(pulses, settings.interval_s, signs)]
