"""An embedded network as text, so that it can outlive the process that runs it, as a real network would.

One JSON object a line: what it was made of (the head, which is for its owner to define), at most one snapshot, and
what happened since: the sessions that came to trade on it, our transactions as it took them, what it heard of a real
network, the ledgers it closed.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final, Generic, TypeVar

import msgspec

from neo.messages import Balances

# Raised when an older file would be misread, so that it is told apart. One that only says less (a held transaction
# without its answer, a submission without ``fail_hard``) is read as it was meant; and every ledger of ours must come
# out as the file says.
FORMAT: Final = 1


class WorldError(Exception):
    """A network's text can't be used: what was found, one clause."""


class TextLine(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """One line of the text."""


class Head(TextLine, frozen=True):
    """First line: what the network was made of; its owner adds what that takes.

    Args:
        format: Of the whole text.
        session_id: The session that it was made for.
    """

    format: int
    session_id: str


class Snapshot(TextLine, frozen=True):
    """The network after a ledger: from here the lines that follow go on. Without one they go on from the first one."""

    ledger_index: int
    state: msgspec.Raw


class Joined(TextLine, frozen=True):
    """From here on this session trades on it."""

    session_id: str


class SubmittedLine(TextLine, frozen=True, omit_defaults=True, tag="Submitted"):
    """The network was sent a transaction of ours; what it makes of it is in the ledgers that follow."""

    tx_hash: str
    tx: dict[str, Any]
    fail_hard: bool = False


class Closed(TextLine, frozen=True):
    """A ledger closed, after which our account stood so: a replay that comes to anything else is not this network."""

    ledger_index: int
    xrp_drops: int
    rlusd: Decimal
    sequence: int


class Heard(TextLine, frozen=True):
    """What the network goes by next, where others run the real one: how it is read is its market's to say."""

    told: msgspec.Raw


_Rest = Snapshot | Joined | SubmittedLine | Heard | Closed

_encode = msgspec.json.Encoder(decimal_format="string").encode
_rest: msgspec.json.Decoder[_Rest] = msgspec.json.Decoder(_Rest)

H = TypeVar("H", bound=Head)


class NetworkText(msgspec.Struct, Generic[H], frozen=True):
    """A network's text as read.

    Args:
        origin: Its first line.
        snapshot: What to go on from; None for the first ledger.
        session_id: The session that traded on it last.
        steps: What happened after the snapshot, in order.
        length_bytes: Of its whole lines: what follows them was cut short in the writing, and never happened.
    """

    origin: H
    snapshot: Snapshot | None
    session_id: str
    steps: tuple[SubmittedLine | Heard | Closed, ...]
    length_bytes: int

    @property
    def ledgers(self) -> int:
        """How many ledgers it can tell of."""
        return sum(isinstance(step, Closed) for step in self.steps)


def line_of(line: TextLine) -> bytes:
    """One line as it is written."""
    return _encode(line) + b"\n"


def snapshot_line(ledger_index: int, state: dict[str, Any]) -> Snapshot:
    """The line of a state after this ledger."""
    return Snapshot(ledger_index=ledger_index, state=msgspec.Raw(_encode(state)))


def heard_line(told: Any) -> Heard:
    """The line of what the network goes by next."""
    return Heard(told=msgspec.Raw(_encode(told)))


def closed_line(ledger_index: int, balances: Balances) -> Closed:
    """The line of a ledger that closed with these balances of ours."""
    return Closed(
        ledger_index=ledger_index, xrp_drops=balances.xrp_drops, rlusd=balances.rlusd, sequence=balances.sequence
    )


def read_text(text: bytes, head: type[H]) -> NetworkText[H]:
    """Read a network's text. A last line without its end is passed over: the network never got it.

    Args:
        text: The bytes of the file.
        head: What its first line is.

    Raises:
        WorldError: It is not such a text, or damaged.
    """
    length_bytes = text.rfind(b"\n") + 1
    lines = text[:length_bytes].splitlines()
    origin = _head(lines[0] if lines else b"", head)
    if origin.format != FORMAT:
        raise WorldError(f"it has format {origin.format}, this NEO reads {FORMAT}")
    snapshot: Snapshot | None = None
    session_id = origin.session_id
    steps: list[SubmittedLine | Heard | Closed] = []
    for number, line in enumerate(lines[1:], start=2):
        match _line(number, line):
            case Snapshot() as found if number == 2:
                snapshot = found
            case Joined() as found:
                session_id = found.session_id
            case (SubmittedLine() | Heard() | Closed()) as found:
                steps.append(found)
            case found:
                raise WorldError(f"line {number} is a {type(found).__name__}, which has no place there")
    return NetworkText(origin, snapshot, session_id, tuple(steps), length_bytes)


def _head(line: bytes, head: type[H]) -> H:
    try:
        tag = msgspec.json.decode(line, type=dict[str, msgspec.Raw]).get("type")
    except msgspec.MsgspecError:
        tag = None
    if tag is None or bytes(tag) != b'"%s"' % head.__name__.encode():
        raise WorldError("it does not begin as the file of such a ledger does")
    try:
        return msgspec.json.decode(line, type=head)
    except msgspec.MsgspecError as error:
        raise WorldError(f"line 1 can't be read: {error}") from None


def _line(number: int, line: bytes) -> _Rest:
    try:
        return _rest.decode(line)
    except msgspec.MsgspecError as error:
        raise WorldError(f"line {number} can't be read: {error}") from None
