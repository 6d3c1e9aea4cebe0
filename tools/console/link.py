"""The operator's end of the control channel: find the session of a database, see that it is it, ask.

A command is told only to who has proved to be the session. What then goes wrong is told by what may have happened:
before that, nothing was done; after it, the command is sent again under the same id, which is done once at most, until
its time is over. If no answer came by then, nobody knows, and the message says where to look.
"""

from __future__ import annotations

import contextlib
import math
import secrets
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, NoReturn

import msgspec

from actors.operator import handshake
from actors.operator.endpoint import connect, read_endpoint
from actors.operator.killfile import kill_file
from actors.operator.protocol import (
    EXCHANGE_S,
    Capital,
    Command,
    Endpoint,
    GetChannels,
    GetStatus,
    Kill,
    OpenTap,
    OperatorRequest,
    Refused,
    Reply,
    Unsure,
)
from actors.plumbing.files import FileRefusedError
from actors.store import StoreError
from actors.store.lock import holder_of
from neo.text.printable import printable
from tools.console.errors import EXIT_SIGNALLED, OperatorError
from tools.console.interrupts import interrupted_by

# Nothing was wrong with the command line, but there was nobody to do it.
EXIT_NO_SESSION = 4
EXIT_REFUSED = 5
# It was told to the session, and what became of it is not known.
EXIT_UNSURE = 7

# Of the whole time, so much for one connection to get its welcome, and so much more than the session has for the answer
# to arrive.
_ATTEMPT_S: Final = 2.5
_SLACK_S: Final = 1.0
_PAUSE_S: Final = 0.02

# Longer than any message: what comes beyond it is no reply.
_REPLY_BYTES_MAX: Final = 16_777_216
_CHUNK_BYTES: Final = 65_536

_NOTHING: Final = "It was told nothing, so nothing was done and nothing will be."

_decode_reply: Callable[[bytes], Reply] = msgspec.json.Decoder(Reply).decode


class NoSessionError(OperatorError):
    """No session runs there: nobody was reached, and nobody has the lock on the database."""


class StrangerError(Exception):
    """Who answers is not the session."""


class Link:
    """A connection to a running session, which has proved to be it.

    Args:
        endpoint: Where it listens.
        connection: Open.
    """

    def __init__(self, endpoint: Endpoint, connection: socket.socket) -> None:
        self.session_id = endpoint.session_id
        self._key = endpoint.key
        self._connection = connection
        self._read = bytearray()
        # Of this side and of the session.
        self._nonces = (b"", b"")

    def prove(self, until_s: float) -> None:
        """Show that this side knows the session's key, and see that the other one does.

        Args:
            until_s: On the monotonic clock.

        Raises:
            StrangerError: The other side does not; it was told nothing.
            OSError: The connection broke, or took too long.
        """
        nonce = handshake.new_nonce()
        self._connection.settimeout(_left_s(until_s))
        self._connection.sendall(handshake.greeting(self._key, nonce) + b"\n")
        line = self._line(handshake.GREETING_BYTES_MAX, until_s)
        if line is None:
            raise ConnectionResetError("no welcome")
        own = handshake.welcomed(self._key, nonce, line)
        if own is None:
            raise StrangerError
        self._nonces = nonce, own

    def tell(self, request_id: str, command: Command, within_s: float) -> None:
        """Send a command, once both sides are proved.

        Args:
            request_id: Its own.
            command: What to ask.
            within_s: Real seconds that the session has for it, from its welcome on.

        Raises:
            OSError: The connection broke.
        """
        body = msgspec.json.encode(OperatorRequest(request_id, within_s, msgspec.Raw(msgspec.json.encode(command))))
        self._connection.settimeout(within_s)
        self._connection.sendall(handshake.sealed(self._key, *self._nonces, body) + b"\n")

    def reply(self, until_s: float | None = None) -> Reply | None:
        """The next line, or None when the session has closed the connection.

        Args:
            until_s: On the monotonic clock; None to wait for as long as it takes.

        Raises:
            OperatorError: What came is no reply: it is another version's.
            TimeoutError: Nothing came in time.
        """
        try:
            line = self._line(_REPLY_BYTES_MAX, until_s)
            return None if line is None else _decode_reply(line)
        except (StrangerError, msgspec.MsgspecError, ValueError, RecursionError):
            raise OperatorError("The session is of another version than this command.", EXIT_UNSURE) from None

    def first(self) -> Reply | None:
        """A stream's first line, which comes at once.

        Raises:
            OperatorError: As :meth:`reply`.
            TimeoutError: As :meth:`reply`.
        """
        return self.reply(time.monotonic() + EXCHANGE_S)

    def replies(self) -> Iterator[Reply]:
        """Every line until the session ends or this side leaves."""
        # A quiet market sends nothing for a while: that is no fault.
        with contextlib.suppress(ConnectionError):
            while (reply := self.reply()) is not None:
                yield reply

    def close(self) -> None:
        """Leave."""
        self._connection.close()

    def _line(self, bytes_max: int, until_s: float | None) -> bytes | None:
        """The next line without its end; None if there will be none."""
        searched = 0
        while (end := self._read.find(b"\n", searched)) < 0:
            searched = len(self._read)
            if searched > bytes_max:
                raise StrangerError
            self._connection.settimeout(None if until_s is None else _left_s(until_s))
            more = self._connection.recv(_CHUNK_BYTES)
            if not more:
                return None
            self._read += more
        line = bytes(self._read[:end])
        del self._read[: end + 1]
        return line


