"""The async part of a command that runs no session."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple, Unpack

import trio

T = TypeVar("T")
Ts = TypeVarTuple("Ts")


def run_async(main: Callable[[Unpack[Ts]], Awaitable[T]], *args: *Ts) -> T:
    """Run it to its end.

    An interrupt ends it at a checkpoint of its first task, and not just anywhere: between the call and the await of a
    coroutine it would leave one that is never awaited.

    Raises:
        KeyboardInterrupt: It was interrupted; alone, and not in the group that nurseries make of it.
    """
    try:
        return trio.run(main, *args, restrict_keyboard_interrupt_to_checkpoints=True)
    except* KeyboardInterrupt:
        pass
    raise KeyboardInterrupt
