"""The server that tests use fails to order: requests and messages by script or seed, itself, and its ledger.

Method: the product's own client under virtual time; what the ledger has in the end is held against what was told.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
import trio
import trio.testing
from support.ledger_chain import US, Chain
from support.ledger_clients import SOON_S, all_streams, ask, ask_order, client_of, error_of, pair_of, running
from support.ledger_faults import (
    MESSAGE_FAULTS,
    REQUEST_TROUBLES,
    Moment,
    Strike,
    Trouble,
    What,
    scripted,
    seeded,
)
from support.ledger_server import BAN_S, LedgerServer
from support.ws_wire import DELAY_S, Fault
from trio.testing import MockClock

from actors.venues.live.client import Client
from actors.venues.venue_errors import (
    NoSuchAccountError,
    OverloadedError,
    UnfitServerError,
    UnreachableError,
    VenueError,
)
from neo.wire import requests
from neo.wire.frames import ErrorFrame, LedgerClosedFrame, ServerStatusFrame, TransactionFrame

# --- Faults of requests and messages -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("what", "ledger"),
    [
        (Trouble.LOST, None),
        (Fault.DROP, 2),
        (Trouble.LATE, 3),
        (Fault.HALF_OPEN, 2),
        (Fault.HANG_UP, 2),
        (Trouble.TOO_BUSY, None),
        (Trouble.PAST_SEQ, None),
        (Trouble.FEE_TOO_LOW, None),
        (Trouble.QUEUED, 3),
    ],
)
async def test_a_submission_strikes_before_or_after_it_is_applied(
    autojump_clock: MockClock, what: What, ledger: int | None
) -> None:
    """The ledger has it in the end, or does not, whatever the client was told."""
    chain = Chain(has_crowd=False)
    async with running(chain, scripted([Strike(what, "submit")]), closes=True) as server:
        blob, tx_hash = ask_order(chain)
        async with client_of(server) as client:
            told: object = None
            try:
                told = (await ask(client, requests.submit(blob, fail_hard=False))).result
            except VenueError as error:
                told = type(error)
            await trio.sleep(12)
    forced = {
        Trouble.PAST_SEQ: "tefPAST_SEQ",
        Trouble.FEE_TOO_LOW: "telINSUF_FEE_P",
        Trouble.QUEUED: "terQUEUED",
        Trouble.TOO_BUSY: OverloadedError,
    }
    assert told == forced.get(what, UnreachableError) if isinstance(what, Trouble) else told is UnreachableError
    assert (chain.fates[tx_hash].ledger_index if tx_hash in chain.fates else None) == ledger
    assert [strike.what for _, strike in server.desk.struck] == [what]


@pytest.mark.parametrize("what", MESSAGE_FAULTS)
async def test_after_any_fault_a_new_connection_is_served(autojump_clock: MockClock, what: What) -> None:
    """Whatever became of the first client, the next one gets its answer, after the pause where one is due."""
    chain = Chain()
    async with running(chain, scripted([Strike(what, "fee")]), closes=True) as server:
        try:
            async with client_of(server) as client:
                await ask(client, requests.fee())
        except (VenueError, BaseExceptionGroup):
            pass
        if what is Fault.CUT_OFF:
            async with client_of(server) as client:
                error = await error_of(ask(client, requests.fee()))
            assert isinstance(error, OverloadedError)
            await trio.sleep(BAN_S)
        async with client_of(server) as client:
            assert (await ask(client, requests.fee())).base_fee_drops == 10
        assert [strike.what for _, strike in server.desk.struck] == [what]


async def test_a_dropped_frame_leaves_a_ledger_short_of_one(autojump_clock: MockClock) -> None:
    """The stream tells of fewer transactions than the ledger says that it has."""
    chain = Chain()
    plan = scripted([Strike(Fault.DROP, "transaction", nth=2)])
    async with running(chain, plan) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        chain.close()
        chain.close()
        told: dict[int, set[str]] = {2: set(), 3: set()}
        closed: list[LedgerClosedFrame] = []
        with trio.move_on_after(DELAY_S):
            while True:
                frame = await client.next_frame()
                if isinstance(frame, LedgerClosedFrame):
                    closed.append(frame)
                elif isinstance(frame, TransactionFrame):
                    told[frame.ledger_index].add(frame.tx_hash)
    assert [each.txn_count for each in closed] == [len(told[2]) + 1, len(told[3])]


@pytest.mark.parametrize(
    ("what", "order"),
    [
        (Fault.REORDER, [1, 3, 2, 4]),
        (Fault.DUPLICATE, [1, 2, 2, 3, 4]),
        (Fault.DELAY, [1, 3, 4, 2]),
        (Fault.GARBAGE, [1, 3, 4]),
    ],
)
async def test_the_streams_come_late_twice_or_in_another_order(
    autojump_clock: MockClock, what: Fault, order: list[int]
) -> None:
    """Four ledgers close at once, and what tells of the second is struck."""
    chain = Chain(has_crowd=False)
    plan = scripted([Strike(what, "ledgerClosed", nth=2)])
    async with running(chain, plan) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        for _ in range(4):
            chain.close()
        told: list[int] = []
        with trio.move_on_after(2 * DELAY_S):
            while True:
                frame = await client.next_frame()
                assert isinstance(frame, LedgerClosedFrame)
                told.append(frame.ledger_index - 1)
    assert told == order


def test_a_script_strikes_where_it_is_told() -> None:
    """By kind, number, connection and ledger, and a request only by what happens to requests."""
    plan = scripted(
        [
            Strike(Fault.DROP, "fee", nth=2),
            Strike(Fault.DELAY, "tx", nth=None, connection=2),
            Strike(Trouble.LOST, "submit", nth=None, from_ledger=5, to_ledger=6),
        ]
    )

    def struck(kind: str, nth: int, connection: int, ledger: int, *, is_request: bool) -> What | None:
        strike = plan(Moment(kind, nth, connection, ledger, is_request))
        return None if strike is None else strike.what

    assert [struck("fee", nth, 1, 1, is_request=False) for nth in (1, 2, 3)] == [None, Fault.DROP, None]
    assert struck("fee", 2, 1, 1, is_request=True) is None
    assert [struck("tx", 9, connection, 1, is_request=False) for connection in (1, 2)] == [None, Fault.DELAY]
    found = [struck("submit", 1, 1, ledger, is_request=True) for ledger in (4, 5, 6, 7)]
    assert found == [None, Trouble.LOST, Trouble.LOST, None]


def test_a_seed_strikes_the_same_moments_again() -> None:
    """About as often as it is told, whichever task comes first, and another seed other moments."""
    moments = [Moment("submit", nth, 1, 1, is_request=True) for nth in range(1, 2001)]

    def struck(seed: int, order: list[Moment]) -> dict[Moment, What]:
        plan = seeded(seed, request_share=0.2)
        strikes = {moment: plan(moment) for moment in order}
        return {moment: strike.what for moment, strike in strikes.items() if strike is not None}

    once = struck(7, moments)
    assert struck(7, moments[::-1]) == once
    assert struck(8, moments) != once
    assert 300 < len(once) < 500
    assert set(once.values()) == set(REQUEST_TROUBLES)
    plan = seeded(7, request_share=1, spares=frozenset({"ping"}))
    assert plan(Moment("ping", 1, 1, 1, is_request=True)) is None
    queries = [plan(Moment("fee", nth, 1, 1, is_request=True)) for nth in range(100)]
    assert all(each is not None and each.what is not Trouble.QUEUED for each in queries)


@pytest.mark.parametrize("seed", range(3))
async def test_in_a_storm_of_faults_the_ledger_stays_true(autojump_clock: MockClock, seed: int) -> None:
    """Sixty orders through every kind of fault: each in one ledger at most, and our account's drops say how many."""
    chain = Chain(seed=seed)
    plan = seeded(seed, request_share=0.15, message_share=0.1)
    async with running(chain, plan, closes=True) as server:
        for _ in range(60):
            try:
                async with client_of(server) as client:
                    await ask(client, all_streams(chain))
                    blob, _ = ask_order(chain)
                    await ask(client, requests.submit(blob, fail_hard=False))
            except VenueError:
                await trio.sleep(SOON_S)
        await trio.sleep(40)
    hashes = [each.tx_hash for record in chain.records.values() for each in record.transactions]
    assert len(hashes) == len(set(hashes))
    placed = [tx_hash for tx_hash in chain.handed if tx_hash in chain.fates]
    last = chain.truth[chain.newest.index]
    assert last.xrp_drops == 1_000_000_000 - 12 * len(placed)
    assert len(last.offers) == len(placed) > 20
    assert len({strike.what for _, strike in server.desk.struck}) > 8


