"""``neo resume``: let a paused session quote again."""

from __future__ import annotations

from pathlib import Path

import click

from actors.operator.protocol import Resume, trimmed_reason
from tools.console.forms import db_option
from tools.console.spoken import reason_option, speak


@click.command()
@db_option
@reason_option
def resume(db: Path | None, reason: str) -> None:
    """Quote again after a pause."""
    speak(db, Resume(trimmed_reason(reason)))
