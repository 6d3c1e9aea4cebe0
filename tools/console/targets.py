"""Where a file that was asked for may be written: over nothing but another of its kind, and that only if it is said."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

import msgspec

from actors.plumbing.files import FileRefusedError, open_plain
from actors.store.place import KEPT_LEDGERS

_HEAD_BYTES: Final = 4096

# A file of such a name would be taken for what the name says: to make a kill file is to say kill.
_BESIDE_A_DATABASE: Final = (
    ".kill",
    ".control",
    ".lock",
    *KEPT_LEDGERS,
    ".log",
    "-wal",
    "-shm",
    "-journal",
    "-backups",
)


class TargetKind(msgspec.Struct, frozen=True):
    """A kind of file that is written where an operator says.

    Args:
        noun: What it is called, such as ``page``.
        example: A name for one.
        is_one: Whether a file is one of NEO's, by its first bytes.
    """

    noun: str
    example: str
    is_one: Callable[[bytes], bool]


def target_trouble(path: Path, kind: TargetKind, *, force: bool) -> str | None:
    """Why a file of a kind must not be written to a path, and what to do instead; None if it may.

    Args:
        path: Where to.
        kind: What is going to be written.
        force: Whether one of the same kind that is there may be replaced.
    """
    if not path.name.isprintable() or path.name == "-":
        return f"is no name for a {kind.noun}; write it to a file, such as {kind.example}"
    if path.name.endswith(_BESIDE_A_DATABASE):
        return f"is a name of what lies beside a database; name another file, such as {kind.example}"
    if not path.parent.is_dir():
        return "its folder does not exist; make it, or name another file"
    what = "is a link" if path.is_symlink() else _other_at(path, kind)
    if what is not None:
        return f"{what}, and stays as it is; name another file"
    if path.exists() and not force:
        return "is there already; --force replaces it, or name another file"
    return None


def _other_at(path: Path, kind: TargetKind) -> str | None:
    """What is there, or None for one of the kind or nothing."""
    try:
        with open_plain(path) as file:
            return None if kind.is_one(file.read(_HEAD_BYTES)) else f"is no {kind.noun} of NEO's"
    except FileRefusedError as error:
        return f"can't be replaced ({error.what})" if path.exists() else None
