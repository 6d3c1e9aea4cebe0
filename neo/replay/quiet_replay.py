"""A recording lived through by the fork with nothing of ours in it: what was executed anew, and whether it is the same.

With no orders of ours the fork must be the recording: every transaction that is executed must come out as recorded, and
every later snapshot be the ledger that was reached.
"""

from __future__ import annotations

import msgspec

from neo.analysis.market_figures import MarketFigures, MarketWatch
from neo.ledger import Ledger
from neo.replay.fork import UNREADABLE_LEDGER, Fork, ForkCounts
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.replay.recording_text import RecordingError, RecordingGap, RecordingItem
from neo.replay.state_check import Depth, LivedState, depth_of, difference_of


class QuietReplay:
    """Takes a recording's items in their order.

    Args:
        compares: Compare every later snapshot; else only transactions are.

    Attributes:
        mismatch: The first difference between fork and recording that nothing explains; None if there is none.
        compared: How many later snapshots were compared.
        otherwise: How many transactions came out otherwise on a ledger that is known in part only.
        otherwise_first: The first of them, told in one clause; empty without one.
    """

    def __init__(self, *, compares: bool) -> None:
        self._compares = compares
        self._fork: Fork | None = None
        self._is_whole = False
        self._begins_anew = False  # what was told of the ledgers before is not all of them
        self._begun_with: Depth = {}
        self._before = ForkCounts()  # of the forks before this one
        self._watch = MarketWatch()
        self.mismatch: str | None = None
        self.compared = 0
        self.otherwise = 0
        self.otherwise_first = ""

    def take(self, item: RecordingItem) -> None:
        """Live through the next item.

        Raises:
            RecordingError: It can't be read.
        """
        if isinstance(item, RecordedState):
            where = f"the snapshot of ledger {item.ledger_index}"
        elif isinstance(item, RecordedLedger):
            where = f"ledger {item.ledger_index}"
        else:
            self._begins_anew = self._begins_anew or isinstance(item, RecordingGap)
            return
        try:
            if isinstance(item, RecordedState):
                self._at_state(item)
            else:
                self._live(item)
        except UNREADABLE_LEDGER as error:
            raise RecordingError(f"{where} has not the ledger's shape ({error!r})") from error

    @property
    def ledger(self) -> Ledger | None:
        """As the last recorded ledger left it; None before the first snapshot."""
        return None if self._fork is None else self._fork.ledger

    @property
    def counts(self) -> ForkCounts:
        """What became of all transactions."""
        return self._before if self._fork is None else _together(self._before, self._fork.counts)

    def figures(self) -> MarketFigures:
        """What the books were like."""
        return self._watch.figures()

    def _at_state(self, state: RecordedState) -> None:
        fork = self._fork
        if fork is None or fork.closed_index != state.ledger_index or self._begins_anew:
            self._begins_anew = False
            self._before = self.counts
            self._fork = Fork.begin(state)
            self._is_whole = state.is_whole
            self._begun_with = depth_of(state)
        elif self._compares:
            self.compared += 1
            found = difference_of(state, _standing(fork), self._begun_with)
            if found is not None and self.mismatch is None:
                self.mismatch = f"the snapshot of ledger {state.ledger_index}: {found}"

    def _live(self, recorded: RecordedLedger) -> None:
        fork = self._fork
        assert fork is not None, "a recording's order was looked at: a snapshot comes first"
        differing = fork.close(recorded).differing
        self._watch.take(fork.ledger)
        if not differing:
            return
        told = f"ledger {recorded.ledger_index}, {differing[0]}"
        if self._is_whole and recorded.is_whole:
            self.mismatch = self.mismatch or told
        else:
            self.otherwise += len(differing)
            self.otherwise_first = self.otherwise_first or told


def _standing(fork: Fork) -> LivedState:
    saved = msgspec.json.decode(msgspec.json.encode(fork.to_state()))
    primer = saved["primer"] or {}
    return LivedState(
        state=saved["ledger"],
        roots_assumed=primer.get("roots_assumed", ()),
        lines_assumed=primer.get("lines_assumed", ()),
    )


def _together(one: ForkCounts, other: ForkCounts) -> ForkCounts:
    return ForkCounts(
        executed=one.executed + other.executed,
        recorded=one.recorded + other.recorded,
        why_recorded=one.why_recorded + other.why_recorded,
        moved=one.moved + other.moved,
        not_applied=one.not_applied + other.not_applied,
        trades_executed=one.trades_executed + other.trades_executed,
        trades_recorded=one.trades_recorded + other.trades_recorded,
    )
