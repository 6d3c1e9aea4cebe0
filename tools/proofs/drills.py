"""The halt drills: for every halt reason, one way to bring it about in a whole session, and what must then be true.

A drill runs the shipped profile on the ``sim`` venue in a database of its own, under the virtual clock. The fault comes
in through the session's parts, its configuration, or its surroundings (a signal, a kill file).
"""

from __future__ import annotations

import functools
import math
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec

from actors.operator.endpoint import endpoint_file
from actors.operator.killfile import kill_file
from actors.plumbing.wiring import ChannelBounds, Channels
from actors.session.parts import SessionParts
from actors.session.session import SessionPlan, start_session
from actors.store import SessionRow, list_sessions
from actors.store.follow import records_since
from actors.venues.host import RunningVenue, VenueOptions
from actors.venues.sim.sim_host import OUR_ACCOUNT
from actors.venues.sim.venue import SimVenue
from actors.venues.table import venue_plan
from neo.analysis.summary import SessionSummary
from neo.config import Config
from neo.messages import MarketView, Message, OrderSigned, QuotesWanted
from neo.messages.halts import HALT_FACTS, HaltReason
from tools.proofs.faults import (
    BreakingVenue,
    CrashAt,
    CrashingChannels,
    CrashOn,
    EmptyVenue,
    LeakingVenue,
    RefusingVenue,
    SilentVenue,
    UnreachableVenue,
    UnreceiptedChannels,
    VenueWrapper,
)
from tools.settings.markets import session_market
from tools.settings.profiles import find_profile, read_profile

# The fault comes when quotes rest on the ledger: this many ledgers in.
LEDGERS_WELL = 20

# Receipts until then: of the start, the opening, and the ticks that sent something.
_RECEIPTS_WELL = 6

# Market time that a drill may run if nothing ends it; far more than any of them takes.
_DURATION_S = 7200

# For the child process that is killed: real seconds until it must have begun.
_CHILD_PATIENCE_S = 60.0
_LOOK_S = 0.05

Sections = Mapping[str, Mapping[str, Any]]


class Drill(msgspec.Struct, frozen=True, kw_only=True):
    """One ending, brought about on purpose.

    Args:
        name: What ``neo drill`` calls it.
        reason: The halt reason that must come of it.
        what: What is done, in one line.
        detail: Words that the halt's detail must hold.
        config: Keys of the profile that are changed.
        venue: Put in the venue's place.
        channels: Put in the channels' place.
        trigger: Made anew for each run; crashes actors.
        signals: The signals that end the session, if they are others.
        act: Done once, when quotes rest.
        duration_s: Market time.
    """

    name: str
    reason: HaltReason
    what: str
    detail: str
    config: Sections = {}
    venue: Callable[[RunningVenue], VenueWrapper] | None = None
    channels: Callable[[ChannelBounds], Channels] = Channels
    trigger: Callable[[], Callable[[str, str, Any], None]] | None = None
    signals: Mapping[int, HaltReason] | None = None
    act: Callable[[Path], None] | None = None
    duration_s: int = _DURATION_S


class DrillOutcome(msgspec.Struct, frozen=True, kw_only=True):
    """What a drill came to.

    Args:
        summary: The session's own account of it.
        row: Its row in the database.
        offers_on_ledger: Our orders whose offers were on the venue's ledger when all was over.
        wal_bytes: Size of the write-ahead log that was left.
    """

    summary: SessionSummary
    row: SessionRow
    offers_on_ledger: tuple[str, ...]
    wal_bytes: int

    def faults(self, drill: Drill) -> list[str]:
        """What is not as it must be after this drill; empty if all is."""
        row, summary = self.row, self.summary
        told = " ".join(rung for rung in row.rungs_failed if "could not cancel" in rung)
        unnamed = [order for order in self.offers_on_ledger if order not in summary.orders_left or order not in told]
        checks = {
            f"the reason is {summary.halt_reason}": summary.halt_reason is drill.reason,
            f"the detail is {summary.halt_detail!r}": drill.detail in summary.halt_detail,
            f"the row says {row.halt_reason}": row.halt_reason == drill.reason.value,
            f"the row's detail is {row.halt_detail!r}": row.halt_detail == summary.halt_detail,
            f"the row is {row.status}": row.status == "ended",
            f"offers {unnamed} are left, unnamed": not unnamed,
            f"the write-ahead log has {self.wal_bytes} bytes": self.wal_bytes == 0,
        }
        return [fault for fault, held in checks.items() if not held]


