"""Whether a recording's items follow on each other: each ledger on the one before, and nothing left out unsaid."""

from __future__ import annotations

import msgspec

from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import (
    MarketEnd,
    RecordingCut,
    RecordingEnd,
    RecordingError,
    RecordingGap,
    RecordingHead,
    RecordingItem,
)


class _Last(msgspec.Struct, frozen=True):
    """The ledger that the recording stands at; its close time is None where only a snapshot tells of it."""

    index: int
    ledger_hash: str
    close_time_s: int | None


class RecordingOrder:
    """Watches a recording go by.

    Attributes:
        is_over: The last item was its proper end.
    """

    def __init__(self) -> None:
        self.is_over = False
        self._has_head = False
        self._last: _Last | None = None
        self._may_jump = True  # a snapshot may stand at a later ledger than the last one

    @property
    def last_index(self) -> int | None:
        """The ledger that the recording stands at; None before the first snapshot."""
        return None if self._last is None else self._last.index

    def take(self, item: RecordingItem) -> None:
        """Look at the next item.

        Raises:
            RecordingError: It does not follow on those before.
        """
        if self._has_head == isinstance(item, RecordingHead):
            what = "another recording begins" if self._has_head else "nothing says what is recorded"
            raise RecordingError(what)
        self._has_head = True
        self.is_over = isinstance(item, RecordingEnd | MarketEnd)
        if isinstance(item, RecordedState):
            self._last = self._at_state(item)
            self._may_jump = False
        elif isinstance(item, RecordedLedger):
            self._last = self._at_ledger(item)
            self._may_jump = False
        elif isinstance(item, RecordingGap):
            self._require_gap(item)
            self._may_jump = True
        elif isinstance(item, RecordingCut | RecordingEnd):
            self._may_jump = True

    def _at_state(self, item: RecordedState) -> _Last:
        last = self._last
        if last is not None and item.ledger_index == last.index:
            if item.ledger_hash != last.ledger_hash:
                raise RecordingError(f"the snapshot of ledger {item.ledger_index} is of another ledger with that index")
            return last
        if last is not None and item.ledger_index < last.index:
            raise RecordingError(f"the snapshot of ledger {item.ledger_index} comes behind ledger {last.index}")
        if not self._may_jump and last is not None:
            raise RecordingError(_missing(last.index + 1, item.ledger_index))
        return _Last(item.ledger_index, item.ledger_hash, None)

    def _at_ledger(self, item: RecordedLedger) -> _Last:
        index, last = item.ledger_index, self._last
        if last is None:
            raise RecordingError(f"ledger {index} comes before any snapshot")
        if index == last.index:
            raise RecordingError(f"ledger {index} is there twice")
        if index < last.index:
            raise RecordingError(f"ledger {index} comes behind ledger {last.index}")
        if index > last.index + 1:
            raise RecordingError(_missing(last.index + 1, index - 1))
        if item.parent_hash not in ("", last.ledger_hash):
            raise RecordingError(f"ledger {index} does not follow on ledger {last.index}: it names another parent")
        if last.close_time_s not in (None, item.parent_close_time_s):
            raise RecordingError(f"ledger {index} tells another close time of ledger {last.index} than that one does")
        if item.close_time_s < item.parent_close_time_s:
            raise RecordingError(f"ledger {index} closes before its parent")
        return _Last(index, item.ledger_hash, item.close_time_s)

    def _require_gap(self, item: RecordingGap) -> None:
        last = self._last
        # It may begin before the last ledger, one of those that were told having turned out not to be whole.
        if item.last_index < item.first_index or (last is not None and item.last_index < last.index):
            raise RecordingError(f"a gap from ledger {item.first_index} to {item.last_index}, which can't be there")


def _missing(first: int, last: int) -> str:
    ledgers = f"ledger {first} is" if first >= last else f"ledgers {first} to {last} are"
    return f"{ledgers} missing, and no gap is told"
