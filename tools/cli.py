"""The ``neo`` command's first steps: everything that can be missing is imported inside, and missed in words."""

from __future__ import annotations

import os
import signal
import sys

from tools.errors import EXIT_INTERRUPTED, EXIT_STARTUP


def main() -> None:
    """Run the command line and leave with its exit code."""
    _open_closed_streams()
    # Whatever is written without a word about it is its owner's alone as well. Without effect on Windows.
    os.umask(0o077)
    try:
        from tools.commands import run_command_line  # noqa: PLC0415 - inside, so that its absence can be told

        code = run_command_line(sys.argv[1:])
    except ImportError as error:
        sys.stderr.write(
            f"neo: this install is broken: {error}.\nReinstall it, in a checkout with `uv sync --reinstall`.\n"
        )
        code = EXIT_STARTUP
    except KeyboardInterrupt:
        # Mostly in the imports, which take the larger part of a second.
        sys.stderr.write("neo: interrupted.\n")
        code = EXIT_INTERRUPTED
    # All is done and said: a signal that comes while the interpreter takes itself down changes nothing.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    sys.exit(code)


def _open_closed_streams() -> None:
    """Where a standard stream is closed (``>&-``, some daemons), nothing is read or written, and that is no fault.

    Opened before anything else: the next file would get the stream's number, and with it what is meant for nobody.
    """
    sys.stdin = sys.stdin or open(os.devnull, encoding="utf-8")  # noqa: SIM115, PTH123 - open to the end
    sys.stdout = sys.stdout or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
    sys.stderr = sys.stderr or open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123