def _send(number: int) -> Callable[[Path], None]:
    return lambda _: signal.raise_signal(number)


def _touch_kill_file(database: Path) -> None:
    kill_file(database).write_text("a drill", encoding="utf-8")


def _broken_venue(kind: type[VenueWrapper]) -> Callable[[RunningVenue], VenueWrapper]:
    return lambda inner: kind(inner, LEDGERS_WELL)


# Where the system does not have a signal, another one takes its way through the same handler.
_BREAK: int = getattr(signal, "SIGBREAK", getattr(signal, "SIGUSR1", signal.SIGTERM))
_HANGUP: int = getattr(signal, "SIGHUP", signal.SIGTERM)
_QUIT: int = getattr(signal, "SIGQUIT", signal.SIGTERM)

DRILLS: tuple[Drill, ...] = (
    Drill(
        name="duration_elapsed",
        reason=HaltReason.DURATION_ELAPSED,
        what="The session runs its whole duration.",
        detail="120 s",
        duration_s=120,
    ),
    Drill(
        name="engine_requested_halt",
        reason=HaltReason.ENGINE_REQUESTED_HALT,
        what="Book and pool vanish, so neither side can be quoted for idle_ticks_max ticks.",
        detail="no quote on either side for 10 ticks: no_anchor",
        config={"engine": {"idle_ticks_max": 10}},
        venue=_broken_venue(EmptyVenue),
    ),
    Drill(
        name="risk_xrp_exposure",
        reason=HaltReason.RISK_XRP_EXPOSURE,
        what="The account holds more XRP than it may.",
        detail=" > 150",
        config={"risk": {"max_xrp_exposure": Decimal(150)}},
    ),
    Drill(
        name="risk_rlusd_exposure",
        reason=HaltReason.RISK_RLUSD_EXPOSURE,
        what="The account holds more RLUSD than it may.",
        detail="200.00 > 150",
        config={"risk": {"max_rlusd_exposure": Decimal(150)}},
    ),
    Drill(
        name="risk_rpc_failure",
        reason=HaltReason.RISK_RPC_FAILURE,
        what="Every submission fails, past its retries.",
        detail="submit failed 4 times: the node answers 503",
        venue=_broken_venue(RefusingVenue),
    ),
    Drill(
        name="risk_stale_ledger",
        reason=HaltReason.RISK_STALE_LEDGER,
        what="The stream of ledgers dries up without a word.",
        detail="risk.stale_ledger_seconds",
        venue=_broken_venue(SilentVenue),
    ),
    Drill(
        name="risk_gateway_unhealthy",
        reason=HaltReason.RISK_GATEWAY_UNHEALTHY,
        what="The journal's receipt never comes, and the gateway, which sends nothing without one, waits for it.",
        detail="risk.gateway_silence_seconds",
        channels=functools.partial(UnreceiptedChannels, receipts_well=_RECEIPTS_WELL),
    ),
    Drill(
        name="kill_switch",
        reason=HaltReason.KILL_SWITCH,
        what="An operator puts a kill file beside the database.",
        detail="kill file drill.sqlite3.kill: a drill",
        act=_touch_kill_file,
    ),
    Drill(
        name="loss_limit",
        reason=HaltReason.KILL_SWITCH,
        what="The session loses more than it may.",
        detail="risk.max_session_loss_rlusd",
        config={"risk": {"max_session_loss_rlusd": Decimal("0.01")}},
    ),
    Drill(
        name="drawdown_limit",
        reason=HaltReason.KILL_SWITCH,
        what="The session loses more of what it had gained than it may.",
        detail="risk.max_drawdown_rlusd",
        config={"risk": {"max_drawdown_rlusd": Decimal("0.01")}},
    ),
    Drill(
        name="reconciler_halt",
        reason=HaltReason.RECONCILER_HALT,
        what="A drop of XRP goes that no transaction tells of.",
        detail="drops",
        venue=_broken_venue(LeakingVenue),
    ),
    Drill(
        name="interrupted_sigint",
        reason=HaltReason.INTERRUPTED_SIGINT,
        what="Ctrl+C.",
        detail="SIGINT",
        act=_send(signal.SIGINT),
    ),
    Drill(
        name="interrupted_sigterm",
        reason=HaltReason.INTERRUPTED_SIGTERM,
        what="The system asks the process to end.",
        detail="SIGTERM",
        act=_send(signal.SIGTERM),
    ),
    Drill(
        name="interrupted_sigbreak",
        reason=HaltReason.INTERRUPTED_SIGBREAK,
        what="Ctrl+Break (where there is none, another signal in its place).",
        detail="SIG",
        signals={_BREAK: HaltReason.INTERRUPTED_SIGBREAK},
        act=_send(_BREAK),
    ),
    Drill(
        name="interrupted_sighup",
        reason=HaltReason.INTERRUPTED_SIGHUP,
        what="The terminal is closed, or the connection to it lost (on Windows another signal in its place).",
        detail="SIG",
        signals={_HANGUP: HaltReason.INTERRUPTED_SIGHUP},
        act=_send(_HANGUP),
    ),
    Drill(
        name="interrupted_sigquit",
        reason=HaltReason.INTERRUPTED_SIGQUIT,
        what="Ctrl+\\ (on Windows another signal in its place).",
        detail="SIG",
        signals={_QUIT: HaltReason.INTERRUPTED_SIGQUIT},
        act=_send(_QUIT),
    ),
    Drill(
        name="startup_failure",
        reason=HaltReason.STARTUP_FAILURE,
        what="The venue can't be reached.",
        detail="connect failed 4 times: the venue does not answer",
        venue=_broken_venue(UnreachableVenue),
    ),
    Drill(
        name="actor_failure",
        reason=HaltReason.ACTOR_FAILURE,
        what="Risk crashes more often than it may restart.",
        detail="risk: 3 restarts within 300 s used up",
        trigger=lambda: CrashAt("risk", {20, 21, 22, 23}, "before"),
    ),
    Drill(
        name="poison_message",
        reason=HaltReason.ACTOR_FAILURE,
        what="Risk fails twice on the same message.",
        detail="risk: poison message",
        trigger=lambda: CrashOn("risk", lambda message: isinstance(message, QuotesWanted) and message.tick == 20),
    ),
    Drill(
        name="process_lost",
        reason=HaltReason.PROCESS_LOST,
        what="The process is killed without a word; the next start finds its row.",
        detail="ended without a word",
    ),
    Drill(
        name="unexpected_halt",
        reason=HaltReason.UNEXPECTED_HALT,
        what="A task of the engine itself breaks, which nothing that can happen brings about.",
        detail="a task of the engine broke",
        venue=_broken_venue(BreakingVenue),
    ),
)


