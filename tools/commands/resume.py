"""``neo resume``: let a paused session quote again."""

from __future__ import annotations

from pathlib import Path

import click

from actors.operator.protocol import Resume, trimmed_reason
from tools.console.forms import db_option, json_option
from tools.console.spoken import reason_option, speak


@click.command()
@db_option
@reason_option
@json_option
def resume(db: Path | None, reason: str, *, as_json: bool) -> None:
    """Quote again after a pause."""
    speak(db, Resume(trimmed_reason(reason)), as_json=as_json)
