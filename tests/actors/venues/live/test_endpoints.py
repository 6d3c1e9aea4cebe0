"""Several endpoints: the fit one is used, a broken one is left alone, and two must have the same validated ledger.

Method: scripted servers behind one dial, under virtual time; each answers ``server_info`` and ``ledger`` from a chain
of its own, which a test breaks as it likes.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio
import trio.testing
from support.ws_wire import DELAY_S, Fault, Message, WireServer, dial_nothing
from trio.testing import MockClock

from actors.venues.live.client import ClientSettings
from actors.venues.live.endpoints import ChosenEndpoint, Endpoints, EndpointsSettings
from actors.venues.live.socket import EndpointUrl
from actors.venues.venue_errors import (
    NoFitServerError,
    NotSyncedError,
    OverloadedError,
    UnfitServerError,
    UnreachableError,
    VenueError,
    WrongNetworkError,
)
from neo.wire import requests
from neo.wire.fitness import FitnessLimits

SETTINGS = EndpointsSettings(limits=FitnessLimits(build_version_min="3.0.0-b1"))


class LedgerServer:
    """A server that is fit, with ledgers from 2 on, until a test says otherwise."""

    def __init__(self, newest: int = 100, **info: Any) -> None:
        self.newest = newest
        self.first = 2
        self.fork_from = 10**9
        self.info = info
        self.is_down = False
        self.wire = WireServer(self.answer)

    def hash_of(self, index: int) -> str:
        return f"{index:032X}{'B' if index >= self.fork_from else 'A':0>32}"

    def answer(self, message: Message) -> list[Message]:
        result = self._info() if message["command"] == "server_info" else self._ledger(message["ledger_index"])
        base = {"type": "response", "id": message["id"]}
        return [{**base, "status": "error", "error": "lgrNotFound"} if result is None else {**base, "result": result}]

    def _info(self) -> Message:
        told = {
            "build_version": "3.0.0-b1",
            "server_state": "full",
            "complete_ledgers": f"{self.first}-{self.newest}",
            "validated_ledger": {"seq": self.newest, "hash": self.hash_of(self.newest), "age": 3},
        }
        return {"info": {**told, **self.info}}

    def _ledger(self, index: int) -> Message | None:
        if not self.first <= index <= self.newest:
            return None
        header = {"ledger_hash": self.hash_of(index), "parent_hash": self.hash_of(index - 1)}
        times = {"close_time": index, "parent_close_time": index - 1, "transaction_hash": "0" * 64}
        return {"ledger": {**header, **times}, "ledger_index": index, "validated": True}

    def closed(self, index: int) -> Message:
        """What its stream tells of a ledger."""
        costs = {"fee_base": 10, "reserve_base": 1_000_000, "reserve_inc": 200_000}
        told = {"ledger_index": index, "ledger_hash": self.hash_of(index), "ledger_time": index}
        return {"type": "ledgerClosed", **told, **costs}


@asynccontextmanager
async def endpoints_of(
    *servers: LedgerServer, settings: EndpointsSettings = SETTINGS
) -> AsyncIterator[tuple[Endpoints, list[str]]]:
    """Endpoints ``a``, ``b`` and so on, and what was dialled, in order."""
    dialled: list[str] = []
    by_host = dict(zip("abcd", servers, strict=False))

    async def dial(url: EndpointUrl) -> trio.abc.Stream:
        dialled.append(url.uri.host)
        server = by_host[url.uri.host]
        return await (dial_nothing(url) if server.is_down else server.wire.dial(url))

    async with trio.open_nursery() as nursery:
        for server in servers:
            await nursery.start(server.wire.run)
        urls = [EndpointUrl(f"ws://{host}:6006") for host in by_host]
        yield Endpoints(urls, settings, dial=dial), dialled
        nursery.cancel_scope.cancel()


async def refusal_of(endpoints: Endpoints, **needs: Any) -> VenueError:
    try:
        with trio.fail_after(300):
            async with endpoints.open_best(**needs):
                raise AssertionError("one was chosen")
    except VenueError as error:
        return error


async def end_of(endpoints: Endpoints, use: Callable[[ChosenEndpoint], Awaitable[object]]) -> VenueError:
    """The error that a use of the best endpoint ends in."""
    try:
        with trio.fail_after(300):
            async with endpoints.open_best() as chosen:
                await use(chosen)
                await chosen.client.next_frame()
    except VenueError as error:
        return error
    raise AssertionError("no error")


# --- Choice ------------------------------------------------------------------------------------------------------


async def test_the_first_of_the_settings_is_used_and_the_others_are_let_go(autojump_clock: MockClock) -> None:
    """The user's first choice serves once another agrees with it, and no connection is kept that is not needed."""
    first, second = LedgerServer(100), LedgerServer(101)
    async with endpoints_of(first, second) as (endpoints, _):
        async with endpoints.open_best() as chosen:
            await trio.sleep(5)
            assert chosen.client.name == "ws://a:6006"
            assert chosen.info.build_version == "3.0.0-b1"
            assert chosen.agreed_with == "ws://b:6006"
            assert second.wire.client.close_code == 1000
            assert not first.wire.client.ended.is_set()
            used, other = endpoints.standings()
            assert (used.is_used, used.lag_ledgers, used.problems) == (True, 1, ())
            assert (other.is_used, other.lag_ledgers, other.problems) == (False, 0, ())
        assert first.wire.client.close_code == 1000, "it took leave in order"
        assert [each.is_used for each in endpoints.standings()] == [False, False]


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        ({"build_version": "2.4.0"}, "its version 2.4.0 is below 3.0.0-b1"),
        ({"amendment_blocked": True}, "it is amendment-blocked"),
        ({"server_state": "syncing"}, "its state is syncing"),
        ({"network_id": 21338}, "it is on network 21338, not 0"),
        ({"validated_ledger": {"seq": 100, "hash": "AB", "age": 60}}, "its newest ledger is 60 s old, more than 20 s"),
    ],
)
async def test_one_that_is_unfit_is_passed_over_with_its_reason(
    autojump_clock: MockClock, spoil: dict[str, Any], problem: str
) -> None:
    """Orders go to the next server, and the operator reads why the first was left out."""
    servers = (LedgerServer(**spoil), LedgerServer(), LedgerServer())
    async with endpoints_of(*servers) as (endpoints, _), endpoints.open_best() as chosen:
        assert (chosen.client.name, chosen.agreed_with) == ("ws://b:6006", "ws://c:6006")
        assert endpoints.standings()[0].problems == (problem,)


