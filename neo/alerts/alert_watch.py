"""What of a session is worth telling: one fold over what the lookout sees of it, which says each thing once.

A level that was reached (a limit nearly used up, many refusals) is told when it is crossed, and not again until it has
been left by some margin: what swings around it does not ring.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from neo.alerts.alert import AlertEvent, Finding, Severity
from neo.alerts.alert_settings import AlertRules
from neo.analysis.moment import LedgerMoment, Moment
from neo.analysis.summary import SessionSummary
from neo.chain.money import EXACT, RATIO, xrp
from neo.messages import ActorRestarted, Fill, HaltRaised, Message, QuotingPaused, QuotingResumed, SessionStarted, Side
from neo.messages.halts import HALT_FACTS, INTERRUPTED, HaltReason
from neo.risk import RiskLimits
from neo.text.printable import printable
from neo.text.redaction import hide_seeds
from neo.watch.loss_limits import DRAWDOWN, SESSION_LOSS

# A limit is told again once it was used up by so much less in between.
_MARGIN: Final = Decimal("0.05")
_MINUTE_S: Final = 60

# Of a line of the log, in characters: what a telephone still shows.
_DETAIL_CHARS: Final = 1000

_LOG_LINE: Final = re.compile(r"(?P<level>warning|error|critical): (?P<event>[a-z0-9_]+) ?(?P<fields>.*)", re.DOTALL)
_ENDPOINT_FIELD: Final = re.compile(r'\bendpoint=(?:"([^"]+)"|(\S+))')

# Lines of the log that are told another way, by a message or at the end, and the alerts' own, which would ring for
# ever.
_TOLD_OTHERWISE: Final = re.compile(r"actor_restarted|startup_failed|alerts?_\w+")
_QUIET: Final = re.compile(r"no_(?:quote|bid|ask)_for_long")
_ENDPOINT_LOST: Final = re.compile(r"endpoint_failed|venue_connection_lost|venue_not_reached")

DOWN: Final = "down"


class ServerState(NamedTuple):
    """A server of a real ledger: its address as it may be shown, its state, and why it is not ready."""

    endpoint: str
    state: str
    detail: str


class AlertWatch:
    """The fold.

    Args:
        rules: From which level on something is told.
    """

    def __init__(self, rules: AlertRules) -> None:
        self._rules = rules
        self._near: set[str] = set()
        self._refusals: deque[tuple[float, int]] = deque([(0.0, 0)])
        self._refused_often = False
        self._down: set[str] = set()

    def on_message(self, message: Message) -> Finding | None:
        """What a message is worth."""
        match message:
            case HaltRaised():
                return _halt(message)
            case ActorRestarted():
                return _restarted(message)
            case Fill():
                return _fill(message)
            case SessionStarted() | QuotingPaused() | QuotingResumed():
                return _course(message)
            case _:
                return None

    def on_warning(self, line: str) -> Finding | None:
        """What a line of the log is worth, as the terminal shows it: ``warning: event key=value ...``."""
        found = _LOG_LINE.fullmatch(line)
        if found is None:
            return _logged(Severity.WARNING, "the log has a warning", line, line[:80])
        event, fields = found["event"], _shown(found["fields"])
        if _TOLD_OTHERWISE.fullmatch(event):
            return None
        if _QUIET.fullmatch(event):
            title = event.replace("_", " ")
            return Finding(event=AlertEvent.QUIET, severity=Severity.WARNING, title=title, detail=fields, subject=event)
        if _ENDPOINT_LOST.fullmatch(event):
            named = _ENDPOINT_FIELD.search(found["fields"])
            if named is None:
                title = event.replace("_", " ")
                return Finding(
                    event=AlertEvent.ENDPOINT_LOST,
                    severity=Severity.WARNING,
                    title=title,
                    detail=fields,
                    subject=event,
                )
            endpoint = named[1] or named[2]
            # Its state will say the same.
            self._down.add(endpoint)
            return _lost(endpoint, fields)
        severity = Severity.WARNING if found["level"] == "warning" else Severity.CRITICAL
        return _logged(severity, f"{found['level']} in the log: {event}", fields, event)

    def on_moment(
        self, moment: Moment, elapsed_s: float, limits: RiskLimits, servers: Sequence[ServerState]
    ) -> Iterator[Finding]:
        """What is worth telling of where the session stands now.

        Args:
            moment: Where it stands.
            elapsed_s: Its own seconds so far.
            limits: What it stands against.
            servers: Those of a real ledger.
        """
        yield from self._refused(moment.refusals, elapsed_s)
        if moment.ledger is not None and not moment.ending:
            for name, share, told in self._used(moment.ledger, limits):
                yield from self._level(name, share, told)
        for server in servers:
            if server.state == DOWN and server.endpoint not in self._down:
                self._down.add(server.endpoint)
                yield _lost(server.endpoint, _shown(server.detail))
            elif server.state != DOWN and server.endpoint in self._down:
                self._down.remove(server.endpoint)
                title = f"{server.endpoint} is to be had again"
                yield Finding(
                    event=AlertEvent.ENDPOINT_BACK, severity=Severity.INFO, title=title, subject=server.endpoint
                )

    def _refused(self, refusals: int, elapsed_s: float) -> Iterator[Finding]:
        self._refusals.append((elapsed_s, refusals))
        while len(self._refusals) > 2 and elapsed_s - self._refusals[1][0] >= _MINUTE_S:
            self._refusals.popleft()
        since_s, before = self._refusals[0]
        # At full speed two looks are further apart than a minute.
        rate = (refusals - before) * _MINUTE_S / max(_MINUTE_S, elapsed_s - since_s)
        if rate >= self._rules.refusals_minute and not self._refused_often:
            self._refused_often = True
            yield Finding(
                event=AlertEvent.REFUSALS,
                severity=Severity.WARNING,
                title=f"risk refused {rate:.0f} quotes in a minute",
                detail=f"{refusals:,} in this session; `neo tap --type OrdersAllowed` shows why",
            )
        elif rate < self._rules.refusals_minute / 2:
            self._refused_often = False

    def _used(self, ledger: LedgerMoment, limits: RiskLimits) -> Iterator[tuple[str, Decimal, str]]:
        """Of each limit its name, the share that is used up, and the numbers."""
        worth, room = ledger.xrp_value_rlusd, ledger.loss_room
        if worth is not None:
            told = f"{worth:.2f} of {limits.max_xrp_exposure:f} RLUSD (risk.max_xrp_exposure)"
            yield "XRP exposure", RATIO.divide(worth, limits.max_xrp_exposure), told
        told = f"{ledger.rlusd:.2f} of {limits.max_rlusd_exposure:f} RLUSD (risk.max_rlusd_exposure)"
        yield "RLUSD exposure", RATIO.divide(ledger.rlusd, limits.max_rlusd_exposure), told
        fees, most = xrp(ledger.fees_day_drops), xrp(limits.max_fees_day_drops)
        yield "the day's fees", RATIO.divide(fees, most), f"{fees:f} of {most:f} XRP (risk.max_fees_day_xrp)"
        if room is None:
            return
        for limit, key, name in (
            (self._rules.max_session_loss_rlusd, SESSION_LOSS, "session loss"),
            (self._rules.max_drawdown_rlusd, DRAWDOWN, "drawdown"),
        ):
            # What is left is told of the nearer one of the two alone.
            if room.limit == key:
                lost = EXACT.subtract(limit, room.rlusd)
                yield name, RATIO.divide(lost, limit), f"{lost:.2f} of {limit:f} RLUSD ({key})"

    def _level(self, name: str, share: Decimal, told: str) -> Iterator[Finding]:
        if share >= self._rules.limit_used_share and name not in self._near:
            self._near.add(name)
            yield Finding(
                event=AlertEvent.LIMIT_NEAR,
                severity=Severity.WARNING,
                title=f"{name} at {share:.0%} of its limit",
                detail=told,
                subject=name,
            )
        elif share < RATIO.subtract(self._rules.limit_used_share, _MARGIN):
            self._near.discard(name)


def ended(reason: HaltReason, detail: str, summary: SessionSummary | None) -> Finding:
    """How a session ended, or that it could not begin (without a summary)."""
    told = _shown(detail)
    if summary is None or reason is HaltReason.STARTUP_FAILURE:
        title = "a session could not begin" if summary is None else "the session could not begin to trade"
        return Finding(event=AlertEvent.STARTUP_FAILED, severity=Severity.CRITICAL, title=title, detail=told)
    by_hand = reason is HaltReason.KILL_SWITCH and summary.loss_limit is None
    open_ends = [
        *([f"left on the ledger: {', '.join(summary.orders_left)}"] if summary.orders_left else []),
        *([f"failed on the way down: {', '.join(summary.rungs_failed)}"] if summary.rungs_failed else []),
        *([] if summary.inventory.exact else ["the books do not agree"]),
    ]
    change = summary.equity_change_rlusd
    lines = [
        *([f"{reason}: {told}"] if told else []),
        *open_ends,
        f"{summary.fills} fills, equity {'unknown' if change is None else f'{change:+.4f} RLUSD'},"
        f" {summary.restarts} restarts, {summary.duration_s:.0f} s",
    ]
    severity = Severity.CRITICAL if open_ends else _severity(reason, by_hand=by_hand)
    title = f"session ended: {reason} (exit code {HALT_FACTS[reason].exit_code})"
    return Finding(event=AlertEvent.ENDED, severity=severity, title=title, detail=_shown("\n".join(lines)))


def channel_failed(name: str, target: str, what: str) -> Finding:
    """Another channel delivers nothing."""
    return Finding(
        event=AlertEvent.CHANNEL_FAILED,
        severity=Severity.WARNING,
        title=f"alerts by {name} are not delivered",
        detail=f"{target}: {what}",
        subject=name,
    )


def missed(count: int) -> Finding:
    """So many messages of the session came too fast to be looked at."""
    return Finding(
        event=AlertEvent.LOG_WARNING,
        severity=Severity.WARNING,
        title="some messages of the session were missed",
        detail=f"{count}, of which some may have been worth an alert; the journal has them all",
        subject="messages_missed",
    )


def _halt(message: HaltRaised) -> Finding:
    title = f"{'the session is ending' if message.first else 'another cause to end'}: {message.reason}"
    severity = _severity(message.reason, by_hand=message.source == "operator")
    return Finding(event=AlertEvent.HALT, severity=severity, title=title, detail=_shown(message.detail))


def _restarted(message: ActorRestarted) -> Finding:
    return Finding(
        event=AlertEvent.ACTOR_RESTARTED,
        severity=Severity.WARNING,
        title=f"{message.actor} failed and was started again",
        detail=f"restart {message.restarts}: {_shown(message.error)}",
        subject=message.actor,
    )


def _course(message: SessionStarted | QuotingPaused | QuotingResumed) -> Finding:
    match message:
        case SessionStarted():
            title = f"the session began to trade at ledger {message.ledger_index}"
            return Finding(event=AlertEvent.STARTED, severity=Severity.INFO, title=title)
        case QuotingPaused():
            event, severity, title = AlertEvent.PAUSED, Severity.WARNING, "quoting is paused"
        case QuotingResumed():
            event, severity, title = AlertEvent.RESUMED, Severity.INFO, "quoting goes on"
    return Finding(event=event, severity=severity, title=title, detail=_shown(message.cause))


def _severity(reason: HaltReason, *, by_hand: bool) -> Severity:
    if HALT_FACTS[reason].exit_code == 0:
        return Severity.INFO
    return Severity.WARNING if by_hand or reason in INTERRUPTED else Severity.CRITICAL


def _fill(message: Fill) -> Finding:
    verb = "bought" if message.side is Side.BUY else "sold"
    title = f"{verb} {xrp(message.xrp_drops):f} XRP at {message.price:.6g} RLUSD"
    return Finding(event=AlertEvent.FILL, severity=Severity.INFO, title=title, detail=f"ledger {message.ledger_index}")


def _lost(endpoint: str, detail: str) -> Finding:
    title = f"{endpoint} is not to be had"
    return Finding(
        event=AlertEvent.ENDPOINT_LOST, severity=Severity.WARNING, title=title, detail=detail, subject=endpoint
    )


def _logged(severity: Severity, title: str, detail: str, subject: str) -> Finding:
    event = AlertEvent.LOG_WARNING if severity is Severity.WARNING else AlertEvent.LOG_ERROR
    return Finding(event=event, severity=severity, title=title, detail=_shown(detail), subject=subject)


def _shown(text: str) -> str:
    """Words of anywhere as they may be sent: without a wallet's secret, printable line by line, and not too long."""
    lines = "\n".join(printable(line) for line in hide_seeds(text).splitlines())
    return lines if len(lines) <= _DETAIL_CHARS else f"{lines[: _DETAIL_CHARS - 3]}..."