async def test_a_client_that_does_not_read_is_cut_off(autojump_clock: MockClock) -> None:
    """Messages for it do not pile up: it ends with 1008."""
    chain = Chain()
    async with running(chain) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        server.queue_limit = 0
        server.clients[0].freeze()
        for _ in range(3):
            chain.close()
        server.clients[0]._is_frozen = False
        error = await error_of(_read_on(client))
    assert isinstance(error, OverloadedError)


async def _read_on(client: Client) -> None:
    while True:
        await client.next_frame()


# --- The server's own troubles -------------------------------------------------------------------------------------


async def test_a_server_that_lags_grows_old_and_catches_up(autojump_clock: MockClock) -> None:
    """What it has for validated is 21 seconds old after 21 seconds; then it tells of every ledger that it missed."""
    chain = Chain()
    async with running(chain, closes=True) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        server.node.is_stalled = True
        await trio.sleep(21)
        info = await ask(client, requests.server_info())
        assert info.validated.ledger_index == 1
        assert info.validated.age_s == 21
        server.node.is_stalled = False
        server.catch_up()
        frames = [await client.next_frame() for _ in range(5)]
        assert isinstance(frames[0], LedgerClosedFrame)
        assert (await ask(client, requests.server_info())).validated.ledger_index == 6


async def test_a_gap_in_history_leaves_the_absence_of_a_transaction_unproven(autojump_clock: MockClock) -> None:
    """A transaction that a lost ledger has is not found, nor is it told that all was searched."""
    chain = Chain(has_crowd=False)
    async with running(chain) as server, client_of(server) as client:
        blob, tx_hash = ask_order(chain)
        await ask(client, requests.submit(blob, fail_hard=False))
        for _ in range(5):
            chain.pay_in(xrp_drops=1_000_000)
            chain.close()
        absent = requests.tx("0" * 64, 3, 6)
        before = await client.ask(absent, deadline_s=SOON_S)
        assert isinstance(before, ErrorFrame)
        assert before.searched_all is True
        server.node.lose(2, 4)
        info = await ask(client, requests.server_info())
        assert info.complete_ledgers.stretches == ((1, 1), (5, 6))
        for wanted in (tx_hash, "0" * 64):
            found = await client.ask(requests.tx(wanted, 2, 6), deadline_s=SOON_S)
            assert isinstance(found, ErrorFrame)
            assert (found.error, found.searched_all) == ("txnNotFound", False)
        page = await ask(client, requests.account_tx(US, 5, 6, forward=True))
        assert len(page.transactions) == 2
    assert chain.fates[tx_hash] == (2, "tesSUCCESS")


