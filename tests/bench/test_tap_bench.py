"""What taps cost a session: the time of a tick with none, with one that reads, and with ten that stall.

Method: the same seeded session at full speed, in turn with each, several times in one run; the shortest time of each
kind is compared, since whatever else the machine does only adds. The verdict is by processor time, of all threads, the
taps' own work included: more than a session with a core to spare would feel. The taps are real, sockets on the control
channel, opened before the first tick. One is read to the end by a thread of this process, ten are never read at all.
"""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest
from support.sessions import Watcher, plan_for, run

from actors.operator.endpoint import connect, read_endpoint
from actors.operator.protocol import OpenTap
from neo.messages import Message, SessionStarted
from tools.console.link import Link

MARKET_S = 1200
ROUNDS = 8

# A reader takes its share of one interpreter; a stalled tap costs what it takes to count what it loses.
ONE_TAP_MAX = 1.5
STALLED_TAPS_MAX = 1.25

PATIENCE_S = 30.0


def opened(database: Path) -> socket.socket:
    """A tap on the session, with nothing read from it."""
    endpoint = read_endpoint(database)
    connection = connect(endpoint, PATIENCE_S)
    link = Link(endpoint, connection)
    link.prove(time.monotonic() + PATIENCE_S)
    link.tell("a tap", OpenTap(()), PATIENCE_S)
    connection.settimeout(None)
    return connection


def tick_us(database: Path, taps: int, *, stalled: bool) -> tuple[float, float]:
    """Microseconds of a tick, of processor time and by the wall's clock."""
    connections: list[socket.socket] = []
    readers: list[threading.Thread] = []

    def begin(message: Message) -> None:
        if isinstance(message, SessionStarted):
            for _ in range(taps):
                connections.append(opened(database))
                if not stalled:
                    readers.append(threading.Thread(target=drain, args=(connections[-1],)))
                    readers[-1].start()

    begun_s = time.process_time()
    summary = run(plan_for(database, duration_s=MARKET_S), Watcher(begin))
    for reader in readers:
        reader.join()
    for connection in connections:
        connection.close()
    taken_s = time.process_time() - begun_s
    return taken_s / summary.ticks * 1e6, summary.wall_s / summary.ticks * 1e6


def drain(connection: socket.socket) -> None:
    """Read until the session closes."""
    with connection:
        while connection.recv(65_536):
            pass


@pytest.mark.bench
def test_taps_cost_a_session_next_to_nothing(tmp_path: Path) -> None:
    """Ratios of the tick's time: one tap to none, ten stalled ones to none."""
    kinds = {"none": (0, False), "one": (1, False), "ten stalled": (10, True)}
    times: dict[str, list[tuple[float, float]]] = {kind: [] for kind in kinds}
    for number in range(ROUNDS):
        for kind, (taps, stalled) in kinds.items():
            times[kind].append(tick_us(tmp_path / f"{kind}-{number}.sqlite3", taps, stalled=stalled))
    cpu = {kind: min(taken for taken, _ in pairs) for kind, pairs in times.items()}
    wall = {kind: min(taken for _, taken in pairs) for kind, pairs in times.items()}
    for kind in kinds:
        by_cpu, by_wall = cpu[kind] / cpu["none"], wall[kind] / wall["none"]
        print(
            f"{kind:<12} {cpu[kind]:7.0f} us of processor, {by_cpu:5.2f}; {wall[kind]:7.0f} us of wall, {by_wall:5.2f}"
        )
    assert cpu["one"] / cpu["none"] < ONE_TAP_MAX
    assert cpu["ten stalled"] / cpu["none"] < STALLED_TAPS_MAX
