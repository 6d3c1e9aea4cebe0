"""The operator's end of the channel before whoever is not the session, and what its messages promise.

Method: doors of the test's own, with a thread behind each that answers as a stranger, or a broken session, would.
"""

from __future__ import annotations

import contextlib
import os
import re
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import NoReturn

import msgspec
import pytest

import tools.console.link
from actors.operator import handshake
from actors.operator.endpoint import Door, endpoint_file, open_door, open_tcp_door
from actors.operator.killfile import kill_file
from actors.operator.protocol import (
    EXCHANGE_S,
    Capital,
    Command,
    Done,
    GetStatus,
    Kill,
    OpenTap,
    OperatorRequest,
    Order,
    Pause,
    Refused,
    Reply,
    Unsure,
)
from actors.store.lock import ProcessLock
from tools.console.errors import EXIT_INTERRUPTED, OperatorError
from tools.console.link import EXIT_NO_SESSION, EXIT_REFUSED, EXIT_UNSURE, Link, asked, linked

KEY = "k" * 64
DEPOSIT = Capital(5, Decimal(0))
PATIENCE_S = 20.0

DOORS = [open_tcp_door] if sys.platform == "win32" else [open_door, open_tcp_door]

# What a thread behind a door does with a connection; what it was sent goes into the list.
Behaviour = Callable[[socket.socket, list[bytes]], None]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "neo.sqlite3"


class Answering:
    """A door that is told of; each connection meets the next behaviour, the last one again and again."""

    def __init__(self, database: Path, *behaviours: Behaviour, open_a_door: Callable[[Path], Door] = open_door) -> None:
        self.received: list[bytes] = []
        self._behaviours = list(behaviours)
        self._door = open_a_door(database)
        self._door.tell(database, "s1", KEY)
        self._door.listener.settimeout(PATIENCE_S)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._serve)

    def __enter__(self) -> list[bytes]:
        self._thread.start()
        return self.received

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        # Wakes the thread that waits for the next one.
        name = self._door.listener.getsockname()
        with socket.socket(self._door.listener.family, socket.SOCK_STREAM) as last:
            last.connect(name)
        self._thread.join()
        self._door.close()

    def _serve(self) -> None:
        while True:
            connection, _ = self._door.listener.accept()
            with connection:
                if self._closing.is_set():
                    return
                connection.settimeout(PATIENCE_S)
                behave = self._behaviours.pop(0) if len(self._behaviours) > 1 else self._behaviours[0]
                with contextlib.suppress(OSError):
                    behave(connection, self.received)


def line_of(connection: socket.socket, received: list[bytes]) -> bytes:
    """The next line that the client sends; kept as received."""
    line = b""
    while not line.endswith(b"\n"):
        more = connection.recv(4096)
        if not more:
            break
        line += more
    received.append(line)
    return line[:-1]


def told(connection: socket.socket, received: list[bytes]) -> OperatorRequest:
    """The request of a client that was welcomed as by the session."""
    client = handshake.greeted(KEY, line_of(connection, received))
    if client is None:
        raise ConnectionError("left before it greeted")
    own = handshake.new_nonce()
    connection.sendall(handshake.welcome(KEY, client, own) + b"\n")
    body = handshake.unsealed(KEY, client, own, line_of(connection, received))
    if body is None:
        raise ConnectionError("left before it asked")
    return msgspec.json.decode(body, type=OperatorRequest)


def answers(reply: Reply) -> Behaviour:
    def behave(connection: socket.socket, received: list[bytes]) -> None:
        told(connection, received)
        connection.sendall(msgspec.json.encode(reply) + b"\n")

    return behave


def says(line: bytes) -> Behaviour:
    """What a program that knows nothing of us says to a greeting."""

    def behave(connection: socket.socket, received: list[bytes]) -> None:
        line_of(connection, received)
        connection.sendall(line)
        connection.recv(4096)

    return behave


def silent(connection: socket.socket, received: list[bytes]) -> None:
    """Says nothing until the client leaves."""
    while line_of(connection, received):
        pass


def breaks_off(connection: socket.socket, received: list[bytes]) -> None:
    """The session's connection breaks after it was told."""
    told(connection, received)


def hangs(connection: socket.socket, received: list[bytes]) -> None:
    """The session was told, and does not answer."""
    told(connection, received)
    connection.recv(4096)


def turned_away(_connection: socket.socket, _received: list[bytes]) -> None:
    """As in a crowd."""


