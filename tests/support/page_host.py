"""The page's own server in a thread of the test's process, which can be stopped and begun again on its port."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

import trio

from actors.page.access import Gate
from actors.page.page_server import PageServer
from tools.page.ground import PageGround
from tools.page.running import RunningSession
from tools.page.site import make_site

T = TypeVar("T")

TOKEN = "a-token-that-a-test-knows"  # noqa: S105 - of the test's own page
_PATIENCE_S = 30.0


class PageHost:
    """A page of some databases, in which a test says what runs."""

    def __init__(self, ground: PageGround) -> None:
        self.ground = ground
        self.port = 0
        self._trio: trio.lowlevel.TrioToken | None = None
        self._scope = trio.CancelScope()
        self._thread: threading.Thread | None = None
        self._ready = threading.Event()

    @property
    def base(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Serve, on the port of before if there was one."""
        self._ready.clear()
        self._scope = trio.CancelScope()
        self._thread = threading.Thread(target=trio.run, args=(self._serve,), daemon=True)
        self._thread.start()
        assert self._ready.wait(_PATIENCE_S), "the page did not begin"

    def begin_anew(self, session: RunningSession) -> None:
        """Serve, with this session running."""
        # What is kept of it is of the server's clock of before.
        self.ground.end(session.session_id)
        self.ground.begin(session)
        self.start()

    def stop(self) -> None:
        """Serve nobody any more."""
        assert self._thread is not None
        self.do(self._scope.cancel)
        self._thread.join(_PATIENCE_S)
        assert not self._thread.is_alive(), "the page did not end"

    def do(self, job: Callable[[], T]) -> T:
        """Something in the server's own thread."""
        assert self._trio is not None
        return trio.from_thread.run_sync(job, trio_token=self._trio)

    async def _serve(self) -> None:
        self._trio = trio.lowlevel.current_trio_token()
        listeners = await trio.open_tcp_listeners(self.port, host="127.0.0.1")
        self.port = listeners[0].socket.getsockname()[1]
        self._ready.set()
        with self._scope:
            await PageServer(make_site(self.ground), Gate(TOKEN)).serve(listeners)
