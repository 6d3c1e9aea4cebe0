"""How far paper errs: a live session's fills beside those that the same orders had on paper (:mod:`neo.replay.twin`).

A fill of an order is matched by the fill that the same transaction gave it on paper; what is left of an order on both
sides is matched in the order of time. Only ledgers that the twin lived through are compared.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import NamedTuple

import msgspec

from neo.chain.money import EXACT, plain, price_of, sum_rlusd, xrp
from neo.messages import (
    Fill,
    LedgerObserved,
    OrderChanged,
    OrderIntended,
    OrderSigned,
    Record,
    Side,
    TwinFill,
    TwinObserved,
)

_IN_A_LEDGER = ("tes", "tec")


class TwinKind(enum.StrEnum):
    """How a fill was found on both sides."""

    MATCHED = "matched"
    DIFFERING = "differing"
    LIVE_ONLY = "live only"
    PAPER_ONLY = "paper only"


class TwinSide(msgspec.Struct, frozen=True):
    """One side of a fill: its ledger and what was traded, XRP in drops."""

    ledger_index: int
    xrp_drops: int
    rlusd: Decimal

    @property
    def price(self) -> Decimal | None:
        """RLUSD for each XRP."""
        return plain(price_of(self.xrp_drops, self.rlusd)) if self.xrp_drops else None


class TwinRow(msgspec.Struct, frozen=True, kw_only=True):
    """A fill of ours, live and on paper. ``why`` they differ is told as far as it is known; empty if they don't.

    ``price_difference_bps`` is how much better (+) the price on paper was for us.
    """

    kind: TwinKind
    offer_sequence: int
    side: Side
    live: TwinSide | None
    paper: TwinSide | None
    price_difference_bps: float | None
    why: str


class TwinError(msgspec.Struct, frozen=True, kw_only=True):
    """How far paper was from the session beside which it ran.

    ``error_share`` is the XRP, summed over orders, by which fills differed, over what was filled on the side that had
    more: 0 if paper told the truth. ``result_difference_rlusd`` is by how much paper would have told a better result,
    at the last mid; None without one.
    """

    ledgers: int
    matched: int
    differing: int
    live_only: int
    paper_only: int
    live_drops: int
    paper_drops: int
    error_share: float
    result_difference_rlusd: Decimal | None


class _Entry(NamedTuple):
    ledger_index: int
    result: str


class TwinFold:
    """The fold over a session's journal."""

    def __init__(self) -> None:
        self._fills: list[Fill] = []
        self._paper: list[tuple[int, TwinFill]] = []
        # Ledgers that the twin lived through: the one after which it began, and the last one.
        self._stretches: list[list[int]] = []
        self._signed: dict[str, str] = {}
        self._offers: dict[int, str] = {}
        self._cancels: set[str] = set()
        # By the order that it takes off the book: the cancel, or the order that takes its place.
        self._ended_by: dict[str, str] = {}
        self._live: dict[str, _Entry] = {}
        self._on_paper: dict[str, _Entry] = {}
        self._refused: dict[str, str] = {}
        self._mid: Decimal | None = None

    def apply(self, record: Record) -> None:
        """Take one record in."""
        match record:
            case TwinObserved():
                self._observe(record)
            case Fill():
                self._fills.append(record)
            case OrderIntended():
                self._intend(record)
            case OrderSigned():
                self._signed[record.order_id] = record.tx_hash
                if record.order_id not in self._cancels:
                    self._offers[record.sequence] = record.order_id
            case OrderChanged():
                self._change(record)
            case LedgerObserved() if record.mid_price is not None:
                self._mid = record.mid_price
            case _:
                pass

    def _observe(self, told: TwinObserved) -> None:
        if told.begins or not self._stretches:
            self._stretches.append([told.ledger_index, told.ledger_index])
        self._stretches[-1][1] = told.ledger_index
        self._paper += ((told.ledger_index, fill) for fill in told.fills)
        for entry in told.entered:
            self._on_paper[entry.tx_hash] = _Entry(told.ledger_index, entry.result)

    def _intend(self, intended: OrderIntended) -> None:
        ended = intended.cancels or intended.replaces
        if ended is not None:
            self._ended_by[ended] = intended.order_id
        if intended.cancels is not None:
            self._cancels.add(intended.order_id)

    def _change(self, changed: OrderChanged) -> None:
        if changed.result.startswith(_IN_A_LEDGER):
            self._live.setdefault(changed.order_id, _Entry(changed.ledger_index, changed.result))
        elif changed.result:
            self._refused[changed.order_id] = changed.result

    # --- What it came to -------------------------------------------------------------------------------------------

    def rows(self) -> tuple[TwinRow, ...]:
        """Every fill that is compared, in the order of ledgers; none without a twin."""
        live: dict[int, list[Fill]] = {}
        paper: dict[int, list[tuple[int, TwinFill]]] = {}
        for fill in self._fills:
            if self._is_compared(fill.ledger_index):
                live.setdefault(fill.offer_sequence, []).append(fill)
        for index, on_paper in self._paper:
            paper.setdefault(on_paper.offer_sequence, []).append((index, on_paper))
        found = (
            row
            for sequence in sorted({*live, *paper})
            for row in self._of_order(sequence, live.get(sequence, []), paper.get(sequence, []))
        )
        return tuple(sorted(found, key=_first_ledger))

    def error(self) -> TwinError | None:
        """How far paper was off; None without a twin."""
        if not self._stretches:
            return None
        rows = self.rows()
        by_order: dict[int, list[TwinRow]] = {}
        for row in rows:
            by_order.setdefault(row.offer_sequence, []).append(row)
        live_drops, paper_drops = _drops(rows)
        differing_drops = sum(abs(one - other) for one, other in map(_drops, by_order.values()))
        kinds = [row.kind for row in rows]
        return TwinError(
            ledgers=sum(last - first for first, last in self._stretches),
            matched=kinds.count(TwinKind.MATCHED),
            differing=kinds.count(TwinKind.DIFFERING),
            live_only=kinds.count(TwinKind.LIVE_ONLY),
            paper_only=kinds.count(TwinKind.PAPER_ONLY),
            live_drops=live_drops,
            paper_drops=paper_drops,
            error_share=differing_drops / max(1, live_drops, paper_drops),
            result_difference_rlusd=self._result_difference(rows),
        )

    def _is_compared(self, index: int) -> bool:
        return any(first < index <= last for first, last in self._stretches)

    def _of_order(self, sequence: int, live: list[Fill], paper: list[tuple[int, TwinFill]]) -> Iterator[TwinRow]:
        by_tx = {fill.tx_hash: (index, fill) for index, fill in paper}
        rest: list[Fill] = []
        for fill in live:
            same = by_tx.pop(fill.tx_hash, None)
            if same is None:
                rest.append(fill)
            else:
                yield self._row(sequence, fill, same)
        left = [each for each in paper if each[1].tx_hash in by_tx]
        for number in range(max(len(rest), len(left))):
            one = rest[number] if number < len(rest) else None
            yield self._row(sequence, one, left[number] if number < len(left) else None)

    def _row(self, sequence: int, live: Fill | None, paper: tuple[int, TwinFill] | None) -> TwinRow:
        one = None if live is None else TwinSide(live.ledger_index, live.xrp_drops, live.rlusd)
        other = None if paper is None else TwinSide(paper[0], paper[1].xrp_drops, plain(paper[1].rlusd))
        if one is None or other is None:
            kind = TwinKind.PAPER_ONLY if one is None else TwinKind.LIVE_ONLY
        else:
            kind = TwinKind.MATCHED if one == other else TwinKind.DIFFERING
        if live is not None:
            side = live.side
        else:
            assert paper is not None, "a row is of a fill on one side at least"
            side = paper[1].side
        return TwinRow(
            kind=kind,
            offer_sequence=sequence,
            side=side,
            live=one,
            paper=other,
            price_difference_bps=_price_difference_bps(side, one, other),
            why="" if kind is TwinKind.MATCHED else self._why(sequence, one, other),
        )

    def _why(self, sequence: int, live: TwinSide | None, paper: TwinSide | None) -> str:
        order_id = self._offers.get(sequence)
        if order_id is None:
            return "an order of before the session"
        told = self._why_of(order_id, "it entered")
        ended_by = self._ended_by.get(order_id)
        if not told and ended_by is not None:
            told = self._why_of(ended_by, f"its {'cancel' if ended_by in self._cancels else 'successor'} entered")
        if not told and live is not None and paper is not None and live.ledger_index == paper.ledger_index:
            told = "order within the ledger"
        return told or "not known"

    def _why_of(self, order_id: str, what: str) -> str:
        """How the ledgers of one of our transactions differ; nothing if they don't, or it is in none."""
        live, paper = self._live.get(order_id), self._on_paper.get(self._signed.get(order_id, ""))
        if live is None and paper is None:
            return ""
        if live is None:
            return f"{what} on paper alone: {self._refused.get(order_id, 'it never came to a ledger')}"
        if paper is None:
            return f"{what} no ledger on paper"
        late = live.ledger_index - paper.ledger_index
        if late:
            return f"{what} {abs(late)} ledger{'' if abs(late) == 1 else 's'} {'later' if late > 0 else 'earlier'}"
        return "" if live.result == paper.result else f"{live.result}, on paper {paper.result}"

    def _result_difference(self, rows: Iterable[TwinRow]) -> Decimal | None:
        if self._mid is None:
            return None
        parts: list[Decimal] = []
        for row in rows:
            for told, sign in ((row.paper, 1), (row.live, -1)):
                if told is not None:
                    gained = EXACT.subtract(EXACT.multiply(xrp(told.xrp_drops), self._mid), told.rlusd)
                    parts.append(EXACT.multiply(gained, Decimal(sign if row.side is Side.BUY else -sign)))
        return plain(sum_rlusd(parts))


def _drops(rows: Iterable[TwinRow]) -> tuple[int, int]:
    """What was filled live and on paper."""
    live = paper = 0
    for row in rows:
        live += 0 if row.live is None else row.live.xrp_drops
        paper += 0 if row.paper is None else row.paper.xrp_drops
    return live, paper


def _price_difference_bps(side: Side, live: TwinSide | None, paper: TwinSide | None) -> float | None:
    if live is None or paper is None or live.price is None or paper.price is None:
        return None
    difference = float((paper.price - live.price) / live.price * 10_000)
    return -difference if side is Side.BUY else difference


def _first_ledger(row: TwinRow) -> tuple[int, int]:
    return min(each.ledger_index for each in (row.live, row.paper) if each is not None), row.offer_sequence