@pytest.fixture
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little patience, for what is told once it is over."""
    monkeypatch.setattr(tools.console.link, "EXCHANGE_S", 0.4)
    monkeypatch.setattr(tools.console.link, "_SLACK_S", 0.1)


def failure(database: Path, command: Command) -> OperatorError:
    with pytest.raises(OperatorError) as raised:
        asked(database, command)
    return raised.value


# --- Nobody there ------------------------------------------------------------------------------------------------


def test_where_there_is_no_file_no_session_runs(database: Path) -> None:
    """One line, and an exit code of its own."""
    error = failure(database, DEPOSIT)
    assert (error.message, error.exit_code) == (f"No session runs on {database}.", EXIT_NO_SESSION)


@pytest.mark.parametrize("door", DOORS)
def test_a_session_that_was_killed_is_told_as_gone(database: Path, door: Callable[[Path], Door]) -> None:
    """Its file is there, and nobody listens where it points."""
    left = door(database)
    left.tell(database, "s1", KEY)
    left.listener.close()
    error = failure(database, Kill(""))
    assert f"No session runs on {database}: as seen from here, nobody listens at " in error.message
    assert error.exit_code == EXIT_NO_SESSION


@pytest.mark.parametrize("door", DOORS)
@pytest.mark.parametrize(
    "line",
    [
        b'{"type":"Done","session_id":"s1","detail":"ending: kill_switch"}\n',
        b"HTTP/1.1 400 Bad Request\r\n",
        b"\n",
        b"x" * 1000,
        handshake.welcome("another key", b"0" * 32, b"1" * 32) + b"\n",
        handshake.greeting(KEY, b"0" * 32) + b"\n",
    ],
    ids=["done", "http", "empty", "endless", "other_key", "echo"],
)
def test_who_has_taken_a_dead_sessions_place_is_told_nothing(
    database: Path, door: Callable[[Path], Door], line: bytes
) -> None:
    """Whatever it answers: it is no session, gets no command, and the key was never sent."""
    with Answering(database, says(line), open_a_door=door) as received:
        error = failure(database, Kill("a reason"))
    assert "No session runs on" in error.message
    assert "another program, which was told nothing" in error.message
    assert error.exit_code == EXIT_NO_SESSION
    [greeting] = received
    assert KEY.encode() not in greeting
    assert b"reason" not in greeting


def test_an_echo_is_no_session(database: Path) -> None:
    """Who can't prove the key is another program, whatever it says."""

    def echo(connection: socket.socket, received: list[bytes]) -> None:
        connection.sendall(line_of(connection, received) + b"\n")

    with Answering(database, echo):
        assert "another program" in failure(database, Kill("")).message


def test_who_says_nothing_is_told_nothing(database: Path, brief: None) -> None:
    """A session that hangs, or a stranger that waits: either way nothing was done, and that is said."""
    with Answering(database, silent) as received, locked(database):
        error = failure(database, DEPOSIT)
    assert "does not answer" in error.message
    assert "nothing was done and nothing will be" in error.message
    assert error.exit_code == EXIT_NO_SESSION
    assert not [line for line in received if b"Capital" in line]


def test_a_file_that_is_not_believed_is_told(database: Path) -> None:
    """A link could lead to anyone's."""
    endpoint_file(database).symlink_to("elsewhere")
    error = failure(database, Kill(""))
    assert f"{endpoint_file(database)}: a link." in error.message
    assert error.exit_code == EXIT_NO_SESSION


@contextlib.contextmanager
def locked(database: Path) -> Iterator[None]:
    """The lock is held, as by a session, in this process."""
    lock = ProcessLock(database)
    lock.acquire()
    yield
    lock.release()


def left_by_a_killed_one(database: Path) -> None:
    left = open_door(database)
    left.tell(database, "s1", KEY)
    left.listener.close()


NOT_REACHED: dict[str, Callable[[Path], object]] = {
    "nothing tells where": lambda _database: None,
    "nobody listens": left_by_a_killed_one,
    "a folder": lambda database: endpoint_file(database).mkdir(),
    "of no version": lambda database: endpoint_file(database).write_bytes(b"{}"),
}


@pytest.mark.parametrize("make", NOT_REACHED.values(), ids=NOT_REACHED)
def test_a_session_that_has_the_lock_is_not_said_to_be_gone(database: Path, make: Callable[[Path], object]) -> None:
    """Its file was taken away or spoilt, or it has a /tmp of its own: what still works is told."""
    make(database)
    with locked(database):
        error = failure(database, Kill(""))
    assert f"{database} is in the hands of process {os.getpid()}, but " in error.message
    assert "nothing was done" in error.message
    assert kill_file(database).name in error.message
    assert "No session runs" not in error.message
    assert error.exit_code == EXIT_NO_SESSION
    assert f"No session runs on {database}" in failure(database, Kill("")).message


def test_looking_for_a_session_leaves_nothing_behind(database: Path) -> None:
    """Not even an empty database."""
    failure(database, GetStatus())
    assert list(database.parent.iterdir()) == []


# --- Done, or not, or not known ----------------------------------------------------------------------------------


@pytest.mark.parametrize("door", DOORS)
def test_a_connection_that_breaks_is_made_again_for_the_same_request(
    database: Path, door: Callable[[Path], Door]
) -> None:
    """In a crowd, and after the command was told: the id is the same each time, so it is done once."""
    requests: list[OperatorRequest] = []

    def breaks(connection: socket.socket, received: list[bytes]) -> None:
        requests.append(told(connection, received))

    def done(connection: socket.socket, received: list[bytes]) -> None:
        requests.append(told(connection, received))
        connection.sendall(msgspec.json.encode(Done("s1", "paid")) + b"\n")

    with Answering(database, turned_away, turned_away, breaks, turned_away, breaks, done, open_a_door=door):
        assert asked(database, DEPOSIT) == Done("s1", "paid")
    assert len(requests) == 3
    assert len({request.id for request in requests}) == 1
    assert all(0 < request.within_s < EXCHANGE_S for request in requests)


