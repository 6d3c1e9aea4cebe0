"""The session's channels: each with its bound and its overflow rule, and who gets which end.

Why this can't deadlock
-----------------------
Gateway -> strategy -> risk -> gateway is a circle of bounded channels. One edge of it never waits: the gateway leaves
its view in a box that holds the latest only (a view is a state; a slow strategy gets the newest). So the gateway never
waits for the strategy, and always comes back to empty its own mailbox, which is all that risk can wait for.

Beside the circle: everyone may wait for persistence, and persistence waits for nobody, since a receipt is a state too
("all up to here is safe") and is left in a box. The session reads its mailbox in a task of its own at all times, so
nobody waits for it for long. Telemetry is lossy: nobody waits for it at all.

All this holds with every bound at its least; a test runs a session that way.
"""

from __future__ import annotations

import msgspec

from actors.plumbing.board import Board
from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox
from actors.plumbing.tap import TapHub
from neo.messages import Append, ChannelDepth, Durable, MarketView, Message, QuotesWanted


class Bounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages may wait in each channel that waits when full, and in telemetry, which drops."""

    gateway: int
    risk: int
    persistence: int
    session: int
    telemetry: int


BOUNDS = Bounds(
    # A ledger, a verdict and a rung of the shutdown at once, and a few ledgers while a new incarnation recovers.
    gateway=16,
    # One tick is judged before the next is due; a second may wait behind a restart.
    risk=4,
    # A tick appends about six times; a few ticks may wait behind a slow disk before trading waits with them.
    persistence=64,
    # A few answers and causes to halt; read at all times.
    session=8,
    # A second's worth at full speed; beyond that the screen is behind anyway and drops are counted.
    telemetry=4096,
)

# The least that each can be: sender and reader meet, and nothing waits in between.
LEAST_BOUNDS = Bounds(gateway=0, risk=0, persistence=0, session=0, telemetry=1)


class Channels:
    """Every channel of one session. Actors get their ends from here and nowhere else.

    Each tells the taps of what it delivers, and ``board`` knows where the session stands.
    """

    def __init__(self, bounds: Bounds) -> None:
        self.taps = TapHub()
        self.board = Board()
        told = self.taps.delivered
        self.gateway: Mailbox[Message] = Mailbox("gateway", bounds.gateway, told)
        self.strategy: LatestBox[MarketView] = LatestBox("strategy", told)
        self.risk: Mailbox[QuotesWanted] = Mailbox("risk", bounds.risk, told)
        self.persistence: Mailbox[Append] = Mailbox("persistence", bounds.persistence, told)
        self.session: Mailbox[Message] = Mailbox("session", bounds.session, told)
        self.telemetry: Mailbox[Message] = Mailbox("telemetry", bounds.telemetry)
        self.durable: dict[str, LatestBox[Durable]] = {
            "gateway": LatestBox("durable.gateway", told),
            "session": LatestBox("durable.session", told),
        }
        self._lossy: list[LossyEnd] = []

    def to_telemetry(self, source: str) -> LossyEnd:
        """A new end to telemetry for one actor, whose drops are counted with the others'."""
        end = LossyEnd(self.telemetry.sender(), source, self._published)
        self._lossy.append(end)
        return end

    def close_telemetry(self) -> None:
        """Close every end to telemetry, so that it ends once it has told everything."""
        for end in self._lossy:
            end.close()
        self.telemetry.seal()

    @property
    def telemetry_dropped(self) -> int:
        """Messages that telemetry had no room for."""
        return sum(end.dropped for end in self._lossy)

    def depths(self) -> tuple[ChannelDepth, ...]:
        """The state of every channel now."""
        told = self.telemetry.depth()
        return (
            self.gateway.depth(),
            self.strategy.depth(),
            self.risk.depth(),
            self.persistence.depth(),
            self.session.depth(),
            *(box.depth() for box in self.durable.values()),
            msgspec.structs.replace(told, dropped=self.telemetry_dropped),
        )

    def _published(self, source: str, message: Message) -> None:
        self.board.observe(message)
        self.taps.published(source, message)
