"""The results file: one JSON object a session, a line each, written as sessions end.

JSON lines rather than a database: a line is kept once it is written, a torn last one shows, nothing needs migrating,
and every tool for data reads it. There is one writer, the sweep's own process, which holds a lock beside the file.
"""

from __future__ import annotations

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import msgspec

from actors.plumbing.files import FileRefusedError, append_private, close_to_others, open_plain, require_own
from actors.store.lock import HeldError, ProcessLock
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.sweep.folders import RESULTS, take_folder
from tools.sweep.runs import Result

# A result takes some 3 kB.
_LINE_BYTES_MAX = 1024 * 1024
_START = b'{"run":'
_MEND = "choose another folder with --out."

_decode = msgspec.json.Decoder(Result).decode
_encode = msgspec.json.Encoder().encode


class Kept:
    """The results of a sweep's folder. Use :func:`results_in` to get one.

    Args:
        path: The file.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.results: dict[str, Result] = {}

    def load(self) -> None:
        """Read what is there; a torn last line, which a kill may leave, is cut off.

        Raises:
            OperatorError: The file can't be read, or a line is not a result.
        """
        try:
            with open_plain(self.path) as file:
                whole = self._load(file)
                torn = file.seek(0, os.SEEK_END) > whole
            if torn:
                with self.path.open("r+b") as rest:
                    rest.truncate(whole)
            close_to_others(self.path)
        except FileRefusedError as error:
            if not isinstance(error.__cause__, FileNotFoundError):
                raise OperatorError(f"{printable(str(self.path))}: {error.what}; {_MEND}") from None

    def _load(self, file: IO[bytes]) -> int:
        """Take every whole line; returns where the last one ends."""
        whole = 0
        for number in itertools.count(1):
            line = file.readline(_LINE_BYTES_MAX + 1)
            if not line.endswith(b"\n"):
                # Torn is only what begins as a result does: nothing of anybody else's is cut off.
                if len(line) > _LINE_BYTES_MAX or not _START.startswith(line[: len(_START)]):
                    raise self._refused(number, "no whole line")
                break
            try:
                result = _decode(line)
            except (msgspec.DecodeError, RecursionError) as error:
                raise self._refused(number, str(error)) from None
            self.results[result.run] = result
            whole = file.tell()
        return whole

    def _refused(self, number: int, why: str) -> OperatorError:
        told = f"{printable(str(self.path))}, line {number}: is not a sweep's result ({why})"
        return OperatorError(f"{told}; {_MEND}")

    def add(self, result: Result) -> None:
        """Keep a result: it is with the operating system when this returns.

        Raises:
            OperatorError: The disk refused.
        """
        try:
            with open(append_private(self.path, create=True), "ab") as file:  # noqa: PTH123 - it has the mode
                file.write(_encode(result) + b"\n")
        except FileRefusedError as error:
            raise OperatorError(str(error)) from None
        except OSError as error:
            raise OperatorError(f"{self.path}: {error.strerror}; what is done is kept, run it again.") from None
        self.results[result.run] = result


@contextlib.contextmanager
def results_in(folder: Path) -> Iterator[Kept]:
    """The results of a folder, which is made if it isn't there, for this process alone.

    Raises:
        OperatorError: The folder can't be used, or another sweep is at it.
    """
    try:
        take_folder(folder)
    except FileRefusedError as error:
        raise OperatorError(str(error)) from None
    # By its own name and no link's, as a second sweep may come by another way.
    kept = Kept(folder.resolve() / RESULTS)
    lock = ProcessLock(kept.path)
    try:
        require_own(kept.path)
        lock.acquire()
    except HeldError as error:
        raise OperatorError(f"{folder}: another sweep (process {error.pid}) is at it; wait for it, or --out.") from None
    try:
        kept.load()
        yield kept
    finally:
        lock.release()
