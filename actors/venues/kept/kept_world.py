"""An embedded network that goes on when the process that runs it is gone: its market, its file, what it last told."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeVar

from actors.venues.kept.kept_file import KeptFile
from neo.chain.pair import Pair
from neo.messages import LedgerClosed
from neo.network.account_view import opening_ledger
from neo.network.kept_market import KeptMarket, snapshot_of, told
from neo.network.network_text import Head, Joined, NetworkText, SubmittedLine, TextLine, closed_line, line_of

# Ledgers kept for a gateway that comes back after a restart: far more than any back-off lasts.
_LEDGERS_KEPT: Final = 512

M = TypeVar("M", bound=KeptMarket)
H = TypeVar("H", bound=Head)


class KeptWorld(Generic[M, H]):
    """A network and its file.

    Args:
        path: The file.
        origin: What the network was made of.
        pair: Our account on it and the token that it trades.
        market: What runs on it.
        before: The ledgers before now that can be asked for, oldest first.
    """

    # As the operator knows it.
    ledger_name: ClassVar[str]

    def __init__(self, path: Path, origin: H, pair: Pair, market: M, before: Sequence[LedgerClosed] = ()) -> None:
        self.origin = origin
        self.pair = pair
        self.market = market
        self.latest = before[-1] if before else opening_ledger(market.ledger, pair.account)
        self._recent: deque[LedgerClosed] = deque(before, maxlen=_LEDGERS_KEPT)
        self._session_id = origin.session_id
        self._file = KeptFile(path, self.ledger_name)

    def begin(self) -> None:
        """Write the file's beginning: the network is new."""
        self._file.begin(line_of(self.origin))

    def resume(self, text: NetworkText[Any]) -> None:
        """Go on with the file that this was read from."""
        self._session_id = text.session_id
        self._file.resume(text.length_bytes)

    def join(self, session_id: str) -> None:
        """Another session trades on it from now on. What was before is settled, so the file begins anew here."""
        self._session_id = session_id
        self._file.begin(self._head(snapshot_of(self.market)))

    def submit(self, tx: dict[str, Any], tx_hash: str, *, fail_hard: bool = False) -> str:
        """Take a transaction of ours for the next ledger; returns the preliminary result. See ``Network.submit``."""
        self._file.write(line_of(SubmittedLine(tx_hash=tx_hash, tx=tx, fail_hard=fail_hard)))
        return self.market.submit(tx, tx_hash, fail_hard=fail_hard)

    def close_next(self) -> LedgerClosed:
        """Close the next ledger."""
        closed = told(self.market, self.market.close_next(), self.pair)
        self._file.write(line_of(closed_line(closed.ledger_index, closed.balances)))
        if self._file.ledger_written():
            self._file.shorten(self._head(snapshot_of(self.market)))
        self.latest = closed
        self._recent.append(closed)
        return closed

    def newer(self, after_index: int) -> list[LedgerClosed]:
        """The kept ledgers after that one, oldest first. Usually there is one, so they are looked for from the end."""
        newer = list(itertools.takewhile(lambda closed: closed.ledger_index > after_index, reversed(self._recent)))
        newer.reverse()
        return newer

    def lookup(self, tx_hash: str) -> int | None:
        """The kept ledger that has this transaction of ours, or None."""
        return next((closed.ledger_index for closed, found in self._ours() if found == tx_hash), None)

    def our_hashes(self) -> list[str]:
        """Our transactions in the kept ledgers, and those that wait for the next one."""
        return [*(tx_hash for _, tx_hash in self._ours()), *self.market.waiting_hashes]

    def leave(self) -> None:
        """Let go of the file. It stays where the next start finds it."""
        self._file.close()

    def remove(self) -> None:
        """The session ended in order: the next one gets a world of its own."""
        self._file.remove()

    def _ours(self) -> list[tuple[LedgerClosed, str]]:
        return [
            (closed, done.tx_hash)
            for closed in self._recent
            for done in closed.transactions
            if done.tx["Account"] == self.pair.account
        ]

    def _head(self, *lines: TextLine) -> bytes:
        beginning: tuple[TextLine, ...] = (self.origin, *lines, Joined(session_id=self._session_id))
        return b"".join(map(line_of, beginning))
