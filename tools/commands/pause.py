"""``neo pause``: pull the running session's quotes."""

from __future__ import annotations

from pathlib import Path

import click

from actors.operator.protocol import Pause, trimmed_reason
from tools.console.forms import db_option, json_option
from tools.console.spoken import reason_option, speak


@click.command()
@db_option
@reason_option
@json_option
def pause(db: Path | None, reason: str, *, as_json: bool) -> None:
    """Pull every quote and place none; the session goes on watching."""
    speak(db, Pause(trimmed_reason(reason)), as_json=as_json)