class Errand:
    """One command on its way to the session of a database.

    Args:
        database: The database.
        command: What to ask.
        request_id: Its own, if it was asked before and is not to be done twice; else a new one.
        session_id: Whom it is for, if no other session that runs there by now is meant.
    """

    def __init__(self, database: Path, command: Command, *, request_id: str = "", session_id: str = "") -> None:
        self._database = database
        self._command = command
        self._id = request_id or secrets.token_hex(16)
        self._session_id = session_id
        self._until_s = time.monotonic() + EXCHANGE_S
        # Whom the command was told: only then can anything have come of it.
        self._told: Endpoint | None = None

    def reply(self) -> Reply:
        """The session's answer.

        Raises:
            OperatorError: There is none, with what that means.
        """
        try:
            while True:
                with contextlib.closing(self.link()) as link, contextlib.suppress(OSError):
                    reply = link.reply(self._until_s)
                    if reply is not None:
                        return reply
                time.sleep(_PAUSE_S)
        except KeyboardInterrupt:
            self._interrupted()

    def link(self) -> Link:
        """A connection on which the session was told the command.

        Raises:
            OperatorError: There is none, with what that means.
        """
        refused: Endpoint | None = None
        while True:
            endpoint = self._endpoint()
            if time.monotonic() >= self._until_s:
                if self._told is not None:
                    self._unsure("has not answered")
                self._nobody(f"{_named(endpoint)} does not answer")
            try:
                return self._asked(endpoint)
            except StrangerError:
                self._nobody("what answers where it listened is another program, which was told nothing", left=endpoint)
            except PermissionError:
                self._nobody("what listens where it did is another user's, and was told nothing")
            except (ConnectionRefusedError, FileNotFoundError):
                # One that is just ending has removed its file by the second look.
                if refused == endpoint:
                    self._nobody(f"as seen from here, nobody listens at {_place(endpoint)}", left=endpoint)
                refused = endpoint
            except OSError as error:
                # Pushed out by a crowd, or no time left: a moment later there may be room.
                if not isinstance(error, (TimeoutError, ConnectionError)):
                    self._nobody(f"at {_place(endpoint)} nobody can be reached ({error.strerror or error})")
            time.sleep(_PAUSE_S)

    def _asked(self, endpoint: Endpoint) -> Link:
        welcome_until_s = min(self._until_s, time.monotonic() + _ATTEMPT_S)
        link = Link(endpoint, connect(endpoint, _left_s(welcome_until_s)))
        try:
            link.prove(welcome_until_s)
            # The session counts from its welcome, which came before now: its time is over before ours.
            within_s = _left_s(self._until_s - _SLACK_S)
            self._told = endpoint
            link.tell(self._id, self._command, within_s)
        except BaseException:
            link.close()
            raise
        return link

    def _endpoint(self) -> Endpoint:
        try:
            endpoint = read_endpoint(self._database)
        except FileNotFoundError:
            if self._told is not None:
                self._unsure("has ended meanwhile")
            self._nobody()
        except FileRefusedError as error:
            self._nobody(str(error))
        if self._told is not None and endpoint.session_id != self._told.session_id:
            self._unsure("has ended meanwhile, and another one runs")
        if self._session_id not in ("", endpoint.session_id):
            raise NoSessionError(
                f"Session {printable(self._session_id)} has ended; session {printable(endpoint.session_id)} runs on its"
                f" database. {_NOTHING}",
                EXIT_NO_SESSION,
            )
        return endpoint

    # --- What it means ---------------------------------------------------------------------------------------------

    def _nobody(self, why: str = "", *, left: Endpoint | None = None) -> NoReturn:
        """Nobody was reached. Whether a session runs all the same is for the lock to say, and for nothing else."""
        if self._told is not None:
            self._unsure("can't be reached any more")
        shown, cause = _shown(self._database), f": {why.removesuffix('.')}" if why else ""
        try:
            held = holder_of(self._database)
        except StoreError as error:
            raise OperatorError(
                f"No session was reached on {shown}{cause}. Whether one runs can't be seen ({error}). {_NOTHING}",
                EXIT_NO_SESSION,
            ) from None
        if held is None:
            gone = "" if left is None else f" Process {left.pid}, which ran {printable(left.session_id)}, is gone;"
            mend = f"{gone} the next `neo run` writes down how that ended and clears up." if gone else ""
            raise NoSessionError(f"No session runs on {shown}{cause}.{mend}", EXIT_NO_SESSION)
        who = "another process" if held.pid is None else f"process {held.pid}"
        where = why.removesuffix(".") or "it does not tell how it can be reached"
        raise OperatorError(
            f"{shown} is in the hands of {who}, but {where}. {_NOTHING} If it is a session, a file named"
            f" {kill_file(self._database).name} beside the database ends it all the same.",
            EXIT_NO_SESSION,
        )

    def _interrupted(self) -> NoReturn:
        """The operator waits no longer; the session may not know that yet."""
        left_s = math.ceil(max(0.0, self._until_s - time.monotonic()))
        told = _NOTHING if self._told is None else _may_be_done(self._command, f"for {left_s} s more it may yet")
        raise OperatorError(f"Interrupted. {told}", EXIT_SIGNALLED + interrupted_by()) from None

    def _unsure(self, what: str) -> NoReturn:
        assert self._told is not None, "who was told nothing can't have done it"
        told = f"{_named(self._told)} {what}"
        if isinstance(self._command, (GetStatus, GetChannels, OpenTap)):
            raise OperatorError(f"{told}.", EXIT_NO_SESSION)
        raise OperatorError(f"{told}. {_may_be_done(self._command)}", EXIT_UNSURE)


