"""Crypto-conditions: what an escrow may ask for beside its time. Of the kinds there are, the ledger knows one.

A condition holds the SHA-256 of a secret and the secret's length; its fulfillment holds the secret. Both are written
in the Distinguished Encoding Rules.

Source: Condition.cpp, Fulfillment.cpp, PreimageSha256.h and utils.h (``der``) of the ledger server;
draft-thomas-crypto-conditions-02.
"""

from __future__ import annotations

from hashlib import sha256

_LONG = 0x80  # of a length: so many bytes of it follow
_LENGTH_BYTES_MAX = 8
_OF_SECRET = 0xA0  # a context's own, constructed, number 0: the kind
_FIRST, _SECOND = 0x80, 0x81  # a context's own, primitive, numbers 0 and 1: its parts
_FINGERPRINT_BYTES = 32
_COST_BYTES_MAX = 5  # four, and a zero before them
_CONDITION_BYTES_MAX, _FULFILLMENT_BYTES_MAX, _SECRET_BYTES_MAX = 128, 256, 128


def read_condition(blob: bytes) -> tuple[bytes, int] | None:
    """(SHA-256 of the secret, its length) that a condition asks for; None if it is no condition of the kind known."""
    outer = _split(blob, _OF_SECRET)
    if outer is None or outer[1] or len(outer[0]) > _CONDITION_BYTES_MAX:
        return None
    first = _split(outer[0], _FIRST)
    second = None if first is None else _split(first[1], _SECOND)
    if first is None or second is None or second[1] or len(first[0]) != _FINGERPRINT_BYTES:
        return None
    cost = second[0]
    if not 0 < len(cost) <= _COST_BYTES_MAX or cost[0] & _LONG or (len(cost) == _COST_BYTES_MAX and cost[0]):
        return None
    length = int.from_bytes(cost, "big")
    return (first[0], length) if length <= _SECRET_BYTES_MAX else None


def fulfils(fulfillment: bytes, condition: bytes) -> bool:
    """Whether a fulfillment holds the secret that a condition asks for."""
    asked, secret = read_condition(condition), _secret(fulfillment)
    return asked is not None and secret is not None and asked == (sha256(secret).digest(), len(secret))


def _secret(fulfillment: bytes) -> bytes | None:
    outer = _split(fulfillment, _OF_SECRET)
    if outer is None or outer[1] or len(outer[0]) > _FULFILLMENT_BYTES_MAX:
        return None
    inner = _split(outer[0], _FIRST)
    if inner is None or inner[1] or len(inner[0]) > _SECRET_BYTES_MAX:
        return None
    return inner[0]


def _split(blob: bytes, kind: int) -> tuple[bytes, bytes] | None:
    """(what the first item holds, what follows it); None if it is of another kind or not whole."""
    if len(blob) < 2 or blob[0] != kind:
        return None
    length, start = blob[1], 2
    if length & _LONG:
        start += length & ~_LONG
        if not 2 < start <= min(len(blob), 2 + _LENGTH_BYTES_MAX):
            return None
        length = int.from_bytes(blob[2:start], "big")
        if not length:
            return None
    end = start + length
    return (blob[start:end], blob[end:]) if end <= len(blob) else None
