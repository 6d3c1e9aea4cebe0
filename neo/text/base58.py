"""The ledger's base58: text with a checksum, for addresses and seeds.

Source: xrpl.org, "base58 Encodings".
"""

from __future__ import annotations

import hashlib
from typing import Final

_ALPHABET: Final = "rpshnaf39wBUDNEGHJKLM4PQRST7VWXYZ2bcdeCg65jkm8oFqi1tuvAxyz"
_DIGIT: Final = {char: value for value, char in enumerate(_ALPHABET)}
_ZERO: Final = _ALPHABET[0]
_CHECKSUM_BYTES: Final = 4

# An address has 35 characters at most, a seed 31; reading takes the square of the length.
_CHARS_MAX: Final = 64


def decoded(text: str, prefix: bytes, size: int) -> bytes | None:
    """The bytes behind a text; None if it is not of this kind, or mistyped.

    Args:
        text: As it is written.
        prefix: The kind's.
        size: How many bytes follow the prefix.
    """
    if len(text) > _CHARS_MAX:
        return None
    number = 0
    for char in text:
        digit = _DIGIT.get(char)
        if digit is None:
            return None
        number = number * len(_ALPHABET) + digit
    # A zero byte at the front is a character of its own.
    zeros = len(text) - len(text.lstrip(_ZERO))
    data = bytes(zeros) + number.to_bytes((number.bit_length() + 7) // 8, "big")
    body, checksum = data[:-_CHECKSUM_BYTES], data[-_CHECKSUM_BYTES:]
    if len(body) != len(prefix) + size or not body.startswith(prefix):
        return None
    digest = hashlib.sha256(hashlib.sha256(body).digest()).digest()
    return body[len(prefix) :] if digest.startswith(checksum) else None
