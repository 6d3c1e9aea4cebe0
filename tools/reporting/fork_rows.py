"""What a report tells of a market that ours were put into afterwards: which of others' transactions were executed anew
beside ours, and which were applied as they had been.
"""

from __future__ import annotations

from typing import Final

from neo.messages import ForkMeasured
from tools.console.words import show_part

FORK_TITLE: Final = "Others' transactions: executed anew beside ours, or applied as recorded"
FORK_COLUMNS: Final = ("", "executed anew", "as recorded", "executed share")


def fork_rows(told: ForkMeasured) -> list[list[str]]:
    """Trades in the pair first, then all transactions, each type, and the reasons for what was not executed."""
    executed, recorded = sum(told.executed.values()), sum(told.recorded.values())
    kinds = sorted({*told.executed, *told.recorded})
    anew = [["the market began anew, after ledgers that nobody told of", f"{told.begun_anew:,}", "", ""]]
    moved = [["of these, otherwise than recorded because of ours", f"{told.moved:,}", "", ""]] if told.moved else []
    return [
        _row("trades in the pair", told.trades_executed, told.trades_recorded),
        _row("all transactions", executed, recorded),
        *moved,
        *(anew if told.begun_anew else ()),
        *(_row(kind, told.executed.get(kind, 0), told.recorded.get(kind, 0)) for kind in kinds),
        *([f"as recorded: {why}", "", f"{count:,}", ""] for why, count in sorted(told.why_recorded.items())),
    ]


def _row(words: str, executed: int, recorded: int) -> list[str]:
    return [words, f"{executed:,}", f"{recorded:,}", show_part(executed, recorded)]
