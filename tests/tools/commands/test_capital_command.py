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
from actors.store.maintenance import check
from actors.store.reports import capital_orders
from actors.venues.host import RunningVenue
from actors.venues.sim.world import world_file
from neo.messages import CapitalMoved, CapitalOrdered, MarketView, Message, MoveCapital
from neo.messages.halts import HaltReason
from tools.commands.table import run_command_line
from tools.console.errors import EXIT_STARTUP
from tools.console.link import EXIT_NO_SESSION, EXIT_UNSURE
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


def test_a_withdrawal_that_can_not_be_is_refused_when_it_is_made(database: Path, capsys: Out) -> None:
    """By what the last session opened with (100 XRP and 200 RLUSD) and what waits; nothing is recorded of it."""
    summary = run(plan_for(database, duration_s=60))
    assert summary.inventory.exact
    assert capital(database, "withdraw", "200.5", "RLUSD") == EXIT_STARTUP
    told = capsys.readouterr().err
    assert "200.5 RLUSD is more than the 200 RLUSD that we have, going by what the last session opened with" in told
    assert "Deposit first, or withdraw less" in told
    assert capital(database, "withdraw", "99.5", "XRP") == EXIT_STARTUP
    assert "that are free beside the reserve" in capsys.readouterr().err
    assert capital_orders(database) == []
    assert capital(database, "deposit", "1", "RLUSD") == 0
    assert capital(database, "withdraw", "200.5", "RLUSD") == 0
    assert capital(database, "withdraw", "0.6", "RLUSD") == EXIT_STARTUP
    # What counted in an opening before is not there again: the profile's own balance is.
    assert run(plan_for(database, duration_s=60)).inventory.rlusd_capital == D("0.5")
    assert capital(database, "withdraw", "200", "RLUSD") == 0


def test_what_waits_can_be_taken_back_once(database: Path, capsys: Out) -> None:
    """By its number in the list; what a session opened with, and what was never recorded, can't be."""
    assert capital(database, "deposit", "50", "XRP") == 0
    assert capital(database, "deposit", "7", "RLUSD") == 0
    capsys.readouterr()
    assert capital(database, "list", "--json") == 0
    numbers = [json.loads(line)["number"] for line in capsys.readouterr().out.splitlines()]
    assert numbers == [1, 2]
    assert capital(database, "cancel", "1") == 0
    assert capsys.readouterr().out == "Number 1, deposit of 50 XRP: cancelled.\n"
    assert capital(database, "cancel", "1") == EXIT_STARTUP
    assert "no deposit or withdrawal number 1 waits for a session" in capsys.readouterr().err
    summary = run(plan_for(database, duration_s=60))
    assert (summary.inventory.xrp_capital_drops, summary.inventory.rlusd_capital) == (100_000_000, D(207))
    assert capital(database, "cancel", "2") == EXIT_STARTUP
    assert check(database).findings == ()


def test_a_deposit_that_a_withdrawal_needs_is_taken_back_after_it(database: Path, capsys: Out) -> None:
    """The other way round the next session could not open."""
    run(plan_for(database, duration_s=60))
    assert capital(database, "deposit", "50", "RLUSD") == 0
    assert capital(database, "withdraw", "240", "RLUSD") == 0
    assert capital(database, "cancel", "1") == EXIT_STARTUP
    assert "a withdrawal waits that needs it" in capsys.readouterr().err
    assert capital(database, "cancel", "2", "--json") == 0
    assert json.loads(capsys.readouterr().out)["rlusd"] == "-240"
    assert capital(database, "cancel", "1") == 0
    assert capital_orders(database) == []


def test_nothing_is_taken_back_while_a_session_runs(database: Path, capsys: Out) -> None:
    """It may be opening with it at this moment."""
    assert capital(database, "deposit", "50", "XRP") == 0
    lock = ProcessLock(database)
    lock.acquire()
    assert capital(database, "cancel", "1") == EXIT_STARTUP
    assert "What waits can be taken back once it has ended." in capsys.readouterr().err
    lock.release()
    assert len(capital_orders(database)) == 1


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


def test_a_running_session_pays_at_once_and_tells_what_came_of_it(database: Path, capsys: Out) -> None:
    """Said to a running session, a deposit is a payment that the session finds on its ledger.

    Whoever orders one hears what became of it: the ledger that has it, or that none took it (nobody has so much).
    """
    told: list[int] = []
    settled = threading.Event()

    def talk() -> None:
        told.append(capital(database, "deposit", "25", "XRP"))
        told.append(capital(database, "withdraw", "1000", "RLUSD"))
        told.append(capital(database, "deposit", "99999999999", "XRP"))
        told.append(capital(database, "withdraw", "1", "RLUSD", "--json"))
        told.append(capital(database, "deposit", "1", "XRP", "--no-wait"))
        assert settled.wait(PATIENCE_S)
        told.append(run_command_line(["kill", "--db", str(database)]))

    talking = threading.Thread(target=talk)

    def watch(message: Message) -> None:
        if isinstance(message, MarketView):
            if not talking.ident:
                talking.start()
            ordered = [one for one in watcher.seen if isinstance(one, CapitalOrdered)]
            if len(ordered) == 4 and message.ledger_index > ordered[-1].last_ledger_sequence:
                settled.set()

    watcher = Watcher(watch)
    # Far longer than the words take: the session ends by the last of them.
    summary = run(plan_for(database, duration_s=86_400, speed=200), watcher)
    talking.join()
    assert told == [0, EXIT_REFUSED, EXIT_REFUSED, 0, 0, 0]
    assert summary.halt_reason is HaltReason.KILL_SWITCH
    assert summary.inventory.xrp_capital_drops == 126_000_000
    assert summary.inventory.exact
    moved = [message for message in watcher.seen if isinstance(message, CapitalMoved)]
    assert [one.xrp_drops for one in moved] == [100_000_000, 25_000_000, 0, 1_000_000]
    paid, sent = moved[1], [message for message in watcher.seen if isinstance(message, CapitalOrdered)]
    out, err = capsys.readouterr()
    assert f"25 XRP paid, in ledger {paid.ledger_index} as {sent[0].tx_hash}." in out
    assert f"the payment failed, and nothing was paid: no ledger up to {sent[1].last_ledger_sequence}, the last" in err
    [told_json] = [json.loads(line) for line in out.splitlines() if line.startswith("{")]
    assert (told_json["ledger_index"], told_json["tx_hash"]) == (moved[2].ledger_index, sent[2].tx_hash)
    [warned] = [line for line in list_sessions(database)[0].warnings if "capital_payment_failed" in line]
    assert "deposit of 99999999999 XRP" in warned


def test_a_deposit_that_the_session_did_not_get_to_is_told(database: Path, capsys: Out) -> None:
    """It was taken, and the session ended before it was begun: a warning in the row, a notice at the end, and whoever
    ordered it hears where to look.
    """
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
    assert (told, summary.halt_reason) == ([EXIT_UNSURE], HaltReason.ACTOR_FAILURE)
    assert (
        "ended before a ledger told of it. It has the order (c0001); `neo capital list` shows"
        in capsys.readouterr().err
    )
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
