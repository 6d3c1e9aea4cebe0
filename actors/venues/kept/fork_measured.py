"""A fork's counts as the journal keeps them."""

from __future__ import annotations

from neo.messages import ForkMeasured
from neo.replay.fork import ForkCounts


def fork_measured(ledger_index: int, counts: ForkCounts, *, begun_anew: int = 0) -> ForkMeasured:
    """What became of others' transactions up to this ledger, and how often the market began anew."""
    return ForkMeasured(
        ledger_index=ledger_index,
        executed=dict(counts.executed),
        recorded=dict(counts.recorded),
        why_recorded=dict(counts.why_recorded),
        moved=counts.moved,
        not_applied=counts.not_applied,
        trades_executed=counts.trades_executed,
        trades_recorded=counts.trades_recorded,
        begun_anew=begun_anew,
    )
