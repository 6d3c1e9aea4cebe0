"""Records: what the journal is made of, in the words that the actors speak."""

from __future__ import annotations

from decimal import Decimal
from typing import Union

import msgspec

from neo.messages.halts import Halt, HaltReason
from neo.messages.reasons import RiskState
from neo.messages.values import (
    Balances,
    EndpointRequests,
    HeldBack,
    Message,
    OrderStatus,
    Quote,
    QuoteTiming,
    Refusal,
    Side,
    SpentAt,
    Standing,
    TakerTrade,
    TwinEntry,
    TwinFill,
)


class SessionStarted(Message, frozen=True, kw_only=True):
    """First record of a session: what its course depends on. Machine time and the session's id stay out of it."""

    venue: str
    seed: int
    config_sha256: str
    market_sha256: str
    account: str
    opening: Balances
    ledger_index: int
    close_time_s: int


class LedgerObserved(Message, frozen=True, kw_only=True):
    """One row of the market's course: touch without our offers, pool, our balances, our quotes.

    ``distance_to_clob_bid_bps`` is (our bid - best bid) x 10000 / mid, ``distance_to_clob_ask_bps`` (best ask - our
    ask) x 10000 / mid: 0 at the touch, positive ahead of it, negative behind. ``within_2bps_*`` is True up to 2 bps
    behind, and ahead. Where our quote or the touch is absent, both are absent.

    ``is_ending`` is told, and true, from the first row on whose quotes are pulled because the session ends.
    """

    ledger_index: int
    close_time_s: int
    best_bid: Decimal | None
    best_ask: Decimal | None
    mid_price: Decimal | None
    pool_price: Decimal | None
    own_bid: Decimal | None
    own_ask: Decimal | None
    distance_to_clob_bid_bps: Decimal | None
    distance_to_clob_ask_bps: Decimal | None
    xrp_drops: int
    rlusd: Decimal
    within_2bps_bid: bool | None = None
    within_2bps_ask: bool | None = None
    is_ending: bool | msgspec.UnsetType = msgspec.UNSET


class QuotesJudged(Message, frozen=True, kw_only=True):
    """One tick's decision: what was wanted, what risk refused, and why a side was left without a quote."""

    tick: int
    ledger_index: int
    state: RiskState
    anchor_price: Decimal | None
    quotes: tuple[Quote, ...]
    withdraw: tuple[str, ...]
    held_back: tuple[HeldBack, ...]
    refusals: tuple[Refusal, ...]


class OrderIntended(Message, frozen=True, kw_only=True):
    """The intent to send one transaction: an offer (``cancels`` is None) or the cancel of one (its order id)."""

    order_id: str
    tick: int
    ledger_index: int
    close_time_s: int
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    replaces: str | None
    cancels: str | None


class OrderSigned(Message, frozen=True, kw_only=True):
    """The signed transaction of an intent: durable before it leaves the process.

    ``blob`` is what is sent, and sent again if its outcome stays unknown; ``sequence`` becomes the offer's sequence.
    """

    order_id: str
    tx_hash: str
    blob: str
    sequence: int
    last_ledger_sequence: int


class OrderSubmitted(Message, frozen=True, kw_only=True):
    """The venue's preliminary answer, by its real name, or ``unknown`` when none came."""

    order_id: str
    tx_hash: str
    preliminary_result: str


class OrderChanged(Message, frozen=True, kw_only=True):
    """An order's step from one status to another, with the ledger's result code or the cause."""

    order_id: str
    ledger_index: int
    close_time_s: int
    status: OrderStatus
    result: str
    xrp_left_drops: int
    rlusd_left: Decimal


class Fill(Message, frozen=True, kw_only=True):
    """One of our offers traded in one transaction.

    ``rlusd_rounding`` is what the ledger's own 16-digit rounding of the trust line's balance added (+) or took (-)
    in that transaction beyond the offer's change; the sum of both is the exact change of our balance.
    """

    order_id: str
    offer_sequence: int
    tx_hash: str
    ledger_index: int
    close_time_s: int
    side: Side
    xrp_drops: int
    rlusd: Decimal
    rlusd_rounding: Decimal
    price: Decimal
    taker: bool
    mid_price: Decimal | None


