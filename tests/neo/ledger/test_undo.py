"""The undo journal: whatever was written down before it changed can be taken back, as far as any mark."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from neo.ledger.book import Book
from neo.ledger.entries import Account, Directory, Entry, Offer, Page, TrustLine
from neo.ledger.other_entries import OtherEntry
from neo.ledger.pool_entry import Amm
from neo.ledger.undo import Journal

OTHER = {
    "alive": False,
    "line": None,
    **dict.fromkeys(("entries", "pages"), ()),
    **dict.fromkeys(("pays", "gets", "balance", "limit", "issuer_limit"), (5 * 10**15, 0)),
}
"""Another value for each field; for those that are not here, 7."""


def account(number: int = 0) -> Account:
    made = Account(bytes([number]), f"r{number}", bytes([number]))
    made.line = made.lines[b"l"] = TrustLine(b"l", made, Account(b"i", "rIssuer", b"i"), "USD")
    return made


def offer() -> Offer:
    made = Offer(b"o", account(), 3, 10, (10**15, -15), 99, 0, None, Directory(b"d"))
    made.owner.offers[3] = made
    return made


def page() -> Page[Entry]:
    made: Page[Entry] = Page(b"p", Directory(b"d"), 0, (Entry(b"e"),))
    made.directory.pages[0] = made
    return made


def line() -> TrustLine:
    made = account().line
    assert made is not None
    return made


def pool() -> Amm:
    return Amm(b"a", account(), (10**15, -15), "LP", 500, assets=(None, None))


def ticket() -> OtherEntry:
    made = OtherEntry(b"t", "Ticket", {"TicketSequence": 7}, {}, ((account(), "OwnerNode", 0),))
    made.listed[b"t"] = made
    return made


ENTRIES: dict[str, Callable[[], Entry]] = {
    "account": account,
    "line": line,
    "offer": offer,
    "page": page,
    "pool": pool,
    "ticket": ticket,
}


def fields(entry: Entry) -> list[str]:
    """What an entry's image holds of it."""
    return sorted({"alive", *type(entry.image()).__slots__} - {"entry"})


@pytest.mark.parametrize(("kind", "name"), [(kind, name) for kind, made in ENTRIES.items() for name in fields(made())])
def test_each_field_that_may_change_is_seen_to_have_changed_and_can_be_taken_back(kind: str, name: str) -> None:
    """One at a time: a field that an image forgot would change unseen, or stay changed."""
    entry, journal = ENTRIES[kind](), Journal()
    before, image = getattr(entry, name), entry.image()
    assert not image.has_changed()
    journal.touch(entry)
    if kind == "offer" and name == "alive":
        del entry.owner.offers[entry.sequence]  # type: ignore[attr-defined] # what deleting one does
    if kind == "page" and name == "alive":
        del entry.directory.pages[0]  # type: ignore[attr-defined]
    if kind == "line" and name == "alive":
        del entry.holder.lines[entry.key]  # type: ignore[attr-defined]
    if kind == "ticket" and name == "alive":
        del entry.listed[entry.key]  # type: ignore[attr-defined]
    setattr(entry, name, OTHER.get(name, 7))
    assert image.has_changed()
    journal.rollback(0)
    assert getattr(entry, name) == before
    assert not image.has_changed()


def test_a_rollback_goes_back_to_its_mark_and_no_further() -> None:
    """However often an entry changed in a stretch, and in the ones around it."""
    journal, owner = Journal(), account()
    journal.touch(owner)
    owner.drops = 1
    outer = journal.mark()
    for drops in (2, 3):
        journal.touch(owner)
        owner.drops = drops
    inner = journal.mark()
    journal.touch(owner)
    owner.drops = 4
    journal.rollback(inner)
    assert owner.drops == 3
    journal.touch(owner)
    owner.drops = 5
    journal.rollback(outer)
    assert owner.drops == 1
    journal.rollback(0)
    assert owner.drops == 0


def test_after_a_rollback_the_next_change_is_written_down_again() -> None:
    """In the same stretch: the record that stood for it is gone."""
    journal, owner = Journal(), account()
    mark = journal.mark()
    for drops in (8, 9):
        journal.touch(owner)
        owner.drops = drops
        journal.rollback(mark)
        assert owner.drops == 0


def test_an_entry_is_written_down_once_in_a_stretch() -> None:
    """So that a transaction costs what it touched, and not how often."""
    journal, owner = Journal(), account()
    for drops in range(5):
        journal.touch(owner)
        owner.drops = drops
    assert len(journal.changes) == 1


def test_a_quality_that_came_goes_again_and_one_that_went_comes_back() -> None:
    """A quality, in its book."""
    journal, book = Journal(), Book(b"b" * 24, None, None)
    journal.clear()
    stays, goes, comes = (book.home_of(journal, quality) for quality in (20, 10, 30))
    journal.rollback(2)
    assert (book.qualities, book.directories) == ([10, 20], {10: goes, 20: stays})
    mark = journal.mark()
    book.leave(journal, 10)
    assert book.home_of(journal, 30) is not comes
    assert book.qualities == [20, 30]
    journal.rollback(mark)
    assert (book.qualities, book.directories) == ([10, 20], {10: goes, 20: stays})


def test_a_rollback_keeps_the_lists_of_offers_and_of_pages_with_what_stands_on_them() -> None:
    """Gone and come back, come and gone again: an owner's offers by number, a directory's pages by theirs."""
    journal, made, sheet = Journal(), offer(), page()
    journal.delete(made)
    del made.owner.offers[3]
    journal.delete(sheet)
    del sheet.directory.pages[0]
    mark = journal.mark()
    journal.create(made)
    made.owner.offers[3] = made
    journal.create(sheet)
    sheet.directory.pages[0] = sheet
    journal.rollback(mark)
    assert (made.alive, made.owner.offers, sheet.alive, sheet.directory.pages) == (False, {}, False, {})
    journal.rollback(0)
    assert (made.alive, made.owner.offers, sheet.alive, sheet.directory.pages) == (True, {3: made}, True, {0: sheet})
