"""A ledger server for tests on loopback, in a thread of its own: for commands, which come to it by a real socket."""

from __future__ import annotations

import contextlib
import math
import queue
import threading
from collections.abc import Iterator

import trio
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer


@contextlib.contextmanager
def served(chain: Chain, *, every_s: float | None = None) -> Iterator[str]:
    """The server's URL.

    Args:
        chain: Its ledgers; two are closed first, so that they are as old as this thread's clock says.
        every_s: Real seconds from one close to the next; None closes no more.
    """
    running: queue.Queue[tuple[str, trio.lowlevel.TrioToken, trio.CancelScope]] = queue.Queue()

    async def main() -> None:
        for _ in range(2):
            chain.close()
        server = LedgerServer(chain)
        async with trio.open_nursery() as nursery:
            await nursery.start(server.run)
            url = await nursery.start(server.serve_loopback)
            running.put((url, trio.lowlevel.current_trio_token(), nursery.cancel_scope))
            while True:
                await trio.sleep(math.inf if every_s is None else every_s)
                chain.close()

    thread = threading.Thread(target=trio.run, args=(main,))
    thread.start()
    url, token, scope = running.get(timeout=30)
    try:
        yield url
    finally:
        trio.from_thread.run_sync(scope.cancel, trio_token=token)
        thread.join()
