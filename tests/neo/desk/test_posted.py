"""What was asked and not answered: whose fault a silence is, and what is forgotten."""

from __future__ import annotations

from support.desk_by_hand import BID, ledger, opened, own, quote

from neo.desk.orders import Order
from neo.desk.posted import Posted
from neo.messages import Lookup, Submit


def asked(index: int) -> tuple[Posted, Order]:
    """A submission posted with this ledger as the newest; its last one is 15."""
    (order,) = quote(opened(), BID)
    posted = Posted()
    posted.note_posted(Submit(tx_hash=order.tx_hash, blob=order.blob), index)
    return posted, order


def test_a_silence_is_told_once_a_ledger_closed_after_the_last_one() -> None:
    """Until then the answer may be on its way; ledger 15 closes at 1020 of the venue's time."""
    posted, order = asked(10)
    posted.note_lapsed([order], ledger(14), 1016.0)
    assert posted.silence(9999) is None
    posted.note_lapsed([order], ledger(15), 1020.0)
    assert posted.silence(1020) is None
    assert posted.silence(1021) == "submit of o000001 after ledger 10 was not answered by its last ledger 15"
    posted.note_heard(order.tx_hash)
    assert posted.silence(1021) is None


def test_what_was_answered_or_seen_or_asked_later_is_no_silence() -> None:
    """An answer, a failure, the transaction in that very ledger, or a question with a newer ledger known."""
    for is_failure in (False, True):
        posted, order = asked(10)
        if is_failure:
            assert posted.note_failed(order.tx_hash) == 1
        else:
            posted.note_answered(order.tx_hash)
        posted.note_lapsed([order], ledger(15), 1020.0)
        assert posted.silence(1021) is None
    posted, order = asked(10)
    posted.note_lapsed([order], ledger(15, own(order.tx_hash, "OfferCreate")), 1020.0)
    assert posted.silence(1021) is None
    posted, order = asked(15)
    posted.note_lapsed([order], ledger(15), 1020.0)
    assert posted.silence(1021) is None


def test_failures_are_counted_in_a_row() -> None:
    """An answer begins the count anew."""
    posted = Posted()
    assert [posted.note_failed("A"), posted.note_failed("A"), posted.note_failed("B")] == [1, 2, 1]
    posted.note_answered("A")
    assert posted.note_failed("A") == 1


def test_a_blob_has_left_before_from_its_second_posting_on() -> None:
    """A lookup sends nothing."""
    posted = Posted()
    posted.note_posted(Lookup(tx_hash="A"), 10)
    posted.note_posted(Submit(tx_hash="A", blob=""), 10)
    assert not posted.left_before("A")
    posted.note_posted(Submit(tx_hash="A", blob=""), 11)
    assert posted.left_before("A")
    posted.note_left_before("B")
    assert posted.left_before("B")


def test_what_is_settled_is_forgotten() -> None:
    """However many transactions a session sends, only those under way are kept."""
    posted = Posted()
    for tx_hash in ("A", "B"):
        posted.note_left_before(tx_hash)
    posted.forget_all_but({"B"})
    assert (posted.left_before("A"), posted.left_before("B")) == (False, True)
