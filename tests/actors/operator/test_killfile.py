"""The kill file, whatever it is: the last resort must not depend on what can be read of it, or who is busy."""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from support.sessions import Watcher, plan_for, run

from actors.operator.killfile import KillFileWatch, has_kill_file, kill_file, words_of
from actors.operator.protocol import LINE_BYTES_MAX
from actors.session.session import StartupError
from neo.messages import Message
from neo.messages.halts import HaltReason

PATIENCE_S = 20.0


def a_socket(file: Path) -> None:
    # By its name alone: a socket's path has to be short.
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener, contextlib.chdir(file.parent):
        listener.bind(file.name)


def a_second_name(file: Path) -> None:
    file.with_name("other").touch()
    file.hardlink_to(file.with_name("other"))


def unreadable(file: Path) -> None:
    file.write_text("nobody's", encoding="utf-8")
    file.chmod(0)


KINDS: dict[str, Callable[[Path], object]] = {
    "plain": lambda file: file.touch(),
    "folder": lambda file: file.mkdir(),
    "dangling link": lambda file: file.symlink_to("nowhere"),
    "link to itself": lambda file: file.symlink_to(file.name),
    "link to a folder": lambda file: file.symlink_to("."),
    "link to a device": lambda file: file.symlink_to("/dev/zero"),
    "hard link": a_second_name,
}
if sys.platform != "win32":
    KINDS |= {"pipe": os.mkfifo, "socket": a_socket, "unreadable": unreadable}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there, and there are no pipes")
@pytest.mark.parametrize("kind", KINDS)
def test_whatever_has_the_name_is_seen(database: Path, kind: str) -> None:
    """It keeps a session from starting, and is told to the watch, with no words; nothing is waited for."""
    KINDS[kind](kill_file(database))
    with pytest.raises(StartupError, match=r"a kill file lies there .* Remove it"):
        run(plan_for(database))
    told = threading.Event()
    watch = KillFileWatch(database, told.set)
    watch.start()
    assert told.wait(PATIENCE_S)
    assert watch.words() in ("", "nobody's")  # a superuser may read what nobody may
    watch.stop()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes")
@pytest.mark.parametrize("kind", ["folder", "dangling link", "pipe"])
def test_a_session_ends_by_it(database: Path, kind: str) -> None:
    """Made while the session runs: its ending says which file, and no offer rests."""

    def make(_: Message) -> None:
        if not has_kill_file(database):
            KINDS[kind](kill_file(database))

    summary = run(plan_for(database, duration_s=86_400), Watcher(make))
    assert summary.halt_reason is HaltReason.KILL_SWITCH
    assert summary.halt_detail == "kill file neo.sqlite3.kill"
    assert summary.orders_left == ()


def test_the_words_of_a_plain_file_are_the_reason(database: Path) -> None:
    """On one line, without control characters, after the file's name; and it is one cause, not two."""

    def write(_: Message) -> None:
        kill_file(database).write_text(" gas\nleak\x1b\n", encoding="utf-8")

    summary = run(plan_for(database, duration_s=86_400), Watcher(write))
    assert summary.halt_detail == "kill file neo.sqlite3.kill: gas leak"
    assert summary.secondary_halts == ()


@pytest.mark.skipif(sys.platform == "win32", reason="there are no pipes")
def test_a_writer_at_a_pipe_is_heard(database: Path) -> None:
    """``mkfifo`` and then ``echo why > ...``, as a shell does it; the halt has not waited for it."""
    file = kill_file(database)
    os.mkfifo(file)
    watch = KillFileWatch(database, lambda: threading.Thread(target=file.write_text, args=("gas leak",)).start())
    watch.start()
    assert watch.words() == "gas leak"
    watch.stop()


def test_the_halt_is_raised_before_the_file_is_read(database: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading that never comes back, as on a network that is down, costs the words and nothing else."""
    reading, over = threading.Event(), threading.Event()

    def hang(_file: Path, _patience_s: float) -> str:
        reading.set()
        over.wait(PATIENCE_S)
        return "too late"

    monkeypatch.setattr("actors.operator.killfile.words_of", hang)

    def make(_: Message) -> None:
        kill_file(database).touch()

    summary = run(plan_for(database, duration_s=86_400), Watcher(make))
    assert reading.is_set()
    assert not over.is_set()
    over.set()
    assert (summary.halt_reason, summary.halt_detail) == (HaltReason.KILL_SWITCH, "kill file neo.sqlite3.kill")
    assert summary.orders_left == ()


def test_words_that_come_a_moment_later_are_waited_for(tmp_path: Path) -> None:
    """A file that is made first and written then."""
    file = tmp_path / "x.kill"
    file.touch()
    written = threading.Thread(target=file.write_text, args=("gas leak",))
    written.start()
    assert words_of(file, PATIENCE_S) == "gas leak"
    written.join()


def test_no_more_than_a_line_is_read(tmp_path: Path) -> None:
    """Ten megabytes in the kill file cost no more than a line."""
    file = tmp_path / "x.kill"
    file.write_bytes(b"x" * 10_000_000)
    assert len(words_of(file, PATIENCE_S)) == LINE_BYTES_MAX


@pytest.mark.skipif(sys.platform == "win32", reason="links need a right there")
def test_the_words_of_a_link_are_not_ours_to_tell(tmp_path: Path) -> None:
    """What it points to may be anything that the session's user may read."""
    (tmp_path / "private").write_text("a secret", encoding="utf-8")
    (tmp_path / "x.kill").symlink_to("private")
    assert words_of(tmp_path / "x.kill", PATIENCE_S) == ""
