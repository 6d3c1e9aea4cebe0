"""What a venue is around a session: who opens it, finds it again for a session that was lost, and takes leave of it.

The port (``actors.venues.port``) is what trades; the host is what there is before and after. It also has what differs
from venue to venue and binds the whole session: its clock, what a commit of its journal must survive, and whether
deposits come from an account there.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Protocol

import msgspec
import trio

from actors.operator.protocol import ServersTold
from actors.plumbing.clock import SessionClock
from actors.recordings.ledger_recording import LedgerRecording
from actors.store import Durability, LostSession
from actors.venues.port import Venue
from neo.desk.opening import AdoptedOffer, MovedBefore, SpentBefore
from neo.market.recording import Recording

ClaimCapital = Callable[[int, Decimal], Awaitable[Sequence[MovedBefore]]]
"""Given what an account opens with (drops, RLUSD): what was recorded to come and go before, now this session's."""


class RunningVenue(Venue, Protocol):
    """A venue with something to do of its own while the session runs."""

    async def run(self, task_status: trio.TaskStatus[None] = trio.TASK_STATUS_IGNORED) -> None:
        """Do it until cancelled."""


class VenueFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be told of a venue, and doesn't change.

    Args:
        venue: Its name in the settings.
        seed: Of the session's random choices.
        speed: Session seconds per real second; ``inf`` for as fast as the machine allows.
        ledger_interval_s: Session seconds from ledger to ledger, about.
        market: The market behind it, as the operator knows it.
        market_sha256: Of what that says.
        warning: What is to be told of it all through the session, or None.
        has_funding: Whether deposits come from an account on it.
        lasts_s: Session seconds after which nobody else trades there any more; None if that never comes.
    """

    venue: str
    seed: int
    speed: float
    ledger_interval_s: int
    market: str
    market_sha256: str
    warning: str | None = None
    has_funding: bool = False
    lasts_s: int | None = None


class VenueOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What an operator may say of a venue for one session, besides its profile.

    Args:
        recording: The prices behind a market that is made up, or the ledgers that are played.
        seed: Of all random choices, instead of the profile's.
        speed: Session seconds per real second, instead of the profile's.
        duration_s: How long it is to last, in session seconds, instead of the profile's.
    """

    recording: Recording | LedgerRecording | None = None
    seed: int | None = None
    speed: float | None = None
    duration_s: int | None = None


class HostedVenue(Protocol):
    """A venue as one session, or one after the other, has it.

    Attributes:
        moved_before: Capital that was recorded for the session's opening, and is in its balances.
    """

    moved_before: Sequence[MovedBefore]

    def connection(self) -> RunningVenue:
        """A way to it for the session that trades on it now."""

    def adopted(self) -> Sequence[AdoptedOffer]:
        """Offers of ours that no journal knows, for the session's first records; asked once it is reached."""

    def spent_before(self, now_s: int) -> SpentBefore:
        """What earlier sessions of the account used up of the budgets, if they are its own: asked as a session opens.

        Args:
            now_s: The close time of the ledger that it opens on.
        """

    def join(self, session_id: str) -> None:
        """Another session trades on it from now on; what was before is settled."""

    def leave(self) -> None:
        """Let go of it. It stays where the next start finds it. Without effect if it is removed."""

    def remove(self) -> None:
        """The session ended in order, and nothing of it is left there: the next one gets one of its own."""

    def told_of_going_on(self) -> tuple[str, ...]:
        """What an operator may not expect of a session that goes on where another one was."""

    def servers(self) -> ServersTold:
        """How its servers stand; nothing if it has none."""


class Unused(msgspec.Struct, frozen=True):
    """A venue was made for the session, which never got to trade on it."""


class Gone(msgspec.Struct, frozen=True):
    """A session's venue can't be asked any more, and never will.

    Args:
        what: What that means, such as "the simulated ledger can't be asked".
        why: One clause.
        is_its_own: Whether what lies there, if anything does, was that session's.
    """

    what: str
    why: str
    is_its_own: bool


Resumed = HostedVenue | Unused | Gone
"""What became of a lost session's venue."""


class VenueHost(Protocol):
    """Opens a session's venue, finds a lost one's again, and has what binds the whole session.

    Attributes:
        facts: What is told of it.
        clock: What Trio runs a session with.
        durability: What a commit to the journal must survive: a power cut, where an order may be at an exchange.
        outlives_sessions: Every session's venue is there for good, and can be asked about each that was lost; else the
            newest one's alone.
        place: The file that it keeps a venue in between processes; None if it keeps none.
    """

    facts: VenueFacts
    clock: SessionClock
    durability: Durability
    outlives_sessions: bool
    place: Path | None

    async def open(self, session_id: str, claim: ClaimCapital) -> HostedVenue:
        """A venue for a session that comes after none."""

    def resume(self, left: LostSession) -> Resumed:
        """The venue of a session that was lost, or ended with orders open.

        Args:
            left: As the database knows it.

        Raises:
            VenueError: It could be asked, but not now or not so: the message has the mend.
        """

    def leftover(self) -> str | None:
        """Whose venue is kept: a session's name, empty if that can't be told, None if there is none."""

    def discard(self) -> None:
        """Delete what is kept."""

    def set_aside(self, name: str) -> Path | None:
        """Keep what can't be used for whoever looks into it, out of the next session's way.

        Returns:
            Where it is now; None if nothing is kept.
        """


class VenuePlan(Protocol):
    """The part of a session's plan that is its venue's."""

    @property
    def facts(self) -> VenueFacts:
        """What is to be told of it."""

    def host(self, database: Path) -> VenueHost:
        """The venue's host for sessions in this database. Made before Trio runs, as it has the clock."""
