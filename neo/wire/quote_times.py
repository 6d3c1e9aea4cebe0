"""How long it took from a ledger's last frame until the offers that it made us replace were on the socket.

Four moments follow the last frame, with which the ledger was known to be complete: the mirror has the ledger, the last
replacement is signed, the last one is handed over for sending (the journal has it on the disk by then), and the last
one's bytes have been written to the socket. Times are told by the caller, in seconds of any clock that only goes
forward; what is told of a transaction that replaces nothing changes nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from neo.messages.values import QuoteTiming

# Ledgers that are remembered, and replacements that are waited for: a minute of them.
_KEPT_MAX: Final = 16


class _Replacing:
    """The replacements that one ledger brought about, and when each of them was how far."""

    def __init__(self, index: int, came_s: float, mirrored_s: float, complete_s: float | None) -> None:
        self.index = index
        self.complete_s = complete_s
        self.came_s = came_s
        self.mirrored_s = mirrored_s
        self.signed_s: dict[str, float] = {}
        self.posted_s: dict[str, float] = {}
        self.written_s: dict[str, float] = {}

    @property
    def is_done(self) -> bool:
        return len(self.written_s) == len(self.signed_s)

    def timing(self) -> QuoteTiming:
        signed_s, posted_s, written_s = (max(each.values()) for each in (self.signed_s, self.posted_s, self.written_s))
        return QuoteTiming(
            ledger_index=self.index,
            offers=len(self.signed_s),
            mirror_us=_us(self.mirrored_s - self.came_s),
            decision_us=_us(signed_s - self.mirrored_s),
            journal_us=_us(posted_s - signed_s),
            socket_us=_us(written_s - posted_s),
            complete_us=None if self.complete_s is None else _us(self.complete_s),
        )


class QuoteTimes:
    """The replacements of the last ledgers.

    Args:
        lifetime_ledgers: From the ledger that a transaction is decided on to its LastLedgerSequence: it tells which
            ledger that was, whatever has come since.

    Attributes:
        unsent: Ledgers whose replacements did not all leave, and are waited for no more.
    """

    def __init__(self, lifetime_ledgers: int) -> None:
        self.unsent = 0
        self._lifetime_ledgers = lifetime_ledgers
        self._ledgers: dict[int, tuple[float, float, float | None]] = {}
        self._replacing: dict[int, _Replacing] = {}
        self._by_hash: dict[str, _Replacing] = {}
        self._done: list[QuoteTiming] = []

    def note_ledger(self, index: int, *, came_s: float, mirrored_s: float, complete_s: float | None = None) -> None:
        """A ledger is complete: its last frame came then, and the mirror has had it since.

        Args:
            index: Its own.
            came_s: When its last frame came.
            mirrored_s: When the mirror had it.
            complete_s: How long before its last frame its close had been told; None if it was asked for.
        """
        self._ledgers[index] = (came_s, mirrored_s, complete_s)
        if len(self._ledgers) > _KEPT_MAX:
            del self._ledgers[next(iter(self._ledgers))]

    def note_signed(self, form: Mapping[str, Any], tx_hash: str, now_s: float) -> None:
        """A transaction, in the ledger's JSON form, was signed."""
        if form["TransactionType"] != "OfferCreate" or "OfferSequence" not in form:
            return
        index = form["LastLedgerSequence"] - self._lifetime_ledgers
        times = self._ledgers.get(index)
        if times is None:
            return  # a ledger that was read, not streamed, has no last frame
        replacing = self._replacing.setdefault(index, _Replacing(index, *times))
        replacing.signed_s[tx_hash] = now_s
        self._by_hash[tx_hash] = replacing
        if len(self._replacing) > _KEPT_MAX:
            self.unsent += 1
            self._forget(next(iter(self._replacing.values())))

    def note_posted(self, tx_hash: str, now_s: float) -> None:
        """A transaction is in the journal, and may leave."""
        replacing = self._by_hash.get(tx_hash)
        if replacing is not None:
            replacing.posted_s.setdefault(tx_hash, now_s)

    def note_written(self, tx_hash: str, now_s: float) -> None:
        """A transaction's bytes have been written to the socket. What is sent again was written before."""
        replacing = self._by_hash.get(tx_hash)
        if replacing is None:
            return
        replacing.written_s.setdefault(tx_hash, now_s)
        if replacing.is_done:
            self._done.append(replacing.timing())
            self._forget(replacing)

    @property
    def has_news(self) -> bool:
        """Whether all replacements of a ledger have left since :meth:`take`."""
        return bool(self._done)

    def take(self) -> tuple[QuoteTiming, ...]:
        """The ledgers whose replacements have all left since this was asked last."""
        done, self._done = tuple(self._done), []
        return done

    def _forget(self, replacing: _Replacing) -> None:
        del self._replacing[replacing.index]
        for tx_hash in replacing.signed_s:
            del self._by_hash[tx_hash]


def _us(duration_s: float) -> int:
    return round(duration_s * 1e6)
