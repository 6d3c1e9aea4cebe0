"""The door and the file that tells of it: private, found again, not believed from others."""

from __future__ import annotations

import os
import shutil
import socket
import stat
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from actors.operator.endpoint import (
    clear_left_behind,
    connect,
    endpoint_file,
    is_same_user,
    open_door,
    open_tcp_door,
    read_endpoint,
)
from actors.operator.protocol import Endpoint
from actors.plumbing.files import FileRefusedError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="modes, links and Unix sockets")

KEY = "k" * 64


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


def told(database: Path) -> Endpoint:
    """A door that is told of and left behind, as by a process that was killed."""
    door = open_door(database)
    door.tell(database, "s1", KEY)
    door.listener.close()
    return read_endpoint(database)


def test_a_door_is_a_socket_in_a_folder_of_the_owners_alone(database: Path) -> None:
    """Folder and endpoint file are closed to others, who connects is known by user, and closing leaves nothing."""
    door = open_door(database)
    door.tell(database, "s1", KEY)
    endpoint = read_endpoint(database)
    folder = Path(endpoint.path).parent
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(endpoint_file(database).stat().st_mode) == 0o600
    assert (endpoint.port, endpoint.pid, endpoint.session_id) == (0, os.getpid(), "s1")
    with connect(endpoint, 5.0) as client:
        assert is_same_user(client)
    door.close()
    assert not folder.exists()


def test_a_path_too_long_for_a_socket_is_no_hindrance(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's runtime folder is taken instead, then the one for temporary files, then TCP."""
    deep = tmp_path / ("x" * 120)
    runtime = tmp_path / "r"
    for folder in (deep, runtime):
        folder.mkdir()
    monkeypatch.setattr("actors.operator.endpoint.tempfile.gettempdir", lambda: str(deep))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(deep))
    door = open_door(deep / "neo.sqlite3")
    assert door.listener.family == socket.AF_INET
    door.close()
    if len(str(runtime)) < 70:
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
        door = open_door(deep / "neo.sqlite3")
        door.tell(deep / "neo.sqlite3", "s1", KEY)
        assert Path(read_endpoint(deep / "neo.sqlite3").path).is_relative_to(runtime)
        door.close()
    assert sorted(entry.name for entry in deep.iterdir()) in ([], ["neo.sqlite3.control"])


def test_what_a_killed_process_left_is_cleared(database: Path) -> None:
    """Socket and folder are gone before a new session opens its own."""
    left = Path(told(database).path)
    assert left.exists()
    clear_left_behind(database)
    assert not left.parent.exists()


def test_an_empty_folder_that_was_left_is_cleared(database: Path) -> None:
    """Even if the socket in it is gone already."""
    left = Path(told(database).path)
    left.unlink()
    clear_left_behind(database)
    assert not left.parent.exists()


def test_what_nothing_tells_of_any_more_is_cleared_a_day_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its database is gone too. What is younger may be a session's that just begins; what has a listener is one's."""
    monkeypatch.setattr("actors.operator.endpoint.tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if len(str(tmp_path)) > 75:
        pytest.skip("too long for a socket's path")
    doors = [open_door(tmp_path / name) for name in "abc"]
    old, heard, young = [Path(door.listener.getsockname()).parent for door in doors]
    doors[0].listener.close()
    doors[2].listener.close()
    for folder in (old, heard):
        os.utime(folder, (0, 0))
    clear_left_behind(tmp_path / "another")
    assert set(tmp_path.glob("neo-channel-*")) == {heard, young}
    doors[1].close()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only a superuser can give a folder away")
def test_another_users_runtime_folder_is_not_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``sudo -E`` names it: its owner could put our socket away."""
    theirs = tmp_path / "r"
    theirs.mkdir()
    os.chown(theirs, 12345, -1)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(theirs))
    door = open_door(tmp_path / "neo.sqlite3")
    assert list(theirs.iterdir()) == []
    door.close()


