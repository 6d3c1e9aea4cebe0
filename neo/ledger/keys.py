"""Where things live in the ledger: the hash that names each entry, and the bytes behind an address.

Source: Indexes.cpp of the ledger server (``keylet``): the first half of SHA-512 over a two-byte space and the parts.
"""

from __future__ import annotations

from functools import lru_cache
from hashlib import sha256, sha512

from neo.ledger.ripemd import ripemd160
from neo.text.base58 import decoded, encoded

XRP_CURRENCY = bytes(20)
NOBODY = bytes(20)  # the "account" that holds XRP's side of everything
NOBODY_ADDRESS = "rrrrrrrrrrrrrrrrrrrrrhoLvTp"  # its address
ISSUERLESS_ADDRESS = "rrrrrrrrrrrrrrrrrrrrBZbvji"  # the issuer written in a trust line's balance


# Of an account's address, before its 20 bytes. Source: xrpl.org, "base58 Encodings".
_ADDRESS_PREFIX = b"\x00"
_ADDRESS_BYTES = 20
# Of the longest address. Source: xrpl.org, "Addresses".
_ADDRESS_CHARS_MAX = 35


class AddressError(ValueError):
    """A text that is no classic address; the fault of whoever wrote it."""


def half_hash(*parts: bytes) -> bytes:
    """The first 32 bytes of SHA-512."""
    return sha512(b"".join(parts)).digest()[:32]


@lru_cache(maxsize=65_536)
def account_id(address: str) -> bytes:
    """The 20 bytes behind a classic address.

    Raises:
        AddressError: it is not one.
    """
    if len(address) > _ADDRESS_CHARS_MAX:
        raise AddressError(f"an address has at most {_ADDRESS_CHARS_MAX} characters, not {len(address):,}")
    account = decoded(address, _ADDRESS_PREFIX, _ADDRESS_BYTES)
    if account is None:
        raise AddressError("not an account's address")
    return account


@lru_cache(maxsize=65_536)
def address_of(identifier: bytes) -> str:
    """The classic address of 20 bytes."""
    return encoded(identifier, _ADDRESS_PREFIX)


@lru_cache(maxsize=1024)
def currency_bytes(code: str) -> bytes:
    """The 20 bytes of a currency code, three letters or forty hex digits.

    Raises:
        ValueError: it is neither.
    """
    if len(code) == 40:
        return bytes.fromhex(code)
    if len(code) != 3:
        raise ValueError(f"{code!r} is no currency code: three letters or forty hex digits")
    if code == "XRP":
        return XRP_CURRENCY
    return bytes(12) + code.encode("ascii") + bytes(5)


def account_key(account: bytes) -> bytes:
    """The key of an account root."""
    return half_hash(b"\x00a", account)


def owner_directory_key(account: bytes) -> bytes:
    """The key of the first page of what an account owns."""
    return half_hash(b"\x00O", account)


def page_key(root: bytes, page: int) -> bytes:
    """The key of a page of a directory."""
    return half_hash(b"\x00d", root, page.to_bytes(8, "big")) if page else root


def offer_key(account: bytes, sequence: int) -> bytes:
    """The key of an offer."""
    return half_hash(b"\x00o", account, sequence.to_bytes(4, "big"))


def line_key(one: bytes, other: bytes, currency: bytes) -> bytes:
    """The key of the trust line between two accounts, in either order."""
    low, high = (one, other) if one < other else (other, one)
    return half_hash(b"\x00r", low, high, currency)


def book_base(
    pays_currency: bytes, pays_issuer: bytes, gets_currency: bytes, gets_issuer: bytes, domain: bytes = b""
) -> bytes:
    """The first 24 bytes of the key of every directory of one book; the quality is the last eight.

    Args:
        domain: the key of the permissioned domain whose book it is; nothing for the open book.
    """
    return half_hash(b"\x00B", pays_currency, gets_currency, pays_issuer, gets_issuer, domain)[:24]


def amm_key(issuer: bytes, currency: bytes) -> bytes:
    """The key of the pool between XRP and a token: the smaller asset first, and XRP is the smallest."""
    return half_hash(b"\x00A", NOBODY, XRP_CURRENCY, issuer, currency)


def pool_key(one_currency: bytes, one_issuer: bytes, other_currency: bytes, other_issuer: bytes) -> bytes:
    """The key of the pool between any two assets, in either order: the smaller currency first, then issuer."""
    (currency, issuer), (currency2, issuer2) = sorted(((one_currency, one_issuer), (other_currency, other_issuer)))
    return half_hash(b"\x00A", issuer, currency, issuer2, currency2)


def lp_currency(currency: bytes) -> bytes:
    """The currency code of the pool's share token (AMMCore.cpp ``ammLPTCurrency``)."""
    return b"\x03" + half_hash(*sorted((XRP_CURRENCY, currency)))[:19]


def ticket_key(account: bytes, sequence: int) -> bytes:
    """The key of a ticket."""
    return half_hash(b"\x00T", account, sequence.to_bytes(4, "big"))


def check_key(account: bytes, sequence: int) -> bytes:
    """The key of a check, by who wrote it and the number of the transaction."""
    return half_hash(b"\x00C", account, sequence.to_bytes(4, "big"))


def escrow_key(account: bytes, sequence: int) -> bytes:
    """The key of an escrow, by who locked it and the number of the transaction."""
    return half_hash(b"\x00u", account, sequence.to_bytes(4, "big"))


def channel_key(account: bytes, destination: bytes, sequence: int) -> bytes:
    """The key of a payment channel."""
    return half_hash(b"\x00x", account, destination, sequence.to_bytes(4, "big"))


def preauth_key(owner: bytes, authorized: bytes) -> bytes:
    """The key of the leave that an account gave another to pay it."""
    return half_hash(b"\x00p", owner, authorized)


def credentials_preauth_key(owner: bytes, credentials: list[bytes]) -> bytes:
    """The key of the leave that an account gave to whoever holds some credentials: their hashes, and how many."""
    return half_hash(b"\x00P", owner, *credentials, len(credentials).to_bytes(8, "big"))


def signer_list_key(account: bytes) -> bytes:
    """The key of an account's list of signers; there is one."""
    return half_hash(b"\x00S", account, bytes(4))


def domain_key(owner: bytes, sequence: int) -> bytes:
    """The key of a permissioned domain; in hex it is the domain's name."""
    return half_hash(b"\x00m", owner, sequence.to_bytes(4, "big"))


def credential_key(subject: bytes, issuer: bytes, kind: bytes) -> bytes:
    """The key of a credential."""
    return half_hash(b"\x00D", subject, issuer, kind)


def pseudo_account_id(attempt: int, parent_hash: bytes, owner_key: bytes) -> bytes:
    """A candidate account for a pool (View.cpp ``createPseudoAccount``): RIPEMD-160 of SHA-256 of the half hash."""
    return ripemd160(sha256(half_hash(attempt.to_bytes(2, "big"), parent_hash, owner_key)).digest())


def made_up_account_id(attempt: int, index: int, owner_key: bytes) -> bytes:
    """A candidate account for a pool of a ledger whose parent has no hash: the network's differ, nothing else does."""
    digest = sha256(half_hash(attempt.to_bytes(2, "big"), index.to_bytes(32, "big"), owner_key)).digest()
    return sha256(digest).digest()[:20]
