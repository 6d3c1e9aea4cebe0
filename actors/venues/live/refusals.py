"""A server's name for why it did not do what was asked, as one of the venue's causes.

Source: xrpl.org, "Error Formatting" and the errors of each method; the ledger server's list of error codes. A server
may have names that are not known here: such a request may be made again, and the retries are bounded by who makes them.
"""

from __future__ import annotations

import re

from actors.venues.venue_errors import (
    NoSuchAccountError,
    NotSyncedError,
    OverloadedError,
    RequestRefusedError,
    UnfitServerError,
    VenueError,
)
from neo.text.printable import printable
from neo.wire.frames import ErrorFrame

_SHOWN_MAX = 200

_BY_NAME: dict[str, type[VenueError]] = {
    "slowDown": OverloadedError,
    "tooBusy": OverloadedError,
    "noClosed": NotSyncedError,
    "noCurrent": NotSyncedError,
    "noNetwork": NotSyncedError,
    "notReady": NotSyncedError,
    "notSynced": NotSyncedError,
    "lgrNotFound": NotSyncedError,
    "lgrNotValidated": NotSyncedError,
    "failedToForward": NotSyncedError,  # from a server that only relays
    "amendmentBlocked": UnfitServerError,
    "expiredValidatorList": UnfitServerError,
    "forbidden": UnfitServerError,
    "noPermission": UnfitServerError,
    "notEnabled": UnfitServerError,
    "notSupported": UnfitServerError,
    "reportingUnsupported": UnfitServerError,
    "unknownCmd": UnfitServerError,
    "invalid_API_version": UnfitServerError,
    "actNotFound": NoSuchAccountError,
    "excessiveLgrRange": RequestRefusedError,
    "highFee": RequestRefusedError,
    "lgrIdxsInvalid": RequestRefusedError,
    "noPathRequest": RequestRefusedError,
    "notImpl": RequestRefusedError,  # answers a malformed hash, seen on a real server
    "transactionSigned": RequestRefusedError,
}

# The many names for one thing: the request is not one that a server could do.
_REFUSED = re.compile(r"bad\w+|invalid\w+|malformed\w+|missing\w+|\w+(Invalid|Malformed|Missing|Missmatch|NotFound)")

_MENDS: dict[type[VenueError], str] = {
    OverloadedError: "Wait longer, and ask for less",
    NotSyncedError: "Wait, or use another endpoint (venue.endpoints)",
    UnfitServerError: "Use another endpoint (venue.endpoints)",
    NoSuchAccountError: "Check the address, and that the account is funded on this network",
    RequestRefusedError: "It is the request that is wrong",
    VenueError: "Try again; if it goes on, use another endpoint (venue.endpoints)",
}


def refusal(endpoint: str, command: str, told: ErrorFrame) -> VenueError:
    """The cause of a request that was answered with an error.

    Args:
        endpoint: Its name.
        command: What was asked.
        told: The answer.
    """
    cause = _BY_NAME.get(told.error)
    if cause is None:
        cause = RequestRefusedError if _REFUSED.fullmatch(told.error) else VenueError
    words = f", {_shown(told.message)!r}" if told.message else ""
    return cause(f"{endpoint}: answered {command} with {_shown(told.error)}{words}", _MENDS[cause])


def is_busy(told: ErrorFrame) -> bool:
    """Whether the server could not do it just now, for it has too much to do: of us, or of others."""
    return _BY_NAME.get(told.error) is OverloadedError


def _shown(text: str) -> str:
    return printable(text[:_SHOWN_MAX])
