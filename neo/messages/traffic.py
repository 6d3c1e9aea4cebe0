"""Traffic: what the actors send each other. Nobody changes a message after it was sent."""

from __future__ import annotations

from decimal import Decimal

from neo.messages.halts import Halt
from neo.messages.reasons import RiskState
from neo.messages.records import Record
from neo.messages.values import (
    Balances,
    CapitalUnderWay,
    EquitySplit,
    Freeze,
    HeldBack,
    LedgerCosts,
    Level,
    LossRoom,
    Message,
    OwnOffer,
    PoolState,
    Quote,
    Refusal,
    Spent,
    Standing,
)


class MarketView(Message, frozen=True, kw_only=True):
    """The market and our standing in it after a ledger. A state: a slow reader gets the latest, never a backlog.

    ``loss_room`` is None before there was a price to be trusted; ``split`` is where equity stands, in the report's own
    arithmetic, and ``holding_rlusd`` what the same capital would have brought untraded; None before the first mid.
    """

    ledger_index: int
    close_time_s: int
    bids: tuple[Level, ...]
    asks: tuple[Level, ...]
    pool: PoolState | None
    balances: Balances
    own_offers: tuple[OwnOffer, ...]
    xrp_total_drops: int
    rlusd_total: Decimal
    spent: Spent
    costs: LedgerCosts
    capital: CapitalUnderWay
    loss_room: LossRoom | None
    split: EquitySplit | None = None
    holding_rlusd: Decimal | None = None
    freezes: tuple[Freeze, ...] = ()


class QuotesWanted(Message, frozen=True, kw_only=True):
    """What one tick wants on the book. ``withdraw`` names orders to cancel; a side left alone is in neither."""

    tick: int
    view: MarketView
    anchor_price: Decimal | None
    quotes: tuple[Quote, ...]
    withdraw: tuple[str, ...]
    held_back: tuple[HeldBack, ...]


class HaltRequested(Message, frozen=True, kw_only=True):
    """A cause to end the session, on its way to the session, which ends it."""

    halt: Halt


class OrdersAllowed(Message, frozen=True, kw_only=True):
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
    halt: Halt | None


class PauseQuoting(Message, frozen=True, kw_only=True):
    """Pull every quote and place none until told to resume; keep watching meanwhile. ``cause``: who said so and why."""

    cause: str


class ResumeQuoting(Message, frozen=True, kw_only=True):
    """Quote again. ``cause``: who said so, and why."""

    cause: str


class MoveCapital(Message, frozen=True, kw_only=True):
    """Deposit (+) or withdraw (-) one of the two assets, the other being 0. ``order_id`` tells it from another one."""

    order_id: str
    xrp_drops: int
    rlusd: Decimal


class StopQuoting(Message, frozen=True, kw_only=True):
    """Place nothing from now on."""


class CancelResting(Message, frozen=True, kw_only=True):
    """Cancel every resting offer and answer :class:`RestingGone` when the ledger has none of ours."""


class Reconcile(Message, frozen=True, kw_only=True):
    """Compare the engine's inventory with the ledger's and answer :class:`Reconciled`."""


class Finish(Message, frozen=True, kw_only=True):
    """Leave the venue and end."""


class RestingGone(Message, frozen=True, kw_only=True):
    """Answer to :class:`CancelResting`: the offers that could not be cancelled (order ids), empty when all are gone."""

    left: tuple[str, ...]


class Reconciled(Message, frozen=True, kw_only=True):
    """Answer to :class:`Reconcile`: the session's standing against a fresh read of the ledger."""

    standing: Standing


class Append(Message, frozen=True, kw_only=True):
    """Records for the journal, in order, as the sender's rising ``batch`` number: a batch twice delivered counts once.

    With ``wants_receipt``, :class:`Durable` answers on the sender's channel once they are safe.
    """

    records: tuple[Record, ...]
    sender: str
    batch: int
    wants_receipt: bool


class Durable(Message, frozen=True, kw_only=True):
    """All that the sender appended, up to and including its ``batch``, is in the database."""

    batch: int


class ActorRestarted(Message, frozen=True, kw_only=True):
    """The supervisor started an actor again after ``error``."""

    actor: str
    error: str
    restarts: int


class WalCheckpointed(Message, frozen=True, kw_only=True):
    """What one WAL checkpoint did (SQLite's busy flag, frames in the log, frames checkpointed)."""

    mode: str
    busy: bool
    log_frames: int
    checkpointed_frames: int
    elapsed_ms: float
    wal_bytes: int
