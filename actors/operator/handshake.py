"""How a session and its operator's program prove themselves to each other, before anything else is said.

Both know a key, which stands in a private file beside the database. Neither ever sends it: each sends a number that it
has never used before and a proof, an HMAC with that key over the numbers. Three lines, the client's first:

1. greeting: the client's number, and the proof that it knows the key. A stranger gets no further than this line.
2. welcome: the session's number, and its proof over both. Who merely listens where a session once did can't make it,
   and is told nothing.
3. request: the proof over both numbers and the request's own bytes, and those bytes: good on this connection only.

A line that doesn't fit is never taken apart any further, so nothing that a stranger sends is ever parsed.
Source: RFC 2104 (HMAC).
"""

from __future__ import annotations

import hmac
import re
import secrets
from typing import Final

# The first word of the first two lines: another version of the protocol would have another one.
_VERSION: Final = b"NEO1"

_NONCE_BYTES: Final = 16
_GREETING: Final = re.compile(rb"NEO1 ([0-9a-f]{32}) ([0-9a-f]{64})")
_PROOF_CHARS: Final = 64

# Longer than a greeting or a welcome; beyond it there is nothing to be read.
GREETING_BYTES_MAX: Final = 128


def new_key() -> str:
    """A key for one session."""
    return secrets.token_hex(32)


def new_nonce() -> bytes:
    """A number that was never used before, as the lines have it."""
    return secrets.token_hex(_NONCE_BYTES).encode()


def greeting(key: str, nonce: bytes) -> bytes:
    """The first line, without its end."""
    return b" ".join((_VERSION, nonce, _proof(key, b"greeting", nonce)))


def greeted(key: str, line: bytes) -> bytes | None:
    """The client's number in its greeting; None if whoever sent it doesn't know the key."""
    return _proven(key, line, b"greeting")


def welcome(key: str, client: bytes, own: bytes) -> bytes:
    """The second line, without its end, with the session's ``own`` number."""
    return b" ".join((_VERSION, own, _proof(key, b"welcome", own, client)))


def welcomed(key: str, client: bytes, line: bytes) -> bytes | None:
    """The session's number in its welcome; None if whoever sent it doesn't know the key."""
    return _proven(key, line, b"welcome", client)


def sealed(key: str, client: bytes, server: bytes, body: bytes) -> bytes:
    """The third line, without its end: a request that nobody else could have made, or can use again."""
    return b" ".join((_proof(key, b"request", client, server, body), body))


def unsealed(key: str, client: bytes, server: bytes, line: bytes) -> bytes | None:
    """The request's bytes; None if they are not the client's."""
    proof, space, body = line[:_PROOF_CHARS], line[_PROOF_CHARS : _PROOF_CHARS + 1], line[_PROOF_CHARS + 1 :]
    is_right = hmac.compare_digest(proof, _proof(key, b"request", client, server, body))
    return body if is_right and space == b" " else None


def _proven(key: str, line: bytes, *said: bytes) -> bytes | None:
    shape = _GREETING.fullmatch(line)
    if shape is None:
        return None
    nonce, proof = shape.groups()
    # In constant time: how far a guess was right must not show.
    return nonce if hmac.compare_digest(proof, _proof(key, said[0], nonce, *said[1:])) else None


def _proof(key: str, *said: bytes) -> bytes:
    # Only the last of the parts can have a space in it, so no two lists of parts make the same bytes.
    return hmac.digest(key.encode(), b" ".join(said), "sha256").hex().encode()