def test_where_no_temporary_folder_can_be_had_the_databases_own_is_taken(
    database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without one a session would run that nobody could speak to."""

    def none() -> str:
        raise FileNotFoundError("No usable temporary directory found")

    monkeypatch.setattr("actors.operator.endpoint.tempfile.gettempdir", none)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)
    if len(str(database)) > 75:
        pytest.skip("too long for a socket's path")
    door = open_door(database)
    door.tell(database, "s1", KEY)
    assert Path(read_endpoint(database).path).is_relative_to(database.parent)
    door.close()


def test_what_somebody_listens_at_is_left_alone(database: Path) -> None:
    """A copied file may tell of a session that runs on the original."""
    door = open_door(database)
    door.tell(database, "s1", KEY)
    clear_left_behind(database)
    connect(read_endpoint(database), 5.0).close()
    door.close()


def test_nothing_but_a_door_of_ours_is_cleared(database: Path, tmp_path: Path) -> None:
    """An endpoint file may name any path: what does not look like a door of ours is left alone."""
    for path in (tmp_path / "precious" / "s", tmp_path / "neo-channel-x" / "precious"):
        path.parent.mkdir()
        path.touch()
        endpoint = Endpoint(pid=1, session_id="s1", file="", path=str(path), port=0, key=KEY)
        endpoint_file(database).write_bytes(msgspec.json.encode(endpoint))
        endpoint_file(database).chmod(0o600)
        clear_left_behind(database)
        assert path.exists()


def test_a_file_that_no_session_made_is_not_believed(database: Path, tmp_path: Path) -> None:
    """A link, a second name, one that others may read, a folder, a pipe, what is no endpoint, what never ends."""
    told(database)
    file, kept = endpoint_file(database), tmp_path / "kept"
    right = file.read_bytes()
    file.rename(kept)

    def as_bytes(content: bytes, mode: int = 0o600) -> None:
        file.write_bytes(content)
        file.chmod(mode)

    cases: dict[str, Callable[[], None]] = {
        "a link": lambda: file.symlink_to(kept),
        "second name": lambda: file.hardlink_to(kept),
        "open to other users": lambda: as_bytes(right, 0o604),
        "a folder": file.mkdir,
        "a pipe": lambda: os.mkfifo(file, 0o600),
        "not what this version": lambda: as_bytes(b'{"pid":1,"session_id":"s","port":5,"token":"old"}'),
        "version of NEO": lambda: as_bytes(b"[" * 4096),
        "this version of NEO writes": lambda: as_bytes(right.replace(b'"port":0', b'"port":65536')),
        "what this version of NEO": lambda: as_bytes(right.replace(b'"path":"', b'"path":"\\u0000')),
        "version of NEO writes": lambda: as_bytes(b'{"a":"' + b"x" * 100_000),
    }
    for words, make in cases.items():
        make()
        with pytest.raises(FileRefusedError, match=words):
            read_endpoint(database)
        if file.is_dir():
            file.rmdir()
        else:
            file.unlink()
    with pytest.raises(FileNotFoundError):
        read_endpoint(database)


def test_a_copied_folder_is_no_way_to_the_session(tmp_path: Path) -> None:
    """A kill of the copy must not end the session on the original, and a folder that was moved is the same."""
    original = tmp_path / "original" / "neo.sqlite3"
    original.parent.mkdir()
    original.touch()
    door = open_door(original)
    door.tell(original, "s1", KEY)
    shutil.copytree(original.parent, tmp_path / "copy")
    with pytest.raises(FileRefusedError, match="another file than the database beside it"):
        read_endpoint(tmp_path / "copy" / "neo.sqlite3")
    original.parent.rename(tmp_path / "moved")
    assert read_endpoint(tmp_path / "moved" / "neo.sqlite3").session_id == "s1"
    (tmp_path / "moved" / "neo.sqlite3").unlink()
    assert read_endpoint(tmp_path / "moved" / "neo.sqlite3").session_id == "s1"
    door.close()


@pytest.mark.skipif(sys.platform == "win32" or os.geteuid() != 0, reason="only a superuser can give a file away")
def test_another_users_file_is_not_believed(database: Path) -> None:
    """Whoever may write there could lead an operator's word to a process of theirs."""
    told(database)
    os.chown(endpoint_file(database), 12345, -1)
    with pytest.raises(FileRefusedError, match="another user's"):
        read_endpoint(database)


def test_tcp_listens_on_this_machine_alone(database: Path) -> None:
    """No other machine can reach the control channel."""
    door = open_tcp_door(database)
    assert door.listener.getsockname()[0] == "127.0.0.1"
    door.close()