async def test_one_that_lags_is_used_last(autojump_clock: MockClock) -> None:
    """A server that is ledgers behind comes after one that is not, even if it stands first in the settings."""
    async with endpoints_of(LedgerServer(97), LedgerServer(100)) as (endpoints, _), endpoints.open_best() as chosen:
        assert chosen.client.name == "ws://b:6006"
        assert endpoints.standings()[0].lag_ledgers == 3


async def test_one_without_the_history_that_is_needed_is_passed_over(autojump_clock: MockClock) -> None:
    """A server that started again has its ledgers from there on; it will do where no earlier one is asked about."""
    restarted = LedgerServer()
    restarted.first = 99
    async with endpoints_of(restarted, LedgerServer()) as (endpoints, _):
        async with endpoints.open_best(needs_from=98) as chosen:
            assert chosen.client.name == "ws://b:6006"
        async with endpoints.open_best(needs_from=99) as chosen:
            assert chosen.client.name == "ws://a:6006"


@pytest.mark.parametrize(
    ("spoil", "cause", "retry"),
    [
        ({"network_id": 1}, WrongNetworkError, False),
        ({"server_state": "connected"}, NotSyncedError, True),
        ({"build_version": "2.4.0"}, NoFitServerError, False),
        ({"build_version": "2.4.0", "server_state": "connected"}, NoFitServerError, False),
    ],
)
async def test_where_none_is_fit_the_cause_says_whether_waiting_helps(
    autojump_clock: MockClock, spoil: dict[str, Any], cause: type[VenueError], retry: bool
) -> None:
    """The desk waits where a server may yet become fit, and gives up where only the settings can help."""
    async with endpoints_of(LedgerServer(**spoil)) as (endpoints, _):
        error = await refusal_of(endpoints)
        assert (type(error), error.retry) == (cause, retry)
        assert error.what.startswith("no endpoint is fit: ws://a:6006: its ") or cause is WrongNetworkError


async def test_none_that_answers_is_unreachable_and_each_is_named(autojump_clock: MockClock) -> None:
    """The operator reads of every server why it did not do, and one that is down may come back."""
    down, unfit = LedgerServer(), LedgerServer(network_id=1)
    down.is_down = True
    async with endpoints_of(down, unfit) as (endpoints, _):
        error = await refusal_of(endpoints)
    assert (type(error), error.what) == (
        UnreachableError,
        "no endpoint is fit: ws://a:6006: no connection (no route to it); "
        "ws://b:6006: it is on network 1, not 0",
    )  # fmt: skip


