"""The store: one SQLite database with the journal and what follows from it. See each module's first lines."""

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
