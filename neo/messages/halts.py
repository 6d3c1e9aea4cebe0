"""Why a session ended: the one list of halt reasons, and the exit code of each.

The strings are a contract: dashboards and experiment logs parse them. Numbers and free text go to the detail,
never into the reason.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from decimal import Decimal

import msgspec


class HaltReason(enum.StrEnum):
    """The taxonomy of endings. The value is what is stored and printed."""

    DURATION_ELAPSED = "duration_elapsed"
    ENGINE_REQUESTED_HALT = "engine_requested_halt"
    RISK_XRP_EXPOSURE = "risk_xrp_exposure"
    RISK_RLUSD_EXPOSURE = "risk_rlusd_exposure"
    RISK_RPC_FAILURE = "risk_rpc_failure"
    RISK_STALE_LEDGER = "risk_stale_ledger"
    RISK_GATEWAY_UNHEALTHY = "risk_gateway_unhealthy"
    KILL_SWITCH = "kill_switch"
    RECONCILER_HALT = "reconciler_halt"
    INTERRUPTED_SIGINT = "interrupted_sigint"
    INTERRUPTED_SIGTERM = "interrupted_sigterm"
    INTERRUPTED_SIGBREAK = "interrupted_sigbreak"
    INTERRUPTED_SIGHUP = "interrupted_sighup"
    INTERRUPTED_SIGQUIT = "interrupted_sigquit"
    STARTUP_FAILURE = "startup_failure"
    ACTOR_FAILURE = "actor_failure"
    PROCESS_LOST = "process_lost"
    UNEXPECTED_HALT = "unexpected_halt"


class HaltFacts(msgspec.Struct, frozen=True):
    """What is written about a halt reason: who raises it, what it means, and the exit code it gives."""

    raised_by: str
    meaning: str
    exit_code: int


HALT_FACTS: dict[HaltReason, HaltFacts] = {
    HaltReason.DURATION_ELAPSED: HaltFacts("session clock", "normal completion", 0),
    HaltReason.ENGINE_REQUESTED_HALT: HaltFacts("strategy or engine decision", "the engine decided to stop", 10),
    HaltReason.RISK_XRP_EXPOSURE: HaltFacts("risk gate", "XRP value above `risk.max_xrp_exposure`", 11),
    HaltReason.RISK_RLUSD_EXPOSURE: HaltFacts("risk gate", "RLUSD above `risk.max_rlusd_exposure`", 12),
    HaltReason.RISK_RPC_FAILURE: HaltFacts("risk gate", "the last request failed past its retries", 13),
    HaltReason.RISK_STALE_LEDGER: HaltFacts("risk gate", "ledger age above its threshold", 14),
    HaltReason.RISK_GATEWAY_UNHEALTHY: HaltFacts("risk gate", "gateway health check failed", 15),
    HaltReason.KILL_SWITCH: HaltFacts("kill switch", "an operator, or a loss limit, said stop", 20),
    HaltReason.RECONCILER_HALT: HaltFacts("reconciler", "fills that can't be explained, or ambiguous orders", 21),
    HaltReason.STARTUP_FAILURE: HaltFacts(
        "start-up path", "balances, offers, config, database or a dependency check failed", 30
    ),
    HaltReason.ACTOR_FAILURE: HaltFacts("supervisor", "an actor used up its restarts, or met a poison message", 31),
    HaltReason.PROCESS_LOST: HaltFacts("the next start", "the process ended without a word", 32),
    HaltReason.UNEXPECTED_HALT: HaltFacts("fallback", "must never appear", 70),
    # The shell's convention for a process ended by a signal: 128 + its number.
    HaltReason.INTERRUPTED_SIGHUP: HaltFacts("signal handler", "the terminal was closed, or the connection lost", 129),
    HaltReason.INTERRUPTED_SIGINT: HaltFacts("signal handler", "Ctrl+C", 130),
    HaltReason.INTERRUPTED_SIGQUIT: HaltFacts("signal handler", "Ctrl+\\ (QUIT)", 131),
    HaltReason.INTERRUPTED_SIGTERM: HaltFacts(
        "signal handler", "the process was asked to end (TERM, or another signal that would kill it)", 143
    ),
    HaltReason.INTERRUPTED_SIGBREAK: HaltFacts("signal handler", "Ctrl+Break (Windows)", 149),
}


# Endings by a signal.
INTERRUPTED: frozenset[HaltReason] = frozenset(
    reason for reason, facts in HALT_FACTS.items() if facts.raised_by == "signal handler"
)


class BrokenLimit(msgspec.Struct, frozen=True):
    """A loss limit that ended a session: its key, the limit, what was lost by then, and how much that is beyond it.

    A price moves within one ledger further than anyone can act on, so a loss ends beyond its limit.
    """

    key: str
    limit_rlusd: Decimal
    lost_rlusd: Decimal
    overshoot_rlusd: Decimal


def facts_of(reason: str) -> HaltFacts:
    """What a reason in a database means, which a later build, or somebody else, may have written there."""
    unknown = HaltFacts(
        "not known", "an ending that this build does not know", HALT_FACTS[HaltReason.UNEXPECTED_HALT].exit_code
    )
    return next((facts for known, facts in HALT_FACTS.items() if known == reason), unknown)


class Halt(msgspec.Struct, frozen=True):
    """One cause of an ending.

    Args:
        reason: Its place in the taxonomy.
        detail: The numbers and words behind it, such as ``115.20 > 100.0``.
        source: The part that raised it, such as ``risk``.
        broken: The numbers, if it is a loss limit.
    """

    reason: HaltReason
    detail: str
    source: str
    broken: BrokenLimit | None = None


class HaltRecord:
    """The causes of one session's ending, and the one door they come in by: the first wins, later ones are kept too.

    Args:
        tell: Told of every cause as it comes in, and whether it is the first: for the log, the screen and the session.
    """

    def __init__(self, tell: Callable[[Halt, bool], None] | None = None) -> None:
        self._causes: list[Halt] = []
        self._tell = tell

    def raise_halt(self, halt: Halt) -> bool:
        """Take a cause in, whoever found it.

        Returns:
            True if it is the first, and so the session's halt reason.
        """
        first = not self._causes
        self._causes.append(halt)
        if self._tell is not None:
            self._tell(halt, first)
        return first

    def take_over(self, halt: Halt) -> None:
        """Take a cause in that was raised, and told, when an earlier process had the session."""
        self._causes.append(halt)

    def tell_more(self, halt: Halt, detail: str) -> None:
        """Replace the detail of a cause that was raised before all of it was known."""
        told = msgspec.structs.replace(halt, detail=detail)
        self._causes = [told if cause is halt else cause for cause in self._causes]

    @property
    def first(self) -> Halt | None:
        """The cause that ended the session, or None while it runs."""
        return self._causes[0] if self._causes else None

    @property
    def secondary(self) -> tuple[Halt, ...]:
        """What was raised after the first cause, in order."""
        return tuple(self._causes[1:])
