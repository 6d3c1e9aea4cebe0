"""Transactions without a signature: what tells one from another, and that a server would read them back."""

from __future__ import annotations

import msgspec

from neo.network.unsigned import transaction_hash, unsigned
from neo.sim.accounts import ARBITRAGEUR


def test_a_hash_is_of_content_and_not_of_the_order_of_keys() -> None:
    """64 digits in capitals, as the ledger writes them; any other value is another hash."""
    tx = {"Account": ARBITRAGEUR, "Fee": "10", "Sequence": 1}
    assert transaction_hash(tx) == transaction_hash(dict(reversed(tx.items())))
    assert len({transaction_hash(tx | change) for change in ({}, {"Fee": "11"}, {"Sequence": 2}, {"Flags": 0})}) == 4
    assert len(transaction_hash(tx)) == 64
    assert transaction_hash(tx) == transaction_hash(tx).upper()


def test_what_would_leave_the_signer_is_the_transaction_and_its_hash() -> None:
    """Nothing is added to it."""
    tx = {"Account": ARBITRAGEUR, "Fee": "10", "Sequence": 1}
    signed = unsigned(tx)
    assert signed.tx_hash == transaction_hash(tx)
    assert msgspec.json.decode(signed.blob) == tx