@pytest.mark.parametrize("keeps_pending", [True, False])
async def test_a_restart_keeps_the_state_and_no_history(autojump_clock: MockClock, keeps_pending: bool) -> None:
    """What waited for a ledger comes through, or does not; nobody reaches the server while it is down."""
    chain = Chain(has_crowd=False)
    async with running(chain, closes=True) as server:
        async with client_of(server) as client:
            await ask(client, all_streams(chain))
            await trio.sleep(9)
            blob, tx_hash = ask_order(chain)
            await ask(client, requests.submit(blob, fail_hard=False))
            server.stop(pauses_chain=True)
            assert isinstance(await error_of(_read_on(client)), VenueError)
        assert isinstance(await error_of(_dial(server)), UnreachableError)
        await trio.sleep(20)
        assert chain.newest.index == 3
        server.start(keeps_pending=keeps_pending)
        async with client_of(server) as client:
            info = await ask(client, requests.server_info())
            assert info.complete_ledgers.stretches == ((3, 3),)
            assert (await ask(client, requests.account_info(US))).balance_drops == 1_000_000_000
        await trio.sleep(9)
    assert (tx_hash in chain.fates) is keeps_pending


async def _dial(server: LedgerServer) -> None:
    async with client_of(server):
        pass


async def test_what_is_scheduled_happens_after_its_ledger(autojump_clock: MockClock) -> None:
    """A stop, say, in the midst of things."""
    chain = Chain()
    async with running(chain, closes=True) as server:
        chain.schedule[3] = server.stop
        async with client_of(server) as client:
            await ask(client, all_streams(chain))
            await error_of(_read_on(client))
            assert client.newest_ledger is not None
            assert client.newest_ledger.ledger_index == 3


