"""What an operator's program and a running session say to each other: one JSON line each way; for a tap, a stream.

Before that both have proved that they are the same user's (``handshake.py``). A line that can't be understood
is refused without being repeated, so that nothing of a stranger's ends up in a log.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated, Union

import msgspec

from actors.plumbing.tap import Lost, Tapped
from neo.analysis.moment import Moment
from neo.analysis.tally import Counts
from neo.messages import ChannelDepth
from neo.risk import RiskLimits
from neo.text.redaction import hide_secrets

# A kill's reason and a tap's filters fit with room to spare; beyond it a line is refused unread.
LINE_BYTES_MAX = 4096

# Real seconds from the first byte to the last answer, on either side.
EXCHANGE_S = 10.0

# How often the channels' depths may be told, in real seconds.
INTERVAL_MIN_S = 0.2
INTERVAL_MAX_S = 3600.0

# A reason in the operator's own words, as it goes into the halt's detail.
REASON_CHARS_MAX = 200


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The file beside the database that tells where a session listens.

    Args:
        pid: The session's process.
        session_id: The session.
        file: Which file its database is, as the system numbers them; "" if it could not be told.
        path: Of its Unix socket; "" if it listens on TCP.
        port: On 127.0.0.1; 0 if it has a Unix socket.
        key: What both sides prove that they know. A secret: never logged, never sent.
    """

    pid: int
    session_id: str
    file: str
    path: Annotated[str, msgspec.Meta(pattern=r"\A[^\x00]*\Z")]
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)]
    key: Annotated[str, msgspec.Meta(min_length=64)]


# --- To the session ----------------------------------------------------------------------------------------------


class Kill(msgspec.Struct, frozen=True, tag=True):
    """End the session as ``kill_switch``."""

    reason: str


class Pause(msgspec.Struct, frozen=True, tag=True):
    """Pull every quote and place none until told to resume."""

    reason: str


class Resume(msgspec.Struct, frozen=True, tag=True):
    """Quote again."""

    reason: str


class Capital(msgspec.Struct, frozen=True, tag=True):
    """Deposit (+) or withdraw (-) XRP or RLUSD; the other one is 0."""

    xrp_drops: int
    rlusd: Decimal


class GetStatus(msgspec.Struct, frozen=True, tag=True):
    """Where does it stand?"""


class GetChannels(msgspec.Struct, frozen=True, tag=True):
    """How full are the channels, every ``interval_s`` real seconds until the other side leaves?"""

    interval_s: float


class OpenTap(msgspec.Struct, frozen=True, tag=True):
    """Send every message as it flows; ``types`` names those that are wanted, empty for all."""

    types: tuple[str, ...]


# What changes something, and so is done once.
Order = Union[Kill, Pause, Resume, Capital]  # noqa: UP007 - as neo.messages.Record

# What goes on telling until the other side leaves.
Stream = Union[GetChannels, OpenTap]  # noqa: UP007 - as above

Command = Union[Order, GetStatus, Stream]  # noqa: UP007 - as above


class OperatorRequest(msgspec.Struct, frozen=True):
    """A line to a session.

    The time is a span, counted by the session from its own greeting, which the other side has seen: whoever waits that
    long from then on knows that it is over, and no clock is compared with another process's.

    Args:
        id: Its own, of whoever asks. A command is done once for an id, however often it is asked.
        within_s: A command that was not begun so many real seconds after the session's greeting is not done.
        command: A :data:`Command`.
    """

    id: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    within_s: Annotated[float, msgspec.Meta(gt=0, le=EXCHANGE_S)]
    command: msgspec.Raw


# --- From the session --------------------------------------------------------------------------------------------


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is being done. ``detail`` tells what, for people; ``order_id`` names the payment that was ordered."""

    session_id: str
    detail: str
    order_id: str = ""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It is not done, and why."""

    why: str


