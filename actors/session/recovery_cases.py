"""What a start does about a session that was left, as a table: its row and its journal on one side, its venue on the
other.

Nothing is decided anywhere else. A combination that is not in the table can't come about, and its absence is a defect
that shows at once.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from typing import Final

import msgspec

from actors.store import LostSession
from actors.venues.host import Gone, Resumed, Unused


class RowSays(enum.Enum):
    """How the database knows the session."""

    LOST = "its process ended without a word"
    ENDED = "it ended, and left orders open"


class JournalSays(enum.Enum):
    """What is left to do by the journal."""

    NOTHING = "nothing was journaled, and so nothing was sent"
    OPEN = "orders are open, or its end is not written"
    CLOSED = "its end is written, and no order is open"


class VenueSays(enum.Enum):
    """What its venue answers."""

    NOT_ASKED = "it was not asked, as nothing can come of it"
    READY = "it is as the session left it"
    UNUSED = "it was made for the session, which never got to it"
    GONE = "it can't be asked any more"


class Deed(enum.Enum):
    """What is done about the session."""

    TELL = "note what an earlier start settled, and could not tell any more"
    SETTLE = "run it down the ladder once more, on its venue"
    CLOSE = "end its row: nothing else is left to write"
    END_UNOPENED = "end its row: it never began to trade"
    WRITE_OFF = "say that what became of its open orders will never be known"


class After(enum.Enum):
    """What becomes of the venue."""

    STAYS = "it is another session's, or there is none"
    GOES_ON = "the next session trades on it"
    REMOVED = "it goes with its session"
    SET_ASIDE = "it is kept for whoever looks into it"
    SET_ASIDE_IF_ITS_OWN = "the same, unless another session still needs it"


class RecoveryCase(msgspec.Struct, frozen=True):
    """One line of the table: what is done about the session, and then about its venue."""

    deed: Deed
    after: After


_Key = tuple[RowSays, JournalSays, VenueSays]

_LOST, _ENDED = RowSays.LOST, RowSays.ENDED
_NOTHING, _OPEN, _CLOSED = JournalSays.NOTHING, JournalSays.OPEN, JournalSays.CLOSED
_NOT_ASKED, _READY, _UNUSED, _GONE = VenueSays.NOT_ASKED, VenueSays.READY, VenueSays.UNUSED, VenueSays.GONE

# Where a venue goes with its session only the newest lost one's can still be there, so those before it are not asked. A
# journal with a ledger in it is of a session that got to its venue, so UNUSED goes with NOTHING alone; and a session
# that ended has a journal.
CASES: Final[Mapping[_Key, RecoveryCase]] = {
    (_ENDED, _CLOSED, _NOT_ASKED): RecoveryCase(Deed.TELL, After.STAYS),
    (_ENDED, _OPEN, _READY): RecoveryCase(Deed.SETTLE, After.REMOVED),
    (_ENDED, _OPEN, _GONE): RecoveryCase(Deed.WRITE_OFF, After.SET_ASIDE_IF_ITS_OWN),
    (_LOST, _NOTHING, _NOT_ASKED): RecoveryCase(Deed.WRITE_OFF, After.STAYS),
    (_LOST, _OPEN, _NOT_ASKED): RecoveryCase(Deed.WRITE_OFF, After.STAYS),
    (_LOST, _CLOSED, _NOT_ASKED): RecoveryCase(Deed.CLOSE, After.STAYS),
    (_LOST, _NOTHING, _UNUSED): RecoveryCase(Deed.END_UNOPENED, After.REMOVED),
    # It had come to the venue of its predecessor, and the next one goes on there in its stead.
    (_LOST, _NOTHING, _READY): RecoveryCase(Deed.END_UNOPENED, After.GOES_ON),
    (_LOST, _NOTHING, _GONE): RecoveryCase(Deed.END_UNOPENED, After.SET_ASIDE),
    (_LOST, _OPEN, _READY): RecoveryCase(Deed.SETTLE, After.GOES_ON),
    (_LOST, _OPEN, _GONE): RecoveryCase(Deed.WRITE_OFF, After.SET_ASIDE),
    (_LOST, _CLOSED, _READY): RecoveryCase(Deed.CLOSE, After.GOES_ON),
    (_LOST, _CLOSED, _GONE): RecoveryCase(Deed.WRITE_OFF, After.SET_ASIDE),
}


def journal_says(left: LostSession) -> JournalSays:
    """What a session's journal says, as the database tells it."""
    if left.ledger_index is None:
        return JournalSays.NOTHING
    return JournalSays.CLOSED if left.is_closed and not left.open_ids else JournalSays.OPEN


def venue_says(answer: Resumed | None) -> VenueSays:
    """What a host's answer means; None for one that was not asked."""
    match answer:
        case None:
            return VenueSays.NOT_ASKED
        case Unused():
            return VenueSays.UNUSED
        case Gone():
            return VenueSays.GONE
        case _:
            return VenueSays.READY
