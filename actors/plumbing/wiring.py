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

from typing import Any

import msgspec
import trio

from actors.plumbing.board import Board
from actors.plumbing.mailbox import LatestBox, LossyEnd, Mailbox, Observer
from actors.plumbing.tap import TapHub
from actors.plumbing.timings import Timings
from neo.messages import Append, ChannelDepth, Durable, MarketView, Message, QuotesWanted
from neo.messages.routes import JOURNAL_CHANNEL, RECEIPTS, ROUTES, TELEMETRY, Overflow, RouteError, Routes


class ChannelBounds(msgspec.Struct, frozen=True, kw_only=True):
    """How many messages may wait in each channel that waits when full, and in telemetry, which drops."""

    gateway: int
    risk: int
    persistence: int
    session: int
    telemetry: int


BOUNDS = ChannelBounds(
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
LEAST_BOUNDS = ChannelBounds(gateway=0, risk=0, persistence=0, session=0, telemetry=1)


class Channels:
    """Every channel of one session. Actors get their ends from here and nowhere else.

    Each tells the taps of what it delivers; ``board`` knows where the session stands, ``timings`` how long things took.

    Args:
        bounds: How many messages may wait in each.
        routes: Which channels there are, and what each does when it is full.

    Raises:
        RouteError: The routes have a channel that is not opened here, or one with another rule.
    """

    def __init__(self, bounds: ChannelBounds, routes: Routes = ROUTES) -> None:
        self.board = Board()
        self.taps = TapHub(routes, self.board.journaled)
        self.timings = Timings()
        self._bounds = bounds
        self._routes = routes
        self._opened: list[str] = []
        # When the gateway took the message that it has in hand, or had last.
        self.gateway_took_at_s = 0.0
        self.gateway: Mailbox[Message] = self._mailbox("gateway", self._gateway_took)
        self.strategy: LatestBox[MarketView] = self._box("strategy")
        self.risk: Mailbox[QuotesWanted] = self._mailbox("risk", self.taps.delivered)
        self.persistence: Mailbox[Append] = self._mailbox(JOURNAL_CHANNEL, self.taps.delivered)
        self.session: Mailbox[Message] = self._mailbox("session", self.taps.delivered)
        self.telemetry: Mailbox[Message] = self._mailbox(TELEMETRY)
        self.durable: dict[str, LatestBox[Durable]] = {
            name.removeprefix(RECEIPTS): self._box(name) for name in routes.channels if name.startswith(RECEIPTS)
        }
        self._lossy: list[LossyEnd] = []
        if unopened := [name for name in routes.channels if name not in self._opened]:
            raise RouteError(f"the wiring opens no channel {', '.join(unopened)}, and a message is to pass through it")

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

    def _mailbox(self, name: str, observe: Observer | None = None) -> Mailbox[Any]:
        """A channel whose senders wait; or one that nobody watches, whose senders drop through a lossy end."""
        self._require(name, Overflow.DROP if observe is None else Overflow.WAIT)
        bound: int = getattr(self._bounds, name)
        return Mailbox(name, bound, observe)

    def _box(self, name: str) -> LatestBox[Any]:
        """A channel that holds the latest only."""
        self._require(name, Overflow.LATEST)
        return LatestBox(name, self.taps.delivered)

    def _require(self, name: str, rule: Overflow) -> None:
        self._opened.append(name)
        if (declared := self._routes.overflow(name)) is not rule:
            raise RouteError(f"{name}: the routes say {declared!s} when it is full, the wiring opens it to {rule!s}")

    def _gateway_took(self, channel: str, message: Message) -> None:
        self.gateway_took_at_s = trio.current_time()
        self.taps.delivered(channel, message)

    def _published(self, source: str, message: Message) -> None:
        self.board.observe(message)
        self.taps.published(source, message)
