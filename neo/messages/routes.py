"""The table of routes: of every message, who sends it to whom, what a full channel does, and where it is kept.

Wiring, tap, filters, telemetry, projection, reports and the documentation read this table and keep none of their own.
To add a message, write its struct, give it a line here, and the tests name the reader that is not ready for it.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping

import msgspec

from neo.messages.records import (
    CapitalMoved,
    CapitalOrdered,
    FeePaid,
    Fill,
    ForkMeasured,
    HaltRaised,
    InventoryChecked,
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    OrderSubmitted,
    PoisonSetAside,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    SessionEnded,
    SessionStarted,
    SettlementBegun,
    SpendingCarried,
    TakerTraded,
    TwinObserved,
    VenueMeasured,
)
from neo.messages.traffic import (
    ActorRestarted,
    Append,
    CancelResting,
    Durable,
    Finish,
    HaltRequested,
    MarketView,
    MoveCapital,
    OrdersAllowed,
    PauseQuoting,
    QuotesWanted,
    Reconcile,
    Reconciled,
    RestingGone,
    ResumeQuoting,
    StopQuoting,
    WalCheckpointed,
)
from neo.messages.values import Message
from neo.messages.venue_traffic import Fate, LedgerClosed, RequestFailed, Submitted


class Overflow(enum.StrEnum):
    """What a channel does when it is full."""

    WAIT = "wait"
    LATEST = "latest"
    DROP = "drop and count"


class Topic(enum.StrEnum):
    """What a message is about, as whoever shows it sorts it."""

    MARKET = "market"
    DECISION = "decision"
    ORDER = "order"
    OUTCOME = "outcome"
    TRADE = "trade"
    BOOKS = "books"
    PAUSE = "pause"
    SHUTDOWN = "shutdown"
    JOURNAL = "journal"
    COURSE = "course"
    TROUBLE = "trouble"


class Hop(msgspec.Struct, frozen=True):
    """One way that a message takes: from a part of the session through a channel to another part.

    Args:
        sender: Who sends it.
        channel: The channel; its name begins with the receiver's, or is ``durable.`` and the receiver's.
        overflow: What the channel does when it is full.
    """

    sender: str
    channel: str
    overflow: Overflow

    @property
    def receiver(self) -> str:
        """Who gets it."""
        return self.channel.removeprefix(RECEIPTS)


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """All that is declared of one message.

    Args:
        message: Its type.
        topic: What it is about.
        hops: The ways that it takes. A record's to the journal is one inside an :class:`Append`.
        is_journaled: It is a record of the journal.
        in_reports: A report is made from it; where it is not, its rows in the tables are all that anyone asks for.
        log_level: At which the log keeps it, once telemetry hears of it; None for what the journal alone keeps.
        log_event: Its event in the log if that isn't the message's own name.
    """

    message: type[Message]
    topic: Topic
    hops: tuple[Hop, ...]
    is_journaled: bool = False
    in_reports: bool = False
    log_level: str | None = None
    log_event: str = ""

    @property
    def name(self) -> str:
        """The message's name."""
        return self.message.__name__

    @property
    def event(self) -> str:
        """Its event in the log: ``WalCheckpointed`` is ``wal_checkpointed``."""
        words = "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in self.name)
        return self.log_event or words.lstrip("_")


class RouteError(ValueError):
    """The table of routes contradicts itself, or one of its readers is not ready for it: a fault of NEO's own."""


