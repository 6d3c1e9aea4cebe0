"""Whether a session is healthy, by its own limits."""

from __future__ import annotations

from typing import Any

import pytest
from support.alert_samples import status

from actors.lookout.vital_signs import VitalSigns
from neo.messages import ChannelDepth


def gateway(delivered: int, waiting: int) -> tuple[ChannelDepth, ...]:
    return (ChannelDepth("gateway", waiting=waiting, peak=9, bound=9, dropped=0, delivered=delivered),)


@pytest.mark.parametrize(
    ("changes", "ailment"),
    [
        ({}, None),
        ({"paused": True, "pause_cause": "lunch"}, None),
        ({"ledger_age_s": None}, "no ledger yet"),
        ({"ledger_age_s": 59.9}, None),
        ({"ledger_age_s": 60.0}, "no ledger for 60 s"),
        ({"halting": "kill_switch"}, "ending: kill_switch"),
    ],
)
def test_a_session_is_ill_without_ledgers_and_when_it_ends(changes: dict[str, Any], ailment: str | None) -> None:
    """A pause is an operator's wish."""
    assert VitalSigns(60, 45).ailment(status(**changes)) == ailment


def test_a_gateway_that_stops_at_one_message_is_an_illness() -> None:
    """While others wait for it; one that has nothing to do is well, and so is one that works them off."""
    signs = VitalSigns(60, 45)
    course = [(0, 5, 0), (100, 5, 0), (101, 5, 1), (144, 5, 3), (147, 5, 3), (148, 6, 3), (200, 7, 3)]
    ailments = [signs.ailment(status(elapsed_s=at_s, channels=gateway(*depth))) for at_s, *depth in course]
    assert ailments == [None, None, None, None, "the gateway does not answer", None, None]
