"""The log: one line an event, to a rotating file; the terminal sees warnings and errors only.

A line is ``time level event key=value ...``: the event's name is constant, the fields keep the order in which they
were given, and a value with anything but plain characters is written as JSON, so lines can be read back by programs.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from actors.plumbing.files import FileRefusedError, append_private, open_plain, require_own
from actors.plumbing.supervisor import describe
from neo.config import LogConfig
from tools.console.errors import OperatorError
from tools.console.log_redaction import redact
from tools.console.output import shown

if TYPE_CHECKING:
    from loguru import Message, Record

# Each line begins with its moment.
_YEAR_BYTES = 5

_PLAIN = re.compile(r"[A-Za-z0-9_.:/+-]+")


@contextlib.contextmanager
def logging_to(file: Path, settings: LogConfig, warn: Callable[[str], None]) -> Iterator[None]:
    """Log to a file while the block runs.

    Args:
        file: The log file; what was put aside lies beside it.
        settings: Level, size and number of files.
        warn: Takes a line for the operator's eyes.

    Raises:
        OperatorError: The file can't be written.
    """
    # Loguru's own first sink would write everything to the terminal.
    logger.remove()
    try:
        log_file = _LogFile(file, settings, warn)
    except FileRefusedError as error:
        raise OperatorError(f"log {error}") from None
    except OSError as error:
        raise OperatorError(f"log {file}: {error.strerror}; check its folder's permissions.") from None
    to_file = logger.add(
        # A line made as Loguru's format would be a template to it, to be parsed anew each time.
        lambda message: log_file.write(f"{log_line(message.record)}\n"),
        level=settings.level,
        format="{message}",
        backtrace=False,
        diagnose=False,
    )
    try:
        with warning(warn):
            yield
    finally:
        logger.remove(to_file)
        log_file.close()


@contextlib.contextmanager
def before_logging(warn: Callable[[str], None]) -> Iterator[None]:
    """Warnings and errors in a line each, from before a log is opened and, should it not come to that, to the end.

    Args:
        warn: Takes a line, until :func:`logging_to` takes over.
    """
    # Loguru's own first sink has no fields, and lines that tell nobody anything.
    logger.remove()
    early = _to_terminal(warn)
    try:
        yield
    finally:
        with contextlib.suppress(ValueError):  # a log was opened, and this one gone
            logger.remove(early)


@contextlib.contextmanager
def warning(warn: Callable[[str], None]) -> Iterator[None]:
    """Warnings and errors in a line each, for the operator's eyes, while the block runs.

    Args:
        warn: Takes a line.
    """
    to_terminal = _to_terminal(warn)
    try:
        yield
    finally:
        logger.remove(to_terminal)


def _to_terminal(warn: Callable[[str], None]) -> int:
    return logger.add(lambda message: warn(terminal_line(message)), level="WARNING", format="{message}", diagnose=False)


class _LogFile:
    """The rotating file, written line by line without a buffer.

    Loguru's own prints a traceback for each line that a full disk refuses, and what a buffer holds back fails again at
    the end. Here such a line is lost, and the operator is told of the first one.

    Args:
        file: Where it is.
        settings: Its size and how many are kept.
        warn: Takes a line for the operator's eyes.

    Raises:
        OSError: It can't be written at all.
        FileRefusedError: It, or one that was put aside, is a link, another user's, or no log.
    """

    def __init__(self, file: Path, settings: LogConfig, warn: Callable[[str], None]) -> None:
        self._file = file
        self._settings = settings
        self._warn = warn
        self._told = False
        for number in range(settings.keep_files + 1):
            _require_log(self._aside(number))
        self._stream = self._opened()

    def write(self, message: str) -> None:
        """Add a line."""
        try:
            line = message.encode()
            if self._stream.closed:
                self._stream = self._opened()
            if self._stream.tell() + len(line) > self._settings.rotation_mb * 1_000_000:
                self._rotate()
            self._stream.write(line)
        except (OSError, FileRefusedError) as error:
            self._tell(error)

    def close(self) -> None:
        """Close it."""
        self._stream.close()

    def _rotate(self) -> None:
        """Put the full file aside as ``<file>.1``, the one before as ``<file>.2``, and so on; the oldest goes."""
        self._stream.close()
        try:
            for number in reversed(range(1, self._settings.keep_files + 1)):
                before = self._aside(number - 1)
                if before.exists():
                    before.replace(self._aside(number))
        except OSError as error:
            # A file that is too large is better than no lines.
            self._tell(error)
        self._stream = self._opened()

    def _opened(self) -> io.FileIO:
        return io.FileIO(append_private(self._file, create=True), "a")

    def _tell(self, error: OSError | FileRefusedError) -> None:
        if not self._told:
            self._told = True
            cause = error.strerror if isinstance(error, OSError) else error.what
            self._warn(f"error: log_unwritable file={self._file} error={_value(cause or '')}")

    def _aside(self, number: int) -> Path:
        return self._file.with_name(f"{self._file.name}.{number}") if number else self._file


def _require_log(file: Path) -> None:
    """Refuse a file where a log is going to be that is somebody's own: it would be written to, and go one day.

    Raises:
        FileRefusedError: It is, or can't be read.
    """
    require_own(file)
    if file.exists():
        with open_plain(file) as content:
            start = content.read(_YEAR_BYTES)
        if start and not re.fullmatch(rb"[0-9]{4}-", start):
            raise FileRefusedError(file, "no log of NEO's, and one would take its place", "Move it away.")


def log_line(record: Record) -> str:
    """One event as one line."""
    moment = record["time"].astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return f"{moment} {record['level'].name} {_event_line(record, traced=True)}"


def terminal_line(message: Message) -> str:
    """A warning or an error as the terminal shows it."""
    record = message.record
    return f"{record['level'].name.lower()}: {_event_line(record, traced=False)}"


def _event_line(record: Record, *, traced: bool) -> str:
    fields = {name: redact(name, value) for name, value in record["extra"].items()}
    failure = record["exception"]
    if failure is not None and failure.value is not None:
        fields["error"] = describe(failure.value)
        if traced:
            fields["traceback"] = "".join(traceback.format_exception(failure.value))
    event = " ".join(record["message"].split())
    # Last, and over all of it: no secret, and nothing that a terminal would obey when the log is read.
    return shown(" ".join([event, *(f"{name}={_value(value)}" for name, value in fields.items())]))


def _value(value: object) -> str:
    if isinstance(value, (str, Decimal, Path)) and _PLAIN.fullmatch(str(value)):
        return str(value)
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))
