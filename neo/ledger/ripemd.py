"""RIPEMD-160, which makes accounts out of hashes, in plain Python: some builds of OpenSSL lack it.

Source: H. Dobbertin, A. Bosselaers, B. Preneel, "RIPEMD-160: A Strengthened Version of RIPEMD", 1996.
"""

from __future__ import annotations

_WORD = 0xFFFFFFFF
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0)

# Two lines of work, five rounds each: what is added, the order of the sixteen words, and how far each is turned (the
# last two a hex digit a step).
_ADDED = ((0, 0x5A827999, 0x6ED9EBA1, 0x8F1BBCDC, 0xA953FD4E), (0x50A28BE6, 0x5C4DD124, 0x6D703EF3, 0x7A6D76E9, 0))
_ORDER = (
    ("0123456789abcdef", "74d1a6f3c0952eb8", "3ae49f812706db5c", "19ba08c4d37fe562", "40597c2ae138b6fd"),
    ("5e7092b4d6f81a3c", "6b370d5aef8c4912", "f5137e69b8c2a04d", "86413bf05c2d97ae", "cfa4158762de039b"),
)
_TURNS = (
    ("befc5879bdef6798", "768db97f7cf9b7dc", "bd67e9dfe8d65c75", "bcefef989e56865c", "9f5b68dc5cdeb856"),
    ("899bdff5778beec6", "9df7c89b77c76fdb", "97fb866ecd5edd75", "f58bee6e69c9c5f8", "85c9c5e68d65fdbb"),
)


def ripemd160(data: bytes) -> bytes:
    """The 20 bytes of a message's digest."""
    state = _START
    padded = data + b"\x80" + bytes(-(len(data) + 9) % 64) + (8 * len(data)).to_bytes(8, "little")
    for place in range(0, len(padded), 64):
        words = [int.from_bytes(padded[at : at + 4], "little") for at in range(place, place + 64, 4)]
        left, right = _line(state, words, 0), _line(state, words, 1)
        state = (
            (state[1] + left[2] + right[3]) & _WORD,
            (state[2] + left[3] + right[4]) & _WORD,
            (state[3] + left[4] + right[0]) & _WORD,
            (state[4] + left[0] + right[1]) & _WORD,
            (state[0] + left[1] + right[2]) & _WORD,
        )
    return b"".join(word.to_bytes(4, "little") for word in state)


def _line(state: tuple[int, int, int, int, int], words: list[int], side: int) -> tuple[int, int, int, int, int]:
    a, b, c, d, e = state
    for turn in range(5):
        mix = 4 - turn if side else turn
        for word, bits in zip(_ORDER[side][turn], _TURNS[side][turn], strict=True):
            total = a + _mixed(mix, b, c, d) + words[int(word, 16)] + _ADDED[side][turn]
            a, b, c, d, e = e, (_turned(total & _WORD, int(bits, 16)) + e) & _WORD, b, _turned(c, 10), d
    return a, b, c, d, e


def _mixed(kind: int, x: int, y: int, z: int) -> int:
    if kind == 0:
        return x ^ y ^ z
    if kind == 1:
        return (x & y) | (~x & z & _WORD)
    if kind == 2:
        return (x | (~y & _WORD)) ^ z
    if kind == 3:
        return (x & z) | (y & ~z & _WORD)
    return x ^ (y | (~z & _WORD))


def _turned(word: int, bits: int) -> int:
    return ((word << bits) | (word >> (32 - bits))) & _WORD
