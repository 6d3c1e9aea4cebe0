"""The results file: one JSON object a session, a line each, written as sessions end.

JSON lines rather than a database: a line is kept once it is written, a torn last one shows, nothing needs migrating,
and every tool for data reads it. There is one writer, the sweep's own process, which holds a lock beside the file.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import msgspec

from actors.files import FileRefusedError, append_private, close_to_others, make_private_folder, require_own
from actors.store.lock import HeldError, ProcessLock
from tools.errors import OperatorError
from tools.sweep.runs import Result

_NAME = "results.jsonl"
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
        data = self._read()
        whole = data.rfind(b"\n") + 1
        for number, line in enumerate(data[:whole].splitlines(), start=1):
            try:
                result = _decode(line)
            except msgspec.DecodeError as error:
                told = f"{self.path}, line {number}: is not a sweep's result ({error})"
                raise OperatorError(f"{told}; choose another folder with --out.") from None
            self.results[result.run] = result
        if whole < len(data):
            with self.path.open("r+b") as file:
                file.truncate(whole)
        close_to_others(self.path)

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

    def _read(self) -> bytes:
        try:
            require_own(self.path)
            return self.path.read_bytes()
        except FileRefusedError as error:
            raise OperatorError(str(error)) from None
        except FileNotFoundError:
            return b""
        except OSError as error:
            raise OperatorError(f"{self.path}: {error.strerror}; choose another folder with --out.") from None


@contextlib.contextmanager
def results_in(folder: Path) -> Iterator[Kept]:
    """The results of a folder, which is made if it isn't there, for this process alone.

    Raises:
        OperatorError: The folder can't be used, or another sweep is at it.
    """
    make_private_folder(folder, "Choose another folder with --out.")
    # By its own name and no link's, as a second sweep may come by another way.
    kept = Kept(folder.resolve() / _NAME)
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
