"""A process that has a database: ``python store_child.py PATH SESSION`` begins a session, says so, and waits.

It ends when its standard input closes, without ending the session.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from support.store_database import opened
from support.store_records import appends, opening, started, tick_records


def main() -> None:
    """Begin, append, tell the process number, wait."""
    store = opened(Path(sys.argv[1]))
    store.begin_session(opening(sys.argv[2], os.getpid()))
    store.append(appends([started(), *tick_records(4)]))
    sys.stdout.write(f"{os.getpid()}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
