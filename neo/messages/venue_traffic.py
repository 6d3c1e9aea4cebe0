"""What passes between the gateway and a venue: ledgers as they are told, requests, and the answers to them.

A request is never waited for: it is posted, and one of the answers below comes back among the ledgers, or none ever.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Union

import msgspec

from neo.messages.records import ForkMeasured, TwinObserved, VenueMeasured
from neo.messages.values import Balances, Freeze, LedgerTransaction, Level, Message, PoolState, TakerTrade


class MarketState(msgspec.Struct, frozen=True):
    """The pair's market on one ledger, without our own offers. A state: only the latest is of any use.

    ``freezes`` are those that stop our RLUSD.
    """

    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    pool: PoolState | None
    freezes: tuple[Freeze, ...] = ()


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a ledger and its server ask for.

    Args:
        base_fee_drops: The fee of a plain transaction.
        open_ledger_fee_drops: What gets one into the open ledger now; above the base fee under load.
        base_reserve_drops: Locked up by an account.
        owner_reserve_drops: Locked up by each object that it owns.
        amendments: The names of those that are enabled and matter to us.
        requests_minute_max: What the server takes in a minute; None if it sets no limit.
    """

    base_fee_drops: int
    open_ledger_fee_drops: int
    base_reserve_drops: int
    owner_reserve_drops: int
    amendments: tuple[str, ...] = ()
    requests_minute_max: int | None = None


class RestingPart(msgspec.Struct, frozen=True):
    """What a ledger has of an offer of ours: the sequence that it was placed with, and what is left of it."""

    sequence: int
    xrp_left_drops: int
    rlusd_left: Decimal


class LedgerClosed(Message, frozen=True, kw_only=True):
    """A validated ledger: our account, what touched us, and the market if it was told as it closed.

    ``market`` is None for a ledger that is told late, such as one caught up with after a reconnect. ``trades`` are all
    trades of others in our pair, whether they met our offers or not.

    ``since_index`` if it tells of more ledgers than one: of all from that one on, in none of which but the last there
    was anything of ours. So hours of silence are caught up with in one message.

    ``untold`` if no server tells what happened to us in these ledgers: then the balances are the last one's, and so are
    the offers, all that rest of ours; None, as nearly always, if every transaction of ours is told.

    ``newest_index`` if later ledgers are known already and follow at once: the newest of them.
    """

    ledger_index: int
    close_time_s: int
    market: MarketState | None
    terms: Terms
    balances: Balances
    transactions: tuple[LedgerTransaction, ...]
    notice: str | None
    trades: tuple[TakerTrade, ...] = ()
    since_index: int | None = None
    newest_index: int | None = None
    untold: tuple[RestingPart, ...] | None = None

    @property
    def first_index(self) -> int:
        """The first ledger that it tells of."""
        return self.ledger_index if self.since_index is None else self.since_index


# --- Requests ----------------------------------------------------------------------------------------------------


class Submit(msgspec.Struct, frozen=True, tag=True):
    """Send this blob. With ``fail_hard`` the server forgets it unless it applies at once.

    ``is_cancel`` if it takes an offer off the book: it is not to wait behind one that places any.
    """

    tx_hash: str
    blob: str
    fail_hard: bool = False
    is_cancel: bool = False


class Lookup(msgspec.Struct, frozen=True, tag=True):
    """Tell what became of this transaction."""

    tx_hash: str


VenueRequest = Union[Submit, Lookup]  # noqa: UP007 - as the journal's records


# --- Answers -----------------------------------------------------------------------------------------------------


class Submitted(Message, frozen=True, kw_only=True):
    """The server's preliminary result, by its real name; ``queued`` if it waits for a ledger with a lower fee."""

    tx_hash: str
    result: str
    queued: bool = False


class Fate(Message, frozen=True, kw_only=True):
    """What the validated ledgers tell of a transaction.

    ``validated_in`` is the ledger that has it; ``absent_through`` the last of the ledgers, without a gap since it was
    sent, that don't. With neither it can't be told.
    """

    tx_hash: str
    validated_in: int | None = None
    absent_through: int | None = None


class RequestCause(enum.StrEnum):
    """Why a venue could not do what was asked."""

    UNREACHABLE = "unreachable"
    REFUSED = "refused"
    MALFORMED = "malformed"

    @property
    def is_passing(self) -> bool:
        """True if the same request may do better later."""
        return self is not RequestCause.REFUSED


class RequestFailed(Message, frozen=True, kw_only=True):
    """A request was not done, or perhaps was, unseen: ``what`` happened, and how to ``mend`` it."""

    request: VenueRequest
    cause: RequestCause
    what: str
    mend: str


VenueAnswer = Union[Submitted, Fate, RequestFailed]  # noqa: UP007 - as the journal's records
VenueMeasurement = Union[VenueMeasured, ForkMeasured, TwinObserved]  # noqa: UP007 - as the journal's records
VenueEvent = Union[LedgerClosed, Submitted, Fate, RequestFailed, VenueMeasurement]  # noqa: UP007 - the same