class Routes:
    """The table, and what its readers ask of it.

    Args:
        table: A route for each message.

    Raises:
        RouteError: A message is there twice or has no way, a channel has two rules for when it is full, something is to
            be logged that telemetry never hears of, or a report to be made from what the journal never has.
    """

    def __init__(self, table: Iterable[Route]) -> None:
        self.table = tuple(table)
        self.by_type = {route.message: route for route in self.table}
        self.by_name = {route.name: route.message for route in self.table}
        if len(self.by_name) < len(self.table):
            raise RouteError("a message has more than one route")
        self.channels = _channels(self.table)
        self.parts = tuple(sorted({part for hop in _hops(self.table) for part in (hop.sender, hop.receiver)}))
        self.records = tuple(route.message for route in self.table if route.is_journaled)
        self.logged = {route.message: route for route in self.table if route.log_level is not None}
        self.told_only = frozenset(route.message for route in self.table if _receivers(route) == {TELEMETRY})
        for route in self.table:
            if (fault := _fault(route)) is not None:
                raise RouteError(f"{route.name} {fault}")

    def senders(self, message: type[Message], channel: str) -> tuple[str, ...]:
        """Who sends a message through a channel; empty if nobody is declared to."""
        route = self.by_type.get(message)
        return () if route is None else tuple(hop.sender for hop in route.hops if hop.channel == channel)

    def overflow(self, channel: str) -> Overflow:
        """What a channel does when it is full.

        Raises:
            RouteError: No message passes through such a channel.
        """
        if channel not in self.channels:
            raise RouteError(f"no message passes through a channel {channel}; there are {', '.join(self.channels)}")
        return self.channels[channel]

    def reported(self) -> tuple[str, ...]:
        """The names of the records that reports are made from."""
        return tuple(route.name for route in self.table if route.in_reports)

    def require_all_records(self, handled: Iterable[type], reader: str) -> None:
        """A reader of the journal must know what to do with every record.

        Args:
            handled: The records that it knows.
            reader: Its name, for the message.

        Raises:
            RouteError: One is missing, or one is no record.
        """
        known = set(handled)
        missing = [kind.__name__ for kind in self.records if kind not in known]
        strangers = sorted(kind.__name__ for kind in known - set(self.records))
        if missing or strangers:
            wrong = [f"has no handler for {name}" for name in missing] + [f"handles {name}" for name in strangers]
            raise RouteError(f"{reader} {', and '.join(wrong)}: the table of routes says otherwise")

    def markdown(self) -> list[str]:
        """The table for the documentation, as lines of Markdown."""
        head = "| message | about | way | when the channel is full | in the journal | in the log |"
        return [head, "|---|---|---|---|---|---|", *(_markdown(route) for route in self.table)]


TELEMETRY = "telemetry"
JOURNAL_CHANNEL = "persistence"

# A receipt's channel is called after who gets it.
RECEIPTS = "durable."


def _hops(table: Iterable[Route]) -> list[Hop]:
    return [hop for route in table for hop in route.hops]


def _receivers(route: Route) -> set[str]:
    return {hop.channel for hop in route.hops}


def _fault(route: Route) -> str | None:
    """What contradicts itself in what is declared of one message."""
    if not route.hops:
        return "has no way: nobody sends it"
    if route.is_journaled and JOURNAL_CHANNEL not in _receivers(route):
        return f"is journaled, and nobody sends it to {JOURNAL_CHANNEL}"
    if route.in_reports and not route.is_journaled:
        return "is to be in reports, and the journal never has it"
    if route.log_level is not None and TELEMETRY not in _receivers(route):
        return "is to be logged, and telemetry never hears of it"
    return None


def _channels(table: Iterable[Route]) -> Mapping[str, Overflow]:
    channels: dict[str, Overflow] = {}
    for hop in _hops(table):
        if channels.setdefault(hop.channel, hop.overflow) is not hop.overflow:
            raise RouteError(f"{hop.channel}: a channel can't {channels[hop.channel]} and {hop.overflow} when full")
    return channels


def _markdown(route: Route) -> str:
    ways = ", ".join(f"{hop.sender} → {hop.receiver}" for hop in route.hops)
    full = ", ".join(dict.fromkeys(hop.overflow.value for hop in route.hops))
    log = "-" if route.log_level is None else f"{route.log_level} `{route.event}`"
    return f"| `{route.name}` | {route.topic} | {ways} | {full} | {'yes' if route.is_journaled else '-'} | {log} |"


def _to(channel: str, *senders: str) -> tuple[Hop, ...]:
    """Ways through a channel that waits when full."""
    return tuple(Hop(sender, channel, Overflow.WAIT) for sender in senders)


def _told(*senders: str) -> tuple[Hop, ...]:
    """Ways to telemetry, which never holds anyone up."""
    return tuple(Hop(sender, TELEMETRY, Overflow.DROP) for sender in senders)


def _kept(sender: str) -> tuple[Hop, ...]:
    """A record's way to the journal."""
    return _to(JOURNAL_CHANNEL, sender)


_RECEIPTS = tuple(Hop(JOURNAL_CHANNEL, f"{RECEIPTS}{name}", Overflow.LATEST) for name in ("gateway", "session"))
_VIEW = (Hop("gateway", "strategy", Overflow.LATEST), *_told("gateway"))
_DEALT = (*_kept("gateway"), *_told("gateway"))
_POISON = (*_to("session", "supervisor"), *_kept("session"), *_told("session"))


def _traffic(message: type[Message], topic: Topic, *hops: Hop, log: str | None = None, event: str = "") -> Route:
    return Route(message=message, topic=topic, hops=hops, log_level=log, log_event=event)


def _record(
    message: type[Message], topic: Topic, *hops: Hop, reported: bool = False, log: str | None = None
) -> Route:  # fmt: skip
    return Route(message=message, topic=topic, hops=hops, is_journaled=True, in_reports=reported, log_level=log)