# --- Agreement ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("first", "second"), [(100, 100), (100, 102), (102, 100)])
async def test_two_that_have_another_ledger_are_refused(autojump_clock: MockClock, first: int, second: int) -> None:
    """Whichever is ahead; the ledger compared is the newest of the one that is behind."""
    forked = LedgerServer(second)
    forked.fork_from = 90
    async with endpoints_of(LedgerServer(first), forked) as (endpoints, _):
        error = await refusal_of(endpoints)
    assert (type(error), error.retry) == (WrongNetworkError, False)
    assert "ws://a:6006" in error.what
    assert "ws://b:6006" in error.what
    assert error.what.endswith("don't have the same ledger 100")


async def test_one_alone_has_nothing_to_agree_with(autojump_clock: MockClock) -> None:
    """A user with a single server can work, and is not told of an agreement that there was not."""
    async with endpoints_of(LedgerServer()) as (endpoints, _), endpoints.open_best() as chosen:
        assert chosen.agreed_with is None


async def test_of_two_one_does_not_do_before_anything_is_known_of_the_other(autojump_clock: MockClock) -> None:
    """Whoever set up two servers wanted a second opinion, so the first is not believed without it."""
    down = LedgerServer()
    down.is_down = True
    async with endpoints_of(LedgerServer(), down) as (endpoints, _):
        error = await refusal_of(endpoints)
        assert (type(error), error.retry) == (UnreachableError, True)
        assert error.what.startswith("no other endpoint than ws://a:6006 tells of a validated ledger")


async def test_after_one_broke_its_last_ledger_is_what_the_other_is_held_against(autojump_clock: MockClock) -> None:
    """It told of ledger 107 on its stream before it broke; the other has that very ledger, or is refused."""
    first, second = LedgerServer(100), LedgerServer(100)

    async def hear_and_break(chosen: ChosenEndpoint) -> None:
        await first.wire.client.send(first.closed(107))
        await chosen.client.next_frame()
        first.is_down = True
        await first.wire.client.hang_up()

    async with endpoints_of(first, second) as (endpoints, _):
        assert isinstance(await end_of(endpoints, hear_and_break), UnreachableError)
        second.newest = 108
        async with endpoints.open_best() as chosen:
            assert (chosen.client.name, chosen.agreed_with) == ("ws://b:6006", "ws://a:6006")
        asked = [message["ledger_index"] for message in second.wire.client.received if message["command"] == "ledger"]
        assert asked == [107]
        second.fork_from = 105
        assert isinstance(await refusal_of(endpoints), WrongNetworkError)


async def test_the_one_in_use_is_held_against_another_as_it_goes_on(autojump_clock: MockClock) -> None:
    """By the newest ledger that both have, whoever is ahead; how far each lags is shown, and a fork ends it."""
    first, second = LedgerServer(100), LedgerServer(100)
    async with endpoints_of(first, second) as (endpoints, _):

        async def go_on(chosen: ChosenEndpoint) -> None:
            await first.wire.client.send(first.closed(107))
            await chosen.client.next_frame()
            first.newest, second.newest = 107, 104
            await endpoints.confirm(chosen)
            assert [each.lag_ledgers for each in endpoints.standings()] == [0, 3]
            assert [each.problems for each in endpoints.standings()] == [(), ()]
            second.is_down = True
            await endpoints.confirm(chosen)
            assert chosen.client.failure is None, "one that can't be asked says nothing against the one in use"
            second.is_down, second.fork_from = False, 102
            await trio.sleep(1)
            await endpoints.confirm(chosen)

        error = await end_of(endpoints, go_on)
        assert (type(error), error.what) == (
            WrongNetworkError,
            "ws://a:6006 and ws://b:6006 don't have the same ledger 104",
        )
        assert endpoints.standings()[0].failures == 1


async def test_what_a_server_of_another_network_told_is_held_against_nobody(autojump_clock: MockClock) -> None:
    """A test network's ledgers are no evidence for or against our server; a third one of our network is."""
    stranger = LedgerServer(network_id=1)
    stranger.fork_from = 0
    async with endpoints_of(LedgerServer(), stranger) as (endpoints, _):
        error = await refusal_of(endpoints)
        assert type(error) is UnreachableError
        assert error.what.startswith("no other endpoint than ws://a:6006 tells")
    servers = (LedgerServer(), stranger, LedgerServer())
    async with endpoints_of(*servers) as (endpoints, _), endpoints.open_best() as chosen:
        assert chosen.agreed_with == "ws://c:6006"


