"""Files by what they are, not by what they are called.

Everything that NEO opens, keeps or writes beside a database goes through here, so that each question has one answer:
which file a path means, whether it may be read at all, how much of it, and how one is written so that nobody ever
sees half of it, another user's link is not followed, and nobody but its owner may read it.

On Windows a user's folder keeps others out by its access list, and modes say nothing; there only the questions of
kind, links and size are asked, and of a file with a secret whether it lies in that folder.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shlex
import stat
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Final

from neo.text.printable import printable

PRIVATE_FILE: Final = 0o600
PRIVATE_FOLDER: Final = 0o700

# What of a file's mode lets others in.
_OTHERS: Final = 0o077

if sys.platform == "win32":
    _READ: Final = os.O_RDONLY | os.O_BINARY
    READ_NO_LINK: Final = _READ
    _CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_BINARY
    _APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_BINARY
    _UPDATE: Final = os.O_RDWR | os.O_BINARY
else:
    # Without O_NONBLOCK the opening of a FIFO waits until somebody writes to it.
    _READ: Final = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC
    # For what lies beside a database: a link there was put by somebody, and says where we are to look.
    READ_NO_LINK: Final = _READ | os.O_NOFOLLOW
    _CREATE: Final = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    _APPEND: Final = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    _UPDATE: Final = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

# Unicode's names for what nobody sees: controls, direction marks, halves of characters, line and paragraph ends.
_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})

_KINDS: Final = (
    (stat.S_ISDIR, "a folder"),
    (stat.S_ISFIFO, "a pipe"),
    (stat.S_ISSOCK, "a socket"),
    (stat.S_ISCHR, "a device"),
    (stat.S_ISBLK, "a device"),
)


class FileRefusedError(Exception):
    """A file that is not opened, read or written.

    Args:
        path: As it was named.
        what: What is wrong with it.
        mend: What to do about it, a sentence.
    """

    def __init__(self, path: Path, what: str, mend: str) -> None:
        super().__init__(path, what, mend)
        self.path = path
        self.what = what
        self.mend = mend

    def __str__(self) -> str:
        return f"{printable(str(self.path))}: {self.what}. {self.mend}"


def shell_line(*words: str) -> str:
    """Words as they are typed: pasted into a shell, each is one word again, whatever it has of blanks and quotes."""
    return subprocess.list2cmdline(words) if sys.platform == "win32" else shlex.join(words)


def name_trouble(name: str) -> str | None:
    """What keeps a name from being a file's, a folder's or a database's; None if nothing does."""
    if not name.strip():
        return "an empty name"
    if any(unicodedata.category(char) in _UNSEEN for char in name):
        return "a name with control characters, or with bytes that are no characters"
    return None


def kind_of(mode: int) -> str | None:
    """What a file of this ``st_mode`` is, with its article; None for a plain file."""
    if stat.S_ISREG(mode):
        return None
    return next((name for is_kind, name in _KINDS if is_kind(mode)), "not a plain file")


@contextlib.contextmanager
def open_plain(
    path: Path, mend: str = "Check the path: a plain file that you may read is needed.", *, follows: bool = True
) -> Iterator[IO[bytes]]:
    """A plain file, open for reading from its start; whatever else has that name is refused at once.

    What was opened is what is looked at: a name that changes hands meanwhile makes no difference.

    Args:
        path: The file.
        mend: What to do if it is refused for what it is.
        follows: Whether a symbolic link of that name is followed.

    Raises:
        FileRefusedError: It is a folder, a pipe, a device or a socket, can't be a path, or can't be opened.
    """
    with _told(path, mend):
        if not follows and path.is_symlink():
            raise FileRefusedError(path, "a symbolic link, and none is followed there", mend)
        descriptor = os.open(path, _READ if follows else READ_NO_LINK)
    try:
        kind = kind_of(os.fstat(descriptor).st_mode)
        if kind is not None:
            raise FileRefusedError(path, kind, mend)
        # From the descriptor, so that what was checked is what is read.
        with open(descriptor, "rb", closefd=False) as file:
            yield file
    finally:
        os.close(descriptor)