class FeePaid(Message, frozen=True, kw_only=True):
    """The XRP that one of our own transactions burned."""

    tx_hash: str
    ledger_index: int
    close_time_s: int
    fee_drops: int


class SpendingCarried(Message, frozen=True, kw_only=True):
    """What earlier sessions of the account used up of the budgets, oldest first; none if they used up nothing of late.

    ``fees`` are those of the last 24 hours before ``close_time_s``, ``requests`` the transactions of the last minute.
    """

    ledger_index: int
    close_time_s: int
    fees: tuple[SpentAt, ...]
    requests: tuple[SpentAt, ...]

    @property
    def fees_drops(self) -> int:
        """All those fees."""
        return sum(part.amount for part in self.fees)

    @property
    def request_count(self) -> int:
        """All those transactions."""
        return sum(part.amount for part in self.requests)


class CapitalOrdered(Message, frozen=True, kw_only=True):
    """An operator's deposit (+) or withdrawal (-), as the payment that is about to be sent.

    ``own`` if our account pays; then ``sequence`` is one of ours. What it came to is told by a :class:`CapitalMoved`.
    """

    order_id: str
    ledger_index: int
    close_time_s: int
    xrp_drops: int
    rlusd: Decimal
    tx_hash: str
    blob: str
    own: bool
    sequence: int
    last_ledger_sequence: int


class CapitalMoved(Message, frozen=True, kw_only=True):
    """XRP or RLUSD that came (+) or went (-) other than by a fill or a fee; the opening balance is the first."""

    ledger_index: int
    close_time_s: int
    cause: str
    xrp_drops: int
    rlusd: Decimal


class TakerTraded(Message, frozen=True, kw_only=True):
    """Somebody else traded in our pair: what we won of it and what we didn't is worked out from here."""

    ledger_index: int
    close_time_s: int
    trade: TakerTrade


class InventoryChecked(Message, frozen=True, kw_only=True):
    """The engine's inventory against the ledger's, and how the ledger's came about since the check before.

    The change of each balance is fills + capital - fees; what is left over is unexplained, and must be 0.
    ``reserve_drops`` is in the ledger's balance and can't be spent; ``orders_pending`` were under way.
    """

    ledger_index: int
    close_time_s: int
    xrp_engine_drops: int
    xrp_ledger_drops: int
    xrp_change_drops: int
    xrp_fills_drops: int
    xrp_fees_drops: int
    xrp_capital_drops: int
    rlusd_engine: Decimal
    rlusd_ledger: Decimal
    rlusd_change: Decimal
    rlusd_fills: Decimal
    rlusd_capital: Decimal
    reserve_drops: int
    orders_pending: int

    @property
    def exact(self) -> bool:
        """True if engine and ledger agree to the drop and to the last digit."""
        return self.xrp_engine_drops == self.xrp_ledger_drops and self.rlusd_engine == self.rlusd_ledger


class VenueMeasured(Message, frozen=True, kw_only=True):
    """What a real venue's servers were asked so far, and how fast quotes were replaced since this was told last.

    It is measured by the machine's clock, so no journal of a simulation has it. Submissions of transactions are counted
    apart from requests.

    Args:
        ledger_index: The newest ledger.
        over_ms: What the counts are over: since the venue was made.
        requests: By endpoint, all of that time.
        requests_minute: Requests in the last minute.
        requests_minute_most: In the minute that had the most.
        steady_minute_most: In the minute that had the most, of those in which no connection was being opened.
        submits_minute: Submissions in the last minute.
        submits_minute_most: In the minute that had the most.
        quotes: Ledgers whose replacements have all left since this was told last.
        quotes_unsent: Ledgers whose replacements did not all leave, all of that time.
    """

    ledger_index: int
    over_ms: int
    requests: tuple[EndpointRequests, ...]
    requests_minute: int
    requests_minute_most: int
    steady_minute_most: int
    submits_minute: int
    submits_minute_most: int
    quotes: tuple[QuoteTiming, ...]
    quotes_unsent: int


