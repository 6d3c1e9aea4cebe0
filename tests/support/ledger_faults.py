"""What goes wrong on a ledger server for tests, and when: by a script, or drawn from a seed.

A fault strikes a message (an answer, or what a stream tells: :class:`support.ws_wire.Fault`) or a request before it is
answered (:class:`Trouble`). Whether it strikes the nth of a kind depends on the plan alone, not on which task ran
first: a run that failed can be run again.
"""

from __future__ import annotations

import enum
import random
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from support.ws_wire import DELAY_S, Fault


class Trouble(enum.Enum):
    """What becomes of a request."""

    LOST = enum.auto()  # it never arrives: nothing is done, nothing answered
    LATE = enum.auto()  # it arrives later: whatever it does, it does then
    TOO_BUSY = enum.auto()  # refused by an error
    QUEUED = enum.auto()  # terQUEUED: the transaction waits for a later ledger, whatever it pays
    PAST_SEQ = enum.auto()  # tefPAST_SEQ is answered, and nothing kept
    FEE_TOO_LOW = enum.auto()  # telINSUF_FEE_P is answered, and nothing kept
    WARNED = enum.auto()  # answered, with the word that the client asks too much


What = Fault | Trouble

SUBMISSIONS_ONLY = frozenset({Trouble.QUEUED, Trouble.PAST_SEQ, Trouble.FEE_TOO_LOW})

# Of the seeded plans: what a careful client survives without losing sight of a transaction. Those that end a connection
# are among them; the half-open one, which only a watchdog ends, is as well.
REQUEST_TROUBLES: tuple[What, ...] = (Trouble.LOST, Trouble.LATE, Trouble.TOO_BUSY, Trouble.QUEUED)
MESSAGE_FAULTS: tuple[What, ...] = (
    Fault.DROP,
    Fault.DUPLICATE,
    Fault.DELAY,
    Fault.REORDER,
    Fault.GARBAGE,
    Fault.BROKEN_FRAME,
    Fault.BAD_UTF8,
    Fault.BINARY,
    Fault.OVERSIZE,
    Fault.FRAGMENTS,
    Fault.HALF_OPEN,
    Fault.CUT_OFF,
    Fault.CLOSE,
    Fault.HANG_UP,
)


@dataclass(frozen=True)
class Strike:
    """One fault and its moment.

    Args:
        what: Goes wrong.
        on: The request's command, or the stream's type (``ledgerClosed``, ``transaction``, ``serverStatus``).
        nth: Of these, counted from 1 over all connections; None for every one.
        connection: Only on this one, counted from 1; None for any.
        from_ledger: Not before this ledger has closed.
        to_ledger: Not after this one has.
        delay_s: How late, where it is late.
    """

    what: What
    on: str
    nth: int | None = 1
    connection: int | None = None
    from_ledger: int = 0
    to_ledger: int = 2**32
    delay_s: float = DELAY_S


@dataclass(frozen=True)
class Moment:
    """A message, or a request, as a plan sees it: its kind, its number among these, and where it stands."""

    kind: str
    nth: int
    connection: int
    ledger: int
    is_request: bool


Plan = Callable[[Moment], Strike | None]
"""What strikes at a moment."""


def nothing(moment: Moment) -> None:
    """A plan by which nothing goes wrong."""


def scripted(strikes: Iterable[Strike]) -> Plan:
    """These faults and no others. A strike that counts counts every message of its kind, struck or not."""
    script = list(strikes)

    def plan(moment: Moment) -> Strike | None:
        for strike in script:
            if (
                isinstance(strike.what, Trouble) is moment.is_request
                and strike.on == moment.kind
                and strike.nth in {None, moment.nth}
                and strike.connection in {None, moment.connection}
                and strike.from_ledger <= moment.ledger <= strike.to_ledger
            ):
                return strike
        return None

    return plan


def seeded(
    seed: int,
    *,
    request_share: float = 0.1,
    message_share: float = 0.05,
    troubles: Sequence[What] = REQUEST_TROUBLES,
    faults: Sequence[What] = MESSAGE_FAULTS,
    spares: frozenset[str] = frozenset(),
) -> Plan:
    """Faults drawn from a seed.

    Args:
        seed: The same one strikes the same messages.
        request_share: Of the requests that meet trouble.
        message_share: Of the messages that meet a fault.
        troubles: Drawn from for requests; what is about submissions alone meets no others.
        faults: Drawn from for messages.
        spares: Kinds that nothing happens to.
    """

    def plan(moment: Moment) -> Strike | None:
        if moment.kind in spares:
            return None
        draw = random.Random(f"{seed}:{moment.kind}:{moment.nth}:{moment.is_request}")
        if draw.random() >= (request_share if moment.is_request else message_share):
            return None
        choice = troubles if moment.is_request else faults
        choice = [what for what in choice if moment.kind == "submit" or what not in SUBMISSIONS_ONLY]
        return Strike(draw.choice(choice), moment.kind, delay_s=draw.uniform(0.1, DELAY_S)) if choice else None

    return plan


class FaultDesk:
    """Asks a plan at every moment, and keeps what struck.

    Attributes:
        plan: May be changed at any time.
        struck: What has struck so far, with its moment.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.struck: list[tuple[Moment, Strike]] = []
        self._counts: Counter[tuple[str, bool]] = Counter()

    def at(self, kind: str, connection: int, ledger: int, *, is_request: bool) -> Strike | None:
        """What strikes the next of a kind."""
        self._counts[kind, is_request] += 1
        moment = Moment(kind, self._counts[kind, is_request], connection, ledger, is_request)
        strike = self.plan(moment)
        if strike is not None:
            self.struck.append((moment, strike))
        return strike
