"""What can go wrong with a venue: each cause says whose fault it is, and whether the same request may yet succeed."""

from __future__ import annotations

import pytest

from actors.venues.venue_errors import (
    Fault,
    MalformedError,
    NoFitServerError,
    NoSuchAccountError,
    NotReadyError,
    NotSyncedError,
    OverloadedError,
    RequestRefusedError,
    UnfitServerError,
    UnreachableError,
    VenueError,
    WrongNetworkError,
)


@pytest.mark.parametrize(
    ("cause", "fault", "retry"),
    [
        (VenueError, Fault.WORLD, True),
        (UnreachableError, Fault.WORLD, True),
        (OverloadedError, Fault.OURS, True),
        (NotSyncedError, Fault.PEER, True),
        (UnfitServerError, Fault.PEER, True),
        (RequestRefusedError, Fault.OURS, False),
        (NoFitServerError, Fault.OPERATOR, False),
        (NotReadyError, Fault.OPERATOR, False),
        (WrongNetworkError, Fault.OPERATOR, False),
        (NoSuchAccountError, Fault.OPERATOR, False),
        (MalformedError, Fault.PEER, True),
    ],
)
def test_a_cause_says_whose_fault_it_is_and_whether_to_try_again(
    cause: type[VenueError], fault: Fault, retry: bool
) -> None:
    """All are caught by the one root, and tell what was found and what mends it."""
    error = cause("the node answers 503", "Wait")
    assert isinstance(error, VenueError)
    assert (error.fault, error.retry) == (fault, retry)
    assert (error.what, error.mend, str(error)) == ("the node answers 503", "Wait", "the node answers 503. Wait")
