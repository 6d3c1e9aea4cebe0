"""Where a session can be reached: the door it opens, and the file beside its database that tells of it.

The door is a Unix socket in a folder of its own that only its owner may enter (mode 0700, under a name that nobody can
foresee): in the user's runtime folder, the system's for temporary files, or, if neither can have it (a path too long
for a socket, a file system without), beside the database. Where there are no Unix sockets (Windows) it is TCP on
127.0.0.1 at a port that the system picks. What is said at either is the same (``actors/operator/handshake.py``).

The file (``<database>.control``) is believed only if it is a plain file of this user's that nobody else may read.
"""

from __future__ import annotations

import contextlib
import errno
import itertools
import os
import socket
import stat
import struct
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import msgspec

from actors.operator.protocol import Endpoint
from actors.plumbing.files import READ_NO_LINK, FileRefusedError, kind_of, write_whole
from actors.store.place import beside

LOOPBACK: Final = "127.0.0.1"

# Who knocks waits in the system's queue until taken. At a Unix socket it is short: where it is full the next client
# waits its turn. With TCP one that finds it full is not heard for a second, so there it holds what some moments bring.
_UNIX_BACKLOG: Final = 128
_TCP_BACKLOG: Final = 1024

_FOLDER_PREFIX: Final = "neo-channel-"
_SOCKET_NAME: Final = "s"

# Of a Unix socket's path, with its end. Source: unix(7), sun_path (108 on Linux, 104 on others).
_PATH_BYTES_MAX: Final = 103

# How old a folder is, in seconds, that is cleared without being told of, and how many of them one start looks at.
_LEFT_FOR_S: Final = 86_400
_CLEARED_MAX: Final = 1000

_ENDPOINT_BYTES_MAX: Final = 4096

_MEND: Final = "No session makes it so, and it is not believed; remove it if no session runs."


def endpoint_file(database: Path) -> Path:
    """Where a session on this database tells how it can be reached."""
    return beside(database, ".control")


# --- The session's side ------------------------------------------------------------------------------------------


class Door:
    """A socket that listens.

    Args:
        listener: Not blocking.
        path: A Unix socket's, in its folder; None for TCP.
    """

    def __init__(self, listener: socket.socket, path: Path | None) -> None:
        listener.listen(_TCP_BACKLOG if path is None else _UNIX_BACKLOG)
        listener.settimeout(0.0)
        self.listener = listener
        self._path = path

    def tell(self, database: Path, session_id: str, key: str) -> None:
        """Write the file that tells of it.

        Raises:
            FileRefusedError: It can't be written.
        """
        port = 0 if self._path is not None else self.listener.getsockname()[1]
        place = "" if self._path is None else str(self._path)
        file = _file_number(database)
        told = Endpoint(pid=os.getpid(), session_id=session_id, file=file, path=place, port=port, key=key)
        write_whole(endpoint_file(database), msgspec.json.encode(told))

    def close(self) -> None:
        """Listen no more, and leave nothing behind."""
        self.listener.close()
        if self._path is not None:
            _remove(self._path)


def open_door(database: Path) -> Door:
    """A Unix socket where that can be, and TCP otherwise.

    Raises:
        OSError: Neither can be.
    """
    if sys.platform != "win32":
        for folder in _places(database):
            with contextlib.suppress(OSError):
                return _unix_door(folder)
    return open_tcp_door(database)


def open_tcp_door(_database: Path) -> Door:
    """TCP, which only this machine can reach.

    Raises:
        OSError: It can't be.
    """
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        listener.bind((LOOPBACK, 0))
        return Door(listener, None)
    except BaseException:
        listener.close()
        raise


def is_same_user(connection: socket.socket) -> bool:
    """False if the system says that another user is at the other end; where it says nothing, the proofs must do."""
    if sys.platform == "linux" and connection.family == socket.AF_UNIX:
        _pid, uid, _gid = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return bool(uid == os.geteuid())
    return True


def clear_left_behind(database: Path) -> None:
    """Remove what processes that were killed left: the socket that this database's file tells of, and any of ours that
    is a day old and that nobody listens at, with its folder; one where somebody listens stays.
    """
    if sys.platform == "win32":
        return
    with contextlib.suppress(FileRefusedError, OSError):
        _clear(Path(read_endpoint(database).path))
    day_before_s = time.time() - _LEFT_FOR_S
    for place in _places(database):
        with contextlib.suppress(OSError):
            for folder in itertools.islice(place.glob(f"{_FOLDER_PREFIX}*"), _CLEARED_MAX):
                seen = folder.lstat()
                # A session that is just beginning has its folder already, and does not listen yet.
                if stat.S_ISDIR(seen.st_mode) and seen.st_uid == os.geteuid() and seen.st_mtime < day_before_s:
                    _clear(folder / _SOCKET_NAME)


