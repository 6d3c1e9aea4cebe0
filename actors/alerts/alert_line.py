"""One channel at work: what waits for it, its tries to deliver, and how it is."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import trio
from loguru import logger

from actors.alerts.delivery import AlertChannel, ChannelError
from actors.operator.protocol import ServiceHealth
from neo.alerts.alert import Alert
from neo.alerts.alert_outbox import AlertOutbox

# So many failures in a row are an outage and no hiccup.
_OUTAGE_FAILURES: Final = 3


class AlertLine:
    """A channel with its outbox. All of it runs in the lookout's thread.

    Args:
        channel: Where alerts go.
        outbox: What waits for it.
        on_failed: Told once for each outage, with why.
    """

    def __init__(self, channel: AlertChannel, outbox: AlertOutbox, on_failed: Callable[[AlertLine, str], None]) -> None:
        self.name, self.target = channel.name, channel.target
        self._channel = channel
        self._outbox = outbox
        self._on_failed = on_failed
        self._woken = trio.Event()
        self._done = trio.Event()
        self._trouble = ""
        self._is_out = False
        self.health = self._told_health()

    def take(self, alert: Alert) -> None:
        """Take in an alert; it leaves when it can."""
        self._outbox.take(alert, trio.current_time())
        self._wake()

    async def run(self) -> None:
        """Deliver what comes, until cancelled."""
        try:
            while True:
                self._woken = trio.Event()
                if self._outbox.is_done:
                    self._done.set()
                now_s = trio.current_time()
                alert = self._outbox.due(now_s)
                if alert is None:
                    with trio.move_on_at(self._outbox.wakes_at_s(now_s)):
                        await self._woken.wait()
                else:
                    await self._try(alert)
        finally:
            # Nothing of it waits for the other side.
            with trio.move_on_after(0):
                await self._channel.aclose()

    def hurry(self) -> None:
        """Deliver all that is left, without waiting for a better moment."""
        self._outbox.hurry(trio.current_time())
        self._wake()

    @property
    def is_done(self) -> bool:
        """Whether nothing is left to be delivered."""
        return self._outbox.is_done

    async def wait_done(self) -> None:
        """Wait until nothing is left; something may come again after that."""
        await self._done.wait()

    @property
    def open_count(self) -> int:
        """Alerts that are not delivered yet, or never will be."""
        return self._outbox.open_count + self._outbox.lost

    def _wake(self) -> None:
        if self._done.is_set() and not self._outbox.is_done:
            self._done = trio.Event()
        self._woken.set()

    async def _try(self, alert: Alert) -> None:
        try:
            with trio.fail_after(self._channel.deadline_s):
                await self._channel.send(alert)
        except trio.TooSlowError:
            self._failed(ChannelError(f"no answer within {self._channel.deadline_s:g} s"))
        except ChannelError as error:
            self._failed(error)
        except Exception as error:  # noqa: BLE001 - a fault in one channel must not silence the others
            # Its words may hold the address.
            self._failed(ChannelError(f"a fault of its own ({type(error).__name__})", is_final=True))
        else:
            self._delivered(alert)

    def _delivered(self, alert: Alert) -> None:
        self._outbox.delivered(trio.current_time())
        logger.bind(channel=self.name, event=str(alert.event)).info("alert_sent")
        self._trouble = ""
        if self._is_out:
            self._is_out = False
            logger.bind(channel=self.name).info("alert_channel_back")
        self.health = self._told_health()

    def _failed(self, error: ChannelError) -> None:
        is_lost = self._outbox.failed(trio.current_time(), retry_after_s=error.retry_after_s, is_final=error.is_final)
        self._trouble = error.what
        self.health = self._told_health()
        if not self._is_out and (is_lost or self._outbox.failures >= _OUTAGE_FAILURES):
            self._is_out = True
            logger.bind(channel=self.name, target=self.target, cause=error.what).warning("alert_channel_failed")
            self._on_failed(self, error.what)

    def _told_health(self) -> ServiceHealth:
        outbox = self._outbox
        told = [self._trouble or self.target]
        told += [f"{outbox.open_count} waiting"] if outbox.open_count and self._trouble else []
        told += [f"{outbox.lost} not delivered"] if outbox.lost else []
        return ServiceHealth(f"alerts by {self.name}", not self._trouble, ", ".join(told))
