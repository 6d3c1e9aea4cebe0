"""The ``neo`` command's first steps: everything that can be missing is imported inside, and missed in words."""

from __future__ import annotations

import contextlib
import os
import sys

from tools.console.errors import EXIT_SIGNALLED, EXIT_STARTUP
from tools.console.interrupts import comes_of_interrupt, ignore_signals, interrupted_by, take_signals


def main() -> None:
    """Run the command line and leave with its exit code."""
    # Whatever is written without a word about it is its owner's alone as well. Without effect on Windows.
    os.umask(0o077)
    try:
        take_signals()
        _open_closed_streams()
        from tools.commands.table import run_command_line  # noqa: PLC0415 - inside, so that its absence can be told

        code = run_command_line(sys.argv[1:])
    except (Exception, KeyboardInterrupt) as error:
        if comes_of_interrupt(error):
            # Mostly in the imports, which take the larger part of a second.
            _tell("neo: interrupted.\n")
            code = EXIT_SIGNALLED + interrupted_by()
        elif isinstance(error, ImportError):
            _tell(f"neo: this install is broken: {error}.\nReinstall it, in a checkout with `uv sync --reinstall`.\n")
            code = EXIT_STARTUP
        else:
            raise
    ignore_signals()
    sys.exit(code)


def _tell(text: str) -> None:
    """Write where even the module for that may be missing; that nobody can hear it must not change the exit code."""
    with contextlib.suppress(OSError, ValueError):
        sys.stderr.write(text)
        sys.stderr.flush()


def _open_closed_streams() -> None:
    """Where a standard stream is closed (``>&-``, some daemons), nothing is read or written, and that is no fault.

    Opened before anything else: the next file would get the stream's number, and with it what is meant for nobody.
    """
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - open to the end
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