def read_plain(
    path: Path, bytes_max: int, mend: str = "Check the path: a plain file that you may read is needed."
) -> bytes:
    """A plain file's content.

    Args:
        path: The file.
        bytes_max: More than that is refused, however much more it is.
        mend: What to do if it is refused for what it is.

    Raises:
        FileRefusedError: As :func:`open_plain`; or it is larger.
    """
    with open_plain(path, mend) as file, _told(path, mend):
        # A file that says that it is too large is believed; one that says nothing (as those of /proc) is read to see.
        size = os.fstat(file.fileno()).st_size
        content = file.read(bytes_max + 1) if size <= bytes_max else b""
    if max(size, len(content)) > bytes_max:
        raise FileRefusedError(path, f"more than the {bytes_max:,} bytes that are read of such a file", mend)
    return content


def read_private(path: Path, bytes_max: int, mend: str) -> bytes:
    """The content of a file with a secret: plain, ours, and closed to everyone else.

    Args:
        path: The file; a symbolic link of that name is not followed.
        bytes_max: More than that is refused.
        mend: What to do if it is refused.

    Raises:
        FileRefusedError: As :func:`open_plain`; or it is larger, has several names, is another user's, or may be read
            or written by others. On Windows its access list would say that, and is not asked: there it has to lie in
            the user's own folder, which no other user is let into.
    """
    with open_plain(path, mend, follows=False) as file, _told(path, mend):
        found = os.fstat(file.fileno())
        require_single(path, found, mend)
        require_owner(path, found, mend)
        if sys.platform == "win32":
            if not lies_within(path, Path.home()):
                raise FileRefusedError(path, "not in your own folder, where other users may read it", mend)
        elif found.st_mode & _OTHERS:
            raise FileRefusedError(path, f"open to other users (mode {stat.S_IMODE(found.st_mode):04o})", mend)
        content = file.read(bytes_max + 1)
    if len(content) > bytes_max:
        raise FileRefusedError(path, f"more than the {bytes_max:,} bytes that are read of such a file", mend)
    return content


def lies_within(path: Path, folder: Path) -> bool:
    """Whether a file is somewhere below a folder, by where both really are."""
    return path.resolve().is_relative_to(folder.resolve())


@contextlib.contextmanager
def replacing(path: Path, mend: str = "Check the folder and its disk.") -> Iterator[IO[bytes]]:
    """A file to be written whole or not at all: what is written goes into a private one beside it, under a name of its
    own, and takes the place of ``path`` only once it is complete and with the disk.

    Whatever ends the writing early (a full disk, a cancellation, an error of the caller's) leaves ``path`` as it was
    and nothing beside it. A link of that name is replaced, not followed.

    Raises:
        FileRefusedError: It can't be written.
    """
    draft = path.with_name(f"{path.name}.{secrets.token_hex(6)}.new")
    with _told(path, mend):
        descriptor = os.open(draft, _CREATE, PRIVATE_FILE)
    try:
        with _told(path, mend), open(descriptor, "wb") as file:  # noqa: PTH123 - from a descriptor: it has the mode
            yield file
            file.flush()
            os.fsync(descriptor)
        with _told(path, mend):
            draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def write_whole(path: Path, content: bytes, mend: str = "Check the folder and its disk.") -> None:
    """Write a private file, whole or not at all; see :func:`replacing`.

    Raises:
        FileRefusedError: It can't be written.
    """
    with replacing(path, mend) as file:
        file.write(content)


def create_private(path: Path) -> int:
    """Create a file that only its owner may read, and return its descriptor, open for writing.

    Raises:
        FileExistsError: There is something of that name already, be it a link to nowhere.
        OSError: What else the system says.
    """
    return os.open(path, _CREATE, PRIVATE_FILE)


def append_private(path: Path, *, create: bool) -> int:
    """Open a file of ours to write at its end, and return its descriptor; a link of that name is not followed.

    Raises:
        FileRefusedError: See :func:`require_own`.
        OSError: What else the system says.
    """
    require_own(path)
    if create:
        with contextlib.suppress(FileExistsError):
            os.close(create_private(path))
    return os.open(path, _APPEND)


