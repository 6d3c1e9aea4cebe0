"""Values: the parts that messages are made of, none of them sent alone.

Units: XRP is an ``int`` of drops, RLUSD a ``Decimal`` exact to the ledger's last digit, a price is RLUSD per XRP.
Times are the ledger's (seconds of the ripple epoch, 2000-01-01 UTC), never a machine's. A fill is told from *our*
side: ``buy`` is XRP in, RLUSD out.
"""

from __future__ import annotations

import enum
from decimal import Decimal
from typing import Any

import msgspec

from neo.messages.reasons import HoldCode, RefusalCode


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
    FROZEN = "frozen"  # without funds, because our line or its issuer was frozen
    SELF_CROSSED = "self_crossed"  # removed by an offer of our own that met it
    FAILED = "failed"
    DONE = "done"  # a cancel that the ledger took
    LOST = "lost"  # what became of it will never be known: its ledger can't be asked any more


class Message(msgspec.Struct, frozen=True, tag=True):
    """What every message is. Each declares ``kw_only`` by itself, as that is not inherited: amounts have no places."""


class LedgerCosts(msgspec.Struct, frozen=True):
    """What the ledger asks for: the fee that a transaction burns, the XRP that each object locks up."""

    base_fee_drops: int
    owner_reserve_drops: int


class CapitalUnderWay(msgspec.Struct, frozen=True):
    """Deposits and withdrawals that were sent and that no ledger has settled yet, all amounts positive."""

    xrp_in_drops: int
    xrp_out_drops: int
    rlusd_in: Decimal
    rlusd_out: Decimal


class LossUse(msgspec.Struct, frozen=True):
    """A loss limit by its key in the profile, what may be lost at most, and what is lost now, below 0 for a gain."""

    limit: str
    limit_rlusd: Decimal
    lost_rlusd: Decimal


class LossRoom(msgspec.Struct, frozen=True):
    """What may still be lost before a loss limit ends the session, and how far the price moved at once of late.

    Args:
        rlusd: What is left of the limit that is nearer; below 0 once it is broken.
        limit: That limit's key in the profile.
        move_bps: The largest move of the mid from one ledger to the next, the older the less it counts.
        limit_rlusd: That limit.
        uses: Every loss limit.
    """

    rlusd: Decimal
    limit: str
    move_bps: Decimal
    limit_rlusd: Decimal
    uses: tuple[LossUse, ...] = ()


class Absence(msgspec.Struct, frozen=True, kw_only=True):
    """How long a session had no quote on the ledger, in ledgers: on neither side, on the bid side, on the ask side.

    ``*_reasons`` counts ticks by the code of refusal or of holding back that was given while none rested; a tick may
    have several.
    """

    ledgers_without_quote: int = 0
    ledgers_without_bid: int = 0
    ledgers_without_ask: int = 0
    quote_reasons: dict[str, int] = {}
    bid_reasons: dict[str, int] = {}
    ask_reasons: dict[str, int] = {}


class Level(msgspec.Struct, frozen=True):
    """One price of the order book, others' offers only. ``price`` is RLUSD per XRP; amounts are what is funded."""

    price: Decimal
    xrp_drops: int
    rlusd: Decimal


class PoolState(msgspec.Struct, frozen=True):
    """The AMM's two balances and its fee, in so many parts of 100,000. ``price`` is the spot price without the fee."""

    xrp_drops: int
    rlusd: Decimal
    trading_fee_per_100k: int
    price: Decimal


class Freeze(enum.StrEnum):
    """A freeze that stops our RLUSD: of our line, of our line in depth, of all lines of the issuer."""

    LINE = "line"
    DEEP = "deep"
    GLOBAL = "global"


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
    ``ledger_index`` is the last ledger that was known when the order was made. From ``renew_from_s`` on it is to be
    replaced, since it is about to run out; None if it never does.
    """

    order_id: str
    side: Side
    price: Decimal
    xrp_drops: int
    rlusd: Decimal
    offer_sequence: int
    pending: bool
    ledger_index: int
    renew_from_s: int | None = None


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


class SpentAt(msgspec.Struct, frozen=True, array_like=True):
    """So much of a budget used up as a ledger closed: drops of fees, or a count of transactions."""

    close_time_s: int
    amount: int


class EquitySplit(msgspec.Struct, frozen=True, kw_only=True):
    """Where a change of equity came from, in RLUSD, exact: see :mod:`neo.position.pnl`.

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


class LedgerTransaction(msgspec.Struct, frozen=True):
    """A validated transaction that touched our account: its JSON and metadata in the ledger's own shape.

    What is not of our account may be left out of it: nothing of ours is read from that.
    """

    tx_hash: str
    tx: dict[str, Any]
    meta: dict[str, Any]
    result: str


class TwinEntry(msgspec.Struct, frozen=True):
    """A transaction of ours that entered a ledger on paper, and the ledger's result."""

    tx_hash: str
    result: str


class TwinFill(msgspec.Struct, frozen=True):
    """A fill of ours on paper: what a transaction traded with an offer of ours; ``taker`` if it was the offer's own."""

    tx_hash: str
    offer_sequence: int
    side: Side
    xrp_drops: int
    rlusd: Decimal
    taker: bool


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


class EndpointRequests(msgspec.Struct, frozen=True):
    """How many requests were made to one server, and how many submissions of transactions apart from them."""

    endpoint: str
    requests: int
    submits: int


class QuoteTiming(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """From a ledger's last frame to the last of the offers that it made us replace on the socket, in microseconds.

    Args:
        ledger_index: The ledger.
        offers: How many offers were replaced.
        mirror_us: From the last frame, as it was read off the socket, until the mirror had the ledger.
        decision_us: Until the last replacement was decided on, tried, and signed.
        journal_us: Until the journal had all of them, and the last was handed over for sending.
        socket_us: Until the last one's bytes had been written to the socket.
        complete_us: Before all that: from the ledger's close, as the server told it, to its last frame, with which it
            was known to be complete; None if the ledger was asked for.
    """

    ledger_index: int
    offers: int
    mirror_us: int
    decision_us: int
    journal_us: int
    socket_us: int
    complete_us: int | None = None

    @property
    def total_us(self) -> int:
        """From the last frame to the last replacement on the socket."""
        return self.mirror_us + self.decision_us + self.journal_us + self.socket_us


class ChannelDepth(msgspec.Struct, frozen=True):
    """One channel's state: messages waiting, the most that ever did, its bound, those dropped, those delivered."""

    name: str
    waiting: int
    peak: int
    bound: int
    dropped: int
    delivered: int
