"""What watches a session from outside its actors: the operator's signals, its duration, and its health."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator, Mapping
from types import FrameType
from typing import Final

import trio

from actors.wiring import Channels
from neo.halt import Halt, HaltReason
from neo.health import gateway_silent, ledger_stale
from neo.messages import HaltRequested

# Signals that end a session, and their reasons. SIGBREAK exists on Windows alone.
SIGNALS: Final[Mapping[int, HaltReason]] = {
    number: reason
    for name, reason in (
        ("SIGINT", HaltReason.INTERRUPTED_SIGINT),
        ("SIGTERM", HaltReason.INTERRUPTED_SIGTERM),
        ("SIGBREAK", HaltReason.INTERRUPTED_SIGBREAK),
    )
    if (number := getattr(signal, name, None)) is not None
}

# Those that come from a keyboard: only a person says twice that waiting is enough.
_FROM_A_KEYBOARD: Final = frozenset({HaltReason.INTERRUPTED_SIGINT, HaltReason.INTERRUPTED_SIGBREAK})

# The session's end comes this much after its last ledger is due, so that the ledger and its tick are whole.
_LAST_LEDGER_GRACE_S = 0.5

# Session seconds between two looks at the gateway. Off the beat of ledgers, which close at whole seconds: a cause
# that is found here is noted when no ledger's records are on their way, so the journal has one order.
_LOOK_INTERVAL_S = 5.0
_LOOK_OFFSET_S = 0.25

RaiseHalt = Callable[[Halt], bool]


async def watch_signals(
    reasons: Mapping[int, HaltReason], raise_halt: RaiseHalt, hurry: Callable[[], None],
    task_status: trio.TaskStatus[None],
) -> None:  # fmt: skip
    """Turn each signal into its halt; the second Ctrl+C hurries the end.

    The first one does not, even if the session is ending already for another cause: its quotes are being pulled. Nor
    does TERM, however often it comes: whoever signals a whole group (systemd, ``timeout``, ``uv run``) sends it twice.
    """
    interrupts = 0

    def take(number: int) -> None:
        nonlocal interrupts
        raise_halt(Halt(reasons[number], signal.Signals(number).name, "signal"))
        interrupts += reasons[number] in _FROM_A_KEYBOARD
        if interrupts > 1:
            hurry()

    before = [signal.getsignal(number) for number in reasons]
    with trio.open_signal_receiver(*reasons) as signals:
        for held in before:
            if isinstance(held, HeldSignals):
                held.hand_over(take)
        task_status.started()
        async for number in signals:
            take(number)


class HeldSignals:
    """A handler for the moments in which no session watches: before it can, and when its end is being written.

    What comes before is handed over once a session watches, so the operator's word is never lost, nor a session cut off
    between its row's beginning and its first rung. What comes after changes nothing any more.

    Args:
        leave: Called at a second Ctrl+C in a beginning that hangs, before the process ends as by default.
    """

    def __init__(self, leave: Callable[[], None]) -> None:
        self._leave = leave
        self._held: list[int] = []
        self._watched = False

    def __call__(self, number: int, _frame: FrameType | None) -> None:
        """Hold a signal."""
        if not self._watched and number == signal.SIGINT and number in self._held:
            self._leave()
            signal.signal(number, signal.SIG_DFL)
            signal.raise_signal(number)
        self._held.append(number)

    def hand_over(self, take: Callable[[int], None]) -> None:
        """Give what was held to a session that watches from now on."""
        self._watched = True
        while self._held:
            take(self._held.pop(0))


@contextlib.contextmanager
def holding_signals(leave: Callable[[], None]) -> Iterator[None]:
    """Hold the signals that end a session while the block runs; a session inside watches for them itself.

    Args:
        leave: See :class:`HeldSignals`.
    """
    held = HeldSignals(leave)
    before = {number: signal.signal(number, held) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


async def watch_duration(started_s: float, duration_s: int, raise_halt: RaiseHalt) -> None:
    """End the session when it has run its time."""
    await trio.sleep_until(started_s + duration_s + _LAST_LEDGER_GRACE_S)
    raise_halt(Halt(HaltReason.DURATION_ELAPSED, f"{duration_s} s", "session"))


async def watch_health(channels: Channels, stale_after_s: int, silent_after_s: int, raise_halt: RaiseHalt) -> None:
    """End the session when ledgers stop coming, or the gateway stops at one message.

    Args:
        channels: Whose board and gateway mailbox are watched.
        stale_after_s: Seconds without a ledger that are too long.
        silent_after_s: Seconds at one message that are too long.
        raise_halt: Takes the cause.
    """
    board, gateway = channels.board, channels.gateway
    begun_s = trio.current_time()
    handled, busy_since_s = gateway.depth().delivered, begun_s
    next_s = begun_s + _LOOK_OFFSET_S
    while True:
        await trio.sleep_until(next_s)
        next_s += _LOOK_INTERVAL_S
        now_s = trio.current_time()
        delivered = gateway.depth().delivered
        if delivered != handled or gateway.hand is None:
            handled, busy_since_s = delivered, now_s
        last_s = begun_s if board.view_at_s is None else board.view_at_s
        # The silent gateway first: it is why no ledger comes.
        cause = gateway_silent(now_s - busy_since_s, silent_after_s) or ledger_stale(now_s - last_s, stale_after_s)
        if cause is not None:
            raise_halt(_as_halt(cause))
            return


def _as_halt(requested: HaltRequested) -> Halt:
    return Halt(requested.reason, requested.detail, requested.source)
