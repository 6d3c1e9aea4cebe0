"""The supervisor: starts actors, restarts the one that failed, and gives up by the policy's word.

It owns the mailboxes and the ends that an actor sends through; each incarnation gets its own copies of the ends. So a
crash closes nothing downstream, and the end of an actor for good closes everything that it alone fed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, Protocol

import msgspec
import trio

from actors.plumbing.mailbox import Inbox
from neo.market.chance import Chance
from neo.messages import ActorRestarted, HaltRequested, Message, PoisonSetAside
from neo.messages.halts import Halt, HaltReason
from neo.watch.supervision import GiveUp, RestartHistory


class Actor(Protocol):
    """One incarnation of an actor: it runs until its mailbox ends, and tells when it is ready."""

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Walk the mailbox. Whatever it raises is a crash."""


class Slot:
    """An actor's place in the session: its name, its mailbox, how to build it, and what to close after it.

    Args:
        name: As operators read it.
        inbox: The mailbox, kept across incarnations.
        build: Makes one incarnation.
        close_ends: Closes the originals of the ends that incarnations send through.
    """

    def __init__(
        self, name: str, inbox: Inbox[Any], build: Callable[[], Actor], close_ends: Callable[[], None]
    ) -> None:
        self.name = name
        self.inbox = inbox
        self.build = build
        self.close_ends = close_ends


class Supervisor:
    """Runs one slot each in :meth:`supervise`.

    Args:
        chance: The session's generator for the jitter of back-offs.
        request_halt: Takes the cause when an actor is given up, and before it the message that was poison, if one was.
        on_restart: Told of every restart.
    """

    def __init__(
        self,
        chance: Chance,
        request_halt: Callable[[HaltRequested | PoisonSetAside], Awaitable[None]],
        on_restart: Callable[[ActorRestarted], None],
    ) -> None:
        self._chance = chance
        self._request_halt = request_halt
        self._on_restart = on_restart

    async def supervise(
        self, slot: Slot, history: RestartHistory, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED
    ) -> None:
        """Run a slot's actor to its end, through as many incarnations as the policy allows.

        Raises:
            Exception: what the first incarnation raised before it was ready: the session can't start.
        """
        readiness = _Readiness(task_status)
        try:
            while True:
                try:
                    await slot.build().run(readiness)
                    break
                except Exception as error:
                    if not readiness.ready:
                        raise
                    if not await self._recover(slot, history, error):
                        break
        finally:
            slot.inbox.close()
            slot.close_ends()

    async def _recover(self, slot: Slot, history: RestartHistory, error: Exception) -> bool:
        """Wait out the back-off and return True, or ask for the session's end and return False."""
        step = history.next_step(trio.current_time(), slot.inbox.deliveries, self._chance.random)
        told = describe(error)
        if isinstance(step, GiveUp):
            hand = slot.inbox.hand
            in_hand = "" if hand is None else f"; in hand: {type(hand).__name__}"
            if step.poison and isinstance(hand, Message):
                await self._request_halt(_set_aside(slot.name, hand, told))
            detail = f"{slot.name}: {step.cause}; last error: {told}{in_hand}"
            halt = Halt(HaltReason.ACTOR_FAILURE, detail, "supervisor")
            await self._request_halt(HaltRequested(halt=halt))
            return False
        self._on_restart(ActorRestarted(actor=slot.name, error=told, restarts=history.restarts))
        await trio.sleep(step.after_s)
        slot.inbox.redeliver()
        return True


def _set_aside(actor: str, hand: Message, told: str) -> PoisonSetAside:
    body = msgspec.json.Encoder(decimal_format="string").encode(hand).decode()
    return PoisonSetAside(actor=actor, kind=type(hand).__name__, body=body, error=told)


def describe(error: BaseException) -> str:
    """An exception in one line: its type and message; of a group, those of its members."""
    if isinstance(error, BaseExceptionGroup):
        return "; ".join(describe(member) for member in error.exceptions)
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


class _Readiness:
    """Passes the first incarnation's word on to the nursery; later ones have nobody waiting."""

    def __init__(self, task_status: trio.TaskStatus[None]) -> None:
        self._task_status = task_status
        self.ready = False

    def started(self, value: None = None) -> None:
        if not self.ready:
            self.ready = True
            self._task_status.started(value)
