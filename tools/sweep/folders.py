"""The folders that a sweep made, told apart from those that it found: only its own are ever emptied.

A name says nothing: ``running`` may be somebody's work. Each folder that a sweep makes bears a mark, a small file.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Final

from actors.plumbing.files import FileRefusedError, make_private_folder, open_plain, write_whole
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.sweep.sweep_page import TITLE

MARK: Final = ".neo-sweep"
RESULTS: Final = "results.jsonl"
PAGE: Final = "sweep.html"
RUNNING: Final = "running"
SESSIONS: Final = "sessions"

_TEXT: Final = b"A sweep of NEO made this folder, and deletes it when it is done with it.\n"
_MEND: Final = "Choose another folder with --out, a new or an empty one."
_MOVE: Final = "Move it away, or choose another folder with --out."

# Where a page tells its title.
_START_BYTES: Final = 4096


def make_marked(folder: Path) -> None:
    """Make a folder that bears the mark.

    Raises:
        FileRefusedError: It can't be made.
    """
    make_private_folder(folder, _MEND)
    write_whole(folder / MARK, _TEXT, _MEND)


def is_marked(folder: Path) -> bool:
    """Whether a sweep made this folder; a link to one was made by somebody else."""
    return _mode_of(folder, stat.S_ISDIR) and _mode_of(folder / MARK, stat.S_ISREG)


def remove_marked(folder: Path) -> None:
    """Remove a folder that a sweep made, and leave anything else of that name alone."""
    if is_marked(folder):
        shutil.rmtree(folder, ignore_errors=True)


def clear_way(folder: Path) -> None:
    """Have nothing of that name there, once what a sweep left is gone.

    Raises:
        OperatorError: Something else is, and stays.
    """
    remove_marked(folder)
    if os.path.lexists(folder):
        raise _not_ours(folder)


def take_folder(folder: Path) -> None:
    """Make a sweep's folder, or take one that is empty or a sweep's already.

    Everything that the sweep is going to write there is looked at now, not after hours.

    Raises:
        OperatorError: It holds something that is not a sweep's.
        FileRefusedError: It can't be made.
    """
    make_private_folder(folder, _MEND)
    if not is_marked(folder.resolve()):
        if not (folder / RESULTS).exists() and any(folder.iterdir()):
            raise OperatorError(f"{printable(str(folder))}: holds other files than a sweep's. {_MEND}")
        if (folder / RESULTS).exists() and not _start_of(folder / RESULTS).startswith(b'{"run":'):
            raise OperatorError(f"{printable(str(folder / RESULTS))}, line 1: is not a sweep's result. {_MEND}")
    for name, is_kind in ((RESULTS, stat.S_ISREG), (PAGE, stat.S_ISREG), (SESSIONS, stat.S_ISDIR)):
        if os.path.lexists(folder / name) and not _mode_of(folder / name, is_kind):
            raise _not_ours(folder / name)
    # Looked at and left: another sweep may be at it, and that is told apart by the lock.
    if os.path.lexists(folder / RUNNING) and not is_marked(folder / RUNNING):
        raise _not_ours(folder / RUNNING)
    if (folder / PAGE).exists() and f"<title>{TITLE}</title>".encode() not in _start_of(folder / PAGE):
        raise OperatorError(f"{printable(str(folder / PAGE))}: is no page of a sweep's. {_MOVE}")
    if not is_marked(folder.resolve()):
        write_whole(folder / MARK, _TEXT, _MEND)


def _not_ours(path: Path) -> OperatorError:
    return OperatorError(f"{printable(str(path))}: a sweep did not make this. {_MOVE}")


def _mode_of(path: Path, is_kind: Callable[[int], bool]) -> bool:
    """Whether a path itself, not what it links to, is of a kind."""
    try:
        return is_kind(path.lstat().st_mode)
    except OSError:
        return False


def _start_of(file: Path) -> bytes:
    """What a file begins with; nothing if it can't be read."""
    try:
        with open_plain(file) as content:
            return content.read(_START_BYTES)
    except FileRefusedError:
        return b""