ROUTES = Routes(
    (
        # From the venue around the circle of actors.
        _traffic(LedgerClosed, Topic.MARKET, *_to("gateway", "venue")),
        _traffic(Submitted, Topic.ORDER, *_to("gateway", "venue")),
        _traffic(Fate, Topic.ORDER, *_to("gateway", "venue")),
        _traffic(RequestFailed, Topic.TROUBLE, *_to("gateway", "venue")),
        _traffic(MarketView, Topic.MARKET, *_VIEW),
        _traffic(QuotesWanted, Topic.DECISION, *_to("risk", "strategy")),
        _traffic(
            OrdersAllowed, Topic.DECISION, *_to("gateway", "risk"), *_told("gateway"), log="INFO", event="quote_refused"
        ),
        # What the session tells the gateway, and its answers.
        _traffic(PauseQuoting, Topic.PAUSE, *_to("gateway", "session")),
        _traffic(ResumeQuoting, Topic.PAUSE, *_to("gateway", "session")),
        _traffic(MoveCapital, Topic.BOOKS, *_to("gateway", "session")),
        _traffic(StopQuoting, Topic.SHUTDOWN, *_to("gateway", "session")),
        _traffic(CancelResting, Topic.SHUTDOWN, *_to("gateway", "session")),
        _traffic(RestingGone, Topic.SHUTDOWN, *_to("session", "gateway")),
        _traffic(Reconcile, Topic.SHUTDOWN, *_to("gateway", "session")),
        _traffic(Reconciled, Topic.SHUTDOWN, *_to("session", "gateway")),
        _traffic(Finish, Topic.SHUTDOWN, *_to("gateway", "session")),
        # By its own mailbox a cause that the gateway's reader found takes its turn among the ledgers before it.
        _traffic(HaltRequested, Topic.TROUBLE, *_to("session", "gateway", "supervisor"), *_to("gateway", "gateway")),
        # The journal, and what is told beside it.
        _traffic(Append, Topic.JOURNAL, *_to(JOURNAL_CHANNEL, "gateway", "session")),
        _traffic(Durable, Topic.JOURNAL, *_RECEIPTS),
        _traffic(WalCheckpointed, Topic.JOURNAL, *_told("persistence"), log="INFO"),
        _traffic(ActorRestarted, Topic.TROUBLE, *_told("session"), log="WARNING"),
        # Records.
        _record(SessionStarted, Topic.COURSE, *_DEALT, reported=True, log="INFO"),
        _record(LedgerObserved, Topic.MARKET, *_DEALT, reported=True),
        _record(QuotesJudged, Topic.DECISION, *_kept("gateway"), reported=True),
        _record(OrderIntended, Topic.ORDER, *_kept("gateway"), reported=True),
        _record(OrderSigned, Topic.ORDER, *_kept("gateway")),
        _record(OrderSubmitted, Topic.ORDER, *_kept("gateway")),
        _record(OrderChanged, Topic.OUTCOME, *_DEALT),
        _record(Fill, Topic.TRADE, *_DEALT, reported=True, log="INFO"),
        _record(FeePaid, Topic.BOOKS, *_DEALT, reported=True),
        _record(SpendingCarried, Topic.BOOKS, *_DEALT, log="INFO"),
        _record(CapitalOrdered, Topic.BOOKS, *_DEALT),
        _record(CapitalMoved, Topic.BOOKS, *_DEALT, reported=True),
        _record(TakerTraded, Topic.MARKET, *_DEALT, reported=True),
        _record(InventoryChecked, Topic.BOOKS, *_DEALT, reported=True),
        _record(QuotingPaused, Topic.PAUSE, *_DEALT, reported=True, log="INFO"),
        _record(QuotingResumed, Topic.PAUSE, *_DEALT, reported=True, log="INFO"),
        _record(TwinObserved, Topic.MARKET, *_to("gateway", "venue"), *_DEALT, reported=True),
        _record(VenueMeasured, Topic.MARKET, *_to("gateway", "venue"), *_DEALT, reported=True),
        _record(ForkMeasured, Topic.MARKET, *_to("gateway", "venue"), *_DEALT, reported=True),
        _record(PoisonSetAside, Topic.TROUBLE, *_POISON, log="ERROR"),
        _record(HaltRaised, Topic.TROUBLE, *_kept("session"), *_told("session"), reported=True),
        _record(SessionEnded, Topic.COURSE, *_kept("session"), reported=True),
        _record(SettlementBegun, Topic.COURSE, *_kept("session"), reported=True),
    )
)
