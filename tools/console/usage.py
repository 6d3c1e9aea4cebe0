"""Mistakes on the command line, told so that each names what was written, where, and what to write instead."""

from __future__ import annotations

from collections.abc import Sequence

import click

from tools.console.options import quoted

_NO_MINUS = "write a number without one, as none below 0 is taken here, or a text behind --, as in: -- -2.5."


def plainly(error: click.UsageError) -> click.UsageError:
    """A usage error in our words; what is in them already stays.

    click's own leave the mend out, or tell of its types ("not a valid integer range").
    """
    command = error.ctx.command_path if error.ctx is not None else "neo"
    told = _of_a_name(error, command) or _of_a_value(error, command) or _of_a_word_too_many(error, command)
    return error if told is None else click.UsageError(told, error.ctx)


def _of_a_name(error: click.UsageError, command: str) -> str | None:
    listed = f"`{command} --help` lists those there are."
    if isinstance(error, click.NoSuchOption) and error.option_name[1:2].isdecimal():
        return f"{quoted(error.option_name)} begins with a minus, so it is taken for an option; {_NO_MINUS}"
    if isinstance(error, click.NoSuchOption):
        return f"{quoted(error.option_name)} is no option of {command}{_meant(error.possibilities)} {listed}"
    if isinstance(error, click.NoSuchCommand):
        return f"{quoted(error.command_name)} is no command of {command}{_meant(error.possibilities)} {listed}"
    return None


def _meant(possibilities: Sequence[str] | None) -> str:
    close = [name for name in possibilities or () if name != "--help"]
    return f"; did you mean {' or '.join(close)}?" if close else ";"


def _of_a_value(error: click.UsageError, command: str) -> str | None:
    if isinstance(error, click.MissingParameter):
        return f"{_name(error)} is missing; `{command} --help` shows what belongs there."
    if isinstance(error, click.BadOptionUsage):
        if "requires" in error.message:
            return f"{error.option_name} has no value behind it; write one, as --help shows."
        return f"{error.option_name} takes no value; write it alone."
    return f"{_name(error)}: {error.message}" if isinstance(error, click.BadParameter) else None


def _of_a_word_too_many(error: click.UsageError, command: str) -> str | None:
    if not error.message.startswith("Got unexpected extra argument"):
        return None
    extra = error.message.partition("(")[2].rstrip(")")
    return f"{quoted(extra)} is one word too many for {command}; quote a text of several words, or leave it out."


def _name(error: click.BadParameter) -> str:
    """The option as it is written, or the argument as the help has it."""
    parameter = error.param
    if parameter is None:
        return str(error.param_hint or "a value")
    if isinstance(parameter, click.Option):
        return max(parameter.opts, key=len)
    return (parameter.metavar or parameter.human_readable_name).strip("[].").upper()
