"""A simulated ledger as text, so that it can outlive the process that runs it, as a real ledger would.

One JSON object a line: what the world was made of (:class:`WorldOrigin`), at most one snapshot of it
(:class:`Snapshot`), and what happened since: the sessions that came to trade on it, our transactions as it took them,
the ledgers it closed. The simulation is a function of these, so reading them back gives the same world, and every
ledger after the snapshot can be told once more.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

import msgspec

from neo.market.bars import Bar
from neo.market.chance import ChanceFor
from neo.messages import Balances, LedgerClosed
from neo.sim.account_view import report
from neo.sim.crowd_config import SimConfig
from neo.sim.market import SimMarket

# Raised when a line's meaning changes: an older file is then told apart, and never misread.
FORMAT: Final = 1


class WorldError(Exception):
    """A world's text can't be used: what was found, one clause."""


class Line(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """One line of a world's text."""


class WorldOrigin(Line, frozen=True):
    """First line: everything that a world is made of besides the recording, which is named by its hash.

    Args:
        format: Of the whole text.
        session_id: The session that it was made for.
        seed: Of the crowd's random choices.
        config: The crowd.
        market_name: The recording, as the operator knows it.
        market_sha256: Of what the recording says; earlier versions wrote that of its file's bytes.
        account: Our address in it.
        xrp_drops: What it was funded with.
        rlusd: The same.
        start_close_time_s: Close time of the first ledger, seconds of the ripple epoch.
    """

    format: int
    session_id: str
    seed: int
    config: SimConfig
    market_name: str
    market_sha256: str
    account: str
    xrp_drops: int
    rlusd: Decimal
    start_close_time_s: int


class Snapshot(Line, frozen=True):
    """The world after a ledger: from here the lines that follow go on. Without one they go on from the first ledger."""

    ledger_index: int
    state: msgspec.Raw


class Joined(Line, frozen=True):
    """From here on this session trades on it."""

    session_id: str


class Submitted(Line, frozen=True):
    """The network took a transaction of ours; what it makes of it is in the ledgers that follow."""

    tx_hash: str
    tx: dict[str, Any]


class Closed(Line, frozen=True):
    """A ledger closed, after which our account stood so: a replay that comes to anything else is not this world."""

    ledger_index: int
    xrp_drops: int
    rlusd: Decimal
    sequence: int


AnyLine = WorldOrigin | Snapshot | Joined | Submitted | Closed

_encode = msgspec.json.Encoder(decimal_format="string").encode
_decode: msgspec.json.Decoder[AnyLine] = msgspec.json.Decoder(AnyLine)


def line_of(line: Line) -> bytes:
    """One line as it is written."""
    return _encode(line) + b"\n"


def snapshot_of(market: SimMarket) -> Snapshot:
    """The world as it is now."""
    return Snapshot(ledger_index=market.closed_index, state=msgspec.Raw(_encode(market.to_state())))


def closed_line(ledger_index: int, balances: Balances) -> Closed:
    """The line of a ledger that closed with these balances of ours."""
    return Closed(
        ledger_index=ledger_index, xrp_drops=balances.xrp_drops, rlusd=balances.rlusd, sequence=balances.sequence
    )


class WorldText(msgspec.Struct, frozen=True):
    """A world's text as read.

    Args:
        origin: Its first line.
        snapshot: The world to go on from; None for the first ledger.
        session_id: The session that traded on it last.
        steps: What happened after the snapshot, in order.
        length_bytes: Of its whole lines: what follows them was cut short in the writing, and never happened.
    """

    origin: WorldOrigin
    snapshot: Snapshot | None
    session_id: str
    steps: tuple[Submitted | Closed, ...]
    length_bytes: int

    @property
    def ledgers(self) -> int:
        """How many ledgers it can tell of."""
        return sum(isinstance(step, Closed) for step in self.steps)


def read_world(text: bytes) -> WorldText:
    """Read a world's text. A last line without its end is passed over: the network never got it.

    Raises:
        WorldError: It is not a world's text, or damaged.
    """
    length_bytes = text.rfind(b"\n") + 1
    lines = [_line(number, line) for number, line in enumerate(text[:length_bytes].splitlines(), start=1)]
    if not lines or not isinstance(lines[0], WorldOrigin):
        raise WorldError("it does not begin as a simulated ledger's file does")
    origin, rest = lines[0], lines[1:]
    if origin.format != FORMAT:
        raise WorldError(f"it has format {origin.format}, this NEO reads {FORMAT}")
    snapshot: Snapshot | None = None
    session_id = origin.session_id
    steps: list[Submitted | Closed] = []
    for number, line in enumerate(rest, start=2):
        match line:
            case Snapshot() if number == 2:
                snapshot = line
            case Joined():
                session_id = line.session_id
            case Submitted() | Closed():
                steps.append(line)
            case _:
                raise WorldError(f"line {number} is a {type(line).__name__}, which has no place there")
    return WorldText(origin, snapshot, session_id, tuple(steps), length_bytes)


def _line(number: int, line: bytes) -> AnyLine:
    try:
        return _decode.decode(line)
    except msgspec.MsgspecError as error:
        raise WorldError(f"line {number} can't be read: {error}") from None


def new_market(origin: WorldOrigin, bars: tuple[Bar, ...], chance_for: ChanceFor) -> SimMarket:
    """The world at its first ledger."""
    return SimMarket.create(
        origin.config,
        bars,
        chance_for,
        account=origin.account,
        xrp_drops=origin.xrp_drops,
        rlusd=origin.rlusd,
        start_close_time_s=origin.start_close_time_s,
    )


def retrace(
    text: WorldText, bars: tuple[Bar, ...], chance_for: ChanceFor, after_index: int
) -> tuple[SimMarket, list[LedgerClosed]]:
    """Live a world's text through once more.

    Args:
        text: What happened.
        bars: The recording that it was made of.
        chance_for: Generators of the origin's seed.
        after_index: Ledgers after this one are told; telling costs half as much again as closing.

    Returns:
        The world as it was when the text ended, and the ledgers asked for, oldest first.

    Raises:
        WorldError: It comes to something else than the text says.
    """
    if text.snapshot is None:
        market = new_market(text.origin, bars, chance_for)
    else:
        state = msgspec.json.decode(text.snapshot.state)
        market = SimMarket.from_state(text.origin.config, bars, chance_for, state)
    return market, list(_ledgers(text, market, after_index))


def _ledgers(text: WorldText, market: SimMarket, after_index: int) -> Iterable[LedgerClosed]:
    account, ledger = text.origin.account, market.ledger
    for step in text.steps:
        if isinstance(step, Submitted):
            market.submit(step.tx, step.tx_hash)
            continue
        closed = market.close_next()
        came_to = (closed.index, ledger.xrp_drops(account), ledger.token_balance(account), ledger.sequence(account))
        if came_to != (step.ledger_index, step.xrp_drops, step.rlusd, step.sequence):
            raise WorldError(f"ledger {step.ledger_index} does not come out as it says: another NEO wrote it")
        if closed.index > after_index:
            yield report(market, closed, account)
