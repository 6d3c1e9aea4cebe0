"""``neo alerts``: whether an alert would arrive."""

from __future__ import annotations

import os
from collections.abc import Sequence

import click
import msgspec
import trio

from actors.alerts.alert_channels import Channels
from actors.alerts.alert_service import AlertOrigin, trial_alert
from actors.alerts.delivery import AlertChannel, ChannelError, ChannelRefusedError
from neo.alerts.alert import Alert
from neo.text.printable import printable
from tools.console.async_part import run_async
from tools.console.errors import OperatorError
from tools.console.forms import json_option, json_text
from tools.console.words import count
from tools.settings.lookout_services import alert_channels, alert_origin
from tools.settings.profiles import find_profile, read_profile
from tools.settings.shipped import config_option, profile_name, venue_option

EXIT_NOT_DELIVERED = 1


class _Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a test alert."""

    channel: str
    target: str
    delivered: bool
    detail: str
    took_s: float


@click.group()
def alerts() -> None:
    """Try the channels by which a session tells what happens to it."""


@alerts.command("test")
@config_option
@venue_option
@json_option
def test_command(config: str | None, venue: str | None, *, as_json: bool) -> int:
    """Send a test alert through each channel of a profile, and tell what happened.

    Fails if one of them did not take it. What a profile leaves off is not tried.
    """
    read = read_profile(find_profile(profile_name(config, venue)))
    name = printable(profile_name(config, venue))
    try:
        channels = alert_channels(read, os.environ)
    except ChannelRefusedError as error:
        raise OperatorError(f"config {name}: {error}.") from None
    if not channels:
        raise OperatorError(f"config {name}: no channel of alerts is on; docs/alerts.md tells how one is turned on.")
    trials = run_async(_tried, channels, alert_origin(read, name))
    failed = sum(not trial.delivered for trial in trials)
    if as_json:
        click.echo(json_text({"ok": not failed, "trials": trials}))
    else:
        for trial in trials:
            said = f"delivered in {trial.took_s:.1f} s" if trial.delivered else f"FAILED: {trial.detail}"
            click.echo(f"{trial.channel:<9}{trial.target}: {said}")
        click.echo(f"{count(len(trials), 'channel')}, {failed} failed.")
    return EXIT_NOT_DELIVERED if failed else 0


async def _tried(channels: Channels, origin: AlertOrigin) -> Sequence[_Attempt]:
    alert = trial_alert(origin)
    trials: dict[str, _Attempt] = {}

    async def one(channel: AlertChannel) -> None:
        trials[channel.name] = await _try(channel, alert)

    async with trio.open_nursery() as nursery:
        for channel, _ in channels:
            nursery.start_soon(one, channel)
    return [trials[channel.name] for channel, _ in channels]


async def _try(channel: AlertChannel, alert: Alert) -> _Attempt:
    begun_s = trio.current_time()
    why = ""
    try:
        with trio.fail_after(channel.deadline_s):
            await channel.send(alert)
    except ChannelError as error:
        why = error.what
    except trio.TooSlowError:
        why = f"no answer within {channel.deadline_s:g} s"
    finally:
        await channel.aclose()
    took_s = round(trio.current_time() - begun_s, 3)
    return _Attempt(channel=channel.name, target=channel.target, delivered=not why, detail=why, took_s=took_s)
