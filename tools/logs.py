"""The log: one line an event, to a rotating file; the terminal sees warnings and errors only.

A line is ``time level event key=value ...``: the event's name is constant, the fields keep the order in which they
were given, and a value with anything but plain characters is written as JSON, so lines can be read back by programs.
"""

from __future__ import annotations

import contextlib
import json
import re
import traceback
from collections.abc import Callable, Iterator
from datetime import UTC
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from loguru import logger

from neo.config import LogConfig
from tools.errors import OperatorError
from tools.redaction import redact, redact_text

if TYPE_CHECKING:
    from loguru import Message, Record

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
        to_file = logger.add(
            file,
            level=settings.level,
            format=_file_format,
            rotation=f"{settings.rotation_mb} MB",
            retention=settings.keep_files,
            encoding="utf-8",
            backtrace=False,
            diagnose=False,  # it would print the values of local variables
        )
    except OSError as error:
        raise OperatorError(f"log {file}: {error.strerror}; check its folder's permissions.") from None
    to_terminal = logger.add(
        lambda message: warn(terminal_line(message)), level="WARNING", format="{message}", diagnose=False
    )
    try:
        yield
    finally:
        logger.remove(to_terminal)
        logger.remove(to_file)


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
        fields["error"] = redact_text(f"{type(failure.value).__name__}: {failure.value}")
        if traced:
            fields["traceback"] = redact_text("".join(traceback.format_exception(failure.value)))
    event = redact_text(" ".join(record["message"].split()))
    return " ".join([event, *(f"{name}={_value(value)}" for name, value in fields.items())])


def _value(value: object) -> str:
    if isinstance(value, (str, Decimal, Path)) and _PLAIN.fullmatch(str(value)):
        return str(value)
    return json.dumps(value, default=str, ensure_ascii=False, separators=(",", ":"))


def _file_format(record: Record) -> str:
    # What this returns is a template to Loguru: braces and tags of the line must come out as they went in.
    return log_line(record).replace("{", "{{").replace("}", "}}").replace("<", r"\<") + "\n"