def update_private(path: Path) -> int:
    """Open a file of ours to read and to change, and return its descriptor; a link of that name is not followed.

    Raises:
        FileRefusedError: See :func:`require_own`.
        OSError: What else the system says; it is not there, for one.
    """
    require_own(path)
    return os.open(path, _UPDATE)


def require_own(path: Path, *, folder: bool = False) -> None:
    """Refuse what lies where a file of ours is going to be, unless it is one; nothing there at all is right too.

    Where others may write, somebody may have put a link there, so that we write into what it points to, or a file of
    their own, so that they read it, or hold it locked.

    Raises:
        FileRefusedError: It is a link, has several names, is another user's, or no plain file (or folder).
    """
    mend = "Remove it, or choose another place."
    with _told(path, mend):
        try:
            found = path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            return
    if stat.S_ISLNK(found.st_mode):
        raise FileRefusedError(path, "a symbolic link, and none is followed there", mend)
    if stat.S_ISDIR(found.st_mode) != folder:
        raise FileRefusedError(path, f"{kind_of(found.st_mode) or 'a file'} where NEO keeps one of its own", mend)
    if not folder:
        require_single(path, found, mend)
    require_owner(path, found, mend)


def require_single(path: Path, found: os.stat_result, mend: str) -> None:
    """Refuse what is no plain file, and one that has several names (hard links): who opens another of them would not
    meet what stands beside this one.

    Raises:
        FileRefusedError: It is so.
    """
    kind = kind_of(found.st_mode)
    if kind is not None:
        raise FileRefusedError(path, kind, mend)
    if found.st_nlink > 1:
        raise FileRefusedError(path, f"has {found.st_nlink} names (hard links)", mend)


def require_owner(path: Path, found: os.stat_result, mend: str) -> None:
    """Refuse another user's file.

    Raises:
        FileRefusedError: It is one; its owner is named.
    """
    if sys.platform != "win32" and found.st_uid != os.geteuid():
        raise FileRefusedError(path, f"belongs to {owner_name(found.st_uid)}, not to {owner_name(os.geteuid())}", mend)


def owner_name(uid: int) -> str:
    """A user's name, or the number if it has none."""
    if sys.platform != "win32":
        import pwd  # noqa: PLC0415 - not on Windows

        with contextlib.suppress(KeyError):
            return f"user {printable(pwd.getpwuid(uid).pw_name)}"
    return f"user {uid}"


def close_to_others(path: Path) -> bool:
    """Take from a file or folder of ours what others may do with it; True if there was something to take."""
    if sys.platform == "win32":
        return False
    with contextlib.suppress(OSError):  # it has just gone, or its file system knows no modes
        found = path.lstat()
        if not stat.S_ISLNK(found.st_mode) and found.st_uid == os.geteuid() and found.st_mode & _OTHERS:
            path.chmod(stat.S_IMODE(found.st_mode) & ~_OTHERS)
            return True
    return False


def make_private_folder(path: Path, mend: str = "Choose another place.") -> None:
    """Make a folder, and those above it that are missing, for its owner alone; one that is there stays as it is.

    Raises:
        FileRefusedError: It can't be made, or something else has its name.
    """
    with _told(path, mend):
        for folder in [*reversed(path.parents), path]:
            # Not simply tried: of one that is there, such as a drive, the system may say that it may not be made.
            if not folder.is_dir():
                with contextlib.suppress(FileExistsError):
                    folder.mkdir(PRIVATE_FOLDER)
    if not path.is_dir():
        raise FileRefusedError(path, "there is something else of that name", mend)


@contextlib.contextmanager
def _told(path: Path, mend: str) -> Iterator[None]:
    """What the system says about a file, in our words."""
    try:
        yield
    except FileRefusedError:
        raise
    except OSError as error:
        raise FileRefusedError(path, error.strerror or str(error), mend) from error
    except ValueError as error:  # a NUL in it, or what is no character
        raise FileRefusedError(path, f"no path ({error})", mend) from error