class _Stage:
    """The screen of a drill: passes everything on, and does the drill's deed when quotes rest.

    Args:
        drill: Whose deed.
        database: The session's.
        shown: Who watches.
    """

    def __init__(self, drill: Drill, database: Path, shown: Callable[[Message], None]) -> None:
        self._drill = drill
        self._database = database
        self._shown = shown
        self._done = False
        self._ledgers = 0

    def show(self, message: Message) -> None:
        self._shown(message)
        self._ledgers += isinstance(message, MarketView)
        if self._drill.act is not None and self._ledgers >= LEDGERS_WELL and not self._done:
            self._done = True
            self._drill.act(self._database)

    def close(self) -> None:
        pass


def rehearse(drill: Drill, folder: Path, shown: Callable[[Message], None] = lambda _: None) -> DrillOutcome:
    """Run a drill in a fresh database.

    Args:
        drill: Which.
        folder: Where the database is made.
        shown: Told of what happens.
    """
    database = folder / "drill.sqlite3"
    if drill.reason is HaltReason.PROCESS_LOST:
        return _rehearse_loss(drill, database)
    for number in drill.signals or ():
        if signal.getsignal(number) is signal.SIG_IGN:
            # Under nohup; a rehearsal hears it all the same.
            signal.signal(number, signal.SIG_DFL)
    plan = drill_plan(drill, database)
    kept: list[RunningVenue] = []

    def venue(inner: RunningVenue) -> RunningVenue:
        kept.append(inner)
        return inner if drill.venue is None else drill.venue(inner)

    trigger = None if drill.trigger is None else drill.trigger()
    parts = SessionParts(
        channels=drill.channels if trigger is None else functools.partial(CrashingChannels, trigger=trigger),
        venue=venue,
        **({} if drill.signals is None else {"signals": drill.signals}),
    )
    summary = start_session(plan, _Stage(drill, database, shown), parts=parts)
    [row] = list_sessions(database)
    left = _offers(kept[0], database, row.id)
    return DrillOutcome(summary=summary, row=row, offers_on_ledger=left, wal_bytes=_wal_bytes(database))


