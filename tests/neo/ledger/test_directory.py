"""Directories: pages fill, chain and empty as the server's do, and all of it can be taken back."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.ledger_world import ALICE, World, rlusd

from neo.ledger import directory
from neo.ledger.entries import Directory, Entry
from neo.ledger.undo import Journal


def items(count: int) -> list[Entry]:
    return [Entry(bytes([number * 37 % 251, number])) for number in range(count)]


def layout(listing: Directory[Entry]) -> list[tuple[int, int, int, int]]:
    """(number, entries, next, previous) of every page."""
    pages = sorted(listing.pages.items())
    return [(number, len(page.entries), page.next, page.previous) for number, page in pages]


def filled(count: int, *, in_order: bool = True) -> tuple[Journal, Directory[Entry], list[tuple[int, Entry]]]:
    journal = Journal()
    listing: Directory[Entry] = Directory(b"root", in_order=in_order)
    return journal, listing, [(directory.insert(journal, listing, item), item) for item in items(count)]


def test_a_page_holds_thirty_two_and_the_next_one_follows() -> None:
    _, listing, _ = filled(70)
    assert layout(listing) == [(0, 32, 1, 2), (1, 32, 2, 0), (2, 6, 0, 1)]


def test_a_book_keeps_the_order_of_arrival_and_an_owner_sorts_each_page() -> None:
    _, book, placed = filled(40)
    assert list(directory.contents(book)) == [item for _, item in placed]
    _, owner, placed = filled(40, in_order=False)
    first = [item.key for page, item in placed if page == 0]
    assert [item.key for item in owner.pages[0].entries] == sorted(first)


def test_a_page_that_empties_is_unlinked_and_its_number_stays_free() -> None:
    journal, listing, placed = filled(70)
    for page, item in placed[32:64]:
        directory.remove(journal, listing, page, item)
    assert layout(listing) == [(0, 32, 2, 2), (2, 6, 0, 0)]
    extra = Entry(b"z")
    assert directory.insert(journal, listing, extra) == 2


def test_the_root_anchors_the_others_even_when_it_is_empty() -> None:
    journal, listing, placed = filled(40)
    for page, item in placed[:32]:
        directory.remove(journal, listing, page, item)
    assert layout(listing) == [(0, 0, 1, 1), (1, 8, 0, 0)]
    assert directory.first(listing) is placed[32][1]
    for page, item in placed[32:]:
        directory.remove(journal, listing, page, item)
    assert listing.pages == {}


@settings(max_examples=100)
@given(st.integers(0, 100), st.randoms(use_true_random=False), st.booleans())
def test_whatever_is_taken_out_everything_can_be_put_back(count: int, chance: object, in_order: bool) -> None:
    journal, listing, placed = filled(count, in_order=in_order)
    before, mark = layout(listing), journal.mark()
    contents = list(directory.contents(listing))
    order = list(placed)
    chance.shuffle(order)  # type: ignore[attr-defined] # a random.Random, which the engine's tests may not import
    for page, item in order:
        directory.remove(journal, listing, page, item)
        assert item not in list(directory.contents(listing))
    assert listing.pages == {}
    journal.rollback(mark)
    assert layout(listing) == before
    assert list(directory.contents(listing)) == contents


def test_a_page_that_goes_with_its_only_entry_and_comes_back_with_another_is_told_as_changed() -> None:
    """A line and 31 offers fill the first page. The 32nd offer stands alone on the next, and is replaced.

    The server looks at what a transaction made of each key: there was a page, and there is one.
    """
    world = World()
    for number in range(31):
        assert world.ask(ALICE, 1_000_000, str(50 + number)) == "tesSUCCESS"
    last = world.tx(ALICE, "OfferCreate", TakerGets="1000000", TakerPays=rlusd("100"))
    listing = world.ledger.state.accounts[ALICE].owned
    assert world.apply(last).result == "tesSUCCESS"
    key = listing.pages[1].key.hex().upper()
    applied = world.apply(
        world.tx(ALICE, "OfferCreate", TakerGets="1000000", TakerPays=rlusd("90"), OfferSequence=last["Sequence"])
    )
    assert applied.result == "tesSUCCESS"
    meta: Any = applied.meta()
    nodes = [(change, told) for node in meta["AffectedNodes"] for change, told in node.items()]
    pages = [(change, told) for change, told in nodes if told["LedgerIndex"] == key]
    assert [change for change, _ in pages] == ["ModifiedNode"]
    assert "PreviousFields" not in pages[0][1]
    assert "PreviousTxnID" not in pages[0][1]
