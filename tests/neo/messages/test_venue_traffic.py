"""What passes between a venue and the gateway: which failures may be asked again, and what a ledger leaves unsaid."""

from __future__ import annotations

import msgspec
import pytest
from support.desk_by_hand import ledger

from neo.messages import Fate, LedgerClosed, Lookup, RequestCause, RequestFailed, Submit, Submitted, VenueEvent


@pytest.mark.parametrize(
    ("cause", "is_passing"),
    [(RequestCause.UNREACHABLE, True), (RequestCause.MALFORMED, True), (RequestCause.REFUSED, False)],
)
def test_only_a_refusal_stays_one(cause: RequestCause, is_passing: bool) -> None:
    """An answer that did not come, or can't be read, may come from another server."""
    assert cause.is_passing is is_passing


def test_every_event_of_a_venue_survives_its_text() -> None:
    """The tap shows them, so each is told apart by its name, a failed request by what was asked."""
    submit = Submit(tx_hash="A", blob="B", fail_hard=True)
    events: list[VenueEvent] = [
        ledger(7),
        ledger(7, market=None),
        Submitted(tx_hash="A", result="terQUEUED", queued=True),
        Fate(tx_hash="A", absent_through=9),
        RequestFailed(request=submit, cause=RequestCause.UNREACHABLE, what="503", mend="Wait"),
        RequestFailed(request=Lookup(tx_hash="A"), cause=RequestCause.REFUSED, what="no", mend="Look"),
    ]
    text = msgspec.json.encode(events)
    assert msgspec.json.decode(text, type=list[VenueEvent]) == events


def test_a_ledger_that_is_told_late_has_its_account_and_no_market() -> None:
    """Its market is over; balances and transactions are for good."""
    late: LedgerClosed = ledger(7, market=None)
    assert late.market is None
    assert late.balances == ledger(7).balances


def test_a_fate_without_a_ledger_proves_nothing() -> None:
    """Neither found nor absent: it can't be told."""
    unknown = Fate(tx_hash="A")
    assert (unknown.validated_in, unknown.absent_through) == (None, None)