# --- Failing -----------------------------------------------------------------------------------------------------


async def test_one_that_breaks_is_left_alone_and_the_next_one_used(autojump_clock: MockClock) -> None:
    """The way back is free once its pause is over, a second at first."""
    servers = [LedgerServer(), LedgerServer(), LedgerServer()]
    async with endpoints_of(*servers) as (endpoints, dialled):
        await end_of(endpoints, lambda _: servers[0].wire.client.hang_up())
        dialled.clear()
        async with endpoints.open_best() as chosen:
            assert chosen.client.name == "ws://b:6006"
            assert sorted(dialled) == ["b", "c"]
            broken = endpoints.standings()[0]
            assert (broken.failures, broken.problems) == (1, ("ws://a:6006: the connection ended without a word",))
            assert 0.9 < broken.wait_s <= 1
        await trio.sleep(1)
        async with endpoints.open_best() as chosen:
            assert chosen.client.name == "ws://a:6006"


async def test_pauses_grow_and_one_that_served_well_begins_anew(autojump_clock: MockClock) -> None:
    """A server that keeps failing is asked ever more seldom, and a minute of good service makes up for it."""
    only = LedgerServer()
    async with endpoints_of(only) as (endpoints, _):

        async def serve_for(seconds: float) -> float:
            async def serve(_: ChosenEndpoint) -> None:
                await trio.sleep(seconds)
                await only.wire.client.hang_up()

            await end_of(endpoints, serve)
            return round(endpoints.standings()[0].wait_s)

        assert [await serve_for(1) for _ in range(4)] == [1, 2, 4, 8]
        assert await serve_for(60) == 1


@pytest.mark.parametrize("has_witness", [False, True])
async def test_one_that_answers_and_can_not_be_used_is_not_asked_over_and_over(
    autojump_clock: MockClock, has_witness: bool
) -> None:
    """Because it is behind, or because no other confirms its ledger: every eight seconds at most, and no seldomer."""
    asked, other = LedgerServer(), LedgerServer()
    if has_witness:
        asked.info["server_state"] = other.info["server_state"] = "syncing"
    else:
        other.is_down = True
    async with endpoints_of(asked, other) as (endpoints, dialled):
        begun_s = trio.current_time()
        while trio.current_time() < begun_s + 120:
            assert (await refusal_of(endpoints)).retry
            assert dialled.count("a") <= 120 / 8 + 5
        assert dialled.count("a") >= 15
        asked.info["server_state"] = "full"
        other.is_down = False
        other.info["server_state"] = "full"
        while True:
            with contextlib.suppress(VenueError):
                async with endpoints.open_best() as chosen:
                    assert chosen.client.name == "ws://a:6006"
                    break


async def test_who_is_cut_off_for_asking_too_much_waits_longer(autojump_clock: MockClock) -> None:
    """A server that found us too busy is left in peace for ten seconds instead of one."""
    only = LedgerServer()
    async with endpoints_of(only) as (endpoints, _):
        error = await end_of(endpoints, lambda _: only.wire.client.close(1008, "threshold exceeded"))
        assert isinstance(error, OverloadedError)
        begun_s = trio.current_time()
        async with endpoints.open_best():
            assert trio.current_time() - begun_s == pytest.approx(10, abs=0.1), "it waited while there was none to ask"


async def test_what_goes_wrong_in_the_block_alone_is_not_held_against_the_endpoint(autojump_clock: MockClock) -> None:
    """A defect of our own never makes a sound server look bad or keeps us from it."""
    async with endpoints_of(LedgerServer()) as (endpoints, _):
        with pytest.raises(KeyError):
            async with endpoints.open_best():
                raise KeyError("mine")
        assert (endpoints.standings()[0].failures, endpoints.standings()[0].wait_s) == (0, 0)


async def test_one_that_becomes_unfit_in_use_ends_with_its_reason(autojump_clock: MockClock) -> None:
    """A server that turns unfit while in use is left with its reason told, and not only at the next start."""
    only = LedgerServer()
    async with endpoints_of(only) as (endpoints, _):

        async def become_unfit(chosen: ChosenEndpoint) -> None:
            assert (await endpoints.recheck(chosen)).server_state == "full"
            only.info["amendment_blocked"] = True
            await endpoints.recheck(chosen)

        error = await end_of(endpoints, become_unfit)
        assert (type(error), error.what) == (UnfitServerError, "ws://a:6006: it is amendment-blocked")
        assert endpoints.standings()[0].failures == 1


