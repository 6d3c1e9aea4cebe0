"""The server that tests use closes ledgers, keeps the ledger's rules, tells the truth to the test, and fails to order.

Method: the product's own client, in memory under virtual time, or over a loopback socket; what the chain says is true
is held against what the client was told. Its answers' shapes: ``test_ledger_shapes.py``; its faults:
``test_ledger_faults.py``.
"""

from __future__ import annotations

from decimal import Decimal

import trio
import trio.testing
from support.ledger_chain import US, Chain
from support.ledger_clients import all_streams, ask, ask_order, client_of, running
from support.ledger_server import LedgerServer
from trio.testing import MockClock

from actors.venues.live.client import ClientSettings, open_client
from actors.venues.live.socket import EndpointUrl
from neo.sim.accounts import taker_addresses
from neo.wire import requests
from neo.wire.frames import LedgerClosedFrame, ServerStatusFrame, TransactionFrame

TAKER = taker_addresses()[0]


# --- Ledgers -----------------------------------------------------------------------------------------------------


async def test_ledgers_close_by_the_clock_each_told_before_its_transactions(autojump_clock: MockClock) -> None:
    """Every four seconds, with the number of transactions that come behind it, no more and no fewer."""
    chain = Chain()
    async with running(chain, closes=True) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        begun_s = trio.current_time()
        for index in range(2, 7):
            closed = await client.next_frame()
            assert isinstance(closed, LedgerClosedFrame)
            assert closed.ledger_index == index
            assert trio.current_time() - begun_s == (index - 1) * chain.interval_s
            assert closed.txn_count is not None
            told = [await client.next_frame() for _ in range(closed.txn_count)]
            assert all(isinstance(each, TransactionFrame) for each in told)
            hashes = [each.tx_hash for each in told if isinstance(each, TransactionFrame)]
            assert hashes == [each.tx_hash for each in chain.records[index].transactions]
    assert sum(len(record.transactions) for record in chain.records.values()) > 10


async def test_it_serves_real_sockets_too() -> None:
    """The same server on a port of the machine's own."""
    chain = Chain()
    server = LedgerServer(chain)
    with trio.fail_after(30):
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            url = await nursery.start(server.serve_loopback)
            async with open_client(EndpointUrl(url), ClientSettings()) as client:
                await client.request(all_streams(chain), deadline_s=10)
                chain.close()
                frame = await client.next_frame()
                assert isinstance(frame, LedgerClosedFrame)
                assert frame.ledger_hash == chain.newest.ledger_hash
            nursery.cancel_scope.cancel()


def test_a_seed_makes_the_same_ledgers_again_and_another_others() -> None:
    """A ledger's hash is made of what it holds, and of its parent's."""
    first, again, other = Chain(seed=1), Chain(seed=1), Chain(seed=2)
    for chain in (first, again, other):
        for _ in range(5):
            chain.close()
    assert first.newest.ledger_hash == again.newest.ledger_hash
    assert first.newest.ledger_hash != other.newest.ledger_hash
    assert first.newest.parent_hash == first.records[5].ledger_hash


async def test_two_servers_on_a_chain_agree(autojump_clock: MockClock) -> None:
    """They name the same hash for the newest ledger, which is the one that closed."""
    chain = Chain()
    async with running(chain) as one, running(chain) as other:
        chain.close()
        async with client_of(one) as first, client_of(other) as second:
            infos = [await ask(each, requests.server_info()) for each in (first, second)]
    assert infos[0].validated == infos[1].validated
    assert infos[0].validated.ledger_hash == chain.newest.ledger_hash


async def test_a_ledger_reads_the_same_while_others_close(autojump_clock: MockClock) -> None:
    """Pages that are pinned to one ledger show that ledger."""
    chain = Chain(has_crowd=False)
    async with running(chain) as server, client_of(server) as client:
        for number in range(25):
            await ask(client, requests.submit(ask_order(chain, rlusd=f"{30 + number}")[0], fail_hard=False))
        chain.close()
        pinned = chain.newest
        seen: list[int] = []
        marker = None
        while True:
            page = await ask(client, requests.account_objects(US, "offer", pinned.ledger_hash, limit=10, marker=marker))
            assert (page.ledger_index, page.ledger_hash) == (pinned.index, pinned.ledger_hash)
            seen += [each["Sequence"] for each in page.objects]
            unseen = [each.sequence for each in chain.truth[pinned.index].offers if each.sequence not in seen]
            if unseen:
                chain.send(US, TransactionType="OfferCancel", OfferSequence=unseen[0])
            chain.close()
            marker = page.marker
            if marker is None:
                break
    assert sorted(seen) == [offer.sequence for offer in chain.truth[pinned.index].offers]
    assert len(chain.truth[chain.newest.index].offers) == 23


