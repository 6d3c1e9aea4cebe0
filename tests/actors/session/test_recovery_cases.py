"""The table of what a start does about a session that was left: whole, and each line as it must be.

Method: every combination of row, journal and venue is asked for; those that can't come about are named with the reason.
What each deed does to a database is shown by the whole sessions of ``test_recovery`` and ``test_settlement``.
"""

from __future__ import annotations

from itertools import product
from pathlib import Path
from typing import cast

import pytest
from support.sessions import plan_for

from actors.session.recovery_cases import (
    CASES,
    After,
    Deed,
    JournalSays,
    RecoveryCase,
    RowSays,
    VenueSays,
    journal_says,
    venue_says,
)
from actors.store import LostSession
from actors.venues.host import Gone, HostedVenue, Unused

ENDED, LOST = RowSays.ENDED, RowSays.LOST
NOTHING, OPEN, CLOSED = JournalSays.NOTHING, JournalSays.OPEN, JournalSays.CLOSED
NOT_ASKED, READY, UNUSED, GONE = VenueSays.NOT_ASKED, VenueSays.READY, VenueSays.UNUSED, VenueSays.GONE

EXPECTED = {
    (ENDED, CLOSED, NOT_ASKED): (Deed.TELL, After.STAYS),
    (ENDED, OPEN, READY): (Deed.SETTLE, After.REMOVED),
    (ENDED, OPEN, GONE): (Deed.WRITE_OFF, After.SET_ASIDE_IF_ITS_OWN),
    (LOST, NOTHING, NOT_ASKED): (Deed.WRITE_OFF, After.STAYS),
    (LOST, OPEN, NOT_ASKED): (Deed.WRITE_OFF, After.STAYS),
    (LOST, CLOSED, NOT_ASKED): (Deed.CLOSE, After.STAYS),
    (LOST, NOTHING, UNUSED): (Deed.END_UNOPENED, After.REMOVED),
    (LOST, NOTHING, READY): (Deed.END_UNOPENED, After.GOES_ON),
    (LOST, NOTHING, GONE): (Deed.END_UNOPENED, After.SET_ASIDE),
    (LOST, OPEN, READY): (Deed.SETTLE, After.GOES_ON),
    (LOST, OPEN, GONE): (Deed.WRITE_OFF, After.SET_ASIDE),
    (LOST, CLOSED, READY): (Deed.CLOSE, After.GOES_ON),
    (LOST, CLOSED, GONE): (Deed.WRITE_OFF, After.SET_ASIDE),
}


def can_not_be(row: RowSays, journal: JournalSays, venue: VenueSays) -> str | None:
    """Why a combination never comes about, or None."""
    if venue is UNUSED and journal is not NOTHING:
        return "a session with a journal got to its venue"
    if row is ENDED and journal is NOTHING:
        return "a session that ended has its end in its journal"
    if row is ENDED and (venue is NOT_ASKED) is not (journal is CLOSED):
        return "an ended session's venue is asked if and only if something is open"
    return None


@pytest.mark.parametrize("key", list(product(RowSays, JournalSays, VenueSays)), ids=str)
def test_each_combination_has_its_case_or_can_not_be(key: tuple[RowSays, JournalSays, VenueSays]) -> None:
    """None is forgotten, and none is there for nothing."""
    assert (key in CASES) is (can_not_be(*key) is None)


@pytest.mark.parametrize("key", list(EXPECTED), ids=str)
def test_each_case_does_what_it_must(key: tuple[RowSays, JournalSays, VenueSays]) -> None:
    """The table, line by line, against what is written down here by hand."""
    assert CASES[key] == RecoveryCase(*EXPECTED[key])


def test_a_venue_is_gone_on_with_only_if_it_is_as_it_was_left() -> None:
    """And never by a session that comes after one that ended in order."""
    for (row, _, venue), case in CASES.items():
        assert (case.after is After.GOES_ON) is (row is LOST and venue is READY)


def test_nothing_is_settled_by_guessing() -> None:
    """Orders get their ends from a venue that answers, or are written off in so many words."""
    assert all(venue is READY for (_, _, venue), case in CASES.items() if case.deed is Deed.SETTLE)


@pytest.mark.parametrize(
    ("ledger_index", "open_ids", "is_closed", "says"),
    [
        (None, (), False, NOTHING),
        (5, (), False, OPEN),
        (5, ("o1",), False, OPEN),
        (5, ("o1",), True, OPEN),
        (5, (), True, CLOSED),
    ],
)
def test_what_a_journal_says(
    ledger_index: int | None, open_ids: tuple[str, ...], is_closed: bool, says: JournalSays
) -> None:
    """An order without its end keeps it open, and so does a missing end of its own."""
    left = LostSession(
        id="one", pid=1, was_ending=None, ledger_index=ledger_index, close_time_s=0, open_ids=open_ids,
        tx_hashes=frozenset(), is_noted=False, is_closed=is_closed,
    )  # fmt: skip
    assert journal_says(left) is says


def test_what_a_hosts_answer_means(tmp_path: Path) -> None:
    """Anything that is neither gone nor unused is a venue."""
    host = plan_for(tmp_path / "neo.sqlite3").venue.host(tmp_path / "neo.sqlite3")
    answers = (None, Unused(), Gone("it can't be asked", "it is not there", is_its_own=True), cast("HostedVenue", host))
    assert [venue_says(answer) for answer in answers] == [NOT_ASKED, UNUSED, GONE, READY]
