"""What goes into and comes out of the store besides the journal's records."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Annotated, Any, Final, TypeVar

import msgspec

from actors.store.money_text import decimal_or_none
from actors.store.store_errors import DamagedValueError
from neo.messages.halts import Halt, HaltReason

T = TypeVar("T", bound=msgspec.Struct)

# The texts of all rows that one look takes into memory; ten thousand sessions have a tenth of it.
_TEXTS_MAX: Final = 256_000_000

# A key's value in the shipped profile and in the session's.
_Change = Annotated[list[str | None], msgspec.Meta(min_length=2, max_length=2)]

# The columns that are JSON, and what is in it.
_JSON: Final[dict[str, Any]] = {
    "secondary_halts": tuple[Halt, ...],
    "rungs_failed": tuple[str, ...],
    "config_changes": dict[str, _Change],
    "restarts": tuple[dict[str, str | int], ...],
    "warnings": tuple[str, ...],
}


class Bounded:
    """Rows as they come, until they are more than anybody's.

    Args:
        rows: From a cursor.
    """

    def __init__(self, rows: Iterable[tuple[Any, ...]]) -> None:
        self._rows = rows

    def __iter__(self) -> Iterator[tuple[Any, ...]]:
        """The rows.

        Raises:
            DamagedValueError: They have more text than is read at once.
        """
        length = 0
        for row in self._rows:
            length += sum(len(cell) for cell in row if isinstance(cell, str))
            if length > _TEXTS_MAX:
                raise DamagedValueError(f"its rows have more than {_TEXTS_MAX:,} characters of text")
            yield row


def struct_from(kind: type[T], row: tuple[Any, ...]) -> T:
    """A row as the struct whose fields its columns are, amounts and JSON read with their bounds.

    Raises:
        DamagedValueError: An amount that we never write.
        msgspec.DecodeError: A value of another kind than its column's.
    """
    fields = dict(zip(kind.__struct_fields__, row, strict=True))
    for name, value in fields.items():
        if name in _JSON:
            fields[name] = msgspec.json.decode(str(value), type=_JSON[name])
        elif name == "rlusd" or name.endswith("_rlusd"):
            fields[name] = decimal_or_none(value)
    return msgspec.convert(fields, kind)


class SessionOpening(msgspec.Struct, frozen=True, kw_only=True):
    """What the row of a new session says.

    Args:
        id: The session's name, unique in the database.
        started_at: Wall-clock time (UTC, ISO 8601).
        pid: The process that runs it.
        venue: ``sim``, ``replay``, ``paper`` or ``live``.
        seed: Of every random choice in it.
        market: The file or stream that its prices come from.
        config: The effective values that it ran with, as JSON; earlier ones have the names that keys had then.
        config_sha256: Those values' hash, which ``neo config show`` tells too.
        profile: The profile's name, or its file's.
        config_changes: JSON of the keys that differ from the shipped profile: ``[shipped, this session's]``.
    """

    id: str
    started_at: str
    pid: int
    venue: str
    seed: int
    market: str
    config: str
    config_sha256: str
    profile: str = ""
    config_changes: str = "{}"


class SessionEnding(msgspec.Struct, frozen=True, kw_only=True):
    """What the shutdown ladder writes last.

    Args:
        ended_at: Wall-clock time (UTC, ISO 8601).
        reason: The halt reason; always written, whatever stood there.
        detail: Its numbers and words.
        secondary: What was raised after the first cause.
        rungs_failed: The rungs of the ladder that failed or ran out of time.
        restarts: Of actors: which, in which ledger, after which error.
        warnings: What the log warned of, in its own words.
        results: JSON of :func:`neo.analysis.flat_figures`, if they could be worked out.
        timings: JSON of how long things took by the machine's clock, if anything was timed.
    """

    ended_at: str
    reason: HaltReason
    detail: str
    secondary: tuple[Halt, ...]
    rungs_failed: tuple[str, ...]
    restarts: tuple[dict[str, str | int], ...] = ()
    warnings: tuple[str, ...] = ()
    results: str | None = None
    timings: str | None = None


class LostSession(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows of a session whose process ended without a word, or that left orders open at its end.

    Args:
        id: Its name.
        pid: The process that ran it.
        was_ending: The halt reason that it was on its way down with, or None.
        ledger_index: The last ledger in its journal; None if nothing of it was journaled, and so nothing was sent.
        close_time_s: That ledger's close time, seconds of the ripple epoch.
        open_ids: Orders whose fate its journal does not tell, oldest first.
        tx_hashes: Every transaction that it may have sent.
        is_noted: Whether its journal says already that the process was lost.
        is_closed: Whether its journal has its end.
    """

    id: str
    pid: int
    was_ending: str | None
    ledger_index: int | None
    close_time_s: int
    open_ids: tuple[str, ...]
    tx_hashes: frozenset[str]
    is_noted: bool
    is_closed: bool

    @property
    def cause(self) -> str:
        """How it ended, without the process's number, which no journal has."""
        return "ended without a word" + (f"; it was ending with {self.was_ending}" if self.was_ending else "")


class SessionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``sessions`` as a reader gets it. Counts of a running session are those of this moment.

    ``settled`` tells what a later start found of the orders that the session left open at its end, if it did;
    ``timings`` is JSON of how long things took in it, None before its end and of an older build.
    """

    id: str
    parent_id: str | None
    status: str
    pid: int
    started_at: str
    ended_at: str | None
    venue: str
    seed: int
    market: str
    config: str
    config_sha256: str
    halt_reason: str | None
    halt_detail: str | None
    secondary_halts: tuple[Halt, ...]
    rungs_failed: tuple[str, ...]
    journal_sha256: str | None
    ticks: int
    ledgers: int
    fills: int
    equity_start_rlusd: Decimal | None
    equity_end_rlusd: Decimal | None
    equity_change_rlusd: Decimal | None
    profile: str
    config_changes: dict[str, _Change]
    restarts: tuple[dict[str, str | int], ...]
    warnings: tuple[str, ...]
    results: str | None
    settled: str | None = None
    timings: str | None = None


class Experiment(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the experiment log: what a session was started with and what it came to, with the operator's note."""

    session_id: str
    started_at: str
    ended_at: str
    venue: str
    profile: str
    config_sha256: str
    config_changes: dict[str, _Change]
    seed: int
    market: str
    halt_reason: str
    halt_detail: str
    ticks: int
    fills: int
    equity_change_rlusd: Decimal | None
    results: str | None
    note: str


class CapitalOrder(msgspec.Struct, frozen=True, kw_only=True):
    """A deposit (+) or withdrawal (-) recorded while no session ran; ``session_id`` is the one whose opening has it."""

    id: int
    recorded_at: str
    kind: str
    xrp_drops: int
    rlusd: Decimal
    session_id: str | None


class CapitalEvent(msgspec.Struct, frozen=True, kw_only=True):
    """A row of ``capital_events``: what came or went in a session other than by a fill or a fee."""

    session_id: str
    created_at: str
    ledger_index: int
    cause: str
    xrp_drops: int
    rlusd: Decimal


class FoundOffer(msgspec.Struct, frozen=True, kw_only=True):
    """An offer of ours that a session found on the ledger at its start, and that no journal knew.

    Args:
        order_id: Its order in the session's journal.
        side: Of the market.
        price: RLUSD for an XRP.
        xrp_drops: What was left of it.
        entry: The key of its entry on the ledger: nobody knows the hash of what placed it.
        sequence: Of that transaction.
        status: What became of it.
        why: What the session meant to do about it.
        pulled_by: The hash of the transaction that was to take it off the book; None if there was none.
    """

    order_id: str
    side: str
    price: Decimal
    xrp_drops: int
    entry: str
    sequence: int
    status: str
    why: str
    pulled_by: str | None
