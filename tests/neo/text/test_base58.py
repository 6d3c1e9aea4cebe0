"""Addresses and seeds are read exactly as the ledger's own codec reads them, and what is mistyped is none."""

from __future__ import annotations

import random

import pytest
from xrpl.core.addresscodec import encode_classic_address

from neo.text.base58 import decoded, encoded

CHANCE = random.Random(20260121)
# Zero bytes at the front are what base58 writes in a way of its own.
ACCOUNTS = [bytes(20), bytes(19) + b"\x01", bytes(3) + b"\xff" * 17, b"\xff" * 20, CHANCE.randbytes(20)]
GENESIS = "rHb9CJAWyB4rj91VRWn96DkukG4bwdtyTh"


@pytest.mark.parametrize("account", ACCOUNTS)
def test_an_address_gives_its_bytes(account: bytes) -> None:
    assert decoded(encode_classic_address(account), b"\x00", 20) == account


@pytest.mark.parametrize("account", ACCOUNTS)
def test_bytes_give_the_address_that_the_ledgers_own_codec_gives(account: bytes) -> None:
    """With every zero byte at the front."""
    assert encoded(account, b"\x00") == encode_classic_address(account)


def test_the_bytes_of_a_well_known_account_give_its_address() -> None:
    """Source: xrpl.org, "Accounts": the genesis account, and its AccountID."""
    assert encoded(bytes.fromhex("B5F762798A53D543A014CAF8B297CFF8F2F937E8"), b"\x00") == GENESIS


def test_a_well_known_address_gives_its_bytes() -> None:
    """Source: xrpl.org, "Accounts": the genesis account, and its AccountID."""
    assert decoded(GENESIS, b"\x00", 20) == bytes.fromhex("B5F762798A53D543A014CAF8B297CFF8F2F937E8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        GENESIS[:-1],
        GENESIS[1:],
        "r" + GENESIS,
        GENESIS[:-1] + "i",
        GENESIS[:9] + GENESIS[10] + GENESIS[9] + GENESIS[11:],
        GENESIS + " ",
        GENESIS.replace("9", "0"),
        "r" * 65,
        "snoPBrXtMeMyMHUVTgbuqAfg1SUTb",
    ],
)
def test_what_is_no_address_or_mistyped_gives_nothing(text: str) -> None:
    assert decoded(text, b"\x00", 20) is None