async def test_a_blocked_server_says_so_takes_nothing_and_falls_silent(autojump_clock: MockClock) -> None:
    """No ledger is told any more, and no transaction taken."""
    chain = Chain()
    async with running(chain, closes=True) as server, client_of(server) as client:
        await ask(client, all_streams(chain))
        server.block()
        assert isinstance(await client.next_frame(), ServerStatusFrame)
        assert (await ask(client, requests.server_info())).is_amendment_blocked
        error = await error_of(ask(client, requests.submit(ask_order(chain)[0], fail_hard=False)))
        assert isinstance(error, UnfitServerError)
        with trio.move_on_after(20) as silence:
            await client.next_frame()
        assert silence.cancelled_caught


async def test_a_server_may_be_on_another_network(autojump_clock: MockClock) -> None:
    """By its own word, and by every ledger that it tells of."""
    chain = Chain()
    async with running(chain) as server, client_of(server) as client:
        assert (await ask(client, requests.server_info())).network_id is None
        server.node.network_id = 21
        assert (await ask(client, requests.server_info())).network_id == 21
        await ask(client, all_streams(chain))
        chain.close()
        closed = await client.next_frame()
        assert isinstance(closed, LedgerClosedFrame)
        assert closed.network_id == 21


async def test_a_freeze_shows_in_the_flags_and_stops_our_asks_for_the_token(autojump_clock: MockClock) -> None:
    """Of our line, deep, and of the whole token; and the offers that give tokens have no funds then."""
    chain = Chain(has_crowd=False)
    pair = pair_of(chain)
    async with running(chain) as server, client_of(server) as client:
        bid, _ = ask_order(chain, TakerGets=chain.token("10"), TakerPays="20000000")
        await ask(client, requests.submit(bid, fail_hard=False))
        chain.close()

        async def seen() -> tuple[bool, bool, bool, object]:
            line = (await ask(client, requests.account_lines(US, pair.issuer))).lines[0]
            issuer = await ask(client, requests.account_info(pair.issuer))
            book = await ask(client, requests.book_offers(pair, asks=False, limit=10))
            return line.freeze_peer, line.deep_freeze_peer, bool(issuer.flags & 0x00400000), book.offers[0].owner_funds

        assert (await seen())[:3] == (False, False, False)
        expected: list[tuple[Callable[..., str], dict[str, bool], tuple[bool, bool, bool]]] = [
            (chain.freeze, {}, (True, False, False)),
            (chain.freeze, {"is_deep": True}, (True, True, False)),
            (chain.freeze, {"is_on": False, "is_deep": True}, (False, False, False)),
            (chain.freeze_all, {}, (False, False, True)),
            (chain.freeze_all, {"is_on": False}, (False, False, False)),
        ]
        for step, how, flags in expected:
            step(**how)
            chain.close()
            found = await seen()
            assert found[:3] == flags
            funds = found[3]
            assert str(getattr(funds, "value", funds)) == ("0" if any(flags) else "2000")


async def test_a_stranger_to_the_ledger_is_told_so(autojump_clock: MockClock) -> None:
    """An account that is not there is an error, and no empty answer."""
    chain = Chain()
    async with running(chain) as server, client_of(server) as client:
        error = await error_of(ask(client, requests.account_info("rrrrrrrrrrrrrrrrrrrrBZbvji")))
    assert isinstance(error, NoSuchAccountError)
