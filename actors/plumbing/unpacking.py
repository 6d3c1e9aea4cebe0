"""A gzip file's content as a stream, with a bound on what a small file may cost.

The standard library's reader goes through a header byte by byte and through empty members one by one, so that a file
of a few megabytes keeps it busy for a minute; here all of that is the C library's work, or counted.
"""

from __future__ import annotations

import io
import zlib
from typing import IO, Final

# A file that was put together from others has a few.
MEMBERS_MAX: Final = 1000

_CHUNK_BYTES: Final = 64 * 1024
_GZIP: Final = 16 + zlib.MAX_WBITS


class Unpacked(io.RawIOBase):
    """What a gzip file holds. Wrap it in ``io.BufferedReader``; a read never takes more than was asked for.

    Args:
        file: The packed one, at its start.
    """

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._packed = b""
        self._inflate = zlib.decompressobj(_GZIP)
        self._members = 0
        self._is_between = True

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # the library's stub takes any buffer
        """Fill a buffer, as far as one step goes; 0 at the end.

        Raises:
            EOFError: The file is cut short.
            zlib.error: It is damaged, no gzip, or of too many members.
        """
        while True:
            self._packed = self._packed or self._file.read(_CHUNK_BYTES)
            if not self._packed:
                if self._is_between:
                    return 0
                raise EOFError("it is cut short")
            content = self._inflated(len(buffer))
            if content:
                buffer[: len(content)] = content
                return len(content)

    def _inflated(self, most: int) -> bytes:
        content = self._inflate.decompress(self._packed, most)
        self._packed = self._inflate.unconsumed_tail
        self._is_between = self._inflate.eof
        if self._inflate.eof:
            self._members += 1
            if self._members > MEMBERS_MAX:
                raise zlib.error(f"more than {MEMBERS_MAX:,} members")
            self._packed = self._inflate.unused_data
            self._inflate = zlib.decompressobj(_GZIP)
        return content
