"""Accounts without keys, and transactions that nobody signs: on an embedded ledger there is nothing to protect, and a
signature would cost more time than the rest of the ledger. A transaction's identity is the SHA-512Half of a
deterministic encoding.
"""

from __future__ import annotations

import hashlib

import msgspec

from neo.chain.shapes import SignedTransaction
from neo.ledger.keys import address_of
from neo.network.pending import Transaction

_HASH_PREFIX = b"NEO\0sim\0"
_ENCODER = msgspec.json.Encoder(order="deterministic")


def sha512_half(data: bytes) -> str:
    """The first 256 bits of SHA-512, in upper-case hexadecimal, as the ledger writes its hashes."""
    return hashlib.sha512(data).hexdigest()[:64].upper()


def transaction_hash(tx: Transaction) -> str:
    """An unsigned transaction's identity: SHA-512Half over its keys and values in sorted order."""
    return sha512_half(_HASH_PREFIX + _ENCODER.encode(tx))


def unsigned(tx: Transaction) -> SignedTransaction:
    """A transaction as it would leave its signer, whose place the hash of its content takes."""
    return SignedTransaction(transaction_hash(tx), msgspec.json.encode(tx).decode())


def made_up_address(name: str) -> str:
    """The address that belongs to a name, always the same, with nobody behind it.

    The account id is the first 20 bytes of SHA-512 over the name; on the real network it would be the hash of a public
    key.
    """
    return address_of(hashlib.sha512(b"NEO\0crowd\0" + name.encode()).digest()[:20])
