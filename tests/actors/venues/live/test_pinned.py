"""What is read of a ledger beside the pair: the amendments in force, of which an unknown one is told."""

from __future__ import annotations

from typing import Any

from loguru import logger
from support.ledger_chain import Chain
from support.ledger_clients import client_of, running
from support.ledger_rows import amendment_id
from trio.testing import MockClock

from actors.venues.live.pinned import PinnedReader
from neo.chain.pair import Pair
from neo.ledger import EXCHANGE_2_3


async def test_an_amendment_in_force_that_nobody_here_knows_is_told_and_keeps_nothing_from_starting(
    autojump_clock: MockClock,
) -> None:
    """By its identifier; the rules are those of the others."""
    chain = Chain(has_crowd=False)
    chain.ledger.amendments |= {"Teleport"}
    told: list[Any] = []
    handler = logger.add(lambda message: told.append(message.record), level="WARNING")
    try:
        async with running(chain) as server, client_of(server) as client:
            reader = PinnedReader(client, Pair(chain.ledger.issuer, chain.ledger.currency, chain.ledger.issuer), 10)
            assert await reader.amendments("current") == EXCHANGE_2_3
    finally:
        logger.remove(handler)
    assert [(record["message"], record["extra"]["amendments"]) for record in told] == [
        ("amendments_unknown", (amendment_id("Teleport"),))
    ]
