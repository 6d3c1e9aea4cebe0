"""What systemd hears, at a real datagram socket: ready, how it is, alive, on its way down.

Method: the socket is the test's; the clock is virtual, and the session is what the test says.
"""

from __future__ import annotations

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import trio
from support.alert_samples import status, watched
from support.cli_feed import started
from trio.testing import MockClock

from actors.lookout.service_manager import ServiceManager, service_manager_of
from actors.lookout.vital_signs import VitalSigns
from actors.lookout.watched import Ended
from actors.operator.bridge import NotDoneError
from actors.plumbing.tap import Tapped
from neo.messages import HaltRaised
from neo.messages.halts import HaltReason

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="systemd is of Linux")

SIGNS = VitalSigns(60, 45)


class Manager:
    """A socket as systemd has one."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_NONBLOCK)
        self._socket.bind(f"\0{address[1:]}" if address.startswith("@") else address)

    def heard(self) -> list[str]:
        """The datagrams so far."""
        found = []
        while True:
            try:
                found.append(self._socket.recv(4096).decode())
            except BlockingIOError:
                return found

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(params=["path", "abstract"])
def manager(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Manager]:
    """At a path, and in the abstract namespace."""
    made = Manager(str(tmp_path / "notify") if request.param == "path" else f"@neo-test-{os.getpid()}")
    yield made
    made.close()


def told_by(manager: Manager, **environment: str) -> ServiceManager:
    """Who tells it, by what the environment says."""
    found = service_manager_of({"NOTIFY_SOCKET": manager.address, **environment}, SIGNS)
    assert found is not None
    return found


async def test_it_is_ready_once_it_trades_and_stopping_with_the_first_cause(
    manager: Manager, autojump_clock: MockClock
) -> None:
    """And how it is stands beside it, told anew when it changes."""
    service = told_by(manager)
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        service.begin(watched(status(ledger_age_s=None), status(fills=1), status(fills=1), status(fills=2)))
        assert manager.heard() == ["STATUS=starting", "WATCHDOG=1"]
        await trio.sleep(6)
        assert manager.heard() == ["WATCHDOG=1\nSTATUS=no ledger yet, ledger 90000001, 0 fills"]
        service.observe(Tapped(1, "gateway", "persistence", started()))
        assert manager.heard() == ["READY=1"]
        await trio.sleep(15)
        assert manager.heard() == [
            "WATCHDOG=1\nSTATUS=quoting, ledger 90000001, 1 fills",
            "WATCHDOG=1",
            "WATCHDOG=1\nSTATUS=quoting, ledger 90000001, 2 fills",
        ]
        halt = HaltRaised(reason=HaltReason.KILL_SWITCH, detail="", source="operator", first=True)
        service.observe(Tapped(2, "session", "persistence", halt))
        service.end(Ended(session_id="", reason=HaltReason.KILL_SWITCH, detail=""))
        assert manager.heard() == ["STOPPING=1\nSTATUS=ending: kill_switch", "STOPPING=1\nSTATUS=ended: kill_switch"]
        assert service.health()[0].ok
        nursery.cancel_scope.cancel()


async def test_the_watchdog_is_fed_twice_within_its_patience_while_the_loop_turns(
    manager: Manager, autojump_clock: MockClock
) -> None:
    """Through the way down as well, which a watchdog must not cut off; a loop that hangs feeds it no more."""
    service = told_by(manager, WATCHDOG_USEC="4000000", WATCHDOG_PID=str(os.getpid()))
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        await trio.sleep(7)
        assert manager.heard().count("WATCHDOG=1") == 4
        ending = status(halting="risk_stale_ledger", ledger_age_s=99.0)
        service.begin(watched(ending, ending, ending, NotDoneError("it hangs")))
        await trio.sleep(20)
        told = manager.heard()
        assert len([line for line in told if line.startswith("WATCHDOG=1")]) == 3
        assert told[0] == "WATCHDOG=1\nSTATUS=ending: risk_stale_ledger"
        nursery.cancel_scope.cancel()


async def test_a_manager_that_is_gone_is_shown_and_costs_nothing(tmp_path: Path, autojump_clock: MockClock) -> None:
    """Said once."""
    service = ServiceManager(str(tmp_path / "gone"), None, SIGNS)
    async with trio.open_nursery() as nursery:
        await nursery.start(service.run)
        await trio.sleep(30)
        nursery.cancel_scope.cancel()
    [row] = service.health()
    assert (row.ok, row.detail) == (False, "can't be told: No such file or directory")


@pytest.mark.parametrize(
    ("environment", "watchdog_s"),
    [
        ({"WATCHDOG_USEC": "30000000"}, 30.0),
        ({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}, None),
        ({"WATCHDOG_USEC": "0"}, None),
        ({"WATCHDOG_USEC": "soon"}, None),
        ({"WATCHDOG_USEC": ""}, None),
        ({}, None),
    ],
)
def test_a_watchdog_is_one_meant_for_this_process(environment: dict[str, str], watchdog_s: float | None) -> None:
    """A wrapper's is the wrapper's."""
    found = service_manager_of({"NOTIFY_SOCKET": "/run/x", **environment}, SIGNS)
    assert found is not None
    assert found._watchdog_s == watchdog_s


@pytest.mark.parametrize("address", ["", "vsock:2:1234", "notify"])
def test_without_an_address_that_is_known_nobody_is_told(address: str) -> None:
    """A session that no systemd started has no such service."""
    assert service_manager_of({"NOTIFY_SOCKET": address}, SIGNS) is None