# --- Orders ------------------------------------------------------------------------------------------------------


async def test_an_order_rests_is_filled_and_the_truth_is_told(autojump_clock: MockClock) -> None:
    """10 XRP at the pool's own price of 1.9454, where it meets nobody; a taker pays 7.7816 for 4 of them."""
    chain = Chain(has_crowd=False)
    async with running(chain) as server, client_of(server) as client:
        blob, tx_hash = ask_order(chain, rlusd="19.454")
        answer = await ask(client, requests.submit(blob, fail_hard=False))
        assert answer.result == "tesSUCCESS"
        assert not chain.fates
        sequences = [(await ask(client, requests.account_info(US, at))).sequence for at in ("validated", "current")]
        assert sequences == [1, 2], "the open ledger has it already"
        chain.close()
        assert chain.fates[tx_hash] == (2, "tesSUCCESS")
        before = chain.truth[2]
        chain.send(
            TAKER,
            TransactionType="OfferCreate",
            TakerGets=chain.token("7.7816"),
            TakerPays="4000000",
        )
        chain.close()
        after = chain.truth[3]
        found = await ask(client, requests.tx(tx_hash, 1, 3))
        history = await ask(client, requests.account_tx(US, 1, 3, forward=True))
    assert after.offers[0].taker_gets == 6_000_000
    assert after.tokens == Decimal("2007.7816")
    assert before.xrp_drops - after.xrp_drops == 4_000_000
    assert before.xrp_drops == 1_000_000_000 - 12
    assert found.tx_hash == tx_hash
    assert [each.ledger_index for each in history.transactions] == [2, 3]


async def test_a_blob_that_is_sent_again_counts_once(autojump_clock: MockClock) -> None:
    """Before its ledger closes, and after: as a server answers then."""
    chain = Chain(has_crowd=False)
    async with running(chain) as server, client_of(server) as client:
        blob, tx_hash = ask_order(chain)
        results = [(await ask(client, requests.submit(blob, fail_hard=False))).result for _ in range(2)]
        chain.close()
        results.append((await ask(client, requests.submit(blob, fail_hard=False))).result)
        chain.close()
    assert results == ["tesSUCCESS", "tefALREADY", "tefPAST_SEQ"]
    assert chain.handed[tx_hash] == 3
    assert len(chain.truth[3].offers) == 1


async def test_a_full_ledger_queues_what_pays_too_little_until_it_pays_enough(autojump_clock: MockClock) -> None:
    """Told by the stream, by ``fee`` and by the result; with ``fail_hard`` nothing is queued."""
    chain = Chain(has_crowd=False)
    async with running(chain) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        server.set_fees(open_ledger_drops=5_000)
        status = await client.next_frame()
        assert isinstance(status, ServerStatusFrame)
        assert status.fee_drops(10) == 5_000
        assert (await ask(client, requests.fee())).open_ledger_fee_drops == 5_000
        blob, tx_hash = ask_order(chain, LastLedgerSequence=20)
        answer = await ask(client, requests.submit(blob, fail_hard=False))
        assert answer.result == "terQUEUED"
        assert (await ask(client, requests.account_info(US, with_queue=True))).queued_count == 1
        hard, _ = ask_order(chain, Sequence=chain.next_sequence(US, with_queued=True))
        assert (await ask(client, requests.submit(hard, fail_hard=True))).result == "telCAN_NOT_QUEUE"
        chain.close()
        assert tx_hash not in chain.fates
        server.set_fees(open_ledger_drops=10)
        chain.close()
        chain.close()
    assert chain.fates[tx_hash] == (4, "tesSUCCESS")


async def test_another_holder_of_the_key_uses_up_our_sequence(autojump_clock: MockClock) -> None:
    """What we send with that sequence afterwards is past, and in no ledger."""
    chain = Chain(has_crowd=False)
    async with running(chain) as server, client_of(server) as client:
        chain.spend_sequence()
        blob, tx_hash = ask_order(chain, Sequence=1)
        chain.close()
        assert (await ask(client, requests.submit(blob, fail_hard=False))).result == "tefPAST_SEQ"
    assert tx_hash not in chain.fates
