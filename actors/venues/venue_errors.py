"""What can go wrong with a venue, by its cause: each error says whose fault it is, and whether to try again.

A library's own error is turned into one of these at the one await where it comes up. An order that the ledger did not
take is none of them: that is an answer.
"""

from __future__ import annotations

import enum
from typing import ClassVar, Self


class Fault(enum.Enum):
    """Whose fault it is."""

    WORLD = "world"  # the network, the machine in between, the weather
    OURS = "ours"  # what NEO sent
    OPERATOR = "operator"  # what the profile says
    PEER = "peer"  # the server's


class VenueError(Exception):
    """A venue could not do what was asked. The root of the causes below, and itself one of no known cause.

    Args:
        what: Was tried, and what came of it.
        mend: What to do about it.
    """

    fault: ClassVar[Fault] = Fault.WORLD
    # Whether the same request may succeed if it is made again.
    retry: ClassVar[bool] = True

    def __init__(self, what: str, mend: str) -> None:
        super().__init__(f"{what}. {mend}")
        self.what = what
        self.mend = mend

    def again(self) -> Self:
        """The same for another who asks: an error that is raised twice would grow a second trace."""
        return type(self)(self.what, self.mend)


class UnreachableError(VenueError):
    """No answer came: the connection broke, or the time ran out. What became of the request is not known."""


class OverloadedError(UnreachableError):
    """The server wants fewer requests of us: it said so, or cut us off. Waiting mends it, hurrying makes it worse."""

    fault = Fault.OURS


class NotSyncedError(VenueError):
    """The server is behind the network, or does not have the ledger that was asked for: later it may, or another."""

    fault = Fault.PEER


class HistoryGoneError(NotSyncedError):
    """No server has the ledgers that were asked for, though each that could have them answered."""


class UnfitServerError(VenueError):
    """The server can't do it, and won't be able to soon. Another one may: whoever has a choice makes it anew."""

    fault = Fault.PEER


class MalformedError(VenueError):
    """The server's answer is not what its interface promises. Another server may do better."""

    fault = Fault.PEER


class RequestRefusedError(VenueError):
    """The server understood the request and will not do it, and would not the next time either."""

    fault = Fault.OURS
    retry = False


class NeedsOperatorError(VenueError):
    """What only a person can mend: trying again is of no use. The root of the causes below."""

    fault = Fault.OPERATOR
    retry = False


class NoFitServerError(NeedsOperatorError):
    """No server of the settings can do it, nor will be able to soon; each is named with its reason."""


class NotReadyError(NeedsOperatorError):
    """What a session needs on this machine is missing or unfit: a wallet's seed, a library."""


class WrongNetworkError(NeedsOperatorError):
    """It is another ledger than the one that is meant."""


class NoSuchAccountError(NeedsOperatorError):
    """The ledger does not have the account that is to trade."""


class UnfitAccountError(NeedsOperatorError):
    """The account, or the token, is not in a state in which it could trade."""


class AccountInUseError(NeedsOperatorError):
    """Somebody else acts for the account: what it did, or has on the book, no journal of ours knows."""
