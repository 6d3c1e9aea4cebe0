"""The distance to the touch in the log: each ledger's at DEBUG, and every so many ledgers the window's at INFO."""

from __future__ import annotations

from loguru import logger

from neo.analysis.touch import TOUCH_WRITE_LEDGERS, TouchWindow
from neo.messages import LedgerObserved, Record


class TouchLog:
    """What one gateway saw of it."""

    def __init__(self) -> None:
        self._window = TouchWindow()

    def tell(self, ledgers: int, seen: Record) -> None:
        """Log a ledger.

        Args:
            ledgers: How many the session has seen, this one among them.
            seen: The last of its records.
        """
        assert isinstance(seen, LedgerObserved), "a ledger's records end with it"
        # Passed on and not bound: where the log keeps no DEBUG, this costs the call alone.
        logger.debug(
            "distance_to_touch",
            ledger_index=seen.ledger_index,
            distance_to_clob_bid_bps=seen.distance_to_clob_bid_bps,
            distance_to_clob_ask_bps=seen.distance_to_clob_ask_bps,
            within_2bps_bid=seen.within_2bps_bid,
            within_2bps_ask=seen.within_2bps_ask,
        )
        self._window.add(seen.distance_to_clob_bid_bps, seen.distance_to_clob_ask_bps)
        if ledgers % TOUCH_WRITE_LEDGERS == 0:
            logger.bind(ledger_index=seen.ledger_index, **self._window.summary()).info("distance_to_touch_window")
