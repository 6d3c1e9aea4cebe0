"""A ledger server for tests: the real protocol, on an embedded network, in memory or on loopback, with faults to order.

How a test uses it::

    chain = Chain(seed=1)                                # a market; ``chain.close()`` closes a ledger
    server = LedgerServer(chain, scripted([Strike(Fault.DROP, "submit")]))
    await nursery.start(server.run)                      # then ``server.dial`` reaches it, in memory,
    url = await nursery.start(server.serve_loopback)     # or this URL, over a real socket
    await nursery.start(chain.run)                       # close a ledger every ``chain.interval_s`` of Trio's clock

What goes wrong: messages and requests by the plan (:mod:`support.ledger_faults`); the server itself by its node's
attributes (``server.node.network_id = 1``, ``is_stalled``, ``lose``), :meth:`LedgerServer.block`,
:meth:`LedgerServer.set_fees`, :meth:`LedgerServer.stop` and :meth:`LedgerServer.start`; the ledger by the chain
(``freeze``, ``freeze_all``, ``pay_in``, ``spend_sequence``). When: at once, or after a ledger by ``chain.schedule``.
What is true: ``chain.truth``, ``chain.fates``, ``chain.handed``.
"""

from __future__ import annotations

import contextlib
import json
from collections import deque
from typing import Any

import trio
from support.ledger_chain import Chain, now_s
from support.ledger_faults import FaultDesk, Plan, Strike, Trouble, nothing
from support.ledger_node import LedgerNode
from support.ledger_streams import Subscriptions, server_status
from support.rpc_errors import RpcError
from support.ws_wire import Fault, Message, WireConnection, WireServer
from websockets.frames import Frame, Opcode
from websockets.protocol import State

from actors.venues.live.socket import EndpointUrl

NO_CODE = 1005
TOO_MUCH = 1008
_CUT_OFF_S = 1.0
BAN_S = 5.0
QUEUE_LIMIT = 100
"""Messages that may wait for a slow client. Source: rippled, ``send_queue_limit``."""


def _leaving() -> contextlib.suppress:
    """What is sent to a client that has gone is lost without a word."""
    return contextlib.suppress(trio.BrokenResourceError, trio.ClosedResourceError)


