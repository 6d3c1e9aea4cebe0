"""What watches a session from outside its actors: the operator's signals, its duration, and its health."""

from __future__ import annotations

import contextlib
import math
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from types import FrameType
from typing import Final

import trio

from actors.plumbing.wiring import Channels
from neo.messages.halts import Halt, HaltReason
from neo.watch.health import gateway_silent, ledger_stale

# What each signal that ends a session makes of it. SIGBREAK exists on Windows alone, and those below it on POSIX.
NAMED_SIGNALS: Final = {
    "SIGINT": HaltReason.INTERRUPTED_SIGINT,
    "SIGTERM": HaltReason.INTERRUPTED_SIGTERM,
    "SIGBREAK": HaltReason.INTERRUPTED_SIGBREAK,
    "SIGHUP": HaltReason.INTERRUPTED_SIGHUP,
    "SIGQUIT": HaltReason.INTERRUPTED_SIGQUIT,
    # These would kill the process, whoever sends them and why (a used up limit of processor time, a power supply that
    # fails, a mistyped number): the session ends as asked to, and the detail names the signal.
    **dict.fromkeys(
        ("SIGALRM", "SIGIO", "SIGPROF", "SIGPWR", "SIGSTKFLT", "SIGUSR1", "SIGUSR2", "SIGVTALRM", "SIGXCPU"),
        HaltReason.INTERRUPTED_SIGTERM,
    ),
}


def _signals() -> dict[int, HaltReason]:
    """Every signal that a process can catch and would die of, but for faults of the machine code itself.

    SIGSTOP and SIGKILL can't be caught; SIGTSTP, SIGTTIN and SIGTTOU only halt the process, and it goes on at SIGCONT;
    SIGPIPE and SIGXFSZ are errors of a write in Python.
    """
    numbers = {
        number: reason for name, reason in NAMED_SIGNALS.items() if (number := getattr(signal, name, None)) is not None
    }
    realtime = range(signal.SIGRTMIN, signal.SIGRTMAX + 1) if hasattr(signal, "SIGRTMIN") else ()
    return numbers | dict.fromkeys(realtime, HaltReason.INTERRUPTED_SIGTERM)


# Signals that end a session, and their reasons.
SIGNALS: Final[Mapping[int, HaltReason]] = _signals()

# Those at which a person may say twice that waiting is enough.
_FROM_A_KEYBOARD: Final = frozenset({HaltReason.INTERRUPTED_SIGINT, HaltReason.INTERRUPTED_SIGBREAK})


def heeded(numbers: Iterable[int]) -> list[int]:
    """Those of the signals that are to be heard: under ``nohup`` a process is started with SIGHUP ignored, so that it
    outlives its terminal, and so it must stay.
    """
    hangup = getattr(signal, "SIGHUP", None)
    return [number for number in numbers if number != hangup or signal.getsignal(number) is not signal.SIG_IGN]


def signal_name(number: int) -> str:
    """``SIGTERM``, or ``SIGRTMIN+2`` for one without a name of its own."""
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"SIGRTMIN+{number - signal.SIGRTMIN}" if sys.platform != "win32" else f"signal {number}"


# The session's end comes this much after its last ledger is due, so that the ledger and its tick are whole.
_LAST_LEDGER_GRACE_S = 0.5

# Looks at the gateway come at these session seconds after the beginning, and so much later: off the beat of ledgers,
# which close at whole seconds. A cause that is found there is noted when no ledger's records are on their way, so the
# journal has one order.
_LOOK_INTERVAL_S = 5.0
_LOOK_OFFSET_S = 0.25

RaiseHalt = Callable[[Halt], bool]


async def watch_signals(
    reasons: Mapping[int, HaltReason], raise_halt: RaiseHalt, hurry: Callable[[], None],
    task_status: trio.TaskStatus[None],
) -> None:  # fmt: skip
    """Turn each signal into its halt; the second Ctrl+C hurries the end.

    The first one does not, even if the session is ending already for another cause: its quotes are being pulled. Nor
    does any other signal, however often it comes: whoever signals a whole group (systemd, ``timeout``, ``uv run``)
    sends TERM twice, and a terminal that closes may send HUP more than once.
    """
    interrupts = 0

    def take(number: int) -> None:
        nonlocal interrupts
        raise_halt(Halt(reasons[number], signal_name(number), "signal"))
        interrupts += reasons[number] in _FROM_A_KEYBOARD
        if interrupts > 1:
            hurry()

    numbers = heeded(reasons)
    before = [signal.getsignal(number) for number in numbers]
    with trio.open_signal_receiver(*numbers) as signals:
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
    before = {number: signal.signal(number, held) for number in heeded(SIGNALS)}
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
    while True:
        now_s = trio.current_time()
        last_s = begun_s if board.view_at_s is None else board.view_at_s
        busy_since_s = now_s if gateway.hand is None else channels.gateway_took_at_s
        # The silent gateway first: it is why no ledger comes.
        cause = gateway_silent(now_s - busy_since_s, silent_after_s) or ledger_stale(now_s - last_s, stale_after_s)
        if cause is not None:
            raise_halt(cause)
            return
        # Before that neither can have come about, whatever happens.
        soonest_s = min(busy_since_s + silent_after_s, last_s + stale_after_s) - begun_s - _LOOK_OFFSET_S
        looks = max(math.ceil(soonest_s / _LOOK_INTERVAL_S), math.floor((now_s - begun_s) / _LOOK_INTERVAL_S) + 1)
        await trio.sleep_until(begun_s + _LOOK_OFFSET_S + looks * _LOOK_INTERVAL_S)
