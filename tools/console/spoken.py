"""What ``neo kill``, ``neo pause`` and ``neo resume`` share: say it to the running session, and show its answer."""

from __future__ import annotations

from pathlib import Path

import click

from actors.operator.protocol import Done, Kill, Pause, Resume
from tools.console.forms import json_text
from tools.console.link import asked
from tools.console.paths import session_database

reason_option = click.option("--reason", default="", help="Why, in your words; kept in the journal.")


def speak(db: Path | None, command: Kill | Pause | Resume, *, as_json: bool) -> None:
    """Have the session that runs on a database do a command, and print what it answers.

    Args:
        db: The database as given on the command line; None for the default one.
        command: What it is to do.
        as_json: Print the answer as one JSON object.

    Raises:
        OperatorError: No session runs there, it refused, or what it did is not known.
    """
    reply = asked(session_database(db), command)
    assert isinstance(reply, Done), "a session says what it does about a word"
    tell_done(reply, as_json=as_json)


def tell_done(reply: Done, *, as_json: bool) -> None:
    """Print what a session does about a word, as a sentence or as one JSON object."""
    if as_json:
        click.echo(json_text({"session": reply.session_id, "detail": reply.detail}))
    else:
        click.echo(f"Session {reply.session_id}: {reply.detail}.")
