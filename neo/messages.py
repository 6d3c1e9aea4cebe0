"""The one catalogue of messages that the actors exchange.

Frozen, tagged structs, grouped by direction; nobody changes a message after it was sent. What is written to the
journal is one of these too, so the journal, the tap and the tests speak the same words.

Units: XRP is an ``int`` of drops, RLUSD a ``Decimal`` exact to the ledger's last digit, a price is RLUSD per XRP.
Times are the ledger's (seconds of the ripple epoch, 2000-01-01 UTC), never a machine's. A fill is told from *our*
side: ``buy`` is XRP in, RLUSD out.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any, Union

import msgspec

from neo.halt import BrokenLimit, HaltReason
from neo.measures import Absence, CapitalUnderWay, LedgerCosts, LossRoom
from neo.reasons import HoldCode, RefusalCode, RiskState


class Side(enum.StrEnum):
    """Our side of a quote or a fill."""

    BUY = "buy"
    SELL = "sell"


class OrderStatus(enum.StrEnum):
    """Where an order stands. ``unknown`` is not ``failed``: its outcome has yet to be found out."""

    INTENDED = "intended"
    SIGNED = "signed"
    SUBMITTED = "submitted"
    UNKNOWN = "unknown"
    RESTING = "resting"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    REPLACED = "replaced"
    EXPIRED = "expired"
    UNFUNDED = "unfunded"
    FAILED = "failed"
    DONE = "done"  # a cancel that the ledger took
    LOST = "lost"  # what became of it will never be known: its ledger can't be asked any more


class Message(msgspec.Struct, frozen=True, tag=True, kw_only=True):
    """What every message is."""


# --- Parts of messages (not sent alone) --------------------------------------------------------------------------


class Level(msgspec.Struct, frozen=True):
    """One price of the order book, others' offers only. ``price`` is RLUSD per XRP; amounts are what is funded."""

    price: Decimal
    xrp_drops: int
    rlusd: Decimal


class Pool(msgspec.Struct, frozen=True):
    """The AMM's two balances and its fee (1/100,000 of a trade). ``price`` is the spot price without the fee."""

    xrp_drops: int
    rlusd: Decimal
    trading_fee: int
    price: Decimal


class Balances(msgspec.Struct, frozen=True):
    """Our account as the last validated ledger has it."""

    xrp_drops: int
    rlusd: Decimal
    reserve_drops: int
    owner_count: int
    sequence: int


class OwnOffer(msgspec.Struct, frozen=True):
    """One of our offers: what is left of it, and the order that placed it.

    ``pending`` until a validated ledger shows it: it may rest already, and must not be replaced blindly.
    ``ledger_index`` is the last ledger that was known when the order was made.
    """

    order_id: str
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    offer_sequence: int
    pending: bool
    ledger_index: int


class Quote(msgspec.Struct, frozen=True):
    """An offer that the strategy wants on the book, in place of ``replaces`` (an order's id) if that is given."""

    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    replaces: str | None


class Refusal(msgspec.Struct, frozen=True):
    """A quote that a risk gate did not let pass: the gate's code and its numbers."""

    code: RefusalCode
    side: Side
    detail: str


class HeldBack(msgspec.Struct, frozen=True):
    """Why a side (both, if ``side`` is None) is left without a quote though risk refused nothing, with the numbers."""

    code: HoldCode
    side: Side | None
    detail: str


class Spent(msgspec.Struct, frozen=True):
    """What our own doing used up: fees of the last 24 hours, transactions made in the last 60 s (ledger time)."""

    fees_day_drops: int
    requests_minute: int


class EquitySplit(msgspec.Struct, frozen=True, kw_only=True):
    """Where a change of equity came from, in RLUSD, exact: see :mod:`neo.pnl`.

    ``equity_end`` - ``equity_start`` is the sum of the first four parts, and ``residual`` what is left over: 0.
    ``realised`` + ``unrealised`` (average cost) is the same change without capital flows.
    """

    equity_start_rlusd: Decimal
    equity_end_rlusd: Decimal
    spread_captured_rlusd: Decimal
    inventory_revaluation_rlusd: Decimal
    fees_rlusd: Decimal
    capital_flows_rlusd: Decimal
    residual_rlusd: Decimal
    realised_rlusd: Decimal
    unrealised_rlusd: Decimal

    @property
    def result_rlusd(self) -> Decimal:
        """What trading and the market brought: the change without capital flows."""
        return self.realised_rlusd + self.unrealised_rlusd


