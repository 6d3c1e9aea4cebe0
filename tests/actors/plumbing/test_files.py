"""Files are judged by what they are: each test makes one that is not what its name promises."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
from pathlib import Path

import pytest

from actors.plumbing.files import (
    FileRefusedError,
    lies_within,
    make_private_folder,
    open_plain,
    read_plain,
    read_private,
    replacing,
    write_whole,
)

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="modes and FIFOs are POSIX")


def test_a_plain_file_is_read_to_its_last_byte_and_not_beyond_its_bound(tmp_path: Path) -> None:
    """A file as large as the bound is read whole; one byte more is refused."""
    file = tmp_path / "prices.csv"
    file.write_bytes(b"12345")
    assert read_plain(file, 5) == b"12345"
    with pytest.raises(FileRefusedError, match="more than the 4 bytes"):
        read_plain(file, 4)


@posix_only
@pytest.mark.parametrize("kind", ["fifo", "folder", "device", "socket", "link to a fifo"])
def test_what_is_no_plain_file_is_refused_at_once(tmp_path: Path, kind: str) -> None:
    """Nothing waits for a writer that never comes, and nothing reads a device without end."""
    path = tmp_path / "it"
    match kind:
        case "fifo":
            os.mkfifo(path)
        case "folder":
            path.mkdir()
        case "device":
            path = Path("/dev/zero")
        case "socket":
            # By its name alone: a socket's path has to be short.
            with socket.socket(socket.AF_UNIX) as made, contextlib.chdir(tmp_path):
                made.bind(path.name)
        case _:
            os.mkfifo(tmp_path / "fifo")
            path.symlink_to(tmp_path / "fifo")
    with pytest.raises(FileRefusedError), open_plain(path):
        pass


@pytest.mark.parametrize("name", ["a\0b", "x" * 5000, "nowhere/file"])
def test_a_path_that_leads_nowhere_is_told(tmp_path: Path, name: str) -> None:
    """What the system says about a name comes in one class of error."""
    with pytest.raises(FileRefusedError):
        read_plain(tmp_path / name, 10)


def test_a_file_with_a_secret_is_read_if_nobody_else_may_read_it(tmp_path: Path) -> None:
    """Up to its bound."""
    file = tmp_path / "secret"
    write_whole(file, b"12345")
    assert read_private(file, 5, "Mend.") == b"12345"
    with pytest.raises(FileRefusedError, match="more than the 4 bytes"):
        read_private(file, 4, "Mend.")


@posix_only
@pytest.mark.parametrize("mode", [0o604, 0o640, 0o602, 0o620, 0o610, 0o444, 0o777])
def test_a_file_with_a_secret_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """Whatever they may do with it."""
    file = tmp_path / "secret"
    write_whole(file, b"12345")
    file.chmod(mode)
    with pytest.raises(FileRefusedError, match=rf"open to other users \(mode {mode:04o}\)\. Mend"):
        read_private(file, 5, "Mend.")


@posix_only
def test_a_file_with_a_secret_is_reached_by_its_own_name_alone(tmp_path: Path) -> None:
    """Not by a symbolic link, and it has no second name."""
    file, link = tmp_path / "secret", tmp_path / "link"
    write_whole(file, b"12345")
    link.symlink_to(file)
    with pytest.raises(FileRefusedError, match="a symbolic link, and none is followed"):
        read_private(link, 5, "Mend.")
    (tmp_path / "second").hardlink_to(file)
    with pytest.raises(FileRefusedError, match="2 names"):
        read_private(file, 5, "Mend.")


@posix_only
def test_whether_a_file_lies_in_a_folder_is_told_by_where_both_really_are(tmp_path: Path) -> None:
    """On Windows this is what keeps others from a file with a secret: no way around leads out of one's own folder."""
    home, other = tmp_path / "home", tmp_path / "other"
    (home / "keys").mkdir(parents=True)
    other.mkdir()
    (home / "link").symlink_to(other)
    (tmp_path / "to-home").symlink_to(home)
    assert lies_within(home / "keys" / "wallet.seed", home)
    assert lies_within(tmp_path / "to-home" / "wallet.seed", home)
    for outside in (other / "wallet.seed", home / ".." / "other" / "wallet.seed", home / "link" / "wallet.seed"):
        assert not lies_within(outside, home)
    assert not lies_within(tmp_path / "home2" / "wallet.seed", home)


@posix_only
@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only root gives a file away")
def test_another_users_file_with_a_secret_is_refused(tmp_path: Path) -> None:
    """Its owner could change it."""
    file = tmp_path / "secret"
    write_whole(file, b"12345")
    os.chown(file, 12345, 12345)
    with pytest.raises(FileRefusedError, match="belongs to user 12345"):
        read_private(file, 5, "Mend.")


def test_what_fails_half_way_leaves_the_old_file_and_nothing_beside_it(tmp_path: Path) -> None:
    """A writer that breaks off, for whatever reason, changes nothing."""
    file = tmp_path / "page.html"
    file.write_bytes(b"old")

    def write_half() -> None:
        with replacing(file) as out:
            out.write(b"half of the new")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_half()
    assert file.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [file]


@posix_only
def test_a_written_file_is_its_owners_alone_and_replaces_a_link_of_its_name(tmp_path: Path) -> None:
    """Another's file behind a link is never written through."""
    theirs = tmp_path / "theirs"
    theirs.write_bytes(b"theirs")
    file = tmp_path / "ours"
    file.symlink_to(theirs)
    write_whole(file, b"ours")
    assert theirs.read_bytes() == b"theirs"
    assert not file.is_symlink()
    assert file.read_bytes() == b"ours"
    assert file.stat().st_mode & 0o777 == 0o600


@posix_only
def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    """All those that were missing; one that was there keeps its mode."""
    there = tmp_path / "there"
    there.mkdir(0o755)
    make_private_folder(there / "a" / "b")
    make_private_folder(there / "a" / "b")
    assert [(there / part).stat().st_mode & 0o777 for part in ("", "a", "a/b")] == [0o755, 0o700, 0o700]
    (tmp_path / "file").touch()
    with pytest.raises(FileRefusedError):
        make_private_folder(tmp_path / "file" / "under")


def test_a_folder_that_is_there_is_not_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of a drive, Windows says that it may not be, and not that it is there."""
    mkdir = Path.mkdir

    def as_of_a_drive(folder: Path, mode: int = 0o777) -> None:
        if folder.exists():
            raise PermissionError(13, "Access is denied", str(folder))
        mkdir(folder, mode)

    monkeypatch.setattr(Path, "mkdir", as_of_a_drive)
    make_private_folder(tmp_path / "a" / "b")
    assert (tmp_path / "a" / "b").is_dir()
