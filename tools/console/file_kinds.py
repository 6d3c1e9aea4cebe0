"""What a file is that should be a text, by its first bytes, and what to do with it."""

from __future__ import annotations

from typing import Final

GZIP: Final = b"\x1f\x8b"
ZIP: Final = b"PK\x03\x04"

_OTHER_KINDS: Final = (
    (GZIP, "is compressed (gzip); unpack it first, such as with gzip -d"),
    (b"BZh", "is compressed (bzip2); unpack it first, such as with bzip2 -d"),
    (b"\xfd7zXZ", "is compressed (xz); unpack it first, such as with xz -d"),
    (b"\x28\xb5\x2f\xfd", "is compressed (zstd); unpack it first, such as with zstd -d"),
    (ZIP, "is a ZIP archive or a spreadsheet; unpack it, or save the sheet as CSV"),
    (b"SQLite format 3", "is an SQLite database; give the text file that is meant"),
    (b"\xff\xfe", "is not UTF-8 text but UTF-16; save it as UTF-8"),
    (b"\xfe\xff", "is not UTF-8 text but UTF-16; save it as UTF-8"),
)


def other_kind(start: bytes) -> str | None:
    """What a file is instead of a text, in words that follow its name; None if nothing tells.

    Args:
        start: Its first bytes, sixteen of them or more.
    """
    return next((told for begins, told in _OTHER_KINDS if start.startswith(begins)), None)