class LedgerTransaction(msgspec.Struct, frozen=True):
    """A validated transaction that touched our account: its JSON and metadata in the ledger's own shape."""

    tx_hash: str
    tx: dict[str, Any]
    meta: dict[str, Any]
    result: str


class TradeLeg(msgspec.Struct, frozen=True):
    """What a taker took from one offer. ``price`` is the offer's place in the book; ``own`` if the offer was ours."""

    price: Decimal
    xrp_drops: int
    own: bool


class TakerTrade(msgspec.Struct, frozen=True):
    """One transaction of somebody else that traded in our pair.

    ``taker_side`` is what the taker did; a buyer of XRP meets asks. ``xrp_drops`` and ``rlusd`` are book and pool
    together, ``pool_drops`` and ``pool_rlusd`` the pool's part. ``worst_price`` is the last price that the taker
    paid (or got) on the book, the pool's average if the book gave nothing. ``legs`` are in the metadata's order.
    """

    tx_hash: str
    taker_side: Side
    xrp_drops: int
    rlusd: Decimal
    pool_drops: int
    pool_rlusd: Decimal
    worst_price: Decimal
    legs: tuple[TradeLeg, ...]

    @property
    def our_side(self) -> Side:
        """The side of ours that could have traded with it."""
        return Side.SELL if self.taker_side is Side.BUY else Side.BUY

    @property
    def won_drops(self) -> int:
        """XRP that our own offers traded in it."""
        return sum(leg.xrp_drops for leg in self.legs if leg.own)


# --- Venue -> gateway --------------------------------------------------------------------------------------------


class LedgerClosed(Message, frozen=True):
    """A validated ledger as the venue saw it: the market without our offers, our account, what touched us.

    ``trades`` are all trades of others in our pair, whether they met our offers or not.
    """

    ledger_index: int
    close_time_s: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    pool: Pool | None
    balances: Balances
    transactions: tuple[LedgerTransaction, ...]
    notice: str | None
    trades: tuple[TakerTrade, ...] = ()


# --- Gateway -> strategy -----------------------------------------------------------------------------------------


class MarketView(Message, frozen=True):
    """The market and our standing in it after a ledger. A state: a slow reader gets the latest, never a backlog.

    ``loss_room`` is None before there was a price to be trusted; ``split`` is where equity stands, in the report's own
    arithmetic, None before the first mid.
    """

    ledger_index: int
    close_time_s: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    pool: Pool | None
    balances: Balances
    own_offers: tuple[OwnOffer, ...]
    xrp_total_drops: int
    rlusd_total: Decimal
    spent: Spent
    costs: LedgerCosts
    capital: CapitalUnderWay
    loss_room: LossRoom | None
    split: EquitySplit | None = None


# --- Strategy -> risk --------------------------------------------------------------------------------------------


class QuotesWanted(Message, frozen=True):
    """What one tick wants on the book. ``withdraw`` names orders to cancel; a side left alone is in neither."""

    tick: int
    view: MarketView
    anchor_price: Decimal | None
    quotes: tuple[Quote, ...]
    withdraw: tuple[str, ...]
    held_back: tuple[HeldBack, ...]


# --- Risk -> gateway ---------------------------------------------------------------------------------------------


class HaltRequested(Message, frozen=True):
    """A cause to end the session; ``broken`` has the numbers if it is a loss limit."""

    reason: HaltReason
    detail: str
    source: str
    broken: BrokenLimit | None = None


class OrdersAllowed(Message, frozen=True):
    """What risk let pass of one tick, and what it refused; ``held_back`` says why a side was left without a quote.

    ``halt`` is the cause to end the session, if risk found one.
    """

    tick: int
    ledger_index: int
    state: RiskState
    anchor_price: Decimal | None
    held_back: tuple[HeldBack, ...]
    quotes: tuple[Quote, ...]
    withdraw: tuple[str, ...]
    refusals: tuple[Refusal, ...]
    halt: HaltRequested | None


