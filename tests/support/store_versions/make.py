"""Write the fixture of this build's schema version, once, when that version is released.

``PYTHONPATH=.:tests python tests/support/store_versions/make.py``
"""

from __future__ import annotations

import contextlib
import sqlite3
import tempfile
from pathlib import Path

from support.store_database import FIXTURES, ending, opened
from support.store_records import appends, opening, started, tick_records

from actors.store.tables import APPLICATION_ID, SCHEMA_VERSION


def main() -> None:
    """One ended session of one tick, as SQL."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "neo.db"
        store = opened(path)
        store.begin_session(opening("one"))
        store.append(appends([started(), *tick_records(4)]))
        store.end_session(ending())
        store.close()
        with contextlib.closing(sqlite3.connect(path)) as connection:
            dump = "\n".join(connection.iterdump())
    head = f"-- A database of schema version {SCHEMA_VERSION}: one ended session of one tick.\n"
    tail = f"\nPRAGMA application_id = {APPLICATION_ID};\nPRAGMA user_version = {SCHEMA_VERSION};\n"
    (FIXTURES / f"v{SCHEMA_VERSION}.sql").write_text(head + dump + tail)


if __name__ == "__main__":
    main()
