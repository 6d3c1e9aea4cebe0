"""Ledgers that somebody has, made a recording: sorted, checked, and with the state that they began with."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import msgspec

from actors.plumbing.files import FileRefusedError
from actors.recordings.ledger_files import LedgerHeap
from actors.recordings.recording_file import read_recording
from actors.recordings.recording_writer import RecordingWriter, writing
from neo.replay.first_state import ASSUMED_AMENDMENTS, FirstState, FirstStateFacts
from neo.replay.recorded import RecordedState
from neo.replay.recording_order import RecordingOrder
from neo.replay.recording_text import (
    RecordingEnd,
    RecordingError,
    RecordingGap,
    RecordingHead,
    RecordingItem,
)
from tools.console.words import count

_NOT_GIVEN = "not among the ledgers that were given"


class Converted(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the files.

    Args:
        ledgers: How many the recording has.
        doubled: How many were given more than once.
        before_state: How many were left out, as they come before the given state.
        gaps: What is missing between them.
        openings: What each stretch begins with, where it was put together here.
    """

    ledgers: int
    doubled: int
    before_state: int
    gaps: tuple[RecordingGap, ...]
    openings: tuple[FirstStateFacts, ...]


class PairNamed(msgspec.Struct, frozen=True):
    """The pair that ledgers are recorded for, and the network that they are of."""

    currency: str
    issuer: str
    network_id: int


def convert_files(files: Sequence[Path], out: Path, pair: PairNamed, state_from: Path | None) -> Converted:
    """Write the recording.

    Args:
        files: With answers to ``ledger``, in any order.
        out: The recording; nothing may be there yet.
        pair: What is recorded.
        state_from: A recording whose last snapshot is the state to begin with; None: what the metadata tells.

    Raises:
        FileRefusedError: A file can't be read, ledgers do not fit together, or the recording can't be written.
    """
    if out.exists():
        raise FileRefusedError(out, "is there already", "Choose another file with --out, or remove that one.")
    with LedgerHeap() as heap:
        for path in files:
            heap.add_file(path)
        state = None if state_from is None else _last_state(state_from, pair)
        try:
            return _write(heap, out, pair, state)
        except BaseException:
            with contextlib.suppress(OSError):
                out.unlink(missing_ok=True)
            raise


def head_of_now(pair: PairNamed, means: str, amendments: frozenset[str]) -> RecordingHead:
    """The first line of a recording that is begun now."""
    return RecordingHead(
        currency=pair.currency,
        issuer=pair.issuer,
        network_id=pair.network_id,
        amendments=tuple(sorted(amendments)),
        begun=datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        means=means,
        version=version("neo-engine"),
    )


def _last_state(path: Path, pair: PairNamed) -> RecordedState:
    """The last snapshot of a recording of this pair."""
    found = None
    for _, item in read_recording(path):
        if isinstance(item, RecordingHead) and (item.currency, item.issuer) != (pair.currency, pair.issuer):
            raise FileRefusedError(path, f"a recording of {item.currency}/{item.issuer}", "Give one of the same pair.")
        found = item if isinstance(item, RecordedState) else found
    if found is None:
        raise FileRefusedError(path, "has no snapshot", "Give another recording with --state, or none.")
    return found


def _write(heap: LedgerHeap, out: Path, pair: PairNamed, state: RecordedState | None) -> Converted:
    amendments = ASSUMED_AMENDMENTS if state is None else frozenset(state.state["amendments"])
    order = RecordingOrder()
    ledgers, gaps, openings = 0, list[RecordingGap](), list[FirstStateFacts]()
    before_state = 0
    head = head_of_now(pair, "converted", amendments)
    order.take(head)
    with writing(out, head) as writer:
        for first, last in heap.stretches():
            begin = first if state is None else max(first, state.ledger_index + 1)
            before_state += begin - first
            if begin > last:
                continue
            if order.last_index is not None:
                gaps.append(RecordingGap(order.last_index + 1, begin - 1, _NOT_GIVEN))
                _put(writer, order, gaps[-1], out)
            if state is None or order.last_index is not None:
                opening, facts = _opening(heap, (begin, last), pair, out)
                openings.append(facts)
                _put(writer, order, opening, out)
            else:
                _put(writer, order, state, out)
            for ledger in heap.ledgers(begin, last):
                _put(writer, order, ledger, out)
                ledgers += 1
        if not ledgers:
            raise FileRefusedError(out, "no ledger would be in it: all come before the state", "Give later ledgers.")
        writer.write(RecordingEnd("converted"))
    return Converted(
        ledgers=ledgers, doubled=heap.doubled, before_state=before_state, gaps=tuple(gaps), openings=tuple(openings)
    )


def _put(writer: RecordingWriter, order: RecordingOrder, item: RecordingItem, out: Path) -> None:
    try:
        order.take(item)
    except RecordingError as error:
        raise _not_written(out, error) from error
    writer.write(item)


def _opening(
    heap: LedgerHeap, stretch: tuple[int, int], pair: PairNamed, out: Path
) -> tuple[RecordedState, FirstStateFacts]:
    opening = FirstState(pair.currency, pair.issuer)
    try:
        for ledger in heap.ledgers(*stretch):
            opening.take(ledger)
        return opening.state()
    except RecordingError as error:
        raise _not_written(out, error) from error


def _not_written(out: Path, error: RecordingError) -> FileRefusedError:
    return FileRefusedError(out, f"not written, for {error}", "Give ledgers of one network, as a server tells them.")


def told_of(done: Converted) -> Iterator[str]:
    """What an operator should know of it, a sentence each."""
    yield f"{count(done.ledgers, 'ledger')} written."
    if done.doubled:
        yield f"Given more than once, and there once: {count(done.doubled, 'ledger')}."
    if done.before_state:
        yield f"Left out, as they come before the state that was given: {count(done.before_state, 'ledger')}."
    for gap in done.gaps:
        yield f"Told as a gap, for they are not there: ledgers {gap.first_index:,} to {gap.last_index:,}."
    for facts in done.openings:
        yield (
            f"The state at the start is what the metadata tells: {facts.offers:,} offers of {facts.accounts:,} accounts"
            f"{', and the pool' if facts.has_pool else ''}. What no transaction touched is not in it; --state takes it"
            " from a recording."
        )
        if facts.pool_fee_told is not None:
            yield (
                f"The pool's fee, {facts.pool_fee_told / 1000:g}%, is what its trades tell; its shares, and that nobody"
                " holds its auction slot, are made up."
            )
        if facts.owners_assumed:
            yield f"Of {count(facts.owners_assumed, 'owner')} no more is known than what was offered."
    if done.openings:
        yield "Amendments and reserves, which no ledger tells, are taken to be the main network's of early 2026."