# --- Session -> gateway (the operator's hand) --------------------------------------------------------------------


class PauseQuoting(Message, frozen=True):
    """Pull every quote and place none until told to resume; keep watching meanwhile. ``cause``: who said so and why."""

    cause: str


class ResumeQuoting(Message, frozen=True):
    """Quote again. ``cause``: who said so, and why."""

    cause: str


class MoveCapital(Message, frozen=True):
    """Deposit (+) or withdraw (-) one of the two assets, the other being 0. ``order_id`` tells it from another one."""

    order_id: str
    xrp_drops: int
    rlusd: Decimal


# --- Session -> gateway (the shutdown ladder) --------------------------------------------------------------------


class StopQuoting(Message, frozen=True):
    """Place nothing from now on."""


class CancelResting(Message, frozen=True):
    """Cancel every resting offer and answer :class:`RestingGone` when the ledger has none of ours."""


class Reconcile(Message, frozen=True):
    """Compare the engine's inventory with the ledger's and answer :class:`Reconciled`."""


class Finish(Message, frozen=True):
    """Leave the venue and end."""


# --- Gateway, supervisor -> session -------------------------------------------------------------------------------


class RestingGone(Message, frozen=True):
    """Answer to :class:`CancelResting`: the offers that could not be cancelled (order ids), empty when all are gone."""

    left: tuple[str, ...]


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where a session stands, from the journal's records alone; what the summary and the session row are made of.

    The engine's total of each asset is fills + capital - fees. ``*_ledger`` is what the ledger said last.
    Equity is XRP at the mid plus RLUSD; the change leaves capital flows after the opening out. ``refused`` counts
    refusals by code, ``held_back`` ticks by the code that left a side without a quote (more than one may apply to a
    tick), ``anchor_pulls`` how often quotes were pulled because pool and book had parted. ``orders_live`` are our
    offers that are on the ledger or may be. ``absence`` is None in what was written before it was counted.
    """

    ledger_index: int
    close_time_s: int
    ticks: int
    ledgers: int
    fills: int
    bought_drops: int
    sold_drops: int
    taker_fills: int
    refusals: int
    refused: dict[str, int]
    held_back: dict[str, int]
    anchor_pulls: int
    xrp_fills_drops: int
    xrp_capital_drops: int
    xrp_fees_drops: int
    xrp_engine_drops: int
    xrp_ledger_drops: int
    rlusd_fills: Decimal
    rlusd_capital: Decimal
    rlusd_engine: Decimal
    rlusd_ledger: Decimal
    mid_price: Decimal | None
    equity_start_rlusd: Decimal | None
    equity_end_rlusd: Decimal | None
    equity_change_rlusd: Decimal | None
    orders_live: tuple[str, ...]
    split: EquitySplit | None = None
    absence: Absence | None = None

    @property
    def exact(self) -> bool:
        """True if engine and ledger agree to the drop and to the last digit."""
        return self.xrp_engine_drops == self.xrp_ledger_drops and self.rlusd_engine == self.rlusd_ledger


class Reconciled(Message, frozen=True):
    """Answer to :class:`Reconcile`: the session's standing against a fresh read of the ledger."""

    standing: Standing


# --- Journal: any actor -> persistence ---------------------------------------------------------------------------


class SessionStarted(Message, frozen=True):
    """First record of a session: what its course depends on. Machine time and the session's id stay out of it."""

    venue: str
    seed: int
    config_sha256: str
    market_sha256: str
    account: str
    opening: Balances
    ledger_index: int
    close_time_s: int


class LedgerObserved(Message, frozen=True):
    """One row of the market's course: touch without our offers, pool, our balances, our quotes.

    ``distance_to_clob_bid_bps`` is (our bid - best bid) x 10000 / mid, ``distance_to_clob_ask_bps`` (best ask - our
    ask) x 10000 / mid: 0 at the touch, positive ahead of it, negative behind. ``within_2bps_*`` is True up to 2 bps
    behind, and ahead. Where our quote or the touch is absent, both are absent.
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


class QuotesJudged(Message, frozen=True):
    """One tick's decision: what was wanted, what risk refused, and why a side was left without a quote."""

    tick: int
    ledger_index: int
    state: RiskState
    anchor_price: Decimal | None
    quotes: tuple[Quote, ...]
    withdraw: tuple[str, ...]
    held_back: tuple[HeldBack, ...]
    refusals: tuple[Refusal, ...]


