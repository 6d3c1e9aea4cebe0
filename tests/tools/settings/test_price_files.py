"""A price file is read as lines, packed or not, and what can't be is told in words.

Method: files written here, one of each kind, whole and damaged.
"""

from __future__ import annotations

import gzip
import io
import re
import zipfile
from pathlib import Path

import pytest

from actors.plumbing.files import FileRefusedError
from tools.console.errors import OperatorError
from tools.settings import price_files
from tools.settings.price_files import price_lines

TEXT = "a,b\n1,2\n"


def zipped(**members: str) -> bytes:
    """A ZIP archive; ``__csv`` at the end of a member's name stands for ``.csv``."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            archive.writestr(re.sub("__csv$", ".csv", name), text)
    return packed.getvalue()


def read(path: Path, content: bytes, member: str | None = None) -> list[str]:
    """The lines of a file with this content."""
    path.write_bytes(content)
    with price_lines(path, member) as (_, lines):
        return list(lines)


def refused(path: Path, content: bytes, member: str | None = None) -> str:
    """Why a file is refused."""
    with pytest.raises(OperatorError) as refusal:
        read(path, content, member)
    return refusal.value.message


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        TEXT.rstrip().encode(),
        b"\xef\xbb\xbf" + TEXT.encode(),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode(),
        gzip.compress(TEXT.encode()),
        gzip.compress(b"a,b\n1") + gzip.compress(b",2\n"),
        zipped(prices__csv=TEXT),
        zipped(**{"__MACOSX/._prices.csv": "x", "data/": "", "data/prices.csv": TEXT}),
    ],
    ids=["plain", "no last end", "byte-order mark", "CRLF", "CR", "gzip", "gzip in two", "ZIP", "ZIP of a Mac"],
)
def test_lines_are_the_same_however_the_file_is_saved_or_packed(tmp_path: Path, content: bytes) -> None:
    """By what the file holds, not by its name."""
    assert read(tmp_path / "prices", content) == ["a,b", "1,2"]


def test_a_member_is_chosen_by_its_name(tmp_path: Path) -> None:
    """And told in the file's name from then on."""
    path = tmp_path / "all.zip"
    path.write_bytes(zipped(XRPUSD_1__csv=TEXT, XRPUSD_5__csv="other"))
    with price_lines(path, "XRPUSD_1.csv") as (name, lines):
        assert list(lines) == ["a,b", "1,2"]
    assert name == f"{path}, XRPUSD_1.csv"


SEVEN = {f"{n}__csv": TEXT for n in range(7)}

REFUSED = {
    "several members": (zipped(**SEVEN), None, "has 7 files; name one with --member: 0.csv, 1.csv, 2.csv, 3.csv, 4.csv"
                        " and 2 more."),
    "no such member": (zipped(a__csv=TEXT), "b.csv", "has no member b.csv; name one of a.csv."),
    "empty archive": (zipped(**{"data/": ""}), None, "the archive is empty"),
    "a spreadsheet": (zipped(**{"[Content_Types].xml": "", "xl/workbook.xml": ""}), None, "is a spreadsheet; save the"),
    "a member of no archive": (TEXT.encode(), "a.csv", "is no ZIP archive; leave that option out."),
    "cut gzip": (gzip.compress(TEXT.encode())[:-9], None, "can't be unpacked (it is cut short); download it again."),
    "damaged gzip": (b"\x1f\x8b" + b"x" * 50, None, "can't be unpacked ("),
    "cut ZIP": (zipped(a__csv=TEXT)[:-9], None, "can't be unpacked (File is not a zip file); download it again."),
    "spoilt ZIP": (zipped(a__csv=TEXT * 50).replace(b"a.csv", b"a.csv", 1)[:40] + b"\0" * 9
                   + zipped(a__csv=TEXT * 50)[49:], None, "can't be unpacked ("),
    "SQLite": (b"SQLite format 3\0", None, "is an SQLite database"),
    "zstd": (b"\x28\xb5\x2f\xfd....", None, "is compressed (zstd)"),
    "UTF-16": ("a,b".encode("utf-16"), None, "is not UTF-8 text but UTF-16"),
    "Latin-1": (b"a,b\n1,\xe9\n", None, "line 2: is not UTF-8 text; save it as UTF-8."),
    "a line without end": (b"a,b\n" + b"9" * 5000, None, "line 2: is too long for a row"),
}  # fmt: skip


@pytest.mark.parametrize(("content", "member", "told"), REFUSED.values(), ids=REFUSED)
def test_what_can_not_be_read_is_told_with_the_file_and_the_mend(
    tmp_path: Path, content: bytes, member: str | None, told: str
) -> None:
    """Without a traceback, whatever a library calls it."""
    message = refused(tmp_path / "prices", content, member)
    assert told in message
    assert str(tmp_path / "prices") in message


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """As wherever a file is read."""
    with pytest.raises(FileRefusedError, match="a folder"), price_lines(tmp_path, None):
        pass


def test_a_small_file_that_unpacks_without_end_is_not_gone_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is unpacked is bounded, not what is packed."""
    monkeypatch.setattr(price_files, "UNPACKED_CHARS_MAX", 10_000)
    message = refused(tmp_path / "bomb.gz", gzip.compress(b"a,b\n" * 100_000))
    assert "line 2501: is beyond the 10,000 characters that are read; split it." in message
