"""The page of a whole session, as a browser has it: opened before it, there while it runs, gone with it."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from urllib.parse import urlsplit

import pytest
from loguru import logger
from support.page_certificates import make_certificate
from support.sessions import Watcher, plan_for
from support.talks import PATIENCE_S, Moments, session_with

from actors.lookout.lookout import Lookout, ServiceRefusedError
from actors.page.access import Gate
from actors.session.session import start_session
from neo.config.key_wiring import PageSettings
from neo.text.listening import ListenAddress
from tools.console.errors import OperatorError
from tools.page.page_service import PagePlan, PageService, plan_page
from tools.page.running import OwnSession

TOKEN = "a-token-of-the-tests-alone"  # noqa: S105 - and of nothing else


@pytest.fixture
def log() -> Iterator[list[str]]:
    """What is logged, as event and fields."""
    lines: list[str] = []
    number = logger.add(lambda message: lines.append(message.rstrip("\n")), format="{message} {extra}")
    yield lines
    logger.remove(number)


def page_of(port: int = 0) -> tuple[PageService, list[str]]:
    """A page of a session to come, and where it tells its address."""
    told: list[str] = []
    plan = PagePlan(ListenAddress("127.0.0.1", port), None, Gate(TOKEN))
    service = PageService(plan)
    service.tell = told.append
    return service, told


class Visitor:
    """Who looks at a page from outside, by Python's own client."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        assert parts.port is not None
        self.port, self.path = parts.port, parts.path

    def ask(self, method: str, path: str, body: str = "", token: str = "") -> tuple[int, str]:
        """An answer's status and text."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        headers = {"Accept": "application/json", "Content-Type": "application/x-www-form-urlencoded"}
        headers |= {"Authorization": f"Bearer {token}"} if token else {}
        try:
            connection.request(method, path, body=body or None, headers=headers)
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def events(self, query: str = "") -> Iterator[tuple[str, str]]:
        """A stream's events, to its end."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE_S)
        try:
            connection.request("GET", f"/events{query}")
            answer, name = connection.getresponse(), ""
            assert answer.status == 200
            for line in answer:
                field, _, value = line.decode().rstrip("\n").partition(": ")
                name = value if field == "event" else name
                if field == "data":
                    yield name, value
        finally:
            connection.close()


def test_a_sessions_page_is_there_while_it_runs_and_tells_its_end(tmp_path: Path, log: list[str]) -> None:
    """Its address is told, and in the log; who listens is told the end before the page goes, who asked the outcome."""
    database = tmp_path / "neo.sqlite3"
    service, told = page_of()
    seen: list[str] = []

    def talk(_moments: Moments) -> None:
        visitor = Visitor(told[0])
        status, page = visitor.ask("GET", visitor.path)
        assert (status, "<html" in page) == (200, True)
        assert visitor.ask("POST", f"{visitor.path}/kill", "reason=x")[0] == 401
        [health] = service.health()
        assert (health.name, health.ok, health.detail) == ("page", True, told[0].partition("/session")[0])
        events = visitor.events("?tap=1&type=LedgerObserved")
        seen.append(next(name for name, _ in events if name == "now"))
        seen.append(next(name for name, _ in events if name == "message"))
        status, answer = visitor.ask("POST", f"{visitor.path}/kill", "reason=enough", TOKEN)
        assert status == 200
        assert json.loads(answer)["detail"].startswith("The session has ended: kill_switch: page kill: enough.")
        last = list(events)[-1]
        assert (last[0], json.loads(last[1])["reason"]) == ("ended", "kill_switch")

    summary = session_with(database, talk, services=[service])
    assert summary.halt_detail == "page kill: enough"
    assert seen == ["now", "message"]
    assert urlsplit(told[0]).path == f"/session/{summary.session_id}"
    [served] = [line for line in log if line.startswith("page_served")]
    assert served == f"page_served {{'address': '{told[0].partition('/session')[0]}'}}"
    assert not [line for line in log if TOKEN in line]
    with pytest.raises(ConnectionRefusedError):
        Visitor(told[0]).ask("GET", "/running.json")


