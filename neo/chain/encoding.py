"""The binary form of the transactions that we send: what is signed, and what is sent.

Only their fields are known here (``neo/chain/shapes.py``). A form with another field, without one that it needs, or
with a value that the ledger could not hold exactly is refused: nothing is left out, rounded or guessed on the way to a
signature.

Source: xrpl.org, "Binary Format" (order and headers of fields, amounts, lengths), "Transaction Common Fields".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

import msgspec

from neo.text.base58 import decoded

_FOR_SIGNING: Final = b"STX\x00"
_FOR_HASH: Final = b"TXN\x00"
_HASH_BYTES: Final = 32

_DROPS_MAX: Final = 10**17  # all the XRP there can be
_IS_POSITIVE: Final = 1 << 62

_DIGITS: Final = 16  # of a token's amount, the first of them not 0
_EXPONENT_MIN: Final = -96
_EXPONENT_MAX: Final = 80
_EXPONENT_BIAS: Final = 97
_EXPONENT_BIT: Final = 54
_ZERO_TOKENS: Final = 1 << 63
_NUMBER: Final = re.compile(r"([0-9]{1,200})(?:\.([0-9]{1,200}))?(?:[eE]([+-]?[0-9]{1,3}))?")

_ADDRESS_PREFIX: Final = b"\x00"
_ACCOUNT_BYTES: Final = 20
# One that begins with 00 is three characters spelled out, or XRP.
_HEX_CURRENCY: Final = re.compile(r"(?!00)[0-9A-Fa-f]{40}")
_SHORT_CURRENCY: Final = re.compile(r"[A-Za-z0-9?!@#$%^&*<>(){}\[\]|]{3}")

# Longer ones have a longer length before them; a key has 33 bytes, a signature 72 at most.
_SHORT_BLOB_BYTES_MAX: Final = 192
_UINT32_MAX: Final = 2**32 - 1


class UnencodableError(ValueError):
    """A form that is none of a transaction that we send, or a value that the ledger can't hold. Our fault."""


# --- Values ------------------------------------------------------------------------------------------------------


def _uint32(value: Any) -> bytes:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= _UINT32_MAX:
        raise UnencodableError(f"{value!r} is no whole number from 0 to {_UINT32_MAX:,}")
    return value.to_bytes(4, "big")


def _drops(value: Any) -> bytes:
    if not isinstance(value, str) or not value.isascii() or not value.isdecimal() or len(value) > len(str(_DROPS_MAX)):
        raise UnencodableError(f"{value!r} is no text of whole drops up to {_DROPS_MAX:,}")
    drops = int(value)
    if drops > _DROPS_MAX:
        raise UnencodableError(f"{drops:,} drops are more than there can be, {_DROPS_MAX:,}")
    return (drops | _IS_POSITIVE).to_bytes(8, "big")


def _amount(value: Any) -> bytes:
    if not isinstance(value, Mapping):
        return _drops(value)
    if value.keys() != {"currency", "issuer", "value"}:
        raise UnencodableError(f"a token's amount has currency, issuer and value, not {', '.join(sorted(value))}")
    return _tokens(value["value"]) + _asset(value["currency"], value["issuer"])


def _tokens(value: Any) -> bytes:
    """A token's amount, exactly. Sources: STAmount.cpp (canonicalize, add) of the ledger server."""
    match = _NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise UnencodableError(f"{value!r} is no amount of tokens: digits, without a sign")
    whole, fraction, power = match[1], match[2] or "", match[3] or "0"
    digits = (whole + fraction).lstrip("0")
    significant = digits.rstrip("0")
    if not significant:
        return _ZERO_TOKENS.to_bytes(8, "big")
    if len(significant) > _DIGITS:
        raise UnencodableError(f"{value} has {len(significant)} digits, and the ledger keeps {_DIGITS}")
    exponent = int(power) - len(fraction) + len(digits) - _DIGITS
    if not _EXPONENT_MIN <= exponent <= _EXPONENT_MAX:
        edge = "small" if exponent < _EXPONENT_MIN else "large"
        raise UnencodableError(f"{value} is too {edge} for the ledger")
    mantissa = int(significant.ljust(_DIGITS, "0"))
    bits = _ZERO_TOKENS | _IS_POSITIVE | (exponent + _EXPONENT_BIAS) << _EXPONENT_BIT | mantissa
    return bits.to_bytes(8, "big")


@lru_cache(maxsize=64)
def _asset(currency: str, issuer: str) -> bytes:
    if _HEX_CURRENCY.fullmatch(currency):
        code = bytes.fromhex(currency)
    elif _SHORT_CURRENCY.fullmatch(currency) and currency != "XRP":
        code = bytes(12) + currency.encode("ascii") + bytes(5)
    else:
        raise UnencodableError(
            "no currency of tokens: three characters that are not XRP, or forty hex digits not from 00 on"
        )
    return code + _account_id(issuer)


@lru_cache(maxsize=64)
def _account_id(address: str) -> bytes:
    account = decoded(address, _ADDRESS_PREFIX, _ACCOUNT_BYTES)
    if account is None:
        # Not repeated: whoever pastes a seed into an address's place should not read it in a log.
        raise UnencodableError("no address, or mistyped")
    return account


def _account(value: Any) -> bytes:
    if not isinstance(value, str):
        raise UnencodableError("no address, which is a text")
    return bytes([_ACCOUNT_BYTES]) + _account_id(value)


def _blob(value: Any) -> bytes:
    try:
        data = bytes.fromhex(value)
    except (TypeError, ValueError):
        raise UnencodableError("a key or a signature is hex digits") from None
    if len(data) > _SHORT_BLOB_BYTES_MAX:
        raise UnencodableError(f"a key or a signature has at most {_SHORT_BLOB_BYTES_MAX} bytes, not {len(data):,}")
    return bytes([len(data)]) + data


