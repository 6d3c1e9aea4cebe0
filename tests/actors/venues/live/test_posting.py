"""Requests that are posted: sent in their order, and each answered once, by what the server said or by why it did not.

Method: a scripted server over streams in memory, under virtual time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
import trio
from support.ws_wire import URL, Message, WireServer
from trio.testing import MockClock

from actors.venues.live.client import Client, open_client
from actors.venues.live.posting import OUTBOX_MAX, Posting
from actors.venues.live.socket import EndpointUrl
from neo.messages import Fate, Lookup, RequestFailed, Submit, Submitted, VenueAnswer, VenueRequest
from neo.messages.venue_traffic import RequestCause

HASH = "A" * 64
LOOKUP = Lookup(tx_hash=HASH)


def result(**fields: Any) -> Callable[[Message], Iterable[Message]]:
    """This result, whatever is asked."""
    return lambda message: [{"type": "response", "status": "success", "id": message["id"], "result": fields}]


def error(name: str, **fields: Any) -> Callable[[Message], Iterable[Message]]:
    """This error, whatever is asked."""
    return lambda message: [{"type": "response", "status": "error", "id": message["id"], "error": name, **fields}]


def silent(_message: Message) -> list[Message]:
    return []


def submit(number: int = 0) -> Submit:
    return Submit(tx_hash=f"{number:064X}", blob=f"{number:02X}")


def answers_to(
    requests: list[VenueRequest],
    answer: Callable[[Message], Iterable[Message]],
    *,
    connects_after_s: float = 0.0,
    posted_every_s: float = 0.0,
) -> tuple[list[VenueAnswer], WireServer]:
    """What comes back within a minute, and the server."""
    server = WireServer(answer)
    told: list[VenueAnswer] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            async with open_client(EndpointUrl(URL), dial=server.dial) as client:

                async def connected() -> Client:
                    await trio.sleep(connects_after_s)
                    return client

                posting = Posting(connected, told.append, 10.0)
                nursery.start_soon(posting.run)
                for request in requests:
                    posting.post(request)
                    if posted_every_s:
                        await trio.sleep(posted_every_s)
                await trio.sleep(60)
            nursery.cancel_scope.cancel()

    trio.run(main, clock=MockClock(autojump_threshold=0))
    return told, server


@pytest.mark.parametrize(
    ("request_", "answer", "told"),
    [
        (submit(), result(engine_result="tesSUCCESS"), Submitted(tx_hash="0" * 64, result="tesSUCCESS")),
        (
            submit(),
            result(engine_result="terQUEUED", queued=True),
            Submitted(tx_hash="0" * 64, result="terQUEUED", queued=True),
        ),
        (LOOKUP, error("txnNotFound", searched_all=True), Fate(tx_hash=HASH, absent_through=1)),
        (LOOKUP, error("txnNotFound", searched_all=False), Fate(tx_hash=HASH)),
        (LOOKUP, error("txnNotFound"), Fate(tx_hash=HASH)),
        (LOOKUP, result(hash=HASH, validated=False), Fate(tx_hash=HASH)),
        (
            LOOKUP,
            result(hash=HASH, validated=True, ledger_index=7, tx_json={}, meta={"TransactionResult": "tesSUCCESS"}),
            Fate(tx_hash=HASH, validated_in=7),
        ),
    ],
)
def test_an_answer_is_told_as_what_it_proves(
    request_: VenueRequest, answer: Callable[[Message], Iterable[Message]], told: VenueAnswer
) -> None:
    """A transaction that was not found is absent only where every ledger was searched."""
    assert answers_to([request_], answer)[0] == [told]


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        (silent, RequestCause.UNREACHABLE),
        (error("tooBusy"), RequestCause.UNREACHABLE),
        (error("amendmentBlocked"), RequestCause.UNREACHABLE),
        (error("invalidTransaction"), RequestCause.REFUSED),
        (result(), RequestCause.MALFORMED),
    ],
)
def test_a_request_that_was_not_done_is_told_with_its_cause(
    answer: Callable[[Message], Iterable[Message]], cause: RequestCause
) -> None:
    """What another server, or a moment later, may mend is no refusal."""
    (failed,) = answers_to([submit()], answer)[0]
    assert isinstance(failed, RequestFailed)
    assert (failed.request, failed.cause) == (submit(), cause)
    assert failed.mend


@pytest.mark.parametrize(
    ("name", "cause"),
    [("tooBusy", RequestCause.UNREACHABLE), ("lgrIdxsInvalid", RequestCause.REFUSED)],
)
def test_a_search_that_was_not_made_proves_no_absence(name: str, cause: RequestCause) -> None:
    """Only ``txnNotFound`` does, whatever else an error says: an order that is in a ledger would be given up."""
    (failed,) = answers_to([LOOKUP], error(name, searched_all=True))[0]
    assert isinstance(failed, RequestFailed)
    assert (failed.request, failed.cause) == (LOOKUP, cause)


def test_absence_is_told_of_the_ledgers_that_were_asked_about() -> None:
    """Up to the newest that the server has told of, and back by fewer than the 1,000 that it searches at once."""
    closed = {
        "type": "ledgerClosed",
        "ledger_index": 5000,
        "ledger_hash": "B" * 64,
        "ledger_time": 800_000_000,
        "fee_base": 10,
        "reserve_base": 1_000_000,
        "reserve_inc": 200_000,
        "txn_count": 0,
        "validated_ledgers": "2-5000",
    }

    def answer(message: Message) -> Iterable[Message]:
        if message["command"] == "submit":
            return [closed, *result(engine_result="tesSUCCESS")(message)]
        return error("txnNotFound", searched_all=True)(message)

    told, server = answers_to([submit(), LOOKUP], answer, posted_every_s=1.0)
    assert told[-1] == Fate(tx_hash=HASH, absent_through=5000)
    asked = server.connections[0].received[-1]
    assert (asked["command"], asked["transaction"], asked["max_ledger"]) == ("tx", HASH, 5000)
    assert 4000 < asked["min_ledger"] < 4200


def test_a_server_that_can_not_do_it_is_left() -> None:
    """Its connection ends, so that another one is chosen."""
    _, server = answers_to([submit()], error("amendmentBlocked"))
    assert server.connections[0].ended.is_set()


def test_requests_leave_in_the_order_in_which_they_were_posted() -> None:
    """None waits for the answer of the one before: all are sent though nothing is answered."""
    posted: list[VenueRequest] = [submit(number) for number in range(20)]
    _, server = answers_to(posted, silent)
    sent = [each["tx_blob"] for each in server.connections[0].received]
    assert sent == [f"{number:02X}" for number in range(20)]


@pytest.mark.parametrize(("connects_after_s", "is_done"), [(9.0, True), (11.0, False)])
def test_a_request_waits_for_a_connection_as_long_as_for_an_answer(connects_after_s: float, is_done: bool) -> None:
    """Then it was not done, which is told."""
    (told,) = answers_to([submit()], result(engine_result="tesSUCCESS"), connects_after_s=connects_after_s)[0]
    assert isinstance(told, Submitted if is_done else RequestFailed)
    assert is_done or (isinstance(told, RequestFailed) and told.what == "no connection for 10 s")


def test_a_request_that_was_answered_leaves_room_for_another() -> None:
    """However many there are over a session, and however they end: none takes up a place for good."""
    posted: list[VenueRequest] = [submit(number) for number in range(2 * OUTBOX_MAX)]

    def answer(message: Message) -> Iterable[Message]:
        is_even = int(message["tx_blob"], 16) % 2 == 0
        return (result(engine_result="tesSUCCESS") if is_even else error("tooBusy"))(message)

    told, server = answers_to(posted, answer, posted_every_s=0.1)
    assert [isinstance(each, Submitted) for each in told] == [True, False] * OUTBOX_MAX
    assert len(server.connections[0].received) == 2 * OUTBOX_MAX


def test_what_does_not_fit_is_answered_at_once() -> None:
    """Memory does not grow, and nobody waits for what was never taken."""
    posted: list[VenueRequest] = [submit(number) for number in range(OUTBOX_MAX + 1)]
    told, server = answers_to(posted, result(engine_result="tesSUCCESS"))
    assert isinstance(told[0], RequestFailed)
    assert (told[0].request, told[0].what) == (posted[-1], f"{OUTBOX_MAX} requests wait for their answers already")
    assert len(server.connections[0].received) == OUTBOX_MAX
