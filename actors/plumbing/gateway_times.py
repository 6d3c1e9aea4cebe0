"""What is timed in the gateway: each message that it handles, each tick, and on a real venue the way to the wire."""

from __future__ import annotations

from time import perf_counter

from actors.plumbing.timings import CLOSE_TO_WIRE, GATEWAY, TICK, Timings
from neo.messages import MarketView, Message, OrdersAllowed, QuoteTiming, VenueMeasured

_US = 1e-6


class GatewayTimes:
    """The times of one gateway.

    Args:
        timings: Where they are kept.
    """

    def __init__(self, timings: Timings) -> None:
        self._timings = timings
        self._begun_s = 0.0
        # The newest view that is at the strategy, and since when.
        self._viewed_index = -1
        self._viewed_s = 0.0

    def begin(self, message: Message) -> None:
        """A message was taken."""
        self._begun_s = perf_counter()
        if isinstance(message, OrdersAllowed) and message.ledger_index == self._viewed_index:
            self._timings.note(TICK, self._begun_s - self._viewed_s)

    def note_view(self, view: MarketView) -> None:
        """A view goes to the strategy; its verdict comes back as a message, unless a newer view takes its place."""
        self._viewed_index, self._viewed_s = view.ledger_index, perf_counter()

    def end(self, message: Message) -> None:
        """All that follows from the message is done; what had to be in the journal first is."""
        self._timings.note(GATEWAY, perf_counter() - self._begun_s, type(message).__name__)
        if isinstance(message, VenueMeasured):
            for quote in message.quotes:
                self._note_quote(quote)

    def _note_quote(self, quote: QuoteTiming) -> None:
        stages = {
            "total": quote.total_us,
            "mirror": quote.mirror_us,
            "decision": quote.decision_us,
            "journal": quote.journal_us,
            "socket": quote.socket_us,
            "before": quote.complete_us,
        }
        for stage, took_us in stages.items():
            if took_us is not None:
                self._timings.note(CLOSE_TO_WIRE, took_us * _US, stage)
