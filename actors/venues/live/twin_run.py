"""The twin beside a live session: what the session sees and sends is handed on, and lived through a moment later.

Nothing of it is in the way of a quote, and whatever goes wrong in it ends the twin alone: it begins anew with the next
ledger, and its record says so.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

import trio
from loguru import logger

from neo.chain.pair import Pair
from neo.messages import TwinObserved
from neo.mirror.assembly import CompleteLedger
from neo.mirror.mirror import Mirror
from neo.replay.fork import UNREADABLE_LEDGER
from neo.replay.pair_part import state_of
from neo.replay.recorded import RecordedState
from neo.replay.twin import Twin

# After a ledger, before it is lived through on paper: by then its quotes have left.
_QUOTES_FIRST_S: Final = 0.25
# How often the twin says how far it has come when nothing happens.
_TOLD_LEDGERS: Final = 8
# Transactions that were signed and may still be sent: far more than a ledger's.
_SIGNED_MAX: Final = 256
# What waits to be lived through: minutes of ledgers.
_WAITING_MAX: Final = 512


class _Begin(NamedTuple):
    """The pair as the mirror has it, from which the twin goes on."""

    state: RecordedState
    accounts: tuple[str, ...]
    close_time_s: int


class _Ledger(NamedTuple):
    """The next ledger, and our sequence as it left it."""

    ledger: CompleteLedger
    sequence: int


class _Sent(NamedTuple):
    """A transaction of ours."""

    tx: dict[str, Any]
    tx_hash: str
    first_index: int


class TwinRun:
    """The twin of a live venue's session.

    Args:
        pair: Ours.
        tell: Takes what the twin tells.
    """

    def __init__(self, pair: Pair, tell: Callable[[TwinObserved], None]) -> None:
        self._pair = pair
        self._tell = tell
        self._signed: OrderedDict[str, dict[str, Any]] = OrderedDict()
        self._waiting: deque[_Begin | _Ledger | _Sent] = deque()
        self._news = trio.Event()
        self._twin: Twin | None = None
        self._is_lost = True
        self._told_index = 0

    # --- What the venue hands on -----------------------------------------------------------------------------------

    def note_begun(self, mirror: Mirror) -> None:
        """A mirror was read anew."""
        embedded = mirror.embedded
        self._is_lost = False
        self._put(_Begin(state_of(mirror), tuple(embedded.state.accounts), mirror.ledger.parent_close_time_s))

    def note_ledger(self, ledger: CompleteLedger, mirror: Mirror) -> None:
        """The mirror has taken the next ledger."""
        if self._is_lost:
            self.note_begun(mirror)
        else:
            self._put(_Ledger(ledger, mirror.embedded.own.sequence))

    def note_signed(self, tx: Mapping[str, Any], tx_hash: str) -> None:
        """A transaction may be sent."""
        self._signed[tx_hash] = dict(tx)
        if len(self._signed) > _SIGNED_MAX:
            self._signed.popitem(last=False)

    def note_sent(self, tx_hash: str, newest_index: int) -> None:
        """A transaction is sent, after the ledger of this index had closed, whether it was told in full or not."""
        tx = self._signed.get(tx_hash)
        if tx is not None:
            self._put(_Sent(tx, tx_hash, newest_index + 1))

    def _put(self, item: _Begin | _Ledger | _Sent) -> None:
        if len(self._waiting) >= _WAITING_MAX:
            self._lose(f"{len(self._waiting)} ledgers and transactions wait for it")
            return
        self._waiting.append(item)
        self._news.set()

    # --- Living through it -----------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Live through what was handed on, until cancelled."""
        while True:
            while not self._waiting:
                self._news = trio.Event()
                await self._news.wait()
            if not isinstance(self._waiting[0], _Sent):
                await trio.sleep(_QUOTES_FIRST_S)
            if self._waiting:
                item = self._waiting.popleft()
                try:
                    self._take(item)
                except UNREADABLE_LEDGER as error:
                    self._lose(f"{type(error).__name__}: {error}")
            await trio.lowlevel.checkpoint()

    def _take(self, item: _Begin | _Ledger | _Sent) -> None:
        match item:
            case _Begin():
                self._twin = Twin(item.state, self._pair, item.accounts, item.close_time_s)
                self._tell_of(TwinObserved(ledger_index=item.state.ledger_index, begins=True))
            case _Ledger() if self._twin is not None:
                told = self._twin.close(item.ledger, item.sequence)
                index = item.ledger.index
                if told is None and index - self._told_index >= _TOLD_LEDGERS:
                    told = TwinObserved(ledger_index=index)
                if told is not None:
                    self._tell_of(told)
            case _Sent() if self._twin is not None:
                self._twin.submit(item.tx, item.tx_hash, item.first_index)
            case _:
                pass  # of a twin that was lost

    def _tell_of(self, told: TwinObserved) -> None:
        self._told_index = told.ledger_index
        self._tell(told)

    def _lose(self, why: str) -> None:
        """Give the twin up; it begins anew with the next ledger."""
        logger.bind(cause=why).warning("paper_twin_lost")
        self._waiting.clear()
        self._twin, self._is_lost = None, True
