"""What came of a word to a session: it is watched until it shows it, and that is told, not what was asked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, Final

import msgspec
import trio

from actors.operator.protocol import Capital, Done, Kill, Order, Pause, Refused, Reply, Resume, Status, Unsure
from actors.plumbing.tap import Tapped
from actors.store import SessionRow, session
from neo.desk.capital_moves import told_amount
from neo.messages.reasons import AbsenceCode, HoldCode
from tools.console.words import show_quote
from tools.page.ground import PageError, read
from tools.page.running import RunningSession, SessionGoneError

# How often it is looked and how long, in real seconds: some ledgers for what a ledger has to confirm, for an end the
# whole way down.
LOOK_S: Final = 0.25
QUOTES_PATIENCE_S: Final = 25.0
END_PATIENCE_S: Final = 90.0

# What tells of a payment.
_PAYMENT: Final = ("CapitalOrdered", "CapitalMoved", "LedgerObserved")

# Of a side without a quote: one may come yet.
_COMING: Final = frozenset({str(code) for code in (*AbsenceCode, HoldCode.ORDER_PENDING)})


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it.

    Args:
        session: Whose.
        detail: In a sentence or two.
        seen: It was seen to be done; else it was asked, and may be done yet.
    """

    session: str
    detail: str
    seen: bool


async def pause(running: RunningSession, request_id: str, reason: str) -> Outcome:
    """Pull every quote, and see that none rests."""
    await _ordered(running, request_id, Pause(reason))
    return await _seen(running, QUOTES_PATIENCE_S, partial(_looking, running, _paused))


async def resume(running: RunningSession, request_id: str, reason: str) -> Outcome:
    """Quote again, and see a quote rest, or why none does."""
    await _ordered(running, request_id, Resume(reason))
    return await _seen(running, QUOTES_PATIENCE_S, partial(_looking, running, _resumed))


async def kill(running: RunningSession, request_id: str, reason: str) -> Outcome:
    """End the session, and see it ended."""
    await _ordered(running, request_id, Kill(reason))
    return await _seen(running, END_PATIENCE_S, partial(_end, running))


async def move(running: RunningSession, request_id: str, xrp_drops: int, rlusd: Any) -> Outcome:
    """Deposit or withdraw, and see a ledger have it."""

    async def paid() -> str:
        # Open before the payment is: nothing of it is missed.
        async with running.tap(_PAYMENT) as items:
            done = await _ordered(running, request_id, Capital(xrp_drops, rlusd))
            ordered: dict[str, Any] | None = None
            async for item in items:
                told: dict[str, Any] = item.message if isinstance(item, Tapped) else {"type": ""}
                if told["type"] == "CapitalOrdered" and told["order_id"] == done.order_id:
                    ordered = told
                elif ordered is not None and (outcome := _payment(ordered, told)):
                    return f"{told_amount(xrp_drops, rlusd)}: {outcome}"
        raise SessionGoneError(f"Session {running.session_id} ended before a ledger told of the payment.")

    return await _seen(running, QUOTES_PATIENCE_S, paid)


# --- Told --------------------------------------------------------------------------------------------------------


async def _ordered(running: RunningSession, request_id: str, order: Order) -> Done:
    try:
        reply: Reply = await running.obey(request_id, order)
    except SessionGoneError as error:
        raise PageError(409, str(error)) from None
    match reply:
        case Done():
            return reply
        case Refused():
            raise PageError(409, f"Refused: {reply.why}.")
        case Unsure():
            raise PageError(500, f"It is not known what came of it: {reply.why.rstrip('.')}.")
    raise AssertionError("a session says what it does about a word")


async def _seen(running: RunningSession, within_s: float, look: Callable[[], Awaitable[str]]) -> Outcome:
    try:
        with trio.fail_after(within_s):
            return Outcome(session=running.session_id, detail=await look(), seen=True)
    except trio.TooSlowError:
        detail = f"Asked, and not seen yet after {within_s:g} s: look at the session before you ask again."
    except SessionGoneError as error:
        detail = f"Asked; what came of it can't be seen. {error}"
    return Outcome(session=running.session_id, detail=detail, seen=False)


async def _looking(running: RunningSession, told: Callable[[Status], str | None]) -> str:
    while True:
        status = await running.status()
        if status.halting is not None:
            return f"The session is ending ({status.halting}), so nothing is quoted any more."
        if (found := told(status)) is not None:
            return found
        await trio.sleep(LOOK_S)


def _paused(status: Status) -> str | None:
    if not status.paused or status.offers:
        return None
    return f"Paused, and none of our offers rests ({status.pause_cause})."


def _resumed(status: Status) -> str | None:
    bid, ask = status.moment.bid, status.moment.ask
    rests = bid.resting + ask.resting > 0
    if status.paused or (not rests and not _COMING.isdisjoint((bid.code, ask.code))):
        return None
    quotes = f"{show_quote('bid', bid)}, {show_quote('ask', ask)}"
    return f"Quoting again: {quotes}." if rests else f"Resumed, and nothing is quoted for now: {quotes}."


async def _end(running: RunningSession) -> str:
    ending = await running.ended()
    row: SessionRow | None = await read(partial(session, running.database, running.session_id))
    failed = ", ".join(row.rungs_failed) if row is not None else ""
    left = f"These steps of its way down failed: {failed}." if failed else "Every step of its way down was done."
    return f"The session has ended: {ending}. {left}"


def _payment(ordered: dict[str, Any], told: dict[str, Any]) -> str | None:
    tx_hash, last = ordered["tx_hash"], ordered["last_ledger_sequence"]
    if told["type"] == "CapitalMoved" and told["cause"].endswith(tx_hash):
        return f"paid, in ledger {told['ledger_index']} as {tx_hash}."
    if told["type"] == "LedgerObserved" and told["ledger_index"] > last:
        return f"not paid. No ledger up to {last}, the last that could, took transaction {tx_hash}."
    return None
