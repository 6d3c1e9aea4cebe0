"""The host of a venue whose ledger is embedded: it is made for a session, kept in a file beside the database, and found
there by the next start.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Generic, TypeVar

from actors.operator.protocol import ServersTold
from actors.plumbing.clock import SessionClock
from actors.store import Durability, LostSession
from actors.store.reports import capital_orders
from actors.venues.host import ClaimCapital, Gone, HostedVenue, RunningVenue, Unused, VenueFacts
from actors.venues.kept.kept_file import load_kept
from actors.venues.kept.kept_world import KeptWorld
from neo.desk.opening import AdoptedOffer, MovedBefore, SpentBefore
from neo.network.network_text import Head, NetworkText, WorldError

H = TypeVar("H", bound=Head)
W = TypeVar("W", bound=KeptWorld[Any, Any])
V = TypeVar("V", bound=HostedVenue)

# More than any ledger's index: nothing is told of the ledgers that a file has.
_NONE_MISSED: Final = 2**32


class KeptHost(ABC, Generic[H, W, V]):
    """See :class:`actors.venues.host.VenueHost`; which ledger it is, and what it is made of, its venue says.

    Args:
        path: The file that a ledger is kept in.
        facts: What is told of the venue.
        clock: What Trio runs a session with.
    """

    # Nothing of such a session is at an exchange that the journal would have to answer for.
    durability = Durability.PROCESS_LOSS
    # A session's ledger goes with it; what is kept is the newest one's.
    outlives_sessions = False
    # What is said of a ledger that is gone.
    can_not_be_asked: ClassVar[str]
    # The first line of its file.
    head: type[H]

    def __init__(self, path: Path, facts: VenueFacts, clock: SessionClock) -> None:
        self._path = path
        self.place: Path | None = path
        self.facts = facts
        self.clock = clock

    @abstractmethod
    async def open(self, session_id: str, claim: ClaimCapital) -> V:
        """A ledger of its own for a session."""

    @abstractmethod
    def require_same(self, text: NetworkText[H]) -> None:
        """See that a kept ledger goes on with what this session is started with.

        Raises:
            WrongNetworkError: It goes on with something else, which the operator has to give.
        """

    @abstractmethod
    def reopened(self, text: NetworkText[H], after_index: int) -> W:
        """The ledger of a file, as it was when its process ended; ledgers after that one can be asked for.

        Raises:
            WorldError: It does not come out as the file says.
        """

    @abstractmethod
    def hosted(self, world: W) -> V:
        """A kept ledger as a session has it."""

    def resume(self, left: LostSession) -> V | Unused | Gone:
        """The ledger that a session was on.

        Raises:
            WrongNetworkError: See :meth:`require_same`.
        """
        owner = left.id
        try:
            text = load_kept(self._path, self.head)
            owner = text.session_id
            if left.ledger_index is None and text.origin.session_id == left.id:
                return Unused()
            return self.hosted(self._found(left, text))
        except WorldError as error:
            return Gone(self.can_not_be_asked, str(error), owner == left.id)

    def leftover(self) -> str | None:
        """Whose ledger lies there."""
        if not self._path.exists():
            return None
        try:
            return load_kept(self._path, self.head).session_id
        except WorldError:
            return ""

    def discard(self) -> None:
        """Delete the ledger that lies there."""
        self._path.unlink()

    def set_aside(self, name: str) -> Path | None:
        """Keep a file that could not be used, for whoever looks into it, out of the next session's way."""
        aside = self._path.with_name(f"{self._path.name}.unusable-{name}")
        with contextlib.suppress(FileNotFoundError):
            return self._path.replace(aside)
        return None

    def _found(self, left: LostSession, text: NetworkText[H]) -> W:
        """The ledger as its process left it.

        Raises:
            WorldError: It is not the one that the journal is about.
        """
        if left.ledger_index is not None and text.session_id != left.id:
            raise WorldError(f"its file is that of session {text.session_id}")
        self.require_same(text)
        if left.ledger_index is None:
            return self.reopened(text, _NONE_MISSED)
        if text.snapshot is not None and text.snapshot.ledger_index > left.ledger_index:
            raise WorldError(
                f"its file begins after ledger {text.snapshot.ledger_index}, the journal ends with {left.ledger_index}"
            )
        world = self.reopened(text, left.ledger_index)
        try:
            _require_known(left, world)
        except WorldError:
            world.leave()
            raise
        return world


class HostedKept(ABC, Generic[W]):
    """A kept ledger as a session has it; see :class:`actors.venues.host.HostedVenue`.

    Args:
        world: The network.
        database: Beside which it is kept.
        moved_before: Capital that was recorded for its opening.
    """

    def __init__(self, world: W, database: Path, moved_before: Sequence[MovedBefore] = ()) -> None:
        self._world = world
        self._database = database
        self.moved_before = moved_before

    @abstractmethod
    def connection(self) -> RunningVenue:
        """A way to it."""

    @abstractmethod
    def told_of_going_on(self) -> tuple[str, ...]:
        """What an operator may not expect of a session that goes on where another one was."""

    def adopted(self) -> Sequence[AdoptedOffer]:
        """Nobody else places offers for our account."""
        return ()

    def spent_before(self, now_s: int) -> SpentBefore:
        """Each session begins its budgets anew, so that the same settings always give the same journal."""
        del now_s
        return SpentBefore()

    def join(self, session_id: str) -> None:
        """Another session trades on it from now on."""
        self._world.join(session_id)

    def leave(self) -> None:
        """Let go of the file."""
        self._world.leave()

    def remove(self) -> None:
        """Delete the file."""
        self._world.remove()

    def servers(self) -> ServersTold:
        """An embedded ledger has none."""
        return ServersTold()

    def told_of_waiting_capital(self) -> tuple[str, ...]:
        """That what was recorded to come and go before an opening is none of a session that goes on."""
        if any(order.session_id is None for order in capital_orders(self._database)):
            return ("recorded deposits and withdrawals wait for a session that opens with a ledger of its own",)
        return ()


def _require_known(left: LostSession, world: KeptWorld[Any, Any]) -> None:
    """The ledger must go on from where the journal ends, with nothing of ours that the journal does not know.

    A journal that lost its last moments (a deleted log, a power cut) would book foreign orders as capital, and leave
    offers resting that nobody knows.

    Raises:
        WorldError: It is not so.
    """
    index = world.latest.ledger_index
    if left.ledger_index is not None and index < left.ledger_index:
        raise WorldError(f"its file ends with ledger {index}, the journal with {left.ledger_index}")
    unknown = [tx_hash for tx_hash in world.our_hashes() if tx_hash not in left.tx_hashes]
    if unknown:
        raise WorldError(
            f"it has {len(unknown)} of its transactions that the journal lacks (first {unknown[0][:12]}):"
            " the database lost its last moments"
        )
