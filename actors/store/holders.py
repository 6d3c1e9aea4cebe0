"""Who has a file open, where the system can say so cheaply: on Linux, by the links in ``/proc``."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

_PROC = Path("/proc")


def holders_of(database: Path) -> tuple[str, ...] | None:
    """The other processes that have a database open, as ``name (pid)``.

    Returns:
        The processes we may see; empty means that the holder is this process or another user's. None where the
        system has no ``/proc``.
    """
    if not (_PROC / "self" / "fd").is_dir():
        return None
    target = str(database.resolve())
    others = [entry for entry in _PROC.iterdir() if entry.name.isdecimal() and int(entry.name) != os.getpid()]
    return tuple(sorted(f"{_name_of(process)} ({process.name})" for process in others if _has_open(process, target)))


def told_holders(holders: tuple[str, ...] | None) -> str:
    """The same for a line in the log."""
    if holders is None:
        return "not known on this system"
    return ", ".join(holders) or "this process, or another user's"


def _has_open(process: Path, target: str) -> bool:
    # A process may end, or be another user's, while we look.
    with contextlib.suppress(OSError):
        for descriptor in (process / "fd").iterdir():
            with contextlib.suppress(OSError):
                if str(descriptor.readlink()) == target:
                    return True
    return False


def _name_of(process: Path) -> str:
    with contextlib.suppress(OSError):
        return (process / "comm").read_text().strip()
    return "a process"
