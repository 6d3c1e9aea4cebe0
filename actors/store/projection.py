"""From records to rows: everything that the tables say besides the journal itself.

The rows are a function of the journal alone, applied in its order inside the transaction that appends to it, so they
can't disagree with it, and a test builds them a second time from the journal and compares.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

import msgspec

from actors.store.money_text import (
    decimal_from,
    decimal_or_none,
    decimal_text,
    decimal_text_or_none,
    ledger_time_text,
)
from actors.store.table_inventory import table_totals
from neo.analysis.touch import TOUCH_WINDOW_LEDGERS, TOUCH_WRITE_LEDGERS, TouchWindow
from neo.chain.money import EXACT
from neo.desk.orders import LIVE, PENDING
from neo.desk.reconcile import DRIFT_KEY, shutdown_drift
from neo.messages import (
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
    OrderStatus,
    OrderSubmitted,
    PoisonSetAside,
    QuotesJudged,
    QuotingPaused,
    QuotingResumed,
    Record,
    SessionEnded,
    SessionStarted,
    SettlementBegun,
    Side,
    SpendingCarried,
    TakerTraded,
    TwinObserved,
    VenueMeasured,
)
from neo.messages.halts import HaltReason
from neo.messages.routes import ROUTES

# What an order can't come back from, and whose cause is worth a column of its own.
_FAILURES = frozenset(
    {
        OrderStatus.UNKNOWN,
        OrderStatus.EXPIRED,
        OrderStatus.UNFUNDED,
        OrderStatus.FROZEN,
        OrderStatus.SELF_CROSSED,
        OrderStatus.FAILED,
        OrderStatus.LOST,
    }
)

# Before the ledger's word on an order that a session left open at its end: whatever became of it, it was left behind.
LEFT_BEHIND: Final = "left open by its session's end, settled by a later start"

_INTEND = """
    INSERT INTO orders (session_id, id, status, created_at, ledger_index, tick, side, price, xrp_drops, rlusd,
                        replaces, cancels, xrp_left_drops, rlusd_left)
    VALUES (?1, ?2, 'intended', ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?8, ?9)
"""
_SIGN = """
    UPDATE orders SET status = 'signed', submit_tx_hash = ?, blob = ?, offer_sequence = ?, last_ledger_sequence = ?
    WHERE session_id = ? AND id = ?
"""
# The ledger's word may have come before the answer: then it stands, as it does on the desk.
_SUBMIT = """
    UPDATE orders SET status = iif(status IN ('signed', 'submitted', 'unknown'), ?, status),
        result = iif(status IN ('signed', 'submitted', 'unknown'), ?, result)
    WHERE session_id = ? AND id = ?
"""
_CHANGE = """
    UPDATE orders SET status = ?, result = ?, failure_reason = ?, changed_at = ?, xrp_left_drops = ?, rlusd_left = ?
    WHERE session_id = ? AND id = ?
"""
_FILL = "INSERT INTO fills VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_INVENTORY = "INSERT INTO inventory_ledger VALUES (?, ?, ?, ?, ?, ?, ?)"
_CAPITAL = "INSERT INTO capital_events VALUES (?, ?, ?, ?, ?, ?, ?)"
_FEE = "INSERT INTO fees VALUES (?, ?, ?, ?, ?)"
_SNAPSHOT = "INSERT INTO market_snapshots VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_TRADE = "INSERT INTO taker_trades VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
_CHECK = "INSERT INTO inventory_checks VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
WRITE_STATE = """
    INSERT INTO engine_state VALUES (?, ?, ?) ON CONFLICT (session_id, key) DO UPDATE SET value = excluded.value
"""
_SECOND_HALT = """
    UPDATE sessions SET secondary_halts = json_insert(secondary_halts, '$[#]', json(?)) WHERE id = ?
"""
_TOTALS = """
    UPDATE sessions SET ticks = ?, ledgers = ?, fills = ?, equity_start_rlusd = ?, equity_end_rlusd = ?,
        equity_change_rlusd = ?
    WHERE id = ?