class LedgerConnection(WireConnection):
    """One client of the server's."""

    def __init__(self, server: LedgerServer, stream: trio.abc.Stream, number: int) -> None:
        super().__init__(server, stream)
        self.number = number
        self.subscriptions = Subscriptions()
        self._ledger_server = server
        self._outgoing: deque[tuple[str, Message | str]] = deque()
        self._wake = trio.Event()
        self._kept_back: list[str] = []
        self._end_code: int | None = None

    async def serve(self) -> None:
        """Talk to the client until it goes."""
        async with trio.open_nursery() as nursery:
            nursery.start_soon(self._write, nursery)
            await super().serve()
            nursery.cancel_scope.cancel()

    # --- What comes ------------------------------------------------------------------------------------------------

    async def _take(self, event: Any, nursery: trio.Nursery) -> None:
        if not (isinstance(event, Frame) and event.opcode is Opcode.TEXT):
            await super()._take(event, nursery)
        elif self._ledger_server.is_banned:
            await self.close(TOO_MUCH, "threshold exceeded")
        else:
            self._hear(bytes(event.data).decode(), nursery)

    def _hear(self, text: str, nursery: trio.Nursery) -> None:
        try:
            request = json.loads(text)
        except ValueError:
            request = None
        if not isinstance(request, dict):
            self.put("error", {"error": "jsonInvalid", "type": "error", "value": text})
            return
        self.received.append(request)
        strike = self._ledger_server.strikes(str(request.get("command")), self.number, is_request=True)
        if strike is None:
            self._answer(request, None)
        elif strike.what is Trouble.LATE:
            nursery.start_soon(self._answer_late, request, strike.delay_s)
        elif isinstance(strike.what, Trouble) and strike.what is not Trouble.LOST:
            self._answer(request, strike.what)

    async def _answer_late(self, request: Message, delay_s: float) -> None:
        await trio.sleep(delay_s)
        self._answer(request, None)

    def _answer(self, request: Message, trouble: Trouble | None) -> None:
        command = str(request.get("command"))
        node = self._ledger_server.node
        if command in {"subscribe", "unsubscribe"} and trouble is not Trouble.TOO_BUSY:
            self.put(command, self._subscribe(request, command))
            return
        before = set(node.chain.open)
        self.put(command, node.answer(request, trouble))
        for tx_hash in node.chain.open.keys() - before:
            self._ledger_server.propose(tx_hash)

    def _subscribe(self, request: Message, command: str) -> Message:
        node = self._ledger_server.node
        node.asked[command] += 1
        change = self.subscriptions.subscribe if command == "subscribe" else self.subscriptions.unsubscribe
        try:
            result = change(node, request)
        except RpcError as error:
            return error.to_json(request)
        said = {"result": result, "status": "success", "type": "response"}
        return {"api_version": 2, "id": request.get("id"), **said}

    # --- What goes -------------------------------------------------------------------------------------------------

    @property
    def waiting_count(self) -> int:
        """How many messages wait for the client to read."""
        return len(self._outgoing)

    def put(self, kind: str, message: Message | str) -> None:
        """Send a message as soon as those before it have gone."""
        self._outgoing.append((kind, message))
        self._wake.set()

    async def _write(self, nursery: trio.Nursery) -> None:
        with _leaving():
            while True:
                while self._outgoing:
                    await self._deliver(*self._outgoing.popleft(), nursery)
                if self._end_code is not None:
                    await self.close(self._end_code)
                self._wake = trio.Event()
                await self._wake.wait()

    async def _deliver(self, kind: str, message: Message | str, nursery: trio.Nursery) -> None:
        if self._protocol.state is not State.OPEN:
            return
        text = message if isinstance(message, str) else json.dumps(message)
        strike = self._ledger_server.strikes(kind, self.number, is_request=False)
        kept_back: list[str] = []
        if strike is None:
            await self._text(text)
        elif strike.what is Fault.REORDER:
            self._kept_back.append(text)
            return
        elif strike.what is Fault.DELAY:
            nursery.start_soon(self._deliver_late, text, strike.delay_s)
        elif isinstance(strike.what, Fault):
            if strike.what is Fault.CUT_OFF:
                self._ledger_server.ban()
            await self._misbehave(strike.what, text)
        kept_back, self._kept_back = self._kept_back, []
        for late in kept_back:
            await self._text(late)

    async def _deliver_late(self, text: str, delay_s: float) -> None:
        await trio.sleep(delay_s)
        with _leaving():
            await self._text(text)

    def end(self, code: int) -> None:
        """Take leave, after what waits to be sent."""
        self._end_code = code
        self._wake.set()

    async def cut_off(self, reason: str) -> None:
        """Take leave at once of a client that may not even read that."""
        with trio.move_on_after(_CUT_OFF_S):
            await self.close(TOO_MUCH, reason)
            await self.ended.wait()
        await self.hang_up()

    async def close(self, code: int, reason: str = "") -> None:
        """End the connection in order, if it is open."""
        if self._protocol.state is State.OPEN:
            with _leaving():
                await super().close(code, reason)