# --- Kinds and fields --------------------------------------------------------------------------------------------


class _Kind(msgspec.Struct, frozen=True):
    """A type of transaction: its number, the fields that it needs besides everyone's, those that it may have."""

    number: int
    needs: frozenset[str]
    may_have: frozenset[str]


# LastLedgerSequence as well: without it a transaction could apply at any time later, and its fate would never be known.
_EVERY_NEEDS: Final = frozenset({"TransactionType", "Account", "Fee", "Sequence", "LastLedgerSequence"})
_EVERY_MAY_HAVE: Final = frozenset({"Flags", "NetworkID", "TicketSequence", "SigningPubKey", "TxnSignature"})


def _kind(number: int, needs: set[str], may_have: set[str]) -> _Kind:
    return _Kind(number, _EVERY_NEEDS | needs, _EVERY_NEEDS | _EVERY_MAY_HAVE | needs | may_have)


_KINDS: Final = {
    "Payment": _kind(0, {"Amount", "Destination"}, set()),
    "OfferCreate": _kind(7, {"TakerGets", "TakerPays"}, {"Expiration", "OfferSequence"}),
    "OfferCancel": _kind(8, {"OfferSequence"}, set()),
    "TicketCreate": _kind(10, {"TicketCount"}, set()),
}


def _type_number(value: Any) -> bytes:
    return _KINDS[value].number.to_bytes(2, "big")


def _header(type_code: int, field_code: int) -> bytes:
    """Half a byte for each code if both fit. No type of ours has a code past 15."""
    if field_code < 16:
        return bytes([type_code << 4 | field_code])
    return bytes([type_code << 4, field_code])


_SIGNATURE: Final = "TxnSignature"

# In the ledger's order, by the type's code and the field's. Source: xrpl.org, "Definitions File".
_FIELDS: Final[tuple[tuple[str, bytes, Callable[[Any], bytes]], ...]] = tuple(
    (name, _header(type_code, field_code), encode_value)
    for name, type_code, field_code, encode_value in (
        ("TransactionType", 1, 2, _type_number),
        ("NetworkID", 2, 1, _uint32),
        ("Flags", 2, 2, _uint32),
        ("Sequence", 2, 4, _uint32),
        ("Expiration", 2, 10, _uint32),
        ("OfferSequence", 2, 25, _uint32),
        ("LastLedgerSequence", 2, 27, _uint32),
        ("TicketCount", 2, 40, _uint32),
        ("TicketSequence", 2, 41, _uint32),
        ("Amount", 6, 1, _amount),
        ("TakerPays", 6, 4, _amount),
        ("TakerGets", 6, 5, _amount),
        ("Fee", 6, 8, _drops),
        ("SigningPubKey", 7, 3, _blob),
        (_SIGNATURE, 7, 4, _blob),
        ("Account", 8, 1, _account),
        ("Destination", 8, 3, _account),
    )
)


# Where a blob of ours has its fee, and how long the values before it are: 16 bits, 32 bits, XRP, tokens.
_FEE: Final = 6 << 4 | 8
_LENGTHS: Final = {(1, False): 2, (2, False): 4, (6, False): 8, (6, True): 48}
_IS_TOKENS: Final = 0x80


def encode(form: Mapping[str, Any]) -> bytes:
    """A transaction as it is sent.

    Args:
        form: In the ledger's JSON form.

    Raises:
        UnencodableError: It is none that we send, or has a value that the ledger can't hold. Our fault.
    """
    kind = _KINDS.get(form.get("TransactionType", ""))
    if kind is None:
        raise UnencodableError(f"{form.get('TransactionType')!r} is none of {', '.join(_KINDS)}")
    if missing := kind.needs - form.keys():
        raise UnencodableError(f"{form['TransactionType']} without {', '.join(sorted(missing))}")
    if unknown := form.keys() - kind.may_have:
        raise UnencodableError(f"{form['TransactionType']} with {', '.join(sorted(unknown))}, which none of ours has")
    parts: list[bytes] = []
    for name, header, encode_value in _FIELDS:
        if name in form:
            try:
                parts += header, encode_value(form[name])
            except UnencodableError as error:
                raise UnencodableError(f"{form['TransactionType']}.{name}: {error}") from None
    return b"".join(parts)


def encode_for_signing(form: Mapping[str, Any]) -> bytes:
    """What is signed of a transaction: all but the signature.

    Args:
        form: In the ledger's JSON form.

    Raises:
        UnencodableError: As for :func:`encode`.
    """
    return _FOR_SIGNING + encode({name: value for name, value in form.items() if name != _SIGNATURE})


def fee_drops(blob: bytes) -> int:
    """What a transaction of ours burns if a ledger takes it, in drops.

    Args:
        blob: As :func:`encode` made it.

    Raises:
        ValueError: It is none of these.
    """
    at = 0
    try:
        while blob[at] != _FEE:
            type_code, field_code = divmod(blob[at], 16)
            at += 1 if field_code else 2
            at += _LENGTHS[type_code, type_code == 6 and bool(blob[at] & _IS_TOKENS)]
    except (IndexError, KeyError):
        raise ValueError("a blob that is no transaction of ours") from None
    drops = int.from_bytes(blob[at + 1 : at + 9], "big") - _IS_POSITIVE
    if not 0 <= drops <= _DROPS_MAX:
        raise ValueError("a blob whose fee is no amount of XRP")
    return drops


def blob_hash(blob: bytes) -> str:
    """The hash by which the ledger knows a signed transaction: the first half of SHA-512, in hex."""
    return hashlib.sha512(_FOR_HASH + blob).digest()[:_HASH_BYTES].hex().upper()
