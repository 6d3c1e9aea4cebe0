"""The parts of a session that can be others: a drill or a test puts one that fails in a part's place.

What a session does with its parts knows nothing of that: there is one path, rehearsed and real.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

import msgspec

from actors.plumbing.wiring import ChannelBounds, Channels
from actors.session.watches import SIGNALS
from actors.venues.host import RunningVenue
from neo.messages.halts import HaltReason


def _as_it_is(venue: RunningVenue) -> RunningVenue:
    return venue


class SessionParts(msgspec.Struct, frozen=True):
    """What a session is put together from.

    Args:
        channels: Makes the channels, of these sizes.
        venue: Given the session's venue, the one that is used.
        signals: The signals that end it, and their reasons.
    """

    channels: Callable[[ChannelBounds], Channels] = Channels
    venue: Callable[[RunningVenue], RunningVenue] = _as_it_is
    signals: Mapping[int, HaltReason] = MappingProxyType(SIGNALS)


USUAL_PARTS = SessionParts()
