"""What ``neo orphans list`` tells of an order by the ledger: there, not there, not to be told; and whether it rests."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from decimal import Decimal

import pytest
import trio
from support.ledger_chain import Chain, Handed
from support.ledger_clients import ask_order
from support.ledger_faults import Plan, Strike, Trouble, nothing, scripted
from support.ledger_server import LedgerServer
from support.live_sessions import LiveWorld

from actors.plumbing.clock import VirtualClock
from actors.venues.live.evidence import Suspect, evidence_of
from actors.venues.live.live_host import endpoints_of
from actors.venues.venue_errors import VenueError

ABSENT = "AB" * 32


def told_of(
    suspects: Callable[[str], list[Suspect]],
    plan: Plan = nothing,
    *,
    after: Callable[[LiveWorld], object] = lambda _: None,
) -> Mapping[str, str]:
    """The sentences about an ask of ours that rests, and whatever else is asked about.

    Args:
        suspects: Made of the ask's hash.
        plan: What goes wrong.
        after: Done once the ask rests.
    """
    live = LiveWorld(LedgerServer(Chain(seed=1, xrp_drops=150_000_000, rlusd=Decimal(300)), plan))
    chain = live.chain

    async def main() -> Mapping[str, str]:
        async with trio.open_nursery() as nursery:
            await nursery.start(live.servers[0].run)
            await nursery.start(chain.run)
            await trio.sleep(chain.interval_s + 0.5)
            tx_hash = chain.send(
                chain.account, TransactionType="OfferCreate", TakerGets="10000000", TakerPays=chain.token("30")
            )
            await trio.sleep(2 * chain.interval_s)
            after(live)
            settings = live.settings()
            told: Mapping[str, str] | VenueError
            try:
                told = await evidence_of(endpoints_of(settings, live.dial), settings, suspects(tx_hash))
            except VenueError as error:
                told = error
            nursery.cancel_scope.cancel()
        if isinstance(told, VenueError):
            raise told
        return told

    return trio.run(main, clock=VirtualClock(math.inf))


def test_an_order_that_is_in_a_ledger_is_told_with_it_and_with_its_offer(monkeypatch: pytest.MonkeyPatch) -> None:
    """By the hash that the journal has, and the sequence that its offer would rest under."""
    # Shorter than the chain, whose very first ledger has no transactions, and which counts as not searched.
    monkeypatch.setattr("actors.venues.live.evidence._LEDGERS_SEARCHED", 1)
    told = told_of(lambda tx_hash: [Suspect(tx_hash, 9, 1), Suspect(ABSENT, 3, 7)])
    [of_ours, of_absent] = told.values()
    assert of_ours == "it is in ledger 3, as tesSUCCESS; its offer rests"
    assert of_absent == "ws://ledger0.test:6006 does not find it up to its last ledger 3; no offer of it rests"


def test_a_transaction_that_waits_for_a_ledger_is_told_as_such() -> None:
    """The server has it, so that it is not absent, and no ledger does, so that it is not done."""
    waiting: list[str] = []

    def hand_in(live: LiveWorld) -> None:
        blob, tx_hash = ask_order(live.chain)
        assert live.chain.hand_in(blob).result == "tesSUCCESS"
        waiting.append(tx_hash)

    told = told_of(lambda _: [Suspect(waiting[0], 4, 7)], after=hand_in)
    assert told[waiting[0]] == "ws://ledger0.test:6006 has it, and no validated ledger yet; no offer of it rests"


def test_a_server_that_started_again_does_not_call_an_offer_that_rests_one_that_waits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It has the transaction, and not the ledger that took it; so of one that no ledger can take any more."""
    held: dict[str, Handed] = {}

    def begin_anew(live: LiveWorld) -> None:
        live.servers[0].node.begin_anew()
        monkeypatch.setattr(live.chain, "open", held)

    def suspects(tx_hash: str) -> list[Suspect]:
        held.update(
            {each: Handed("tesSUCCESS", {"TransactionType": "OfferCreate"}, each) for each in (tx_hash, ABSENT)}
        )
        return [Suspect(tx_hash, 9, 1), Suspect(ABSENT, 2, 7)]

    told = told_of(suspects, after=begin_anew)
    assert list(told.values()) == [
        "ws://ledger0.test:6006 has it, and can't tell which ledger took it; its offer rests",
        "ws://ledger0.test:6006 has it, and can't tell which ledger took it; no offer of it rests",
    ]


def test_a_server_without_those_ledgers_does_not_prove_an_absence() -> None:
    """An operator who settles an order by it as failed might be wrong."""
    told = told_of(lambda _: [Suspect(ABSENT, 3, 7)], after=lambda live: live.servers[0].node.lose(2, 3))
    assert told[ABSENT] == (
        "ws://ledger0.test:6006 can't look for it in all ledgers up to its last ledger 3; no offer of it rests"
    )


def test_a_server_that_refuses_is_an_error_and_no_evidence() -> None:
    """Too busy is not absent."""
    with pytest.raises(VenueError, match="tooBusy"):
        told_of(lambda tx_hash: [Suspect(tx_hash, 9, 1)], scripted([Strike(Trouble.TOO_BUSY, "tx")]))