def test_the_next_session_has_its_page_at_the_same_address(tmp_path: Path) -> None:
    """A browser that comes again finds it there."""
    database = tmp_path / "neo.sqlite3"
    port = 0
    ids: list[str] = []
    for _ in range(2):
        service, told = page_of(port)

        def talk(_moments: Moments, told: list[str] = told) -> None:
            visitor = Visitor(told[0])
            [running] = json.loads(visitor.ask("GET", "/running.json")[1])
            ids.append(running["session"])
            # One is left open, as a browser leaves it.
            next(visitor.events())

        session_with(database, talk, services=[service])
        port = Visitor(told[0]).port
    assert len(set(ids)) == 2


def test_a_port_that_is_taken_keeps_the_session_from_beginning(tmp_path: Path) -> None:
    """Nothing is written, and nothing is quoted that nobody can see."""
    database = tmp_path / "neo.sqlite3"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        service, _ = page_of(taken.getsockname()[1])
        lookout = Lookout([service])
        with pytest.raises(ServiceRefusedError, match="another program listens there"), lookout.open():
            start_session(plan_for(database, duration_s=40), Watcher(), lookout=lookout)
    assert not database.exists()


def test_a_session_at_full_speed_is_the_same_with_a_page(tmp_path: Path) -> None:
    """What is looked at is not changed by it, to the last byte of its journal."""
    digests = []
    for name in ("looked_at", "alone"):
        database = tmp_path / f"{name}.sqlite3"
        services = [page_of()[0]] if name == "looked_at" else []
        lookout = Lookout(services)
        with lookout.open():
            digests.append(start_session(plan_for(database), Watcher(), lookout=lookout).journal_sha256)
    assert digests[0] == digests[1]


# --- What it is opened with --------------------------------------------------------------------------------------


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A user's folder of the test's own."""
    for name in ("HOME", "XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.setenv(name, str(tmp_path))
    return tmp_path


def settings(address: str, certificate: object = "", key: object = "") -> PageSettings:
    """Of a page."""
    return PageSettings(address=address, certificate=str(certificate), key=str(key))


def test_a_page_for_others_needs_a_certificate(home: Path) -> None:
    """Without one the token would be sent in the open; with one every request needs it."""
    with pytest.raises(OperatorError, match=r"page at 0\.0\.0\.0:8017: can be reached from other machines") as refused:
        plan_page(settings("0.0.0.0:8017"), {})
    assert refused.value.exit_code == 2
    files = make_certificate(home)
    plan = plan_page(settings("0.0.0.0:8017", *files), {})
    assert plan.certificate is not None
    assert plan_page(settings("127.0.0.1:0"), {}).certificate is None


@pytest.mark.parametrize(("certificate", "key"), [("none.pem", "none.pem"), ("page.pem", ""), ("", "page-key.pem")])
def test_a_certificate_that_cannot_be_read_is_told(home: Path, certificate: str, key: str) -> None:
    """With its key in the settings, before anything else is done."""
    make_certificate(home)
    with pytest.raises(OperatorError, match=r"operator\.page_(certificate|key) = ") as refused:
        plan_page(settings("127.0.0.1:0", certificate and home / certificate, key and home / key), {})
    assert refused.value.exit_code == 2


def test_a_token_that_cannot_be_used_opens_no_page(home: Path) -> None:
    """Nor is another one made in its place."""
    with pytest.raises(OperatorError, match="NEO_PAGE_TOKEN"):
        plan_page(settings("127.0.0.1:0"), {"NEO_PAGE_TOKEN": "short"})
    assert not list(home.rglob("page-token"))


def test_the_page_of_a_session_that_never_began_tells_nothing() -> None:
    """It is closed without a word."""
    service, told = page_of()
    with Lookout([service]).open():
        pass
    assert told == []


def test_what_the_log_warns_of_is_kept_for_the_events() -> None:
    """The last hundred, the newest first; before a session has begun nobody's page has a place for it."""
    service, _ = page_of()
    service.warn("too early")
    ground = service._ground
    service._session = cast("OwnSession", SimpleNamespace(session_id="s1"))
    service.warn("an old one")
    for number in range(100):
        service.warn(f"note {number}")
    assert ground.warnings("s1")[::99] == ("note 99", "note 0")
    assert ground.warnings("s2") == ()
