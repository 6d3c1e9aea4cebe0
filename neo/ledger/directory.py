"""Directories: pages of up to 32 entries, chained both ways, filled at the end and unlinked when they empty.

Source: ApplyView.cpp of the ledger server (``dirAdd``, ``dirRemove``), whose order of operations is kept because which
pages exist and how they are numbered is part of the ledger.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from operator import attrgetter

from neo.ledger import keys
from neo.ledger.entries import Directory, E, Page
from neo.ledger.undo import Journal

PAGE_ENTRIES_MAX = 32

_by_key = attrgetter("key")


def insert(journal: Journal, directory: Directory[E], entry: E) -> int:
    """Add an entry on the last page, or on a new one if that is full; returns the page's number."""
    pages = directory.pages
    root = pages.get(0)
    if root is None:
        _add_page(journal, directory, 0, entry)
        return 0
    number = root.previous
    page = pages[number]
    entries = page.entries
    if len(entries) < PAGE_ENTRIES_MAX:
        place = len(entries) if directory.in_order else bisect_left(entries, entry.key, key=_by_key)
        journal.touch(page)
        page.entries = (*entries[:place], entry, *entries[place:])
        return number
    journal.touch(page)
    page.next = number + 1
    journal.touch(root)
    root.previous = number + 1
    added = _add_page(journal, directory, number + 1, entry)
    if number:
        added.previous = number
    return number + 1


def _add_page(journal: Journal, directory: Directory[E], number: int, entry: E) -> Page[E]:
    page = Page(keys.page_key(directory.root, number), directory, number, (entry,), alive=False)
    journal.create(page)
    directory.pages[number] = page
    return page


def remove(journal: Journal, directory: Directory[E], number: int, entry: E, *, keep_root: bool = False) -> None:
    """Take an entry off its page; empty pages leave the ledger, but a root that anchors others or is to be kept."""
    pages = directory.pages
    page = pages[number]
    entries = page.entries
    place = entries.index(entry)
    journal.touch(page)
    page.entries = entries[:place] + entries[place + 1 :]
    if page.entries:
        return
    if number == 0:
        _remove_root(journal, directory, page, keep_root=keep_root)
    else:
        _unlink(journal, directory, page, keep_root=keep_root)


def _remove_root(journal: Journal, directory: Directory[E], root: Page[E], *, keep_root: bool) -> None:
    if root.next == root.previous and root.next != 0:
        last = directory.pages[root.next]
        if not last.entries:
            journal.touch(root)
            root.next = root.previous = 0
            _drop_page(journal, last)
    if root.next == 0 and root.previous == 0 and not keep_root:
        _drop_page(journal, root)


def _unlink(journal: Journal, directory: Directory[E], page: Page[E], *, keep_root: bool) -> None:
    pages = directory.pages
    before, after = pages[page.previous], pages[page.next]
    journal.touch(before)
    before.next = page.next
    journal.touch(after)
    after.previous = page.previous
    _drop_page(journal, page)
    if after.number != 0 and after.next == 0 and not after.entries:
        journal.touch(before)
        before.next = 0
        journal.touch(pages[0])
        pages[0].previous = before.number
        _drop_page(journal, after)
        after = pages[0]
    if after.number == 0 and before.number == 0 and not before.entries and not keep_root:
        _drop_page(journal, before)


def _drop_page(journal: Journal, page: Page[E]) -> None:
    journal.delete(page)
    del page.directory.pages[page.number]


def contents(directory: Directory[E]) -> Iterator[E]:
    """Every entry, page by page."""
    number = 0
    while (page := directory.pages.get(number)) is not None:
        yield from page.entries
        number = page.next
        if number == 0:
            return


def is_empty(directory: Directory[E]) -> bool:
    """Whether there is nothing in it; the root may be there all the same (``dirIsEmpty``)."""
    root = directory.pages.get(0)
    return root is None or (not root.entries and root.next == 0)


def drop_empty(journal: Journal, directory: Directory[E]) -> None:
    """Take out the root that was kept when the last entry left, if there is one (``emptyDirDelete``)."""
    root = directory.pages.get(0)
    if root is not None and is_empty(directory):
        _drop_page(journal, root)


def first(directory: Directory[E]) -> E:
    """The entry that was added first of those still there. The root page may be empty while others are not."""
    page = directory.pages[0]
    while not page.entries:
        page = directory.pages[page.next]
    return page.entries[0]
