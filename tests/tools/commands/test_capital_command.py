"""``neo capital``: recorded between sessions, paid in a running one, listed, refused in words."""

from __future__ import annotations

import csv
import functools
import io
import json
import os
import threading
from decimal import Decimal
from pathlib import Path

import pytest
from support.sessions import Watcher, plan_for, run
from support.store_database import opened
from support.talks import PATIENCE_S

from actors.operator.endpoint import open_door
from actors.session.parts import SessionParts
from actors.session.session import start_session
from actors.store import list_sessions
from actors.store.lock import ProcessLock
from actors.store.reports import capital_orders
from actors.venues.host import RunningVenue
from actors.venues.sim.world import world_file
from neo.messages import CapitalMoved, CapitalOrdered, MarketView, Message, MoveCapital
from neo.messages.halts import HaltReason
from tools.commands.table import run_command_line
from tools.console.link import EXIT_NO_SESSION
from tools.proofs.faults import CrashingChannels, InjectedFaultError

EXIT_USAGE = 2
EXIT_REFUSED = 5
D = Decimal

Out = pytest.CaptureFixture[str]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    """One in which no session has run yet: a deposit makes none where a name may be mistyped."""
    path = tmp_path / "neo.sqlite3"
    opened(path).close()
    return path


def capital(database: Path, *arguments: str) -> int:
    return run_command_line(["capital", "--db", str(database), *arguments])


def test_the_next_opening_has_what_was_recorded(database: Path, capsys: Out) -> None:
    """A deposit and a withdrawal wait, are in the next session's opening as their own events, and count once."""
    assert capital(database, "deposit", "50", "XRP") == 0
    assert capital(database, "withdraw", "20.5", "rlusd") == 0
    assert "the next one opens with it" in capsys.readouterr().out
    assert capital(database, "list", "--csv") == 0
    waiting = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [(row["xrp"], row["rlusd"]) for row in waiting] == [("50", "0"), ("0", "-20.5")]
    summary = run(plan_for(database, duration_s=60))
    assert (summary.inventory.xrp_capital_drops, summary.inventory.rlusd_capital) == (150_000_000, D("179.5"))
    assert summary.inventory.exact
    # An opening is no gain: the change of equity is the trading's alone.
    assert summary.results is not None
    assert summary.results.capital_moves == ()
    assert {order.session_id for order in capital_orders(database)} == {summary.session_id}
    assert run(plan_for(database, duration_s=60)).inventory.xrp_capital_drops == 100_000_000
    assert capital(database, "list", "--json") == 0
    causes = [json.loads(line)["cause"] for line in capsys.readouterr().out.splitlines()]
    assert causes == [
        "opening balance",
        "deposit before the session",
        "withdraw before the session",
        "opening balance",
    ]


def test_what_is_recorded_is_told_to_programs_digit_for_digit(database: Path, capsys: Out) -> None:
    """One object, amounts as the balance changes, RLUSD as text."""
    assert capital(database, "withdraw", "20.50", "RLUSD", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["id"], told["kind"], told["xrp_drops"], told["rlusd"]) == (1, "withdraw", 0, "-20.5")


def test_a_withdrawal_beyond_the_opening_keeps_the_session_from_starting(database: Path, capsys: Out) -> None:
    """The session says why it can't open, the record goes on waiting, and a deposit mends it."""
    assert capital(database, "withdraw", "200.5", "RLUSD") == 0
    summary = run(plan_for(database, duration_s=60))
    assert summary.halt_reason is HaltReason.STARTUP_FAILURE
    assert "opening balance of 100" in summary.halt_detail
    assert "-0.5 RLUSD" in summary.halt_detail
    assert capital(database, "deposit", "1", "RLUSD") == 0
    mended = run(plan_for(database, duration_s=60))
    assert mended.halt_reason is HaltReason.DURATION_ELAPSED
    assert mended.inventory.rlusd_capital == D("0.5")


def test_a_session_that_never_opens_leaves_what_was_recorded_waiting(database: Path, capsys: Out) -> None:
    """A start that fails after it took a deposit has not opened with it: the next session does, once."""

    def broken(_venue: RunningVenue) -> RunningVenue:
        raise OSError("no venue there")

    assert capital(database, "deposit", "50", "XRP") == 0
    plan = plan_for(database, duration_s=60)
    failed = start_session(plan, Watcher(), parts=SessionParts(venue=broken))
    assert failed.halt_reason is HaltReason.STARTUP_FAILURE
    capsys.readouterr()
    assert capital(database, "list", "--csv") == 0
    assert "waits for the next session" in capsys.readouterr().out
    for expected in (150_000_000, 100_000_000):
        assert run(plan_for(database, duration_s=60)).inventory.xrp_capital_drops == expected


def test_a_running_session_pays_at_once(database: Path) -> None:
    """Said to a running session, a deposit is a payment that the session finds on its ledger.

    One that it can't find is a warning: nobody has so much, so the ledger refuses it.
    """
    told: list[int] = []
    settled = threading.Event()

    def talk() -> None:
        told.append(capital(database, "deposit", "25", "XRP"))
        told.append(capital(database, "withdraw", "1000", "RLUSD"))
        told.append(capital(database, "deposit", "99999999999", "XRP"))
        assert settled.wait(PATIENCE_S)
        told.append(run_command_line(["kill", "--db", str(database)]))

    talking = threading.Thread(target=talk)

    def watch(message: Message) -> None:
        if isinstance(message, MarketView):
            if not talking.ident:
                talking.start()
            ordered = [one for one in watcher.seen if isinstance(one, CapitalOrdered)]
            if len(ordered) == 2 and message.ledger_index > ordered[-1].last_ledger_sequence:
                settled.set()

    watcher = Watcher(watch)
    # Far longer than the words take: the session ends by the last of them.
    summary = run(plan_for(database, duration_s=86_400, speed=200), watcher)
    talking.join()
    assert told == [0, EXIT_REFUSED, 0, 0]
    assert summary.halt_reason is HaltReason.KILL_SWITCH
    assert summary.inventory.xrp_capital_drops == 125_000_000
    assert summary.inventory.exact
    moved = [message for message in watcher.seen if isinstance(message, CapitalMoved)]
    assert [one.xrp_drops for one in moved] == [100_000_000, 25_000_000]
    [warned] = [line for line in list_sessions(database)[0].warnings if "capital_payment_failed" in line]
    assert "deposit of 99999999999 XRP" in warned


