"""The journal's bytes: how a record is written, numbered and hashed.

A line of the journal is ``<seq> TAB <record as JSON> LF``, and a session's ``journal_sha256`` is the SHA-256 of its
lines. Machine time, process numbers and the session's id are in none of them, so two sessions of one seed have one
hash; exported lines give it with any SHA-256 tool.
"""

from __future__ import annotations

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

import msgspec

from actors.store.store_errors import DamagedValueError
from neo.messages import Record, SpendingCarried
from neo.text.bounds import SEED_MAX

# Fields in the struct's order, keys of mappings sorted: equal records always give the same bytes.
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)

encode_record = _encoder.encode

# What looks like a number without bounds: a decimal that is none, or whose exponent or length would keep us calculating
# for ever, a whole number that no row of a table can take. It may be somebody's words as well, so it only says where to
# look closer. Every record that is read is searched, so the pattern begins with one character: a number stands behind
# its name's colon. Those of _IN_ARRAYS alone don't.
_SUSPECT = re.compile(
    r':\s*(?:"[+-]?(?:[0-9.]{1,249}+(?:[eE][+-]?[0-9]{3,}"|[0-9.])|'
    r'[sS]?[nN][aA][nN][0-9]*"|[iI][nN][fF](?:[iI][nN][iI][tT][yY])?")|-?[0-9]{19})'
)
_IN_ARRAYS: Final = SpendingCarried
_EXPONENT_MAX: Final = 99
_DIGITS_MAX: Final = 249
_WHOLE_MAX: Final = 10**18 - 1


def decode_record(body: str) -> Record:
    """A record from its JSON.

    Raises:
        DamagedValueError: It has a number without bounds.
        msgspec.DecodeError: It is not a record.
    """
    record = _decoder.decode(body)
    if _SUSPECT.search(body) is not None or isinstance(record, _IN_ARRAYS):
        for name, value in _values(record, ""):
            if not _is_bounded(name, value):
                raise DamagedValueError(
                    f"{name} {str(value)[:40]!r} in a journal record is not a number that NEO writes"
                )
    return record


def _values(part: object, name: str) -> Iterator[tuple[str, object]]:
    """All that a record, or a part of it, is made of, with the name of the field that each is in."""
    if isinstance(part, msgspec.Struct):
        for field in part.__struct_fields__:
            yield from _values(getattr(part, field), field)
    elif isinstance(part, (tuple, dict)):
        for each in part.values() if isinstance(part, dict) else part:
            yield from _values(each, name)
    else:
        yield name, part


def _is_bounded(name: str, value: object) -> bool:
    """True of a number that a record of ours can have, and of words, whatever is in them."""
    if isinstance(value, Decimal):
        is_calculable = value.is_finite() and abs(value.adjusted()) <= _EXPONENT_MAX
        return is_calculable and len(value.as_tuple().digits) <= _DIGITS_MAX
    return not isinstance(value, int) or abs(value) <= (SEED_MAX if name == "seed" else _WHOLE_MAX)


def journal_line(seq: int, body: bytes) -> bytes:
    """One record as it is hashed and exported."""
    return b"%d\t%b\n" % (seq, body)


class JournalHash:
    """The running hash of one session's journal."""

    def __init__(self) -> None:
        self._sha256 = hashlib.sha256()
        self.seq = 0

    def with_lines(self, lines: bytes) -> str:
        """The hash that it will be with these lines."""
        ahead = self._sha256.copy()
        ahead.update(lines)
        return ahead.hexdigest()

    def add(self, seq: int, lines: bytes) -> None:
        """Take in lines that are in the database now; ``seq`` is the last one's number."""
        self._sha256.update(lines)
        self.seq = seq

    def add_record(self, seq: int, body: bytes) -> None:
        """Take in one record."""
        self.add(seq, journal_line(seq, body))

    @property
    def hexdigest(self) -> str:
        """The hash of all lines so far."""
        return self._sha256.hexdigest()


def hash_of(connection: sqlite3.Connection, session_id: str) -> JournalHash:
    """The hash as the table gives it: after a crash, and to check what a session row claims."""
    journal = JournalHash()
    for seq, body in connection.execute(
        "SELECT seq, body FROM journal WHERE session_id = ? ORDER BY seq", (session_id,)
    ):
        journal.add_record(seq, body.encode())
    return journal


def read_journal(connection: sqlite3.Connection, session_id: str, after_seq: int = 0) -> Iterator[tuple[int, Record]]:
    """The records of a session in order, with their numbers, from the one after ``after_seq``."""
    for seq, body in connection.execute(
        "SELECT seq, body FROM journal WHERE session_id = ? AND seq > ? ORDER BY seq", (session_id, after_seq)
    ):
        yield seq, decode_record(body)
