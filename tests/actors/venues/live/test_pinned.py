"""What a server tells in pages is read to its last one, of one ledger, or not at all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import trio
from loguru import logger
from support import ledger_answers
from support.ledger_chain import US, Chain
from support.ledger_clients import client_of, error_of, pair_of, running
from support.ledger_faults import Strike, Trouble, scripted
from support.ledger_rows import amendment_id
from support.ledger_server import LedgerServer
from trio.testing import MockClock

from actors.venues.live.pinned import PinnedReader
from actors.venues.venue_errors import NotSyncedError, OverloadedError
from neo.chain.pair import Pair
from neo.ledger import EXCHANGE_2_3
from neo.wire import requests

Json = dict[str, Any]

PAGE = 10


def telling(patch: pytest.MonkeyPatch, server: LedgerServer, change: Callable[[Json, Json], object]) -> None:
    """From now on a server's answers are changed before they leave: by the request, and the answer as it would be."""
    usual = server.node.answer

    def answer(request: Json, trouble: Any = None) -> Json:
        told = usual(request, trouble)
        change(request, told)
        return told

    patch.setattr(server.node, "answer", answer)


def chain_with_offers(count: int) -> Chain:
    """A chain on which so many offers of ours rest, far from the market."""
    chain = Chain(has_crowd=False)
    for number in range(count):
        chain.send(US, TransactionType="OfferCreate", TakerGets="1000000", TakerPays=chain.token(str(300 + number)))
    chain.close()
    return chain


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server whose pages of what an account owns have ten rows."""
    monkeypatch.setattr(ledger_answers, "_OWNED_LIMITS", (PAGE, PAGE, PAGE))


@pytest.mark.usefixtures("short_pages")
async def test_pages_of_our_offers_are_all_of_one_ledger(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between any two of them the next offer that would be told is cancelled, and a ledger closes."""
    chain = chain_with_offers(23)
    began = chain.truth[chain.newest.index].offers
    async with running(chain) as server, client_of(server) as client:
        server.node.is_admin = False

        def move_on(request: Json, told: Json) -> None:
            if request["command"] == "account_objects":
                last = told["result"]["account_objects"][-1]["Sequence"]
                chain.send(US, TransactionType="OfferCancel", OfferSequence=last + 1)
                chain.close()

        telling(monkeypatch, server, move_on)
        nodes = await PinnedReader(client, pair_of(chain), 10.0).own_offer_nodes(requests.VALIDATED)
    assert sorted(each["Sequence"] for each in nodes) == sorted(offer.sequence for offer in began)
    assert len(nodes) == 23


async def test_a_line_that_comes_on_a_later_page_is_found_there(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first page has no lines, for the server counts offers towards it, and the second one is asked for there."""
    chain = chain_with_offers(0)
    mark = f"{'A' * 64},0"
    async with running(chain) as server, client_of(server) as client:
        usual = server.node.answer

        def answer(request: Json, trouble: Any = None) -> Json:
            told = usual({name: value for name, value in request.items() if name != "marker"}, trouble)
            if request["command"] == "account_lines" and "marker" not in request:
                told["result"] |= {"lines": [], "limit": 400, "marker": mark}
                chain.pay_in(tokens="5")
                chain.close()
            return told

        monkeypatch.setattr(server.node, "answer", answer)
        found = await PinnedReader(client, pair_of(chain), 10.0).line(US)
    [line] = found.lines
    assert line.balance == chain.truth[2].tokens, "of the ledger of the first page, not of the newest"


async def test_a_page_of_our_transactions_without_a_row_is_not_the_last_one(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a mark of where to go on."""
    chain = chain_with_offers(3)
    first, last = 1, chain.newest.index
    async with running(chain) as server, client_of(server) as client:
        server.node.first_ledger = first

        def hold_back(request: Json, told: Json) -> None:
            if request["command"] == "account_tx" and "marker" not in request:
                there = told["result"]["transactions"][0]
                place = there["meta"]["TransactionIndex"]
                told["result"] |= {"transactions": [], "marker": {"ledger": there["ledger_index"], "seq": place}}

        telling(monkeypatch, server, hold_back)
        rows = await PinnedReader(client, pair_of(chain), 10.0).own_transactions(first, last)
    assert [row.tx["Sequence"] for row in rows] == [1, 2, 3]


@pytest.mark.parametrize(("times", "is_read"), [(2, True), (3, False)])
async def test_a_server_that_is_too_busy_for_a_moment_is_asked_again(
    autojump_clock: MockClock, times: int, is_read: bool
) -> None:
    """After one second and after two more, on the same connection; then it is too busy for us."""
    chain = chain_with_offers(3)
    busy = scripted([Strike(Trouble.TOO_BUSY, "account_objects", nth=nth + 1) for nth in range(times)])
    async with running(chain, busy) as server, client_of(server) as client:
        reader = PinnedReader(client, pair_of(chain), 10.0)
        begun_s = trio.current_time()
        if is_read:
            assert len(await reader.own_offer_nodes(requests.VALIDATED)) == 3
        else:
            assert type(await error_of(reader.own_offer_nodes(requests.VALIDATED))) is OverloadedError
        assert trio.current_time() - begun_s == pytest.approx(3.0, abs=0.1)
        assert client.failure is None


@pytest.mark.parametrize("lacking", ["first", "last"])
async def test_our_transactions_in_some_of_the_ledgers_are_not_those_in_all(
    autojump_clock: MockClock, monkeypatch: pytest.MonkeyPatch, lacking: str
) -> None:
    """A server that has less than was asked for says so by the range that it searched, in an answer like any other."""
    chain = chain_with_offers(3)
    chain.close()
    first, last = 1, chain.newest.index
    async with running(chain) as server, client_of(server) as client:
        server.node.first_ledger = first

        def search_less(request: Json, told: Json) -> None:
            del request
            if "ledger_index_min" in told["result"]:
                told["result"] |= {"ledger_index_min": 2} if lacking == "first" else {"ledger_index_max": last - 1}

        telling(monkeypatch, server, search_less)
        error = await error_of(PinnedReader(client, pair_of(chain), 10.0).own_transactions(first, last))
    assert isinstance(error, NotSyncedError)
    assert f"not in {first} to {last}" in error.what


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
            assert await reader.amendments("current") == EXCHANGE_2_3, "and it is told once"
    finally:
        logger.remove(handler)
    assert [(record["message"], record["extra"]["amendments"]) for record in told] == [
        ("amendments_unknown", (amendment_id("Teleport"),))
    ]
