"""The page as a service beside a session: opened before the session begins, and closed when its last word is told."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, MutableMapping
from pathlib import Path
from typing import Final

import msgspec
import trio
from loguru import logger

from actors.lookout.lookout import ServiceRefusedError
from actors.lookout.watched import Ended, Watched
from actors.operator.protocol import ServiceHealth
from actors.page.access import Gate
from actors.page.page_door import Certificate, DoorError, names_of, open_door, port_of
from actors.page.page_server import PageServer
from actors.plumbing.tap import Lost, Tapped
from neo.config.key_wiring import PageSettings
from neo.messages import Message
from neo.text.listening import ListenAddress, listen_address
from tools.console.errors import OperatorError
from tools.console.paths import data_folder, from_home
from tools.page.frame import session_href
from tools.page.ground import PageGround
from tools.page.page_token import page_token
from tools.page.running import OwnSession
from tools.page.site import make_site

# Whoever still waits for an answer at the end of a session gets so long, in seconds.
_LAST_ANSWERS_S: Final = 5.0


class PagePlan(msgspec.Struct, frozen=True):
    """A page that can be opened.

    Args:
        address: Where.
        certificate: To speak TLS with; None for none.
        gate: Who may ask what.
    """

    address: ListenAddress
    certificate: Certificate | None
    gate: Gate


def plan_page(settings: PageSettings, environment: MutableMapping[str, str] = os.environ) -> PagePlan:
    """What a page is opened with.

    Raises:
        OperatorError: It can't be, and why.
    """
    address = listen_address(settings.address)
    if address is None:
        raise OperatorError(f'page "{settings.address}": is no address; write one such as 127.0.0.1:8017.', 2)
    certificate = _certificate(settings)
    if certificate is None and not address.is_loopback:
        raise OperatorError(
            f"page at {address}: can be reached from other machines, and the page's token would be sent in the open;"
            " give a certificate with its key (operator.page_certificate and operator.page_key, or --certificate and"
            " --key), or write an address such as 127.0.0.1:8017.",
            2,
        )
    gate = Gate(
        page_token(data_folder(), environment),
        names_of(address, certificate),
        is_remote=not address.is_loopback,
        is_tls=certificate is not None,
    )
    return PagePlan(address, certificate, gate)


def _certificate(settings: PageSettings) -> Certificate | None:
    if not settings.certificate and not settings.key:
        return None
    try:
        return Certificate(from_home(Path(settings.certificate)), from_home(Path(settings.key)))
    except DoorError as error:
        raise OperatorError(str(error), 2) from None


class OpenPage:
    """A page that is served.

    Args:
        plan: How.
        ground: Of what.
    """

    def __init__(self, plan: PagePlan, ground: PageGround) -> None:
        self._plan = plan
        self._server = PageServer(make_site(ground), plan.gate)
        self.url = ""

    async def serve(self, task_status: trio.TaskStatus[None]) -> None:
        """Listen, and serve until cancelled.

        Raises:
            DoorError: It can't be listened there.
        """
        plan = self._plan
        listeners = await open_door(plan.address, plan.certificate)
        address = ListenAddress(plan.address.host, port_of(listeners))
        self.url = f"{'http' if plan.certificate is None else 'https'}://{address}"
        task_status.started()
        await self._server.serve(listeners)

    async def quiet(self) -> None:
        """Wait, for a while, until who asked something is answered."""
        with trio.move_on_after(_LAST_ANSWERS_S):
            await self._server.quiet()


class PageService:
    """The page of one session: see :class:`actors.lookout.lookout.Service`.

    Args:
        plan: How it is opened.
    """

    name = "page"
    types: Collection[type[Message]] = ()

    def __init__(self, plan: PagePlan) -> None:
        self._ground = PageGround((), gate=plan.gate, is_remote=not plan.address.is_loopback)
        self._page = OpenPage(plan, self._ground)
        # Takes the address of the session's page, once there is a session.
        self.tell: Callable[[str], object] = str
        self._session: OwnSession | None = None

    async def run(self, task_status: trio.TaskStatus[None]) -> None:
        """Serve until cancelled."""
        try:
            await self._page.serve(task_status)
        except DoorError as error:
            raise ServiceRefusedError(str(error)) from None

    def begin(self, session: Watched) -> None:
        """A session has begun: it is shown, and where is told."""
        self._session = OwnSession(session)
        self._ground.begin(self._session)
        # Here, and not where it begins to listen: by now there is a log to tell it.
        logger.bind(address=self._page.url).info("page_served")
        self.tell(f"{self._page.url}{session_href(session.session_id)}")

    def observe(self, item: Tapped | Lost) -> None:
        """Nothing is asked for: who listens has a tap of their own."""

    def warn(self, note: str) -> None:
        """Keep it for the page of events: the journal has none, and the session's row only once it has ended."""
        if self._session is not None:
            self._ground.warn(self._session.session_id, note)

    def end(self, ended: Ended) -> None:
        """The session has ended, or could not begin."""
        if self._session is not None:
            self._ground.end(self._session.session_id)
            self._session.end(ended)

    def health(self) -> tuple[ServiceHealth, ...]:
        """That it is served, and where. Called in any thread."""
        return (ServiceHealth(self.name, bool(self._page.url), self._page.url),)

    async def farewell(self) -> None:
        """Let those who wait for an answer, or for the end, have it."""
        await self._page.quiet()