@contextlib.contextmanager
def linked(database: Path, command: Command) -> Iterator[Link]:
    """Ask the session that runs on a database for a stream; what it tells comes through the link.

    Raises:
        OperatorError: No session runs there, or it can't be reached.
    """
    with contextlib.closing(Errand(database, command).link()) as link:
        try:
            yield link
        except TimeoutError:
            raise OperatorError(f"Session {printable(link.session_id)} does not answer.", EXIT_NO_SESSION) from None
        except ConnectionError:
            raise OperatorError(f"Session {printable(link.session_id)} has just ended.", EXIT_NO_SESSION) from None


def asked(database: Path, command: Command) -> Reply:
    """The one answer to a command.

    Raises:
        OperatorError: No session runs there, it refused, or what became of it is not known.
    """
    reply = Errand(database, command).reply()
    if isinstance(reply, Unsure):
        raise OperatorError(f"{reply.why}. {_may_be_done(command)}", EXIT_UNSURE)
    return answered(reply)


def answered(reply: Reply | None) -> Reply:
    """A reply that is none of the refusals.

    Raises:
        OperatorError: It is one, or there is none.
    """
    if reply is None:
        raise OperatorError("The session ended before it answered.", EXIT_NO_SESSION)
    if isinstance(reply, Refused):
        raise OperatorError(f"Refused: {reply.why}.", EXIT_REFUSED)
    return reply


def _may_be_done(command: Command, yet: str = "what it has not begun by now it will not begin any more") -> str:
    where, when = "neo status", ""
    if isinstance(command, Kill):
        where = "neo sessions"
    elif isinstance(command, Capital):
        where, when = "neo capital list", "; a payment shows there some ledgers after it was begun"
    return f"It was told the command and may have done it; {yet}. Look with `{where}` before you say it again{when}."


def _left_s(until_s: float) -> float:
    """Real seconds until a moment.

    Raises:
        TimeoutError: It is over.
    """
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise TimeoutError("no time left")
    return left_s


def _place(endpoint: Endpoint) -> str:
    return printable(endpoint.path) or f"port {endpoint.port}"


def _named(endpoint: Endpoint) -> str:
    return f"Session {printable(endpoint.session_id)}"


def _shown(path: Path) -> str:
    return printable(str(path))
