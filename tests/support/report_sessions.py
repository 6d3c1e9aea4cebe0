"""Sessions with capital that moves, for reports: deposits and withdrawals at scripted ledgers."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path

from support.sessions import Watcher, plan_for

from actors.plumbing.wiring import ChannelBounds, Channels
from actors.session.parts import SessionParts
from actors.session.session import start_session
from neo.analysis.summary import SessionSummary
from neo.messages import LedgerObserved, Message, MoveCapital

Moves = Mapping[int, tuple[int, str]]


def run_with_moves(database: Path, moves: Moves, *, seed: int = 7, duration_s: int = 360) -> SessionSummary:
    """Run a session in which the operator moves capital.

    Args:
        database: A file of the test's own.
        moves: By ledger index: drops and RLUSD, positive for a deposit.
        seed: Of the session.
        duration_s: Of the session.
    """
    made: list[Channels] = []

    def channels(bounds: ChannelBounds) -> Channels:
        made.append(Channels(bounds))
        return made[0]

    def order(message: Message) -> None:
        if isinstance(message, LedgerObserved) and message.ledger_index in moves:
            xrp_drops, rlusd = moves[message.ledger_index]
            sender = made[0].gateway.sender()
            sender.send_nowait(
                MoveCapital(order_id=f"c{message.ledger_index}", xrp_drops=xrp_drops, rlusd=Decimal(rlusd))
            )
            sender.close()

    plan = plan_for(database, seed=seed, duration_s=duration_s)
    return start_session(plan, Watcher(order), parts=SessionParts(channels=channels))