class LedgerServer(WireServer):
    """One server on a chain.

    Args:
        chain: Its ledgers; others may tell of them as well.
        plan: What goes wrong, and when.

    Attributes:
        node: What it knows and how it is.
        desk: The plan, and what has struck.
        clients: Its connections, the ended ones too.
        is_down: It can't be reached.
        queue_limit: A client for which more messages wait is cut off with 1008.
    """

    def __init__(self, chain: Chain, plan: Plan = nothing) -> None:
        super().__init__()
        self.chain = chain
        self.node = LedgerNode(chain)
        self.desk = FaultDesk(plan)
        self.clients: list[LedgerConnection] = []
        self.is_down = False
        self.queue_limit = QUEUE_LIMIT
        self._banned_until_s = -1.0
        chain.listen(self.catch_up)

    # --- Connections -----------------------------------------------------------------------------------------------

    async def dial(self, url: EndpointUrl) -> trio.abc.Stream:
        """The client's end of a stream in memory to this server.

        Raises:
            OSError: It is down.
        """
        if self.is_down:
            await trio.lowlevel.checkpoint()
            raise ConnectionRefusedError("nobody listens there")
        return await super().dial(url)

    async def serve(self, stream: trio.abc.Stream) -> None:
        """Serve one client, on whatever stream it came."""
        if self.is_down:
            await trio.aclose_forcefully(stream)
            return
        connection = LedgerConnection(self, stream, len(self.clients) + 1)
        self.connections.append(connection)
        self.clients.append(connection)
        await connection.serve()

    async def serve_loopback(self, *, task_status: trio.TaskStatus[str] = trio.TASK_STATUS_IGNORED) -> None:
        """Serve on a port of this machine's own, until cancelled; tells its URL once it listens."""
        listeners = await trio.open_tcp_listeners(0, host="127.0.0.1")
        port = listeners[0].socket.getsockname()[1]
        await trio.serve_listeners(self.serve, listeners, task_status=_Told(task_status, f"ws://127.0.0.1:{port}"))

    @property
    def open_clients(self) -> list[LedgerConnection]:
        """Those that have not ended."""
        return [each for each in self.clients if not each.ended.is_set()]

    # --- Faults ----------------------------------------------------------------------------------------------------

    def strikes(self, kind: str, connection: int, *, is_request: bool) -> Strike | None:
        """What strikes the next of a kind."""
        return self.desk.at(kind, connection, self.node.validated_index, is_request=is_request)

    def ban(self) -> None:
        """Turn away, for a while, who has asked too much."""
        self._banned_until_s = now_s() + BAN_S

    def calm(self) -> None:
        """From now on nothing strikes, and nobody is turned away by a clock that a new session does not go on with."""
        self.desk.plan = nothing
        self._banned_until_s = -1.0

    @property
    def is_banned(self) -> bool:
        """Whether clients are turned away with 1008."""
        return now_s() < self._banned_until_s

    def set_fees(self, *, open_ledger_drops: int, minimum_drops: int | None = None) -> None:
        """From now on a transaction must pay so much to enter the open ledger, and at least so much to be looked at."""
        self.chain.open_ledger_fee_drops = open_ledger_drops
        if minimum_drops is not None:
            self.chain.minimum_fee_drops = minimum_drops
        self._tell_status()

    def block(self) -> None:
        """An amendment that this server does not know is in force: it validates no ledger any more."""
        self.node.is_amendment_blocked = True
        self._tell_status()

    def _tell_status(self) -> None:
        for client in self.open_clients:
            if "server" in client.subscriptions.streams:
                client.put("serverStatus", server_status(self.node))

    def stop(self, *, pauses_chain: bool = False, code: int = NO_CODE) -> None:
        """Go down in order; ``pauses_chain`` as a stand-alone server does, whose ledgers nobody else closes."""
        self.is_down = True
        self.chain.is_paused = pauses_chain
        for client in self.open_clients:
            client.end(code)

    def start(self, *, keeps_pending: bool = True) -> None:
        """Come up again, with the ledger's state and no history; with what waited for a ledger, or without."""
        if not keeps_pending:
            self.chain.forget_waiting()
        self.node.begin_anew()
        self.is_down = self.chain.is_paused = False

    # --- What is told ----------------------------------------------------------------------------------------------

    def catch_up(self) -> None:
        """Tell of every ledger that has closed since the last one told, unless the server lags, is blocked, or down."""
        node = self.node
        if self.is_down or node.is_stalled or node.is_amendment_blocked:
            return
        while node.validated_index < self.chain.newest.index:
            node.validated_index += 1
            for client in self.open_clients:
                self._tell_closed(client)

    def _tell_closed(self, client: LedgerConnection) -> None:
        if client.waiting_count > self.queue_limit:
            assert self._nursery is not None, "the server does not run"
            self._nursery.start_soon(client.cut_off, "Client is too slow.")
            return
        for message in client.subscriptions.of_close(self.node, self.node.validated):
            client.put(message["type"], message)

    def propose(self, tx_hash: str) -> None:
        """Tell of a transaction that has its place in the open ledger."""
        handed = self.chain.open[tx_hash]
        for client in self.open_clients:
            for message in client.subscriptions.of_proposal(self.node, handed):
                client.put("transaction", message)


class _Told(trio.TaskStatus[Any]):
    """Tells the server's URL, once it listens, in place of its listeners."""

    def __init__(self, task_status: trio.TaskStatus[str], url: str) -> None:
        self._task_status = task_status
        self._url = url

    def started(self, value: Any = None) -> None:
        del value
        self._task_status.started(self._url)
