"""What was asked of the venue about each transaction, and whether it answered."""

from __future__ import annotations

from collections.abc import Collection

from neo.messages import Submit, VenueRequest


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
        """Whether the blob may have left before it was posted last: then a refusal proves less."""
        return self._of(tx_hash).has_left_before

    def unanswered(self, tx_hash: str) -> tuple[str, int] | None:
        """The request about a transaction that has no answer yet: its name, and the last ledger known at its time."""
        return self._of(tx_hash).unanswered

    def forget_all_but(self, tx_hashes: Collection[str]) -> None:
        """Forget what is settled."""
        if len(self._asked) > len(tx_hashes):
            self._asked = {tx_hash: asked for tx_hash, asked in self._asked.items() if tx_hash in tx_hashes}

    def _of(self, tx_hash: str) -> _Asked:
        return self._asked.setdefault(tx_hash, _Asked())


def name_of(request: VenueRequest) -> str:
    """What a request is called in a log and in a halt's detail."""
    return "submit" if isinstance(request, Submit) else "lookup"
