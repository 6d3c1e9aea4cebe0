"""Errors by their names: each of a server's becomes the cause that says whether the same request may yet succeed."""

from __future__ import annotations

import pytest
from support import conversations

from actors.venues.live.refusals import refusal
from actors.venues.venue_errors import (
    NoSuchAccountError,
    NotSyncedError,
    OverloadedError,
    RequestRefusedError,
    UnfitServerError,
    VenueError,
)
from neo.wire.frames import ErrorFrame, parse_frame


def cause_of(error: str, message: str = "") -> VenueError:
    return refusal("ws://x:80", "fee", ErrorFrame(request_id=1, error=error, message=message))


@pytest.mark.parametrize(
    ("error", "cause", "retry"),
    [
        ("slowDown", OverloadedError, True),
        ("tooBusy", OverloadedError, True),
        ("noNetwork", NotSyncedError, True),
        ("lgrNotFound", NotSyncedError, True),
        ("amendmentBlocked", UnfitServerError, True),
        ("noPermission", UnfitServerError, True),
        ("forbidden", UnfitServerError, True),
        ("unknownCmd", UnfitServerError, True),
        ("actNotFound", NoSuchAccountError, False),
        ("notImpl", RequestRefusedError, False),
        ("invalidParams", RequestRefusedError, False),
        ("srcIsrMalformed", RequestRefusedError, False),
        ("badMarket", RequestRefusedError, False),
        ("txnNotFound", RequestRefusedError, False),
        ("internal", VenueError, True),
        ("brandNew", VenueError, True),
        ("", VenueError, True),
    ],
)
def test_a_name_becomes_its_cause(error: str, cause: type[VenueError], retry: bool) -> None:
    """``internal`` may be the request's fault or the server's, and a name that is not known anybody's."""
    assert type(cause_of(error)) is cause
    assert cause_of(error).retry is retry


def test_every_recorded_error_is_known_but_the_one_that_tells_nothing() -> None:
    """All that real servers refused us with has a cause of its own, so the desk knows whether to ask again."""
    unknown = set()
    for name in conversations.NAMES:
        for text in conversations.frames(name):
            frame = parse_frame(text)
            if isinstance(frame, ErrorFrame) and type(refusal("x", "y", frame)) is VenueError:
                unknown.add(frame.error)
    assert unknown == {"internal"}


def test_it_names_endpoint_command_and_the_servers_words_made_harmless() -> None:
    """An operator learns who refused what and why, in a line that is short and can not move the cursor."""
    told = cause_of("invalidParams", "\x1b[2J" + "Missing field 'account'." + "x" * 500)
    assert told.what.startswith("ws://x:80: answered fee with invalidParams, ")
    assert "\x1b" not in told.what
    assert len(told.what) < 400
