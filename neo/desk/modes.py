"""What the dealer is at, as one table: a step that is not in it can't happen, and raises."""

from __future__ import annotations

import enum
from typing import Final


class Mode(enum.StrEnum):
    """What the dealer is at."""

    RECOVERING = "recovering"
    QUOTING = "quoting"
    PAUSED = "paused"
    STOPPED = "stopped"  # nothing is placed any more
    CLEARING = "clearing"  # what rests is cancelled, until nothing of ours is on the ledger or under way
    CLEARED = "cleared"


class Step(enum.StrEnum):
    """What changes the mode."""

    CONNECT = "connect"
    CONNECT_PAUSED = "connect to a paused session"
    CONNECT_ENDING = "connect to a session that ends"
    PAUSE = "pause"
    RESUME = "resume"
    STOP = "stop"
    CLEAR = "clear"
    BE_CLEAR = "be clear"


MODES: Final[dict[tuple[Mode, Step], Mode]] = {
    (Mode.RECOVERING, Step.CONNECT): Mode.QUOTING,
    (Mode.RECOVERING, Step.CONNECT_PAUSED): Mode.PAUSED,
    (Mode.RECOVERING, Step.CONNECT_ENDING): Mode.CLEARING,
    (Mode.QUOTING, Step.PAUSE): Mode.PAUSED,
    (Mode.PAUSED, Step.RESUME): Mode.QUOTING,
    (Mode.QUOTING, Step.STOP): Mode.STOPPED,
    (Mode.PAUSED, Step.STOP): Mode.STOPPED,
    # A second cause to end, or the rung that follows the first one.
    (Mode.STOPPED, Step.STOP): Mode.STOPPED,
    (Mode.CLEARING, Step.STOP): Mode.CLEARING,
    (Mode.CLEARED, Step.STOP): Mode.CLEARED,
    (Mode.QUOTING, Step.CLEAR): Mode.CLEARING,
    (Mode.PAUSED, Step.CLEAR): Mode.CLEARING,
    (Mode.STOPPED, Step.CLEAR): Mode.CLEARING,
    # The rung delivered once more after a crash, or asked of a gateway that began to clear by itself.
    (Mode.CLEARING, Step.CLEAR): Mode.CLEARING,
    (Mode.CLEARED, Step.CLEAR): Mode.CLEARING,
    (Mode.CLEARING, Step.BE_CLEAR): Mode.CLEARED,
}

TRADING: Final = frozenset({Mode.QUOTING, Mode.PAUSED})


class DealerModeError(Exception):
    """The dealer was to take a step that its mode has no arrow for: a broken invariant of the engine."""

    def __init__(self, mode: Mode, step: Step) -> None:
        super().__init__(f"a dealer that is {mode} can't {step}")
        self.mode = mode
        self.step = step


def mode_after(mode: Mode, step: Step) -> Mode:
    """The mode that a step leads to.

    Raises:
        DealerModeError: The table has no such step.
    """
    after = MODES.get((mode, step))
    if after is None:
        raise DealerModeError(mode, step)
    return after