def test_two_commands_are_two_requests(database: Path) -> None:
    """A deposit asked for twice is meant twice."""
    requests: list[OperatorRequest] = []

    def done(connection: socket.socket, received: list[bytes]) -> None:
        requests.append(told(connection, received))
        connection.sendall(msgspec.json.encode(Done("s1", "paid")) + b"\n")

    with Answering(database, done):
        asked(database, DEPOSIT)
        asked(database, DEPOSIT)
    assert len({request.id for request in requests}) == 2


@pytest.mark.parametrize(
    ("command", "where"),
    [(DEPOSIT, "neo capital list"), (Pause(""), "neo status"), (Kill(""), "neo sessions")],
    ids=["deposit", "pause", "kill"],
)
@pytest.mark.parametrize("behave", [hangs, breaks_off])
def test_no_answer_to_a_command_that_was_told_is_told_as_unknown(
    database: Path, brief: None, command: Order, where: str, behave: Behaviour
) -> None:
    """With a code of its own, and where to look before it is said again."""
    with Answering(database, behave):
        error = failure(database, command)
    assert error.exit_code == EXIT_UNSURE
    assert "has not answered. It was told the command and may have done it" in error.message
    assert f"`{where}` before you say it again" in error.message


@pytest.mark.parametrize(
    ("is_told", "words"),
    [
        (True, r"may have done it; for \d+ s more it may yet\. Look with `neo capital list`"),
        (False, "nothing was done"),
    ],
)
def test_an_interrupt_tells_what_may_still_happen(
    database: Path, monkeypatch: pytest.MonkeyPatch, is_told: bool, words: str
) -> None:
    """Ctrl+C while the answer is waited for, or before the command was told."""

    def interrupted(*_: object) -> NoReturn:
        raise KeyboardInterrupt

    monkeypatch.setattr(Link, "reply" if is_told else "prove", interrupted)
    with Answering(database, hangs):
        error = failure(database, DEPOSIT)
    assert re.match(f"Interrupted. .*{words}", error.message)
    assert error.exit_code == EXIT_INTERRUPTED


def test_a_session_that_ends_meanwhile_may_have_done_it(database: Path) -> None:
    """Its file is gone when the answer should come: unknown for a deposit, nothing lost for a status."""

    def ends(connection: socket.socket, received: list[bytes]) -> None:
        told(connection, received)
        endpoint_file(database).unlink()

    for command, code in ((DEPOSIT, EXIT_UNSURE), (GetStatus(), EXIT_NO_SESSION)):
        with Answering(database, ends):
            error = failure(database, command)
        assert "Session s1 has ended meanwhile" in error.message
        assert error.exit_code == code


def test_a_command_for_one_session_is_not_told_to_the_next(database: Path) -> None:
    """Another session runs when the connection is made again: it must not pay what was asked of the first one."""

    def is_succeeded(connection: socket.socket, received: list[bytes]) -> None:
        told(connection, received)
        file = endpoint_file(database)
        file.write_bytes(file.read_bytes().replace(b'"s1"', b'"s2"'))

    with Answering(database, is_succeeded, answers(Done("s2", "paid"))):
        error = failure(database, DEPOSIT)
    assert "another one runs" in error.message
    assert error.exit_code == EXIT_UNSURE


def test_what_the_session_says_is_told_with_its_code(database: Path) -> None:
    """Refused and unsure are two exit codes: only one of them may be tried again blindly."""
    with Answering(database, answers(Refused("no ledger has been seen yet"))):
        error = failure(database, DEPOSIT)
    assert (error.message, error.exit_code) == ("Refused: no ledger has been seen yet.", EXIT_REFUSED)
    with Answering(database, answers(Unsure("it broke"))):
        error = failure(database, DEPOSIT)
    assert error.message.startswith("it broke. It was told the command and may have done it")
    assert error.exit_code == EXIT_UNSURE


def test_a_stream_that_does_not_begin_is_told(database: Path, brief: None) -> None:
    """A session that hangs does not hang its operator."""
    with (
        Answering(database, hangs),
        pytest.raises(OperatorError, match="does not answer") as raised,
        linked(database, OpenTap(())) as link,
    ):
        link.first()
    assert raised.value.exit_code == EXIT_NO_SESSION


def test_an_answer_of_another_version_is_told(database: Path) -> None:
    """What it did is not known, so it counts as such."""

    def newer(connection: socket.socket, received: list[bytes]) -> None:
        told(connection, received)
        connection.sendall(b'{"type":"Later","id":5}\n')

    with Answering(database, newer):
        error = failure(database, Pause(""))
    assert "another version" in error.message
    assert error.exit_code == EXIT_UNSURE
