"""The telemetry actor: everything that happens, told to the screen and the log, never holding anyone up.

Its mailbox is lossy: what doesn't fit is dropped and counted by the sender (:class:`actors.plumbing.mailbox.LossyEnd`).
"""

from __future__ import annotations

from typing import Protocol

import msgspec
import trio
from loguru import logger

from actors.plumbing.mailbox import Mailbox
from neo.messages import Message, OrdersAllowed, SpendingCarried
from neo.messages.routes import ROUTES, Routes


class Screen(Protocol):
    """Where a session is shown as it happens."""

    def show(self, message: Message) -> None:
        """Take one message in, and draw if it is time to."""

    def close(self) -> None:
        """Leave the screen as the summary expects it."""


class Unseen:
    """The screen of a session that is only settled: what matters of it is a warning in the log."""

    def show(self, _message: Message) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Leave nothing."""


class TelemetryActor:
    """One incarnation of telemetry.

    Args:
        inbox: The stream of messages.
        screen: What the operator sees.
        routes: What the log keeps of the stream, and at which level; the rest is in the journal.
    """

    def __init__(self, inbox: Mailbox[Message], screen: Screen, routes: Routes = ROUTES) -> None:
        self._inbox = inbox
        self._logged = routes.logged
        self._screen: Screen | None = screen

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Show and log until the stream ends."""
        task_status.started()
        async for message in self._inbox:
            route = self._logged.get(type(message))
            if route is not None and route.log_level is not None:
                for fields in _lines(message):
                    logger.bind(**fields).log(route.log_level, route.event)
            self._show(message)

    def _show(self, message: Message) -> None:
        """A screen that fails is told of once and shows nothing any more: it must not end what it shows."""
        if self._screen is None:
            return
        try:
            self._screen.show(message)
        except Exception as error:  # noqa: BLE001 - whatever breaks in drawing, the session goes on without it
            self._screen = None
            logger.opt(exception=error).error("screen_broke")


def _lines(message: Message) -> list[dict[str, object]]:
    """The fields of each line that the log has of a message: of a verdict one for each refusal, of others one."""
    if isinstance(message, OrdersAllowed):
        return [{"tick": message.tick, **msgspec.to_builtins(refusal)} for refusal in message.refusals]
    if isinstance(message, SpendingCarried):
        # Its parts, thousands after a busy day, are in the journal.
        return [{"fees_drops": message.fees_drops, "requests": message.request_count}]
    fields: dict[str, object] = msgspec.to_builtins(message)
    fields.pop("type")
    # A whole message, kept in the database; a line of the log is not the place for it.
    fields.pop("body", None)
    return [fields]
