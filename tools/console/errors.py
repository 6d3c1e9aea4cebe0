"""What an operator can cause and mend: told in one message, without a traceback."""

from __future__ import annotations

# A start that failed: the number of ``startup_failure`` in neo.messages.halts, not imported from there, because a
# broken install must still be able to say so.
EXIT_STARTUP = 30

# The shell's convention for a process ended by a signal, to which its number is added: for a command that had begun
# nothing which could tell of its end.
EXIT_SIGNALLED = 128
EXIT_INTERRUPTED = EXIT_SIGNALLED + 2  # Ctrl+C, or a question that nobody answered

# Not all of standard output could be written. The number that sysexits.h has for it (EX_IOERR).
EXIT_OUTPUT_LOST = 74


class OperatorError(Exception):
    """A command that can't go on.

    Args:
        message: What is wrong and how to mend it.
        exit_code: What the process ends with.
    """

    def __init__(self, message: str, exit_code: int = EXIT_STARTUP) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
