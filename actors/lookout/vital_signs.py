"""Whether a session is healthy, by its own limits: what a heartbeat and a watchdog are given or refused for."""

from __future__ import annotations

from actors.operator.protocol import Status

_GATEWAY = "gateway"


class VitalSigns:
    """Looks at one status after the other.

    Args:
        stale_after_s: Session seconds without a ledger that are too long.
        silent_after_s: Session seconds of the gateway at one message that are too long.
    """

    def __init__(self, stale_after_s: int, silent_after_s: int) -> None:
        self._stale_after_s = stale_after_s
        self._silent_after_s = silent_after_s
        self._delivered = -1
        self._since_s = 0.0

    def ailment(self, status: Status) -> str | None:
        """What is wrong with a session, in a few words; None if it is healthy. A pause is no illness."""
        gateway = next((each for each in status.channels if each.name == _GATEWAY), None)
        if gateway is not None and (gateway.delivered != self._delivered or gateway.waiting == 0):
            self._delivered, self._since_s = gateway.delivered, status.elapsed_s
        if status.halting is not None:
            return f"ending: {status.halting}"
        if status.ledger_age_s is None:
            return "no ledger yet"
        if status.ledger_age_s >= self._stale_after_s:
            return f"no ledger for {status.ledger_age_s:.0f} s"
        if status.elapsed_s - self._since_s >= self._silent_after_s:
            return "the gateway does not answer"
        return None
