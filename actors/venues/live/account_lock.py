"""One session an account: a lock in the user's data folder, named by the account, whatever the databases are.

It is held like a database's (:mod:`actors.store.lock`): the system frees it with the process, however that ends. Two
machines are not kept apart by it; there the account's own transactions, which no journal knows, tell.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from actors.store.lock import HeldError, ProcessLock
from actors.venues.venue_errors import AccountInUseError


@contextlib.contextmanager
def holding_account(folder: Path, account: str) -> Iterator[None]:
    """Keep every other session of this user off an account.

    Args:
        folder: The user's data folder, which is there.
        account: The address.

    Raises:
        AccountInUseError: Another session has it.
        StoreError: The lock file can't be written.
    """
    lock = ProcessLock(folder / f"account-{account}")
    try:
        lock.acquire()
    except HeldError as held:
        who = "another process" if held.pid is None else f"process {held.pid}"
        raise AccountInUseError(
            f"{who} runs a session with the account {account}",
            "One account has one session at a time: end that one with `neo kill`, or wait for its end",
        ) from None
    try:
        yield
    finally:
        lock.release()