async def test_one_that_is_behind_for_a_moment_is_left_for_a_moment(autojump_clock: MockClock) -> None:
    """A state that passes is no reason to leave a server for good: the desk waits, or takes another one."""
    only = LedgerServer()
    async with endpoints_of(only) as (endpoints, _):

        async def fall_behind(chosen: ChosenEndpoint) -> None:
            only.info["server_state"] = "syncing"
            await endpoints.recheck(chosen)

        assert isinstance(await end_of(endpoints, fall_behind), NotSyncedError)
        only.info["server_state"] = "full"
        async with endpoints.open_best() as chosen:
            assert chosen.client.name == "ws://a:6006"


async def refuse_for_good(chosen: ChosenEndpoint) -> None:
    """It does not do what is asked of it, though it is fit by what it tells of itself."""
    chosen.client.end(UnfitServerError(f"{chosen.client.name}: answered subscribe with noPermission", "Use another"))


async def test_one_that_turns_out_unfit_gives_way_to_another(autojump_clock: MockClock) -> None:
    """The next one is used at once, and the first is tried again after ten seconds: its owner may have mended it."""
    async with endpoints_of(LedgerServer(), LedgerServer()) as (endpoints, dialled):
        assert isinstance(await end_of(endpoints, refuse_for_good), UnfitServerError)
        dialled.clear()
        begun_s = trio.current_time()
        async with endpoints.open_best() as chosen:
            assert (chosen.client.name, chosen.agreed_with) == ("ws://b:6006", "ws://a:6006")
            assert endpoints.standings()[0].problems == ("ws://a:6006: answered subscribe with noPermission",)
        assert (dialled, trio.current_time() - begun_s < 1) == (["b"], True)
        await trio.sleep(10)
        async with endpoints.open_best() as chosen:
            assert chosen.client.name == "ws://a:6006"


async def test_where_all_turned_out_unfit_there_is_none_and_each_reason_is_told(autojump_clock: MockClock) -> None:
    """Nobody waits for servers that won't do: the operator reads at once why not, and of one that mends it hears."""
    blocked = LedgerServer()
    async with endpoints_of(LedgerServer(), blocked) as (endpoints, _):
        await end_of(endpoints, refuse_for_good)
        blocked.info["amendment_blocked"] = True
        begun_s = trio.current_time()
        error = await refusal_of(endpoints)
        assert (type(error), error.what, error.retry) == (
            NoFitServerError,
            "no endpoint is fit: ws://a:6006: answered subscribe with noPermission; "
            "ws://b:6006: it is amendment-blocked",
            False,
        )
        assert trio.current_time() - begun_s < 1
        blocked.info["amendment_blocked"] = False
        async with endpoints.open_best() as chosen:
            assert chosen.client.name == "ws://b:6006"


async def test_a_lone_server_that_turned_out_unfit_is_not_waited_for(autojump_clock: MockClock) -> None:
    """It is told at once that there is none, and ten seconds later it may be tried again."""
    async with endpoints_of(LedgerServer()) as (endpoints, dialled):
        await end_of(endpoints, refuse_for_good)
        dialled.clear()
        assert isinstance(await refusal_of(endpoints), NoFitServerError)
        assert dialled == []
        await trio.sleep(10)
        async with endpoints.open_best():
            assert dialled == ["a"]


async def test_requests_to_all_endpoints_are_counted_together(autojump_clock: MockClock) -> None:
    """Two are asked how they are, and one for the ledger of the other."""
    async with endpoints_of(LedgerServer(), LedgerServer()) as (endpoints, _), endpoints.open_best():
        assert endpoints.budget.requests_last_minute(trio.current_time()) == 3


async def test_choosing_may_be_cancelled_at_any_await_and_leaves_nothing_open(autojump_clock: MockClock) -> None:
    """A stop at whatever moment of the choice leaves no connection open at any server."""
    for waits in range(2_000):
        servers = [LedgerServer(), LedgerServer()]
        async with endpoints_of(*servers) as (endpoints, _):
            with trio.CancelScope() as scope:
                async with trio.open_nursery() as inner:
                    inner.start_soon(_cancel_after, waits, scope.cancel)
                    async with endpoints.open_best():
                        pass
                    inner.cancel_scope.cancel()
            await trio.testing.wait_all_tasks_blocked()
            assert all(each.ended.is_set() for server in servers for each in server.wire.connections)
        if not scope.cancelled_caught:
            assert waits > 10
            return
    raise AssertionError("no choice came to its end")


