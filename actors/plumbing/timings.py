"""How long things take in a running session, by the machine's clock: counted as they happen, in a few numbers each.

The session's own clock may be virtual, so none of it is in the journal, and nothing is decided by it. A time costs a
look-up and an addition; what is kept does not grow with the session.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections.abc import Iterable
from typing import Final

import msgspec

from actors.operator.protocol import TIMING_BOUNDS_S, Timing

# From what is appended to the journal's being told that it is durable, by persistence.
JOURNAL_COMMIT: Final = "journal_commit"
# From the gateway's taking of a message to its having done what follows; by the message's type.
GATEWAY: Final = "gateway"
# From a ledger's view on its way to the strategy to the verdict on it at the gateway.
TICK: Final = "tick"
# From a request's being written down to the last bytes of its answer; by its method.
REQUEST: Final = "request"
# From a ledger's last frame to its replacements on the socket, and its stages; see neo.messages.QuoteTiming.
CLOSE_TO_WIRE: Final = "close_to_wire"

TIMED: Final = (CLOSE_TO_WIRE, TICK, GATEWAY, JOURNAL_COMMIT, REQUEST)
"""All that is timed, in the order in which it is told."""


class _Kept:
    """The times of one thing."""

    __slots__ = ("buckets", "count", "max_s", "sum_s")

    def __init__(self) -> None:
        self.count = 0
        self.sum_s = self.max_s = 0.0
        self.buckets = [0] * (len(TIMING_BOUNDS_S) + 1)


class Timings:
    """The times of one session so far. Any thread may note one, and any may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: dict[tuple[str, str], _Kept] = {}

    def note(self, name: str, duration_s: float, label: str = "") -> None:
        """Something took so long.

        Args:
            name: What; one of :data:`TIMED`.
            duration_s: How long. A bound is in the bucket that it ends.
            label: Which of them; "" where there is but one.
        """
        place = bisect_left(TIMING_BOUNDS_S, duration_s)
        with self._lock:
            kept = self._kept.get((name, label))
            if kept is None:
                kept = self._kept[name, label] = _Kept()
            kept.count += 1
            kept.sum_s += duration_s
            kept.max_s = max(kept.max_s, duration_s)
            kept.buckets[place] += 1

    def told(self) -> tuple[Timing, ...]:
        """All of them, in the order of :data:`TIMED`, then by label."""
        with self._lock:
            return tuple(
                Timing(
                    name=name,
                    label=label,
                    count=kept.count,
                    sum_s=kept.sum_s,
                    max_s=kept.max_s,
                    buckets=tuple(kept.buckets),
                )
                for (name, label), kept in sorted(self._kept.items(), key=_place)
            )


def _place(item: tuple[tuple[str, str], _Kept]) -> tuple[int, str]:
    name, label = item[0]
    return TIMED.index(name), label


class KeptTimings(msgspec.Struct, frozen=True):
    """A session's times as its database keeps them, with the bounds that their buckets had then."""

    bounds_s: tuple[float, ...]
    timings: tuple[Timing, ...]


def timings_text(timings: Iterable[Timing]) -> str | None:
    """The times as a session's row keeps them; None if nothing was timed."""
    kept = KeptTimings(TIMING_BOUNDS_S, tuple(timings))
    return msgspec.json.encode(kept).decode() if kept.timings else None


def kept_timings(text: str | None) -> KeptTimings:
    """What :func:`timings_text` made; nothing where an older build kept nothing, or somebody something else."""
    if text is None:
        return KeptTimings((), ())
    try:
        return msgspec.json.decode(text, type=KeptTimings)
    except msgspec.DecodeError:
        return KeptTimings((), ())
