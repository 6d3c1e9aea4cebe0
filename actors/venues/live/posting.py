"""Requests on their way: taken in at once, sent in their order, and answered among the events, once each.

A request waits for a connection if there is none, each from its own posting on, but not longer than for an answer.
Once there is one, all that waits leaves, cancels before offers, whatever was posted first: a server keeps one that came
before its turn. What became of one that was sent and not answered can't be told: the answer says so, and the dealer
asks the ledger.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

import trio

from actors.venues.live.client import Asked, Client
from actors.venues.live.refusals import refusal
from actors.venues.live.socket import WAIT_MEND
from actors.venues.venue_errors import MalformedError, UnfitServerError, UnreachableError, VenueError
from neo.messages import Fate, Lookup, RequestFailed, Submit, Submitted, VenueAnswer, VenueRequest
from neo.messages.venue_traffic import RequestCause
from neo.wire import requests
from neo.wire.answers import SubmitAnswer, TxAnswer
from neo.wire.frames import ErrorFrame

# More than a session ever has under way.
OUTBOX_MAX: Final = 64
# Ledgers that a search for a transaction goes back, a little less than a server searches. One that could have entered
# an older ledger is past its last one, and nobody asks for it any more.
_SEARCHED_LEDGERS: Final = 900


class Posting:
    """What is to be sent.

    Args:
        client: Waits for a connection, and gives its client.
        answered: Takes each answer.
        timeout_s: For a connection, and for an answer.
        written: Told the hash of each transaction as its bytes have been written to the socket.
    """

    def __init__(
        self,
        client: Callable[[], Awaitable[Client]],
        answered: Callable[[VenueAnswer], None],
        timeout_s: float,
        written: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._client = client
        self._answered = answered
        self._timeout_s = timeout_s
        self._written = written
        # Each with the moment until which it waits for a connection; as all wait equally long, in the order of these.
        self._waiting: list[tuple[float, VenueRequest]] = []
        self._under_way = 0
        self._posted = trio.Event()

    def post(self, request: VenueRequest) -> None:
        """Take it; never waits."""
        if len(self._waiting) + self._under_way >= OUTBOX_MAX:
            what = f"{OUTBOX_MAX} requests wait for their answers already"
            self._failed(request, UnreachableError(what, WAIT_MEND))
            return
        self._waiting.append((trio.current_time() + self._timeout_s, request))
        self._posted.set()

    async def run(self) -> None:
        """Send until cancelled."""
        async with trio.open_nursery() as nursery:
            while True:
                while self._waiting:
                    client = None
                    with trio.move_on_at(self._waiting[0][0]):
                        client = await self._client()
                    if client is None:
                        self._give_up()
                    else:
                        self._send_all(client, nursery)
                self._posted = trio.Event()
                await self._posted.wait()

    def _give_up(self) -> None:
        """What has waited long enough is not sent any more."""
        now_s = trio.current_time()
        late = [request for until_s, request in self._waiting if until_s <= now_s]
        self._waiting = [each for each in self._waiting if each[0] > now_s]
        for request in late:
            self._failed(request, UnreachableError(f"no connection for {self._timeout_s:g} s", WAIT_MEND))

    def _send_all(self, client: Client, nursery: trio.Nursery) -> None:
        waiting, self._waiting = self._waiting, []
        for _, request in sorted(waiting, key=_rank):
            self._send(request, client, nursery)

    def _send(self, request: VenueRequest, client: Client, nursery: trio.Nursery) -> None:
        try:
            # All that waits is written down before any of it has to wait, so it leaves in its order, in one piece.
            answer = self._begin(request, client)
        except VenueError as error:
            self._failed(request, error)
            return
        self._under_way += 1
        nursery.start_soon(self._do, request, client, answer)

    async def _do(self, request: VenueRequest, client: Client, answer: Callable[[], Awaitable[VenueAnswer]]) -> None:
        try:
            self._answered(await answer())
        except VenueError as error:
            self._failed(request, error)
            if isinstance(error, UnfitServerError):
                client.end(error)  # another one may do better
        finally:
            self._under_way -= 1

    def _begin(self, request: VenueRequest, client: Client) -> Callable[[], Awaitable[VenueAnswer]]:
        match request:
            case Submit():
                submit = requests.submit(request.blob, fail_hard=request.fail_hard)
                asked = client.begin(submit, partial(self._written, request.tx_hash))
                return partial(self._submitted, request, client, asked)
            case Lookup():
                newest = client.newest_ledger
                last = 1 if newest is None else newest.ledger_index
                tx = requests.tx(request.tx_hash, max(1, last - _SEARCHED_LEDGERS), last)
                return partial(self._looked_up, request, client, client.begin(tx), last)

    async def _submitted(self, request: Submit, client: Client, asked: Asked[SubmitAnswer]) -> Submitted:
        answer = await client.answer_to(asked, deadline_s=self._timeout_s)
        if isinstance(answer, ErrorFrame):
            raise refusal(client.name, asked.request.command, answer)
        return Submitted(tx_hash=request.tx_hash, result=answer.result, queued=answer.queued)

    async def _looked_up(self, request: Lookup, client: Client, asked: Asked[TxAnswer], last: int) -> Fate:
        """Absence is told only of ledgers that the server has searched without a gap."""
        answer = await client.answer_to(asked, deadline_s=self._timeout_s)
        if isinstance(answer, ErrorFrame):
            if answer.error != "txnNotFound":
                raise refusal(client.name, asked.request.command, answer)
            return Fate(tx_hash=request.tx_hash, absent_through=last if answer.searched_all else None)
        found = answer.transaction
        return Fate(tx_hash=request.tx_hash, validated_in=None if found is None else found.ledger_index)

    def _failed(self, request: VenueRequest, error: VenueError) -> None:
        cause = RequestCause.UNREACHABLE
        if isinstance(error, MalformedError):
            cause = RequestCause.MALFORMED
        elif not error.retry:
            cause = RequestCause.REFUSED
        self._answered(RequestFailed(request=request, cause=cause, what=error.what, mend=error.mend))


def _rank(waiting: tuple[float, VenueRequest]) -> int:
    request = waiting[1]
    return 0 if isinstance(request, Submit) and request.is_cancel else 1