async def _cancel_after(waits: int, cancel: Callable[[], object]) -> None:
    for _ in range(waits):
        await trio.lowlevel.checkpoint()
    cancel()


def test_no_endpoint_at_all_is_the_settings_fault() -> None:
    """Settings without a server are refused at once, and not waited on as an outage."""
    with pytest.raises(ValueError, match="no endpoint is configured"):
        Endpoints([], SETTINGS)


def test_one_server_under_two_passwords_is_not_two() -> None:
    """A server can not confirm itself under another path or password."""
    twice = [EndpointUrl("wss://x.example/one"), EndpointUrl("wss://x.example/two")]
    with pytest.raises(ValueError, match="one server twice is no second opinion"):
        Endpoints(twice, SETTINGS)


async def test_a_slow_endpoint_holds_up_nobody_for_longer_than_it_may(autojump_clock: MockClock) -> None:
    """It takes the connection and says nothing: ten seconds for the handshake, then the others are chosen among."""
    silent = LedgerServer()
    silent.wire = WireServer(lambda _: [])
    settings = EndpointsSettings(limits=SETTINGS.limits, client=ClientSettings(), answer_timeout_s=3.0)
    async with endpoints_of(silent, LedgerServer(), LedgerServer(), settings=settings) as (endpoints, _):
        begun_s = trio.current_time()
        async with endpoints.open_best() as chosen:
            assert chosen.client.name == "ws://b:6006"
            assert trio.current_time() - begun_s == pytest.approx(3, abs=0.1)


# --- What is shown of them ---------------------------------------------------------------------------------------


async def test_each_is_told_with_its_state_its_lag_and_what_failed(autojump_clock: MockClock) -> None:
    """An operator sees which server is used, which would be next, and why one is none of them."""
    servers = LedgerServer(100), LedgerServer(101), LedgerServer(build_version="2.4.0"), LedgerServer()
    servers[3].is_down = True
    async with endpoints_of(*servers) as (endpoints, _):
        before = endpoints.told()
        assert {(each.state, each.detail) for each in before.endpoints} == {("down", "not asked yet")}
        assert before.timings == ()
        async with endpoints.open_best():
            used, ready, old, down = endpoints.told().endpoints
            assert (used.endpoint, used.state, used.detail) == ("ws://a:6006", "in use", "")
            assert (used.lag_ledgers, used.failures) == (1, 0)
            assert (ready.state, ready.detail, ready.lag_ledgers, ready.failures) == ("ready", "", 0, 0)
            assert (old.state, old.detail) == ("down", "its version 2.4.0 is below 3.0.0-b1")
            assert old.failures == 0, "it answered, and is not fit"
            assert (down.state, down.lag_ledgers, down.latency_ms, down.failures) == ("down", None, None, 1)
            assert "ws://d:6006" in down.detail
        assert endpoints.told().endpoints[0].state == "ready"


async def test_every_answer_is_timed_by_its_method_over_all_connections(autojump_clock: MockClock) -> None:
    """From the request to the last bytes of its answer; a connection that is opened anew begins nothing anew."""
    first, second = LedgerServer(), LedgerServer()
    first.wire.faults = {0: Fault.DELAY}
    async with endpoints_of(first, second) as (endpoints, _):
        async with endpoints.open_best():
            assert [each.latency_ms for each in endpoints.told().endpoints] == [0.0, 0.0]
        async with endpoints.open_best():
            times = {each.label: each for each in endpoints.told().timings}
        assert (times["server_info"].count, times["server_info"].sum_s) == (4, DELAY_S)
        assert times["server_info"].max_s == DELAY_S
        # The newest ledger of one was asked of the other, each time.
        assert times["ledger"].count == 2


async def test_a_request_without_an_answer_is_a_failure_and_no_time(autojump_clock: MockClock) -> None:
    """What did not come took no time that could be told; the count of what failed never goes back."""
    async with endpoints_of(LedgerServer(), LedgerServer()) as (endpoints, _):
        async with endpoints.open_best() as chosen:
            before = endpoints.told()
            with pytest.raises(UnreachableError):
                await chosen.client.request(requests.server_info(), deadline_s=0)
            after = endpoints.told()
            assert after.timings == before.timings
            assert [each.failures for each in after.endpoints] == [1, 0]
            assert after.endpoints[0].latency_ms == before.endpoints[0].latency_ms
        async with endpoints.open_best():
            assert endpoints.told().endpoints[0].failures == 1
