"""What an operator's program and a running session say to each other: one JSON line each way; for a tap, a stream.

Every line to a session carries the token that proves the same user; a line that can't be understood is refused
without being repeated, so that nothing of a stranger's ends up in a log.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Union

import msgspec

from neo.messages import ChannelDepth
from neo.moment import Moment
from neo.redaction import hide_secrets
from neo.risk import RiskLimits

# A kill's reason and a tap's filters fit with room to spare; beyond it a line is refused unread.
LINE_BYTES_MAX = 4096

# A reason in the operator's own words, as it goes into the halt's detail.
REASON_CHARS_MAX = 200


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """The file beside the database that tells where a session listens. ``token`` is a secret: never logged."""

    pid: int
    session_id: str
    port: int
    token: str


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


Command = Union[Kill, Pause, Resume, Capital, GetStatus, GetChannels, OpenTap]  # noqa: UP007 - as neo.messages.Record


class Request(msgspec.Struct, frozen=True):
    """A line to a session. The command is read only once the token has proved right."""

    token: str
    command: msgspec.Raw


# --- From the session --------------------------------------------------------------------------------------------


class Done(msgspec.Struct, frozen=True, tag=True):
    """It is being done. ``detail`` tells what, for people."""

    session_id: str
    detail: str


class Refused(msgspec.Struct, frozen=True, tag=True):
    """It is not done, and why."""

    why: str


class Status(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """Where a session stands. Prices are RLUSD per XRP; None where there is none.

    ``moment`` is all that the screen shows: each side's quote or the code that says why there is none, equity with its
    causes, offers, budgets; ``limits`` are what it stands against. ``own_bid`` and ``own_ask`` rest on the last ledger,
    which came ``ledger_age_s`` of session time ago.
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


class Channels(msgspec.Struct, frozen=True, tag=True):
    """How full the channels are, the session's time being ``at_s``."""

    at_s: float
    channels: tuple[ChannelDepth, ...]


class TapOpened(msgspec.Struct, frozen=True, tag=True):
    """The tap is open: the journal's records up to ``journal_seq`` were before it, all later ones come through it."""

    session_id: str
    journal_seq: int


class Tapped(msgspec.Struct, frozen=True, tag=True):
    """One message on its way from one part of the session to another.

    ``seq`` is a journal record's number, None for what isn't in the journal. ``message`` is a
    :class:`neo.messages.Message`, or that message as builtins once it was read back from JSON.
    """

    seq: int | None
    source: str
    target: str
    message: Any


class Lost(msgspec.Struct, frozen=True, tag=True):
    """So many messages were lost here, because the reader was too slow for them."""

    count: int


Reply = Union[Done, Refused, Status, Channels, TapOpened, Tapped, Lost]  # noqa: UP007 - as neo.messages.Record


def trimmed_reason(reason: str) -> str:
    """An operator's words in one line of a bounded length, without control characters and without a wallet's secret.

    The secret goes first: half of one, left by the cut or by a blank less, would not be known any more.
    """
    line = " ".join(hide_secrets(reason).split())
    return "".join(char for char in line if char.isprintable())[:REASON_CHARS_MAX]
