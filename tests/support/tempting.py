"""Sessions with something put in their way: wishes changed before risk hears them, a venue that notes what it gets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from support.sessions import Watcher

from actors.plumbing.mailbox import Mailbox
from actors.plumbing.wiring import ChannelBounds, Channels
from actors.session.parts import SessionParts
from actors.session.session import SessionPlan, start_session
from actors.venues.host import RunningVenue
from neo.analysis.summary import SessionSummary
from neo.messages import Message, OrdersAllowed, QuotesWanted, Submit, VenueRequest
from tools.proofs.faults import VenueWrapper

Change = Callable[[Message], Message]


class _ChangingMailbox(Mailbox[Any]):
    """Hands each message over changed."""

    def __init__(self, name: str, bound: int, observe: Any, change: Change) -> None:
        super().__init__(name, bound, observe)
        self._change = change

    async def __anext__(self) -> Any:
        return self._change(await super().__anext__())


class ChangingChannels(Channels):
    """Channels that change what goes to risk, to the gateway and to the session, such as what the strategy wants.

    Args:
        bounds: The size of each.
        change: Made of every message.
    """

    def __init__(self, bounds: ChannelBounds, change: Change) -> None:
        super().__init__(bounds)
        told = self.taps.delivered
        self.risk = _ChangingMailbox("risk", bounds.risk, told, change)
        self.gateway = _ChangingMailbox("gateway", bounds.gateway, told, change)
        self.session = _ChangingMailbox("session", bounds.session, told, change)


def of_wanted(change: Callable[[QuotesWanted], QuotesWanted]) -> Change:
    """A change of what the strategy wants."""
    return lambda message: change(message) if isinstance(message, QuotesWanted) else message


def of_allowed(change: Callable[[OrdersAllowed], OrdersAllowed]) -> Change:
    """A change of what risk lets pass."""
    return lambda message: change(message) if isinstance(message, OrdersAllowed) else message


class NotingVenue(VenueWrapper):
    """Notes every transaction that it is sent, by its hash."""

    def __init__(self, inner: RunningVenue) -> None:
        super().__init__(inner, ledgers_well=0)
        self.sent: dict[str, Mapping[str, Any]] = {}

    def post(self, request: VenueRequest) -> None:
        """Note it, and pass it on."""
        if isinstance(request, Submit):
            self.sent[request.tx_hash] = msgspec.json.decode(request.blob)
        self.inner.post(request)


def run_with(plan: SessionPlan, parts: SessionParts, watcher: Watcher | None = None) -> SessionSummary:
    """Run a session that is put together from these parts."""
    screen = watcher or Watcher()
    return start_session(plan, screen, parts=parts)
