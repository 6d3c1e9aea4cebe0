"""RIPEMD-160 against the digests that its authors published."""

from __future__ import annotations

import pytest

from neo.ledger.keys import address_of, pseudo_account_id
from neo.ledger.ripemd import ripemd160


@pytest.mark.parametrize(
    ("message", "digest"),
    [
        (b"", "9c1185a5c5e9fc54612808977ee8f548b2258d31"),
        (b"abc", "8eb208f7e05d987a9b044a8e98c6b087f15a0bfc"),
        (b"abcdefghijklmnopqrstuvwxyz", "f71c27109c692c1b56bbdceb5b9d2865b3708dbc"),
        (b"1234567890" * 8, "9b752e45573d4b39f4dbd3323cab82bf63326bfb"),
    ],
)
def test_the_published_digests(message: bytes, digest: str) -> None:
    """Within one block, and over two."""
    assert ripemd160(message).hex() == digest


def test_a_pools_account_is_the_one_that_a_server_made() -> None:
    """Named after the ledger before it and after the pool's entry: one that a real 3.0 server made."""
    parent = bytes.fromhex("49DBE1AD94395D762817B2BED348D845A29506BB0D1AEE50DEA361CDE5CDF36A")
    pool = bytes.fromhex("001325F32570115647712B9B47FC6C13BC62220EEEBFDC945663B9C890399842")
    assert address_of(pseudo_account_id(0, parent, pool)) == "rJXp5NrswsWBF7AeNuXy3wQz3BNvj8tqcv"