def drill_plan(drill: Drill, database: Path) -> SessionPlan:
    """The session that a drill disturbs."""
    profile = find_profile("paper")
    config = _changed(read_profile(profile), drill.config)
    return SessionPlan(
        config=config,
        venue=venue_plan(config, VenueOptions(recording=session_market(config, profile), speed=math.inf)),
        duration_s=drill.duration_s,
        database=database,
    )


def find_drill(name: str) -> Drill | None:
    """The drill of this name, or None."""
    return next((drill for drill in DRILLS if drill.name == name), None)


def _rehearse_loss(drill: Drill, database: Path) -> DrillOutcome:
    """A child process runs a session and is killed; then another session starts on the same database."""
    command = [sys.executable, "-c", "from tools.cli import main; main()", "run", "--quiet", "--speed", "60"]
    with subprocess.Popen(  # noqa: S603 - this very command, in a process that can be killed
        [*command, "--db", str(database)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as child:
        try:
            last_s = time.monotonic() + _CHILD_PATIENCE_S
            while _ledgers(database) < LEDGERS_WELL and time.monotonic() < last_s:
                time.sleep(_LOOK_S)
        finally:
            child.kill()
    plan = drill_plan(msgspec.structs.replace(drill, duration_s=60), database)
    kept: list[RunningVenue] = []

    def venue(inner: RunningVenue) -> RunningVenue:
        kept.append(inner)
        return inner

    summary = start_session(plan, _Stage(drill, database, _unseen), parts=SessionParts(venue=venue))
    newer, lost = list_sessions(database)
    assert newer.parent_id == lost.id, "the next session names the lost one"
    # Both traded on one ledger, and at its end nothing of either may be left there.
    left = _offers(kept[-1], database, lost.id, newer.id)
    halted = msgspec.structs.replace(summary, **_as_the_row_says(lost))
    return DrillOutcome(summary=halted, row=lost, offers_on_ledger=left, wal_bytes=_wal_bytes(database))


def _as_the_row_says(lost: SessionRow) -> dict[str, Any]:
    """What is told of a session that could give no summary itself."""
    return {
        "session_id": lost.id,
        "halt_reason": HaltReason(lost.halt_reason or HaltReason.UNEXPECTED_HALT),
        "halt_detail": lost.halt_detail or "",
        "secondary_halts": lost.secondary_halts,
        "rungs_failed": lost.rungs_failed,
        "ticks": lost.ticks,
        "fills": lost.fills,
        "restarts": len(lost.restarts),
    }


def _unseen(_message: Message) -> None:
    pass


def _ledgers(database: Path) -> int:
    if not endpoint_file(database).exists():
        return 0
    return max((row.ledgers for row in list_sessions(database)), default=0)


def _offers(venue: RunningVenue, database: Path, *session_ids: str) -> tuple[str, ...]:
    """Our orders whose offers the simulated ledger has, straight from it."""
    assert isinstance(venue, SimVenue), "a drill runs on the simulated ledger"
    orders = {
        record.sequence: record.order_id
        for session_id in session_ids
        for _, record in records_since(database, session_id, None)
        if isinstance(record, OrderSigned)
    }
    return tuple(orders[offer.sequence] for offer in venue.market.ledger.offers(OUR_ACCOUNT))


def _wal_bytes(database: Path) -> int:
    log = database.with_name(f"{database.name}-wal")
    return log.stat().st_size if log.exists() else 0


def _changed(config: Config, sections: Sections) -> Config:
    changed = {name: msgspec.structs.replace(getattr(config, name), **keys) for name, keys in sections.items()}
    return msgspec.structs.replace(config, **changed)


def exit_code_of(drill: Drill) -> int:
    """What a session that ends like this leaves its process with."""
    return HALT_FACTS[drill.reason].exit_code
