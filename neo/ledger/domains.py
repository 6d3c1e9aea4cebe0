"""Permissioned domains and the credentials that make an account a member of one.

A domain lists credentials, each by who issues it and of which kind it is; its owner and whoever has accepted one of
them are in it until that one expires. Domains have books of their own, which take offers of members only.

Source: PermissionedDEXHelpers.cpp and CredentialHelpers.cpp of the ledger server; xrpl.org, "Permissioned DEXes".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from neo.ledger import keys, others
from neo.ledger.entries import CREDENTIAL_ACCEPTED
from neo.ledger.json_forms import Json
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State

NO_DOMAIN = "0" * 64  # a key that no domain has
KIND_BYTES_MAX = 64  # of a credential's type (maxCredentialTypeLength)


class Accepted(NamedTuple):
    """A credential that a domain accepts.

    Attributes:
        issuer: by address.
        kind: its type, a few bytes.
    """

    issuer: str
    kind: bytes


def entry_of(state: State, domain: str) -> OtherEntry | None:
    """A domain's entry by its key in hex."""
    found = state.others.get(bytes.fromhex(domain))
    return found if found is not None and found.kind == "PermissionedDomain" else None


def accepted_in(listed: object) -> list[Accepted]:
    """Read a list of accepted credentials in the ledger's JSON form.

    Raises:
        KeyError: a credential lacks a field.
        TypeError: it is no such list.
        ValueError: a type is not hex.
    """
    if not isinstance(listed, list):
        raise TypeError("accepted credentials are a list")
    credentials = [item["Credential"] for item in listed]
    return [Accepted(address_in(fields, "Issuer"), kind_in(fields)) for fields in credentials]


def address_in(fields: Mapping[str, object], name: str) -> str:
    """An account that a transaction or an entry names.

    Raises:
        KeyError: it names none.
        TypeError: what it names is no text.
        AddressError: it is no address.
    """
    address = fields[name]
    if not isinstance(address, str):
        raise TypeError("an account is named by its address")
    keys.account_id(address)
    return address


def kind_in(fields: Mapping[str, object]) -> bytes:
    """A credential's type among a transaction's or an entry's fields.

    Raises:
        KeyError: there is none.
        TypeError: it is no text.
        ValueError: it is not hex.
    """
    kind = fields["CredentialType"]
    if not isinstance(kind, str):
        raise TypeError("a credential's type is hex")
    return bytes.fromhex(kind)


def in_order(credentials: Iterable[Accepted]) -> list[Accepted]:
    """Credentials as an entry lists them: by their issuers' 20 bytes, then by their types."""
    return sorted(credentials, key=lambda named: (keys.account_id(named.issuer), named.kind))


def listed(credentials: Iterable[Accepted]) -> Json:
    """Credentials in the ledger's JSON form, as an entry lists them."""
    named = in_order(credentials)
    return [{"Credential": {"CredentialType": kind.hex().upper(), "Issuer": issuer}} for issuer, kind in named]


def refused_list(credentials: Sequence[Accepted], most: int) -> str | None:
    """Why a list of so many credentials at most is none, or None (``checkArray``)."""
    if not credentials:
        return "temARRAY_EMPTY"
    if len(credentials) > most:
        return "temARRAY_TOO_LARGE"
    for issuer, kind in credentials:
        if issuer == keys.NOBODY_ADDRESS:
            return "temINVALID_ACCOUNT_ID"
        if not is_kind(kind):
            return "temMALFORMED"
    return "temMALFORMED" if len(set(credentials)) < len(credentials) else None


def named_by(held: OtherEntry) -> Accepted:
    """What a credential is: who issued it, and of which type."""
    return Accepted(address_in(held.fields, "Issuer"), kind_in(held.fields))


def is_kind(kind: bytes) -> bool:
    """Whether a credential may be of this type."""
    return 0 < len(kind) <= KIND_BYTES_MAX


def has_member(state: State, domain: str, address: str) -> bool:
    """Whether an account is in a domain; nobody is in one that is not there (``accountInDomain``).

    Args:
        domain: its key in hex.
        address: the account's; there need not be such an account.
    """
    entry = entry_of(state, domain)
    if entry is None:
        return False
    if entry.fields["Owner"] == address:
        return True
    for issuer, kind in accepted_in(entry.fields["AcceptedCredentials"]):
        held = credential(state, address, issuer, kind)
        if held is not None and is_accepted(held) and not has_expired(state, held):
            return True
    return False


def credential(state: State, subject: str, issuer: str, kind: bytes) -> OtherEntry | None:
    """The credential of this type that one account gave to another."""
    return state.others.get(keys.credential_key(keys.account_id(subject), keys.account_id(issuer), kind))


def is_accepted(held: OtherEntry) -> bool:
    """Whether its subject has accepted a credential."""
    flags = held.fields["Flags"]
    return isinstance(flags, int) and bool(flags & CREDENTIAL_ACCEPTED)


def has_expired(state: State, held: OtherEntry) -> bool:
    """Whether a credential's time is over; it counts in the second of its expiration, unlike an offer."""
    expiration = held.fields.get("Expiration")
    return isinstance(expiration, int) and state.parent_close_time_s > expiration


def remove_credential(state: State, held: OtherEntry) -> None:
    """Take a credential out of the ledger; who had to keep a reserve for it, is freed of it (``deleteSLE``).

    That is its subject once it has accepted, its issuer before.
    """
    owner = address_in(held.fields, "Subject" if is_accepted(held) else "Issuer")
    others.delete(state, held)
    state.adjust_owner_count(state.accounts[owner], -1)
