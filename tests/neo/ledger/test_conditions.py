"""Crypto-conditions, by hand: the SHA-256 of nothing is e3b0c442..., and of ``abc`` ba7816bf... (FIPS 180-2)."""

from __future__ import annotations

import pytest

from neo.ledger import conditions

OF_NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
NOTHING = bytes.fromhex("A0028000")
ABC = bytes.fromhex("A0058003616263")


def asking(digest: str, cost: str = "810100") -> bytes:
    """A condition: 32 bytes of a digest, then the secret's length."""
    body = "8020" + digest + cost
    return bytes.fromhex(f"A0{len(body) // 2:02X}{body}")


def test_a_fulfillment_holds_the_secret_whose_digest_and_length_are_asked_for() -> None:
    """Nothing is a secret, too; another digest, another length or another secret will not do."""
    assert conditions.fulfils(NOTHING, asking(OF_NOTHING))
    assert conditions.fulfils(ABC, asking(OF_ABC, "810103"))
    assert not conditions.fulfils(ABC, asking(OF_ABC, "810102"))
    assert not conditions.fulfils(ABC, asking(OF_NOTHING))
    assert not conditions.fulfils(NOTHING, asking(OF_ABC, "810103"))


@pytest.mark.parametrize(
    ("cost", "length"),
    [("810180", None), ("81020080", 128), ("81020081", None), ("81050000000003", 3), ("81050100000003", None)],
)
def test_a_length_is_a_positive_number_of_four_bytes_and_at_most_128(cost: str, length: int | None) -> None:
    """A first bit makes a number negative, so that 128 takes a zero before it."""
    read = conditions.read_condition(asking(OF_ABC, cost))
    assert (None if read is None else read[1]) == length


@pytest.mark.parametrize(
    "blob",
    [
        b"",
        asking(OF_ABC)[:-1],
        asking(OF_ABC) + b"\0",
        b"\xa1" + asking(OF_ABC)[1:],  # a prefix and a condition: another kind
        asking(OF_ABC[:-2]),
        asking(OF_ABC, "820103"),
        asking(OF_ABC, "8100"),
        asking(OF_ABC, "81010300"),
        asking(OF_ABC, ""),
        b"\xa0\x80",
        b"\xa0\x89" + bytes(12),
    ],
)
def test_what_is_no_condition_of_the_kind_known(blob: bytes) -> None:
    """Cut short, too long, of another kind, or with a part missing."""
    assert conditions.read_condition(blob) is None


def test_a_length_may_be_written_in_more_bytes() -> None:
    """0x81 says that one byte of it follows; the ledger takes it where none need have."""
    body = asking(OF_NOTHING)[2:]
    assert conditions.fulfils(NOTHING, b"\xa0\x81" + bytes([len(body)]) + body)


@pytest.mark.parametrize(
    ("length", "digest", "fits"),
    [
        (128, "24da1b81d0b16df6428eee73c69fcb2a93c76bc6df706f0c6670fe6bfe800464", True),
        (129, "0ec9eb33e74510bcdd1f2ea55206e82f21649c5c2becbf2b433eb475b34c01bd", False),
    ],
)
def test_a_secret_has_128_bytes_at_most(length: int, digest: str, fits: bool) -> None:
    """So many times the letter x; the digests are ``sha256sum``'s."""
    inner = b"\x80\x81" + bytes([length]) + b"x" * length
    fulfillment = b"\xa0\x81" + bytes([len(inner)]) + inner
    assert conditions.fulfils(fulfillment, asking(digest, f"8102{length:04X}")) == fits
