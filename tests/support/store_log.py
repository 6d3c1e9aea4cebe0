"""What was logged, for tests that promise a line."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from loguru import logger

if TYPE_CHECKING:
    from loguru import Message


@contextlib.contextmanager
def log_lines() -> Iterator[list[str]]:
    """What is logged at WARNING and above meanwhile: level and event, and the cause if there is one."""
    lines: list[str] = []

    def keep(message: Message) -> None:
        record = message.record
        words = (record["level"].name, record["message"], record["extra"].get("cause"))
        lines.append(" ".join(word for word in words if word is not None))

    sink = logger.add(keep, level="WARNING")
    try:
        yield lines
    finally:
        logger.remove(sink)
