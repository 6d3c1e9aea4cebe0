"""The command ``neo`` and its sub-commands, each imported only when it is called."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import traceback

import click
from click.shell_completion import CompletionItem

from neo.text.redaction import hide_secrets
from tools.console.errors import EXIT_SIGNALLED, OperatorError
from tools.console.interrupts import comes_of_interrupt, interrupted_by
from tools.console.options import COMPLETE_VARIABLE
from tools.console.output import shown, speaking
from tools.console.usage import plainly

# Name, where it lives, and its line in the help, told without importing it.
_COMMANDS = {
    "run": ("tools.commands.run", "Run a session and show it as it happens."),
    "status": ("tools.commands.status", "Show where the running session stands."),
    "pause": ("tools.commands.pause", "Pull the running session's quotes; it goes on watching."),
    "resume": ("tools.commands.resume", "Let the running session quote again."),
    "kill": ("tools.commands.kill", "End the running session, properly."),
    "tap": ("tools.commands.tap", "Show the running session's messages as they flow."),
    "drill": ("tools.commands.drill", "Rehearse an ending in a database of its own."),
    "page": ("tools.commands.page", "Show sessions in a browser, past and running ones."),
    "sessions": ("tools.commands.sessions", "List the sessions in the database."),
    "report": ("tools.commands.report", "Show a session's results, in the terminal or as a page."),
    "fills": ("tools.commands.fills", "List a session's fills."),
    "orders": ("tools.commands.orders", "List a session's orders, and what became of each."),
    "compare": ("tools.commands.compare", "Set sessions side by side: configs and results."),
    "doctor": ("tools.commands.doctor", "Check all that a live or a paper session needs, and send nothing."),
    "orphans": ("tools.commands.orphans", "List orders whose fate is unclear, and settle them."),
    "capital": ("tools.commands.capital", "Deposit, withdraw, and list what moved other than by trading."),
    "alerts": ("tools.commands.alerts", "Try the channels by which a session tells what happens to it."),
    "experiments": ("tools.commands.experiments", "Show the log of what was tried and what came of it."),
    "sweep": ("tools.commands.sweep", "Run many sessions over settings and seeds, and compare them."),
    "record": ("tools.commands.record", "Keep ledgers of the pair in a file, and look at such files."),
    "config": ("tools.commands.config", "Begin a profile, check it, show what would run, audit its wiring."),
    "market": ("tools.commands.market", "Make recorded prices of an exchange's files."),
    "db": ("tools.commands.db", "Check, back up, restore and prune the database."),
    "completion": ("tools.commands.completion", "Print what makes a shell complete commands and options."),
    "conformance": ("tools.commands.conformance", "Compare the embedded ledger with recorded ones."),
}

# How the help groups them, by what one is about to do; a command that is in none comes last.
_SECTIONS = {
    "Trade and watch": ("run", "page", "status", "pause", "resume", "kill", "tap", "capital"),
    "Look at results": ("sessions", "report", "fills", "orders", "compare", "experiments"),
    "Try things": ("sweep", "drill"),
    "Prepare and keep": ("config", "market", "record", "doctor", "alerts", "orphans", "db"),
}
_OTHERS = "For the rest"

_WORDS_TO_A_SESSION = (["kill"], ["pause"], ["resume"])

EXIT_OUR_FAULT = 70


class _LazyGroup(click.Group):
    """A group that knows its commands by name only, until one is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command = getattr(importlib.import_module(_COMMANDS[cmd_name][0]), cmd_name)
        assert isinstance(command, click.Command), "a command's module holds it under its name"
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        grouped = {name for names in _SECTIONS.values() for name in names}
        others = tuple(name for name in _COMMANDS if name not in grouped)
        # One column for all of them: the help is one table with headings.
        widest = max(map(len, _COMMANDS))
        for title, names in {**_SECTIONS, _OTHERS: others}.items():
            with formatter.section(title):
                formatter.write_dl([(name.ljust(widest), _COMMANDS[name][1]) for name in names])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """What a word may become; told from the table, for a Tab must not import every command."""
        names = [name for name in _COMMANDS if name.startswith(incomplete)]
        told = [CompletionItem(name, help=_COMMANDS[name][1]) for name in names]
        return told + click.Command.shell_complete(self, ctx, incomplete)


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="neo-engine", prog_name="neo", message="%(prog)s %(version)s")
def neo() -> None:
    """NEO: a market-making engine for XRP/RLUSD on the XRP Ledger's own exchange."""


def run_command_line(arguments: list[str]) -> int:
    """Run a command line; what it says goes through :mod:`tools.console.output`, whatever it is.

    Returns:
        The exit code. What the operator can mend is told on standard error, without a traceback.
    """
    return speaking(arguments, lambda: _outcome(arguments))


def _outcome(arguments: list[str]) -> int:
    try:
        outcome = _called(arguments)
    except click.ClickException as error:
        (plainly(error) if isinstance(error, click.UsageError) else error).show()
        return error.exit_code
    except click.Abort:
        sys.stderr.write("neo: interrupted.\n")
        return EXIT_SIGNALLED + interrupted_by()
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else int(error.code is not None)
    except ImportError:
        raise
    except Exception as error:
        if comes_of_interrupt(error):
            raise
        refusal = operator_error(error)
        if refusal is None:
            traceback.print_exc()
            sys.stderr.write("neo: this is a fault of NEO's own; please report it with the lines above.\n")
            return EXIT_OUR_FAULT
        sys.stderr.write(f"neo: {hide_secrets(refusal.message)}\n")
        return refusal.exit_code
    return outcome if isinstance(outcome, int) else 0


def _called(arguments: list[str]) -> object:
    """Do what the command line says, or answer a shell that asks what a word may become."""
    _refuse_what_is_no_text(arguments)
    if COMPLETE_VARIABLE in os.environ:
        from tools.commands.completion import completions  # noqa: PLC0415 - as every command, when it is needed

        if (told := completions(neo, os.environ)) is not None:
            click.echo(told)
            return 0
    return neo.main(arguments, prog_name="neo", standalone_mode=False)


def _refuse_what_is_no_text(arguments: list[str]) -> None:
    """Bytes that are no UTF-8 can be no name that a journal, a message or a line of JSON could tell.

    A word to a running session is not refused for them: it must get through, and its reason is rid of them anyway.
    """
    for argument in arguments if arguments[:1] not in _WORDS_TO_A_SESSION else ():
        if any("\ud800" <= char <= "\udfff" for char in argument):
            raise OperatorError(f"argument {shown(argument)}: is not UTF-8; write it, or name the file, in UTF-8.", 2)


def operator_error(error: BaseException) -> OperatorError | None:
    """The operator's message in an exception, also in a group of one; None if it is our own fault."""
    if isinstance(error, OperatorError):
        return error
    if isinstance(error, BaseExceptionGroup):
        return operator_error(error.exceptions[0]) if len(error.exceptions) == 1 else None
    if isinstance(error, OSError) and error.errno == errno.ENAMETOOLONG:
        return OperatorError(f"{error.filename}: {error.strerror}; choose a shorter one.")
    files = sys.modules.get("actors.plumbing.files")
    if files is not None and isinstance(error, files.FileRefusedError):
        return OperatorError(str(error))
    # Where no database was touched, its errors can't have come.
    store = sys.modules.get("actors.store")
    return OperatorError(str(error)) if store is not None and isinstance(error, store.StoreError) else None
