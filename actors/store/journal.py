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

import msgspec

from actors.store.store_errors import DamagedValueError
from neo.messages import Record

# Fields in the struct's order, keys of mappings sorted: equal records always give the same bytes.
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)

encode_record = _encoder.encode

# What no record of ours has, though its form be right: a decimal that is no number, or whose exponent or length would
# keep us calculating for ever, and a whole number that no row of a table can take.
_BOUNDLESS = re.compile(
    r'"[+-]?(?:[0-9]*\.?[0-9]*[eE][+-]?[0-9]{3,}"|[0-9.]{250}|s?nan[0-9]*"|inf(?:inity)?")|[:,\[]-?[0-9]{19}',
    re.IGNORECASE,
)


def decode_record(body: str) -> Record:
    """A record from its JSON.

    Raises:
        DamagedValueError: It has a number without bounds.
        msgspec.DecodeError: It is not a record.
    """
    found = _BOUNDLESS.search(body)
    if found is not None:
        raise DamagedValueError(f"{found[0][:40]!r} in a journal record is not a number that NEO writes")
    return _decoder.decode(body)


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