if sys.platform != "win32":

    def _places(database: Path) -> list[Path]:
        places = []
        runtime = Path(os.environ.get("XDG_RUNTIME_DIR", ""))
        with contextlib.suppress(OSError):  # it is not there
            # A path that isn't whole would mean another place to who asks from elsewhere; in another user's folder
            # (``sudo -E`` names it) that one could put ours away.
            if runtime.is_absolute() and runtime.stat().st_uid == os.geteuid():
                places.append(runtime)
        with contextlib.suppress(OSError):  # none of them can be written
            places.append(Path(tempfile.gettempdir()))
        # Last: many a program that copies a folder stops at a socket in it.
        return [*places, database.absolute().parent]

    def _clear(path: Path) -> None:
        if path.parent.name.startswith(_FOLDER_PREFIX) and path.name == _SOCKET_NAME:
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
                probe.settimeout(0.0)
                try:
                    probe.connect(str(path))
                except (ConnectionRefusedError, FileNotFoundError):
                    _remove(path)

    def _unix_door(place: Path) -> Door:
        if len(os.fsencode(place / f"{_FOLDER_PREFIX}12345678" / _SOCKET_NAME)) > _PATH_BYTES_MAX:
            raise OSError(f"{place}: too long for a socket's path")
        path = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX, dir=place)) / _SOCKET_NAME
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            listener.bind(str(path))
            return Door(listener, path)
        except BaseException:
            listener.close()
            _remove(path)
            raise


def _remove(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
        path.parent.rmdir()


# --- The operator's side -----------------------------------------------------------------------------------------


def read_endpoint(database: Path) -> Endpoint:
    """Where the session on this database says that it can be reached.

    Raises:
        FileNotFoundError: It says nothing: there is none.
        FileRefusedError: What has that name is not to be believed: it is another's, a link, open to others, or none
            that this version wrote for this database: a copy of a folder is no other way to its session.
    """
    file = endpoint_file(database)
    try:
        descriptor = os.open(file, READ_NO_LINK)
    except FileNotFoundError:
        raise
    except OSError as error:
        is_link = error.errno == errno.ELOOP
        raise FileRefusedError(file, "a link" if is_link else error.strerror or str(error), _MEND) from None
    try:
        _refuse_what_no_session_made(file, os.fstat(descriptor))
        content = os.read(descriptor, _ENDPOINT_BYTES_MAX)
    finally:
        os.close(descriptor)
    try:
        endpoint = msgspec.json.decode(content, type=Endpoint)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        raise FileRefusedError(file, "not what this version of NEO writes", _MEND) from None
    # A database that was taken away under its session has none any more.
    if endpoint.file and _file_number(database) not in ("", endpoint.file):
        raise FileRefusedError(file, "tells of a session on another file than the database beside it", _MEND)
    return endpoint


def _file_number(database: Path) -> str:
    """What tells a database from a copy of it, by whatever name; "" if there is none."""
    try:
        seen = beside(database, "").stat()
    except OSError:
        return ""
    return f"{seen.st_dev}-{seen.st_ino}"


def _refuse_what_no_session_made(file: Path, seen: os.stat_result) -> None:
    if (kind := kind_of(seen.st_mode)) is not None:
        raise FileRefusedError(file, kind, _MEND)
    if sys.platform != "win32":
        if seen.st_uid != os.geteuid():
            raise FileRefusedError(file, "another user's", "A session obeys the user who started it; ask as that one.")
        if seen.st_mode & 0o077:
            raise FileRefusedError(file, "open to other users", _MEND)
    if seen.st_nlink > 1:
        raise FileRefusedError(file, "a file with a second name", _MEND)


def connect(endpoint: Endpoint, patience_s: float) -> socket.socket:
    """A connection to where a session says that it can be reached.

    Raises:
        TimeoutError: It did not come about in time.
        OSError: Nobody listens there, or it is not the same user.
    """
    if not endpoint.path:
        return socket.create_connection((LOOPBACK, endpoint.port), timeout=patience_s)
    if sys.platform == "win32":
        raise ConnectionRefusedError("there are no Unix sockets here")
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    # Blocking: where many knock the system then lets each in by its turn. With Python's own timeout, a full queue would
    # be an error at once.
    timeout = struct.pack("@ll", int(patience_s), int(patience_s % 1 * 1e6))
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, timeout)
    try:
        connection.connect(endpoint.path)
        is_same = is_same_user(connection)
    except BlockingIOError:
        connection.close()
        raise TimeoutError("too many knock") from None
    except BaseException:
        connection.close()
        raise
    if not is_same:
        connection.close()
        raise PermissionError("another user listens there")
    return connection
