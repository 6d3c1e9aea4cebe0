"""The operator's hand on a session, called as its own thread calls it: what depends on the venue.

Method: an operator over channels that nobody reads, with the shipped profile's venue and one without funding.
"""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import msgspec
import pytest
import trio
from support.sessions import plan_for

from actors.operator.hand import Operator, SessionFacts
from actors.operator.protocol import Refused, Reply
from actors.plumbing.wiring import BOUNDS, Channels
from actors.session.plan import session_facts
from neo.messages.halts import HaltRecord


def deposit(facts: SessionFacts) -> Reply:
    """What is answered to a deposit of 5 RLUSD before the first ledger."""

    async def ask() -> Reply:
        operator = Operator(facts, Channels(BOUNDS), HaltRecord(), lambda _: True)
        return operator.move_capital(0, Decimal(5))

    return trio.run(ask)


@pytest.mark.parametrize("has_funding", [False, True])
def test_a_deposit_is_taken_only_where_an_account_on_the_venue_pays_it(tmp_path: Path, has_funding: bool) -> None:
    """Elsewhere it is a wallet's payment, and the answer says so; no venue is known by its name."""
    facts = session_facts(plan_for(tmp_path / "neo.sqlite3"), "s1")
    answer = deposit(msgspec.structs.replace(facts, venue="elsewhere", has_funding=has_funding))
    if has_funding:
        # The session asks for a ledger first, by which it knows its balances.
        assert answer == Refused("no ledger has been seen yet")
    else:
        assert isinstance(answer, Refused)
        assert "capital moves by a wallet's payment" in answer.why