"""


class Projection:
    """Applies the records of one session to the tables.

    Args:
        connection: Inside a transaction whenever :meth:`apply` is called.
        session_id: Whose rows they are; its past rows, if any, are where the balances start from.
        anew: Start from nothing, whatever of its journal is there already.
    """

    def __init__(self, connection: sqlite3.Connection, session_id: str, *, anew: bool = False) -> None:
        self._session_id = session_id
        self._connection = connection
        # One cursor for all: making one for each statement costs as much as a small statement.
        self._execute = connection.cursor().execute
        self.ledger_index = 0
        self._xrp_drops = 0
        self._rlusd = Decimal(0)
        self._touch = TouchWindow()
        self._ledgers = 0
        self._close_time_s = -1
        self._time_text = ""
        # The orders that a settlement after the session's end is about.
        self._left_behind: frozenset[str] = frozenset()
        self._handlers: dict[type, Callable[[int, Any], None]] = {
            SessionStarted: self._session_started,
            LedgerObserved: self._ledger_observed,
            QuotesJudged: self._quotes_judged,
            OrderIntended: self._order_intended,
            OrderSigned: self._order_signed,
            OrderSubmitted: self._order_submitted,
            OrderChanged: self._order_changed,
            Fill: self._fill,
            FeePaid: self._fee_paid,
            SpendingCarried: self._spending_carried,
            CapitalOrdered: self._capital_ordered,
            CapitalMoved: self._capital_moved,
            TakerTraded: self._taker_traded,
            InventoryChecked: self._inventory_checked,
            QuotingPaused: self._quoting_paused,
            QuotingResumed: self._quoting_paused,
            VenueMeasured: self._in_the_journal_alone,
            ForkMeasured: self._in_the_journal_alone,
            TwinObserved: self._in_the_journal_alone,
            PoisonSetAside: self._poison_set_aside,
            HaltRaised: self._halt_raised,
            SessionEnded: self._session_ended,
            SettlementBegun: self._settlement_begun,
        }
        ROUTES.require_all_records(self._handlers, "the projection")
        if not anew:
            self._load()

    def apply(self, seq: int, record: Record) -> None:
        """Write the rows of one record; ``seq`` is its number in the journal."""
        self._handlers[type(record)](seq, record)

    def _load(self) -> None:
        session = (self._session_id,)
        newest = self._execute("SELECT max(seq), ledger_index FROM journal WHERE session_id = ?", session).fetchone()
        self.ledger_index = newest[1] or 0
        balance = (
            "SELECT new_balance FROM inventory_ledger WHERE session_id = ? AND asset = ? ORDER BY seq DESC LIMIT 1"
        )
        xrp = self._execute(balance, (self._session_id, "XRP")).fetchone()
        rlusd = self._execute(balance, (self._session_id, "RLUSD")).fetchone()
        self._xrp_drops = xrp[0] if xrp else 0
        self._rlusd = decimal_from(rlusd[0]) if rlusd else Decimal(0)
        self._ledgers = self._execute("SELECT count(*) FROM market_snapshots WHERE session_id = ?", session).fetchone()[
            0
        ]
        window = self._execute(
            "SELECT distance_to_clob_bid_bps, distance_to_clob_ask_bps FROM market_snapshots"
            " WHERE session_id = ? ORDER BY ledger_index DESC LIMIT ?",
            (self._session_id, TOUCH_WINDOW_LEDGERS),
        ).fetchall()
        for bid, ask in reversed(window):
            self._touch.add(decimal_or_none(bid), decimal_or_none(ask))
        settlements = self._execute(
            "SELECT json_extract(body, '$.order_ids') FROM journal WHERE session_id = ? AND kind = ?",
            (self._session_id, SettlementBegun.__name__),
        )
        for (order_ids,) in settlements.fetchall():
            self._left_behind |= frozenset(msgspec.json.decode(order_ids, type=list[str]))

    def _time(self, close_time_s: int) -> str:
        # Many records share a ledger, and making the text costs more than the rest of a row.
        if close_time_s != self._close_time_s:
            self._close_time_s = close_time_s
            self._time_text = ledger_time_text(close_time_s)
        return self._time_text

    def _session_started(self, _seq: int, record: SessionStarted) -> None:
        self.ledger_index = record.ledger_index

    def _ledger_observed(self, _seq: int, record: LedgerObserved) -> None:
        self.ledger_index = record.ledger_index
        self._execute(
            _SNAPSHOT,
            (
                self._session_id,
                record.ledger_index,
                self._time(record.close_time_s),
                decimal_text_or_none(record.best_bid),
                decimal_text_or_none(record.best_ask),
                decimal_text_or_none(record.mid_price),
                decimal_text_or_none(record.pool_price),
                decimal_text_or_none(record.own_bid),
                decimal_text_or_none(record.own_ask),
                decimal_text_or_none(record.distance_to_clob_bid_bps),
                decimal_text_or_none(record.distance_to_clob_ask_bps),
                record.xrp_drops,
                decimal_text(record.rlusd),
                record.within_2bps_bid,
                record.within_2bps_ask,
            ),
        )
        self._touch.add(record.distance_to_clob_bid_bps, record.distance_to_clob_ask_bps)
        self._ledgers += 1
        if self._ledgers % TOUCH_WRITE_LEDGERS == 0:
            self._write_touch()

    def _quotes_judged(self, _seq: int, record: QuotesJudged) -> None:
        self.ledger_index = record.ledger_index

    def _order_intended(self, _seq: int, record: OrderIntended) -> None:
        self.ledger_index = record.ledger_index
        self._execute(
            _INTEND,
            (
                self._session_id,
                record.order_id,
                self._time(record.close_time_s),
                record.ledger_index,
                record.tick,
                record.side.value,
                decimal_text(record.price),
                record.xrp_drops,
                decimal_text(record.rlusd),
                record.replaces,
                record.cancels,
            ),
        )

    def _order_signed(self, _seq: int, record: OrderSigned) -> None:
        self._update_order(
            _SIGN,
            record.order_id,
            (record.tx_hash, record.blob, record.sequence, record.last_ledger_sequence),
        )

    def _order_submitted(self, _seq: int, record: OrderSubmitted) -> None:
        # No answer is not a refusal: the order may be at the venue.
        status = "unknown" if record.preliminary_result == "unknown" else "submitted"
        self._update_order(_SUBMIT, record.order_id, (status, record.preliminary_result))

    def _order_changed(self, _seq: int, record: OrderChanged) -> None:
        self.ledger_index = record.ledger_index
        self._update_order(
            _CHANGE,
            record.order_id,
            (
                record.status.value,
                record.result,
                self._failure_reason(record),
                self._time(record.close_time_s),
                record.xrp_left_drops,
                decimal_text(record.rlusd_left),
            ),
        )

    def _failure_reason(self, record: OrderChanged) -> str | None:
        if record.order_id in self._left_behind and record.status not in LIVE | PENDING:
            return f"{LEFT_BEHIND}: {record.result}"
        return record.result if record.status in _FAILURES else None

    def _update_order(self, statement: str, order_id: str, values: tuple[object, ...]) -> None:
        if self._execute(statement, (*values, self._session_id, order_id)).rowcount != 1:
            raise sqlite3.IntegrityError(f"order {order_id} has a next step, but no intent in the journal")

    def _fill(self, seq: int, record: Fill) -> None:
        self.ledger_index = record.ledger_index
        created_at = self._time(record.close_time_s)
        self._execute(
            _FILL,
            (
                self._session_id,
                record.order_id,
                record.tx_hash,
                record.offer_sequence,
                record.ledger_index,
                created_at,
                record.side.value,
                record.xrp_drops,
                decimal_text(record.rlusd),
                decimal_text(record.rlusd_rounding),
                decimal_text(record.price),
                int(record.taker),
                decimal_text_or_none(record.mid_price),
            ),
        )
        buying = record.side is Side.BUY
        xrp_change = record.xrp_drops if buying else -record.xrp_drops
        traded = EXACT.minus(record.rlusd) if buying else record.rlusd
        rlusd_change = EXACT.add(traded, record.rlusd_rounding)
        self._xrp_drops += xrp_change
        self._rlusd = EXACT.add(self._rlusd, rlusd_change)
        where = (record.ledger_index, created_at)
        self._execute(_INVENTORY, (self._session_id, seq, "XRP", xrp_change, self._xrp_drops, *where))
        self._execute(
            _INVENTORY,
            (self._session_id, seq, "RLUSD", decimal_text(rlusd_change), decimal_text(self._rlusd), *where),
        )

    def _fee_paid(self, _seq: int, record: FeePaid) -> None:
        self.ledger_index = record.ledger_index
        self._execute(
            _FEE,
            (
                self._session_id,
                record.tx_hash,
                record.ledger_index,
                self._time(record.close_time_s),
                record.fee_drops,
            ),
        )

    def _spending_carried(self, _seq: int, _record: SpendingCarried) -> None:
        """Each of these fees and transactions has its row already, with its own session."""

    def _capital_ordered(self, _seq: int, record: CapitalOrdered) -> None:
        # What comes of it is told by the ledger's own record.
        self.ledger_index = record.ledger_index

    def _capital_moved(self, seq: int, record: CapitalMoved) -> None:
        self.ledger_index = record.ledger_index
        self._execute(
            _CAPITAL,
            (
                self._session_id,
                seq,
                record.ledger_index,
                self._time(record.close_time_s),
                record.cause,
                record.xrp_drops,
                decimal_text(record.rlusd),
            ),
        )

    def _taker_traded(self, seq: int, record: TakerTraded) -> None:
        self.ledger_index = record.ledger_index
        trade = record.trade
        self._execute(
            _TRADE,
            (
                self._session_id,
                seq,
                trade.tx_hash,
                record.ledger_index,
                self._time(record.close_time_s),
                trade.taker_side.value,
                trade.xrp_drops,
                decimal_text(trade.rlusd),
                trade.pool_drops,
                decimal_text(trade.pool_rlusd),
                decimal_text(trade.worst_price),
                trade.won_drops,
            ),
        )

    def _inventory_checked(self, seq: int, record: InventoryChecked) -> None:
        self.ledger_index = record.ledger_index
        self._execute(
            _CHECK,
            (
                self._session_id,
                seq,
                record.ledger_index,
                self._time(record.close_time_s),
                record.xrp_engine_drops,
                record.xrp_ledger_drops,
                decimal_text(record.rlusd_engine),
                decimal_text(record.rlusd_ledger),
                record.exact,
            ),
        )

    def _quoting_paused(self, _seq: int, record: QuotingPaused | QuotingResumed) -> None:
        self.ledger_index = record.ledger_index
        self._write_state("quoting.paused", record.cause if isinstance(record, QuotingPaused) else "")

    def _in_the_journal_alone(self, _seq: int, _record: VenueMeasured | ForkMeasured | TwinObserved) -> None:
        """What a report tells of it is in the journal alone."""

    def _poison_set_aside(self, _seq: int, record: PoisonSetAside) -> None:
        self._write_state("poison", msgspec.json.encode(record).decode())

    def _halt_raised(self, _seq: int, record: HaltRaised) -> None:
        if record.first:
            self._write_halt(record.reason, record.detail)
        else:
            cause = {"reason": record.reason, "detail": record.detail, "source": record.source}
            self._execute(_SECOND_HALT, (msgspec.json.encode(cause).decode(), self._session_id))

    def _session_ended(self, _seq: int, record: SessionEnded) -> None:
        self.ledger_index = record.standing.ledger_index
        self._write_halt(record.reason, record.detail)
        self._write_touch()
        standing = record.standing
        drift = shutdown_drift(standing, table_totals(self._connection, self._session_id))
        if drift is not None:
            self._write_state(DRIFT_KEY, msgspec.json.encode(drift).decode())
        # What was left at the shutdown stays on record when it is settled later.
        key = "orders_live_after_settlement" if self._left_behind else "orders_live_at_shutdown"
        self._write_state(key, msgspec.json.encode(standing.orders_live).decode())
        self._execute(
            _TOTALS,
            (
                standing.ticks,
                standing.ledgers,
                standing.fills,
                decimal_text_or_none(standing.equity_start_rlusd),
                decimal_text_or_none(standing.equity_end_rlusd),
                decimal_text_or_none(standing.equity_change_rlusd),
                self._session_id,
            ),
        )

    def _settlement_begun(self, _seq: int, record: SettlementBegun) -> None:
        self.ledger_index = record.ledger_index
        self._left_behind |= frozenset(record.order_ids)
        # Begun, and only done when what was found is noted beside it.
        self._write_state("settlement.orders", msgspec.json.encode(sorted(self._left_behind)).decode())

    def _write_halt(self, reason: HaltReason, detail: str) -> None:
        self._write_state("halt.reason", reason.value)
        self._write_state("halt.detail", detail)

    def _write_touch(self) -> None:
        window = {"ledger_index": self.ledger_index, **self._touch.summary()}
        self._write_state("tick_distance_to_touch", msgspec.json.encode(window).decode())

    def _write_state(self, key: str, value: str) -> None:
        self._execute(WRITE_STATE, (self._session_id, key, value))
