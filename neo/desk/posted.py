"""What was asked of the venue about each transaction, and whether it answered."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from neo.desk.orders import Order
from neo.messages import CapitalOrdered, LedgerClosed, Submit, VenueRequest


class _Asked:
    """About one transaction."""

    __slots__ = ("failures", "has_left_before", "unanswered", "was_sent")

    def __init__(self) -> None:
        self.was_sent = False
        self.has_left_before = False
        self.failures = 0
        # The request that waits for its answer, and the last ledger known when it was made.
        self.unanswered: tuple[str, int] | None = None


class Posted:
    """Requests of one incarnation of the gateway, by the transaction's hash."""

    def __init__(self) -> None:
        self._asked: dict[str, _Asked] = {}
        # Of transactions that no ledger can have any more: what was asked without an answer, and since when that is so.
        self._silent: dict[str, tuple[str, float]] = {}

    def note_left_before(self, tx_hash: str) -> None:
        """An earlier incarnation, or an earlier process, may have sent this one."""
        self._of(tx_hash).has_left_before = True

    def note_posted(self, request: VenueRequest, ledger_index: int) -> None:
        """A request leaves."""
        asked = self._of(request.tx_hash)
        if isinstance(request, Submit):
            asked.has_left_before = asked.has_left_before or asked.was_sent
            asked.was_sent = True
        asked.unanswered = (name_of(request), ledger_index)

    def note_answered(self, tx_hash: str) -> None:
        """An answer came that is no failure."""
        asked = self._of(tx_hash)
        asked.failures, asked.unanswered = 0, None

    def note_failed(self, tx_hash: str) -> int:
        """A request failed; returns how often in a row by now."""
        asked = self._of(tx_hash)
        asked.failures, asked.unanswered = asked.failures + 1, None
        return asked.failures

    def left_before(self, tx_hash: str) -> bool:
        """Whether the blob may have left before it was posted last: then a refusal proves nothing."""
        return self._of(tx_hash).has_left_before

    def note_lapsed(self, under_way: Sequence[Order | CapitalOrdered], closed: LedgerClosed, now_s: float) -> None:
        """Remember the requests without an answer about transactions that were in none of their ledgers.

        Args:
            under_way: What was so before this ledger.
            closed: The ledger.
            now_s: In the venue's time.
        """
        seen = {transaction.tx_hash for transaction in closed.transactions}
        for signed in under_way:
            unanswered = self._of(signed.tx_hash).unanswered
            lapsed = signed.last_ledger_sequence <= closed.ledger_index and signed.tx_hash not in seen
            # What was asked with a later ledger known is not late yet.
            if not lapsed or unanswered is None or unanswered[1] >= closed.ledger_index:
                continue
            told = (
                f"{unanswered[0]} of {signed.order_id} after ledger {unanswered[1]} was not answered"
                f" by its last ledger {signed.last_ledger_sequence}"
            )
            self._silent[signed.tx_hash] = (told, now_s)

    def note_heard(self, tx_hash: str) -> None:
        """An answer came, a failure or not: the venue is not silent about this one."""
        self._silent.pop(tx_hash, None)

    def silence(self, close_time_s: int) -> str | None:
        """What was not answered until well after its last ledger, in words; None if nothing.

        Args:
            close_time_s: Of the ledger in hand: answers that came before it have been heard.
        """
        return next((told for told, since_s in self._silent.values() if close_time_s > since_s), None)

    def forget_all_but(self, tx_hashes: Collection[str]) -> None:
        """Forget what is settled."""
        if len(self._asked) > len(tx_hashes):
            self._asked = {tx_hash: asked for tx_hash, asked in self._asked.items() if tx_hash in tx_hashes}

    def _of(self, tx_hash: str) -> _Asked:
        return self._asked.setdefault(tx_hash, _Asked())


def name_of(request: VenueRequest) -> str:
    """What a request is called in a log and in a halt's detail."""
    return "submit" if isinstance(request, Submit) else "lookup"
