"""The operator's end of a session's control channel: find the session of a database, prove the same user, ask."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from actors.control import endpoint_file
from neo.control import Command, Endpoint, Refused, Reply, Request
from tools.errors import OperatorError

# A session that can be reached answers in milliseconds.
_PATIENCE_S = 10.0

# Nothing was wrong with the command line, but there was nobody to do it.
EXIT_NO_SESSION = 4
EXIT_REFUSED = 5

_decode_reply: Callable[[bytes], Reply] = msgspec.json.Decoder(Reply).decode


class Link:
    """A connection to a running session.

    Args:
        endpoint: Where it listens.
        connection: Open, with the request sent.
    """

    def __init__(self, endpoint: Endpoint, connection: socket.socket) -> None:
        self.session_id = endpoint.session_id
        self._connection = connection
        self._lines = connection.makefile("rb")

    def reply(self) -> Reply | None:
        """The next line, or None when the session has closed the connection.

        Raises:
            OperatorError: What came is no reply: another program listens there.
        """
        line = self._lines.readline()
        if not line.endswith(b"\n"):
            return None
        try:
            return _decode_reply(line)
        except msgspec.DecodeError:
            raise OperatorError(
                "What answers is not a NEO session, or of another version than this command.", EXIT_NO_SESSION
            ) from None

    def replies(self) -> Iterator[Reply]:
        """Every line until the session ends or this side leaves."""
        # A quiet market sends nothing for a while: that is no fault.
        self._connection.settimeout(None)
        with contextlib.suppress(ConnectionError):
            while (reply := self.reply()) is not None:
                yield reply

    def close(self) -> None:
        """Leave."""
        self._lines.close()
        self._connection.close()


@contextlib.contextmanager
def linked(database: Path, command: Command) -> Iterator[Link]:
    """Send a command to the session that runs on a database; its replies come through the link.

    Raises:
        OperatorError: No session runs there, or it can't be reached.
    """
    endpoint = _endpoint(database)
    request = Request(endpoint.token, msgspec.Raw(msgspec.json.encode(command)))
    try:
        connection = socket.create_connection(("127.0.0.1", endpoint.port), timeout=_PATIENCE_S)
    except OSError:
        raise OperatorError(
            f"No session runs on {database}: process {endpoint.pid}, which ran {endpoint.session_id}, is gone"
            " without a word. The next `neo run` writes that down and clears up.",
            EXIT_NO_SESSION,
        ) from None
    link = Link(endpoint, connection)
    try:
        connection.sendall(msgspec.json.encode(request) + b"\n")
        yield link
    except TimeoutError:
        raise OperatorError(f"Session {endpoint.session_id} does not answer.", EXIT_NO_SESSION) from None
    except ConnectionError:
        raise OperatorError(f"Session {endpoint.session_id} has just ended.", EXIT_NO_SESSION) from None
    finally:
        link.close()


def asked(database: Path, command: Command) -> Reply:
    """The one answer to a command.

    Raises:
        OperatorError: No session runs there, or it refused.
    """
    with linked(database, command) as link:
        reply = link.reply()
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


def _endpoint(database: Path) -> Endpoint:
    file = endpoint_file(database)
    try:
        return msgspec.json.decode(file.read_bytes(), type=Endpoint)
    except FileNotFoundError:
        raise OperatorError(f"No session runs on {database}.", EXIT_NO_SESSION) from None
    except PermissionError:
        raise OperatorError(
            f"{file}: not yours to read; a session obeys the user who started it.", EXIT_NO_SESSION
        ) from None
    except (OSError, msgspec.DecodeError) as error:
        raise OperatorError(f"{file}: can't be read ({error}).", EXIT_NO_SESSION) from None
