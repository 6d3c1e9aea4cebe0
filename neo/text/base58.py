"""The ledger's base58: text with a checksum, for addresses and seeds.

The ledger's own library has it too, but brings most of a second of imports with it, before a session or a word to one.

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
    return body[len(prefix) :] if _checksum(body) == checksum else None


def encoded(content: bytes, prefix: bytes) -> str:
    """The text of some bytes.

    Args:
        content: What an address or a seed stands for.
        prefix: The kind's.
    """
    data = prefix + content
    data += _checksum(data)
    number = int.from_bytes(data, "big")
    chars = []
    while number:
        number, digit = divmod(number, len(_ALPHABET))
        chars.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return _ZERO * zeros + "".join(reversed(chars))


def _checksum(body: bytes) -> bytes:
    return hashlib.sha256(hashlib.sha256(body).digest()).digest()[:_CHECKSUM_BYTES]
