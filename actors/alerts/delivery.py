"""What every channel of alerts is, and how it says that it could not deliver one."""

from __future__ import annotations

from typing import Protocol

from neo.alerts.alert import Alert

# Real seconds that one try to deliver may take, from looking up a name to the answer. A command has its own.
DELIVERY_DEADLINE_S = 20.0


class ChannelError(Exception):
    """An alert was not delivered, as far as is known.

    Args:
        what: Why, in words that hold nothing secret: no address but scheme and host, nothing of what was answered.
        is_final: Whether trying again is of no use: the other side refused, and will again.
        retry_after_s: How long the other side wants to be left alone, if it said so.
    """

    def __init__(self, what: str, *, is_final: bool = False, retry_after_s: float | None = None) -> None:
        super().__init__(what)
        self.what = what
        self.is_final = is_final
        self.retry_after_s = retry_after_s


class ChannelRefusedError(Exception):
    """A channel can't be used as it is set up: what is wrong, with key and mend."""


class AlertChannel(Protocol):
    """Takes alerts to one place.

    Args:
        name: Such as ``slack``.
        target: Where it goes, as it may be shown.
        deadline_s: Real seconds that one try may take.
    """

    name: str
    target: str
    deadline_s: float

    async def send(self, alert: Alert) -> None:
        """Deliver one alert.

        Raises:
            ChannelError: It is not delivered.
        """

    async def aclose(self) -> None:
        """Let go of whatever is open."""