class TwinObserved(Message, frozen=True, kw_only=True):
    """What a ledger came to on paper: the fork that runs beside a live session, and has the same orders.

    It is told of ledgers in which anything of ours happened there, and now and then of others, to say how far it has
    come. With ``begins`` it tells that it knows the ledger as it is from this one on: nothing is to be compared between
    what it told last and that.
    """

    ledger_index: int
    entered: tuple[TwinEntry, ...] = ()
    fills: tuple[TwinFill, ...] = ()
    begins: bool = False


class ForkMeasured(Message, frozen=True, kw_only=True):
    """What became of others' transactions so far on a venue that has ours in a fork of a real or recorded market.

    Args:
        ledger_index: The newest ledger.
        executed: Executed anew, by type.
        recorded: Applied as recorded, by type.
        why_recorded: The same by the reason, in words.
        moved: Of those executed anew, how many did something else than recorded because of our orders.
        not_applied: Of these, how many the ledger could not have at all.
        trades_executed: Others' trades in the pair whose transaction was executed anew.
        trades_recorded: The same of those applied as recorded.
        begun_anew: How often the market began anew, as nobody told of the ledgers between.
    """

    ledger_index: int
    executed: dict[str, int]
    recorded: dict[str, int]
    why_recorded: dict[str, int]
    moved: int
    not_applied: int
    trades_executed: int
    trades_recorded: int
    begun_anew: int = 0


class QuotingPaused(Message, frozen=True, kw_only=True):
    """From here on no quote was placed, and what rested was pulled."""

    ledger_index: int
    close_time_s: int
    cause: str


class QuotingResumed(Message, frozen=True, kw_only=True):
    """From here on quotes were placed again."""

    ledger_index: int
    close_time_s: int
    cause: str


class PoisonSetAside(Message, frozen=True, kw_only=True):
    """The message that an actor failed on twice, kept for whoever looks into it.

    ``kind`` is its type, ``body`` its JSON, ``error`` what the actor failed with last.
    """

    actor: str
    kind: str
    body: str
    error: str


class HaltRaised(Message, frozen=True, kw_only=True):
    """A :class:`Halt` in the flat form that every journal has. ``first``: it is the session's halt reason.

    Made by :meth:`of` and read by :attr:`halt`, so that the causes are told in one struct everywhere else. A broken
    limit's numbers are in the detail.
    """

    reason: HaltReason
    detail: str
    source: str
    first: bool

    @classmethod
    def of(cls, halt: Halt, *, first: bool) -> HaltRaised:
        """The record of a cause."""
        return cls(reason=halt.reason, detail=halt.detail, source=halt.source, first=first)

    @property
    def halt(self) -> Halt:
        """The cause that it records."""
        return Halt(self.reason, self.detail, self.source)


class SessionEnded(Message, frozen=True, kw_only=True):
    """Last record of a session: why it ended, where it stood, and the rungs of the shutdown that failed."""

    reason: HaltReason
    detail: str
    standing: Standing
    rungs_failed: tuple[str, ...]


class SettlementBegun(Message, frozen=True, kw_only=True):
    """After its end, a later start settles the orders that a session left open; what follows is what it found.

    ``journal_sha256`` is the journal's hash up to here: what the session told at its end can still be checked.
    """

    ledger_index: int
    close_time_s: int
    journal_sha256: str
    order_ids: tuple[str, ...]


Record = Union[  # noqa: UP007 - msgspec reads a Union built from the list of its members the same on every Python
    SessionStarted,
    LedgerObserved,
    QuotesJudged,
    OrderIntended,
    OrderSigned,
    OrderSubmitted,
    OrderChanged,
    Fill,
    FeePaid,
    SpendingCarried,
    CapitalOrdered,
    CapitalMoved,
    TakerTraded,
    InventoryChecked,
    QuotingPaused,
    QuotingResumed,
    TwinObserved,
    VenueMeasured,
    ForkMeasured,
    PoisonSetAside,
    HaltRaised,
    SessionEnded,
    SettlementBegun,
]