class OrderIntended(Message, frozen=True):
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


class OrderSigned(Message, frozen=True):
    """The signed transaction of an intent: durable before it leaves the process.

    ``blob`` is what is sent, and sent again if its outcome stays unknown; ``sequence`` becomes the offer's sequence.
    """

    order_id: str
    tx_hash: str
    blob: str
    sequence: int
    last_ledger_sequence: int


class OrderSubmitted(Message, frozen=True):
    """The venue's preliminary answer, by its real name, or ``unknown`` when none came."""

    order_id: str
    tx_hash: str
    preliminary_result: str


class OrderChanged(Message, frozen=True):
    """An order's step from one status to another, with the ledger's result code or the cause."""

    order_id: str
    ledger_index: int
    close_time_s: int
    status: OrderStatus
    result: str
    xrp_left_drops: int
    rlusd_left: Decimal


class Fill(Message, frozen=True):
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


class FeePaid(Message, frozen=True):
    """The XRP that one of our own transactions burned."""

    tx_hash: str
    ledger_index: int
    close_time_s: int
    fee_drops: int


class CapitalOrdered(Message, frozen=True):
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


class CapitalMoved(Message, frozen=True):
    """XRP or RLUSD that came (+) or went (-) other than by a fill or a fee; the opening balance is the first."""

    ledger_index: int
    close_time_s: int
    cause: str
    xrp_drops: int
    rlusd: Decimal


class TakerTraded(Message, frozen=True):
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


class QuotingPaused(Message, frozen=True):
    """From here on no quote was placed, and what rested was pulled."""

    ledger_index: int
    close_time_s: int
    cause: str


class QuotingResumed(Message, frozen=True):
    """From here on quotes were placed again."""

    ledger_index: int
    close_time_s: int
    cause: str


class PoisonSetAside(Message, frozen=True):
    """The message that an actor failed on twice, kept for whoever looks into it.

    ``kind`` is its type, ``body`` its JSON, ``error`` what the actor failed with last.
    """

    actor: str
    kind: str
    body: str
    error: str


class HaltRaised(Message, frozen=True):
    """A cause to end, as the journal keeps it. ``first`` marks the one that is the session's halt reason."""

    reason: HaltReason
    detail: str
    source: str
    first: bool


class SessionEnded(Message, frozen=True):
    """Last record of a session: why it ended, where it stood, and the rungs of the shutdown that failed."""

    reason: HaltReason
    detail: str
    standing: Standing
    rungs_failed: tuple[str, ...]


class SettlementBegun(Message, frozen=True):
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
    CapitalOrdered,
    CapitalMoved,
    TakerTraded,
    InventoryChecked,
    QuotingPaused,
    QuotingResumed,
    PoisonSetAside,
    HaltRaised,
    SessionEnded,
    SettlementBegun,
]


class Append(Message, frozen=True):
    """Records for the journal, in order, as the sender's rising ``batch`` number: a batch twice delivered counts once.

    With ``wants_receipt``, :class:`Durable` answers on the sender's channel once they are safe.
    """

    records: tuple[Record, ...]
    sender: str
    batch: int
    wants_receipt: bool


# --- Persistence -> gateway and session --------------------------------------------------------------------------


class Durable(Message, frozen=True):
    """All that the sender appended, up to and including its ``batch``, is in the database."""

    batch: int


# --- Telemetry only (lossy) --------------------------------------------------------------------------------------


class ActorRestarted(Message, frozen=True):
    """The supervisor started an actor again after ``error``."""

    actor: str
    error: str
    restarts: int


class ChannelDepth(msgspec.Struct, frozen=True):
    """One channel's state: messages waiting, the most that ever did, its bound, those dropped, those delivered."""

    name: str
    waiting: int
    peak: int
    bound: int
    dropped: int
    delivered: int


class WalCheckpointed(Message, frozen=True):
    """What one WAL checkpoint did (SQLite's busy flag, frames in the log, frames checkpointed)."""

    mode: str
    busy: bool
    log_frames: int
    checkpointed_frames: int
    elapsed_ms: float
    wal_bytes: int
