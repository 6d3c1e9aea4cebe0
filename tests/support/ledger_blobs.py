"""Transactions as a ledger server reads and writes them: blobs, their hashes, and whom they concern."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xrpl.core import binarycodec, keypairs

from neo.ledger import keys

Json = dict[str, Any]

_SIGNED_ID = bytes.fromhex("54584E00")
_NO_KEY = "ED" + "00" * 32
_NO_SIGNATURE = "00" * 64


class BlobError(ValueError):
    """A blob is no transaction."""


def write_blob(tx: Mapping[str, Any]) -> tuple[str, str]:
    """A transaction's blob and its hash, with a signature that is none: for servers that do not look at it."""
    blob = binarycodec.encode({"SigningPubKey": _NO_KEY, "TxnSignature": _NO_SIGNATURE, **tx})
    return blob, hash_of(blob)


def hash_of(blob: str) -> str:
    """A signed transaction's hash."""
    return keys.half_hash(_SIGNED_ID, bytes.fromhex(blob)).hex().upper()


def read_blob(blob: str) -> tuple[Json, str]:
    """A signed transaction and its hash.

    Raises:
        BlobError: It is none.
    """
    try:
        tx_hash = hash_of(blob)
        tx = binarycodec.decode(blob)
    except (ValueError, KeyError, IndexError, TypeError, binarycodec.XRPLBinaryCodecException) as error:
        raise BlobError(str(error)) from error
    if "Account" not in tx or "TransactionType" not in tx:
        raise BlobError("it lacks what every transaction has")
    return tx, tx_hash


def has_good_signature(tx: Json) -> bool:
    """Whether a transaction is signed by the key that it names; slow."""
    message = bytes.fromhex(binarycodec.encode_for_signing(tx))
    return keypairs.is_valid_message(message, bytes.fromhex(tx["TxnSignature"]), tx["SigningPubKey"])


def as_written(tx: Json) -> Json:
    """A transaction as a server of API version 2 writes it: the crowd's get a signature, for they have none."""
    written = {"SigningPubKey": _NO_KEY, "TxnSignature": _NO_SIGNATURE, **tx}
    written.pop("hash", None)
    if tx["TransactionType"] == "Payment" and "Amount" in written:
        written["DeliverMax"] = written.pop("Amount")
    return written


def affected_accounts(meta: Json) -> frozenset[str]:
    """Everybody whose affairs a transaction touched. Source: rippled, ``TxMeta::getAffectedAccounts``."""
    found: set[str] = set()
    for node in meta["AffectedNodes"]:
        (fields,) = node.values()
        for name, value in {**fields.get("FinalFields", {}), **fields.get("NewFields", {})}.items():
            if name in {"Account", "Owner", "Destination", "Issuer", "RegularKey"}:
                found.add(value)
            elif name in {"LowLimit", "HighLimit", "TakerPays", "TakerGets"} and isinstance(value, dict):
                found.add(value["issuer"])
    return frozenset(found)
