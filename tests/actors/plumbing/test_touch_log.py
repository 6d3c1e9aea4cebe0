"""The distance to the touch in the log: each ledger's four fields at DEBUG, the window's at INFO."""

from __future__ import annotations

from typing import TYPE_CHECKING

from loguru import logger
from support.store_records import observed

from actors.plumbing.touch_log import TouchLog
from neo.analysis.touch import TOUCH_WRITE_LEDGERS

if TYPE_CHECKING:
    from loguru import Message

FIELDS = ["distance_to_clob_bid_bps", "distance_to_clob_ask_bps", "within_2bps_bid", "within_2bps_ask"]


def test_every_ledger_at_debug_and_the_window_once_a_minute() -> None:
    """No ledger is left out, and the window's line comes at the moment at which engine_state gets it."""
    told: list[tuple[str, str, list[str]]] = []

    def keep(message: Message) -> None:
        record = message.record
        told.append((record["level"].name, record["message"], [name for name in record["extra"] if name in FIELDS]))

    sink = logger.add(keep, level="DEBUG")
    try:
        log = TouchLog()
        for tick in range(1, 2 * TOUCH_WRITE_LEDGERS + 1):
            log.tell(tick, observed(tick))
    finally:
        logger.remove(sink)
    assert told.count(("DEBUG", "distance_to_touch", FIELDS)) == 2 * TOUCH_WRITE_LEDGERS
    assert told.count(("INFO", "distance_to_touch_window", FIELDS)) == 2
    assert len(told) == 2 * TOUCH_WRITE_LEDGERS + 2
