"""The journal's bytes: how a record is written, numbered and hashed.

A line of the journal is ``<seq> TAB <record as JSON> LF``, and a session's ``journal_sha256`` is the SHA-256 of its
lines. Machine time, process numbers and the session's id are in none of them, so two sessions of one seed have one
hash; exported lines give it with any SHA-256 tool.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator

import msgspec

from neo.messages import Record

# Fields in the struct's order, keys of mappings sorted: equal records always give the same bytes.
_encoder = msgspec.json.Encoder(decimal_format="string", order="deterministic")
_decoder: msgspec.json.Decoder[Record] = msgspec.json.Decoder(Record)

encode_record = _encoder.encode
decode_record = _decoder.decode


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
        journal.add(seq, journal_line(seq, body.encode()))
    return journal


def read_journal(connection: sqlite3.Connection, session_id: str, after_seq: int = 0) -> Iterator[tuple[int, Record]]:
    """The records of a session in order, with their numbers, from the one after ``after_seq``."""
    for seq, body in connection.execute(
        "SELECT seq, body FROM journal WHERE session_id = ? AND seq > ? ORDER BY seq", (session_id, after_seq)
    ):
        yield seq, decode_record(body)
