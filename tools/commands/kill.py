"""``neo kill``: end the running session."""

from __future__ import annotations

from pathlib import Path

import click

from actors.operator.protocol import Kill, trimmed_reason
from tools.console.forms import db_option, json_option
from tools.console.spoken import reason_option, speak


@click.command()
@db_option
@reason_option
@json_option
def kill(db: Path | None, reason: str, *, as_json: bool) -> None:
    """End the running session as kill_switch: quotes are pulled, the inventory is reconciled, the end is written."""
    speak(db, Kill(trimmed_reason(reason)), as_json=as_json)