class Unsure(msgspec.Struct, frozen=True, tag=True):
    """It was begun, and why it is not known what came of it."""

    why: str


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """How long one thing took so far, by the machine's clock.

    Args:
        name: What was timed, such as ``journal_commit``.
        label: Which of them, such as a request's method; "" where there is but one.
        count: How many were.
        sum_s: All of them together.
        max_s: The longest.
        buckets: How many took up to each of :data:`TIMING_BOUNDS_S`, and longer than the last; not cumulated.
    """

    name: str
    label: str
    count: int
    sum_s: float
    max_s: float
    buckets: tuple[int, ...]


class EndpointHealth(msgspec.Struct, frozen=True, kw_only=True):
    """One server of a real venue.

    Args:
        endpoint: Its address, without what may be secret in it.
        state: ``in use``, ``ready`` or ``down``.
        detail: Why it is down, or "".
        lag_ledgers: How far its newest ledger was behind the newest of all when they were compared last; None if it
            told none.
        latency_ms: Of its last answered request; None before the first.
        failures: Connections and requests that failed so far.
    """

    endpoint: str
    state: str
    detail: str
    lag_ledgers: int | None
    latency_ms: float | None
    failures: int


class ServersTold(msgspec.Struct, frozen=True, kw_only=True):
    """What a venue tells of its servers: how each stands, and how long they took to answer. Nothing where none are."""

    endpoints: tuple[EndpointHealth, ...] = ()
    timings: tuple[Timing, ...] = ()


class ServiceHealth(msgspec.Struct, frozen=True):
    """Whether a service of the lookout (the page, a channel of alerts, the heartbeat) does what it is for."""

    name: str
    ok: bool
    detail: str


# Seconds that the buckets of a Timing reach up to: from what one commit takes to what an operator waits for.
TIMING_BOUNDS_S = (0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Status(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Where a session stands. Prices are RLUSD per XRP; None where there is none.

    ``moment`` is all that the screen shows: each side's quote or the code that says why there is none, equity with its
    causes, offers, budgets; ``limits`` are what it stands against. ``own_bid`` and ``own_ask`` rest on the last ledger,
    which came ``ledger_age_s`` of session time ago. ``counts`` are of what the session journaled itself. With
    ``has_funding`` capital may be ordered from here.
    """

    session_id: str
    venue: str
    seed: int
    elapsed_s: float
    duration_s: int
    ledger_index: int | None
    ledger_age_s: float | None
    tick: int
    mid_price: Decimal | None
    pool_price: Decimal | None
    own_bid: Decimal | None
    own_ask: Decimal | None
    offers: int
    xrp_drops: int | None
    rlusd: Decimal | None
    fills: int
    restarts: int
    paused: bool
    pause_cause: str
    halting: str | None
    halt_detail: str
    moment: Moment
    limits: RiskLimits
    channels: tuple[ChannelDepth, ...]
    taps: int
    timings: tuple[Timing, ...] = ()
    endpoints: tuple[EndpointHealth, ...] = ()
    services: tuple[ServiceHealth, ...] = ()
    counts: Counts = Counts()
    has_funding: bool = False


class ChannelsReply(msgspec.Struct, frozen=True, tag="Channels"):
    """How full the channels are, the session's time being ``at_s``."""

    at_s: float
    channels: tuple[ChannelDepth, ...]


class TapOpened(msgspec.Struct, frozen=True, tag=True):
    """The tap is open: the journal's records up to ``journal_seq`` were before it, all later ones come through it."""

    session_id: str
    journal_seq: int


Reply = Union[Done, Refused, Unsure, Status, ChannelsReply, TapOpened, Tapped, Lost]  # noqa: UP007 - as neo.messages.Record


def trimmed_reason(reason: str) -> str:
    """An operator's words in one line of a bounded length, without control characters and without a wallet's secret.

    The secret goes first: half of one, left by the cut or by a blank less, would not be known any more.
    """
    line = " ".join(hide_secrets(reason).split())
    return "".join(char for char in line if char.isprintable())[:REASON_CHARS_MAX]
