"""The store: one SQLite database with the journal and what follows from it. See each module's first lines.

A name is imported when it is first asked for: a word to a running session must not wait for all that writes a journal.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from actors.store.backup import BackupFile
    from actors.store.checkpoint import Checkpointer
    from actors.store.connection import Durability
    from actors.store.in_hand import InHand
    from actors.store.readers import list_sessions, require_database, session
    from actors.store.store import Store
    from actors.store.store_errors import (
        CorruptedError,
        DiskFullError,
        GoneError,
        LockedError,
        NewerSchemaError,
        NotADatabaseError,
        OtherStoreError,
        RefusedError,
        SessionRunningError,
        StoreError,
        StuckError,
        UnusablePathError,
    )
    from actors.store.table_rows import LostSession, SessionEnding, SessionOpening, SessionRow
    from actors.store.writer import Writer

__all__ = [
    "BackupFile",
    "Checkpointer",
    "CorruptedError",
    "DiskFullError",
    "Durability",
    "GoneError",
    "InHand",
    "LockedError",
    "LostSession",
    "NewerSchemaError",
    "NotADatabaseError",
    "OtherStoreError",
    "RefusedError",
    "SessionEnding",
    "SessionOpening",
    "SessionRow",
    "SessionRunningError",
    "Store",
    "StoreError",
    "StuckError",
    "UnusablePathError",
    "Writer",
    "list_sessions",
    "require_database",
    "session",
]

# The same once more, for when the program runs.
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "backup": ("BackupFile",),
    "checkpoint": ("Checkpointer",),
    "connection": ("Durability",),
    "in_hand": ("InHand",),
    "readers": (
        "list_sessions",
        "require_database",
        "session",
    ),
    "store": ("Store",),
    "store_errors": (
        "CorruptedError",
        "DiskFullError",
        "GoneError",
        "LockedError",
        "NewerSchemaError",
        "NotADatabaseError",
        "OtherStoreError",
        "RefusedError",
        "SessionRunningError",
        "StoreError",
        "StuckError",
        "UnusablePathError",
    ),
    "table_rows": (
        "LostSession",
        "SessionEnding",
        "SessionOpening",
        "SessionRow",
    ),
    "writer": ("Writer",),
}
_HOMES: Final = {name: module for module, names in _NAMES.items() for name in names}


def __getattr__(name: str) -> Any:
    """What is asked for by its name, out of the module that has it."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    return value