def test_a_deposit_that_the_session_did_not_get_to_is_told(database: Path) -> None:
    """It was taken, and the session ended before it was begun: a warning in the row, a notice at the end."""
    told: list[int] = []
    talking = threading.Thread(target=lambda: told.append(capital(database, "deposit", "25", "XRP")))

    def watch(message: Message) -> None:
        if isinstance(message, MarketView) and not talking.ident:
            talking.start()

    def trigger(actor: str, _moment: str, message: object) -> None:
        if actor == "gateway" and isinstance(message, MoveCapital):
            raise InjectedFaultError("each time")

    plan = plan_for(database, duration_s=86_400, speed=200)
    parts = SessionParts(channels=functools.partial(CrashingChannels, trigger=trigger))
    summary = start_session(plan, Watcher(watch), parts=parts)
    talking.join()
    assert (told, summary.halt_reason) == ([0], HaltReason.ACTOR_FAILURE)
    assert summary.inventory.xrp_capital_drops == 100_000_000
    notice = "the deposit of 25 XRP (c0001) was not begun before the session ended: nothing was paid"
    assert notice in summary.notices
    assert [line for line in list_sessions(database)[0].warnings if notice in line]


def test_what_a_killed_session_left_behind_keeps_nobody_from_recording(database: Path, capsys: Out) -> None:
    """Nobody has the lock, so no session runs, whatever its file says: the next one opens with it."""
    left = open_door(database)
    left.tell(database, "s1", "k" * 64)
    left.listener.close()
    assert capital(database, "deposit", "50", "XRP") == 0
    assert "the next one opens with it." in capsys.readouterr().out
    world_file(database).touch()
    assert capital(database, "deposit", "50", "XRP") == 0
    assert "unless it goes on with a lost session's ledger" in capsys.readouterr().out
    assert len(capital_orders(database)) == 2
    lock = ProcessLock(database)
    lock.acquire()
    assert capital(database, "deposit", "50", "XRP") == EXIT_NO_SESSION
    assert f"in the hands of process {os.getpid()}" in capsys.readouterr().err
    lock.release()
    assert len(capital_orders(database)) == 2


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["deposit", "0", "XRP"], "a number above 0"),
        (
            ["deposit", "-5", "XRP"],
            "'-5' begins with a minus, so it is taken for an option; write a number without one",
        ),
        (["deposit", "1e9", "XRP"], "a number above 0"),
        (["deposit", "0.0000001", "XRP"], "a drop is a millionth"),
        (["deposit", "NaN", "XRP"], "a number above 0"),
        (["deposit", "\u0665", "XRP"], "a number above 0"),
        (["deposit", "100000000000.000001", "XRP"], "no more than 100,000,000,000"),
        (["withdraw", "9" * 100, "XRP"], "no more than 100,000,000,000"),
        (["deposit", "1.2345678901234567", "RLUSD"], "16 digits"),
        (["withdraw", "1" + "0" * 15, "RLUSD"], "at most 15 on either side"),
        (["deposit", "0.0000000000000001", "RLUSD"], "at most 15 on either side"),
        (["deposit", "5", "EUR"], "'EUR' is not known here; write XRP or RLUSD"),
        (["deposit", "5"], "ASSET is missing"),
        (["list", "--json", "--csv"], "two forms"),
    ],
)
def test_mistakes_are_told(database: Path, capsys: Out, arguments: list[str], words: str) -> None:
    """A usage error names what to write, and records nothing."""
    assert capital(database, *arguments) == EXIT_USAGE
    assert words in capsys.readouterr().err
    assert capital_orders(database) == []


@pytest.mark.parametrize(
    ("amount", "asset", "recorded"),
    [
        ("100000000000", "XRP", (100_000_000_000_000_000, D(0))),
        ("0.00000100000000000000000000000000000000", "XRP", (1, D(0))),
        ("123456789012345.6", "RLUSD", (0, D("123456789012345.6"))),
        ("0.000000000000001", "RLUSD", (0, D("1e-15"))),
        ("050.0", "RLUSD", (0, D(50))),
    ],
)
def test_amounts_are_kept_to_the_last_digit(
    database: Path, capsys: Out, amount: str, asset: str, recorded: tuple[int, Decimal]
) -> None:
    """The largest, the smallest and the clumsily written: recorded as said, and said back in plain digits."""
    assert capital(database, "deposit", amount, asset) == 0
    assert "E" not in capsys.readouterr().out.split(": ")[1].split(" XRP")[0].split(" RLUSD")[0]
    (order,) = capital_orders(database)
    assert (order.xrp_drops, order.rlusd) == recorded


def test_nothing_moved_yet(tmp_path: Path, capsys: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the first session there is nothing to list, and that is no fault."""
    monkeypatch.setattr("tools.console.paths.default_database", lambda: tmp_path / "neo.sqlite3")
    assert run_command_line(["capital", "list"]) == 0
    assert "No capital has moved yet" in capsys.readouterr().out
