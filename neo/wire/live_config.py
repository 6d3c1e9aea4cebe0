"""``[venue]`` of kind ``live``, and ``[gateway]``, which that kind alone has: which ledger, which pair, which servers.

Where the wallet's seed is has no key here: it comes from the environment, the system's keyring, or a file that only its
owner can read, whose path is the one thing that a profile may say of it.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal

import msgspec

from neo.text.base58 import decoded
from neo.text.bounds import Bounds, Form, ListOf
from neo.wire.fitness import parse_version

# Source: xrpl.org, "base58 Encodings": the type prefix of an account's address, and the bytes behind it.
_ADDRESS_PREFIX = b"\x00"
_ADDRESS_BYTES = 20

# A network has 32 bits of its own in a transaction. Source: xrpl.org, "Transaction Common Fields", NetworkID.
NETWORK_ID_MAX = 2**32 - 1

# Source: RFC 6455, "WebSocket URIs"; before the host there may be a name and a password.
_ENDPOINT_URL = re.compile(
    r"(?P<scheme>wss?)://(?:[^\s@/?#:\[\]]*:[^\s@/?#\[\]]*@)?(?P<host>\[[0-9A-Fa-f:.]+\]|[^\s:/?#@\[\]]+)"
    r"(?::(?P<port>[0-9]{1,5}))?(?:[/?][^\s#]*)?"
)
_PORT_MAX = 2**16 - 1
# Names of letters and digits, between dots; in ASCII, as they are looked up. Source: RFC 1123, 2.1.
_HOST_NAME = re.compile(r"(?:[0-9A-Za-z_](?:[0-9A-Za-z_-]{0,61}[0-9A-Za-z_])?(?:\.(?!$)|\.?$))+")
_IPV6_GROUPS, _IPV6_DIGITS = 8, 4
_USUAL_PORTS = {"ws": "80", "wss": "443"}

_TOKEN = re.compile(r"[0-9A-F]{40}")
_THREE = re.compile(r"[0-9A-Za-z?!@#$%^&*<>(){}\[\]|]{3}")


def is_address(text: str) -> bool:
    """Whether a text is an account's address, its checksum included."""
    return decoded(text, _ADDRESS_PREFIX, _ADDRESS_BYTES) is not None


def endpoint_name(url: str) -> str:
    """What may be shown of an endpoint: scheme, host and port. The rest may hold a password or a token."""
    found = _ENDPOINT_URL.fullmatch(url)
    assert found is not None, "a profile's endpoints are addresses of servers"
    return f"{found['scheme']}://{found['host']}" + (f":{found['port']}" if found["port"] else "")


def _server(url: str) -> str:
    """Which server is behind an endpoint, whatever else its URL says: one twice is no second opinion."""
    found = _ENDPOINT_URL.fullmatch(url)
    assert found is not None, "it has the form of one"
    return f"{found['host'].lower()}:{int(found['port'] or _USUAL_PORTS[found['scheme']])}"


def _address_fault(text: str) -> str | None:
    return None if is_address(text) else "is no account's address (its checksum does not hold)"


def _currency_fault(text: str) -> str | None:
    is_token = _TOKEN.fullmatch(text) is not None and not text.startswith("00")
    return None if is_token or (_THREE.fullmatch(text) and text != "XRP") else "is no currency of a token"


def _version_fault(text: str) -> str | None:
    return "is no version" if parse_version(text) is None else None


def _endpoint_fault(text: str) -> str | None:
    found = _ENDPOINT_URL.fullmatch(text)
    is_one = found is not None and 1 <= int(found["port"] or 1) <= _PORT_MAX and _is_host(found["host"])
    return None if is_one else "has what is no address of a ledger server"


def _is_host(text: str) -> bool:
    """Whether a name or an address could be looked up: what can't is refused here, and not by whatever tries to."""
    if not text.startswith("["):
        return _HOST_NAME.fullmatch(text) is not None
    groups = text[1:-1].split(":")
    if any(len(each) > _IPV6_DIGITS and "." not in each for each in groups) or ":::" in text:
        return False
    gaps = text.count("::")
    return len(groups) == _IPV6_GROUPS if not gaps else gaps == 1 and len(groups) <= _IPV6_GROUPS


_ACCOUNT = Form(
    'an account\'s address (r...) in quotes, or "" where --account gives it', _address_fault, may_be_empty=True
)
ISSUER = Form("an account's address (r...) in quotes", _address_fault)
CURRENCY = Form("three characters or 40 hexadecimal digits in capitals, in quotes", _currency_fault)
VERSION = Form('a version in quotes, such as "3.0.0"', _version_fault)
_SEED_FILE = Form('a path in quotes, or "" for none', lambda _: None, may_be_empty=True)
_ENDPOINT = Form("an address of a ledger server", _endpoint_fault)
ENDPOINTS = ListOf(
    _ENDPOINT, 'a list of 1 to 5 different servers\' addresses, such as ["wss://HOST:PORT"]', most=5, same=_server
)


class LiveVenueConfig(msgspec.Struct, frozen=True, kw_only=True):
    """The settings of a real ledger."""

    kind: Literal["live"]
    account: Annotated[str, _ACCOUNT]
    endpoints: Annotated[tuple[str, ...], ENDPOINTS]
    network_id: Annotated[int, Bounds(ge=0, le=NETWORK_ID_MAX)]
    currency: Annotated[str, CURRENCY]
    issuer: Annotated[str, ISSUER]
    seed_file: Annotated[str, _SEED_FILE]
    server_version_min: Annotated[str, VERSION]
    completeness: Literal["all", "filtered"]
    offer_expiry_seconds: Annotated[int, Bounds(ge=10, le=86_400)]
    fee_max_drops: Annotated[int, Bounds(ge=10, le=1_000_000)]
    validated_age_seconds_max: Annotated[int, Bounds(ge=5, le=600)]
    request_timeout_seconds: Annotated[int, Bounds(ge=1, le=60)]


class GatewayConfig(msgspec.Struct, frozen=True, kw_only=True):
    """``[gateway]``: how what is known of a real ledger is held against it."""

    audit_interval_ledgers: Annotated[int, Bounds(ge=1, le=100_000)]
    unknown_offers: Literal["adopt", "cancel", "halt"]
    unknown_age_seconds: Annotated[int, Bounds(ge=0, le=86_400)]
    paper_twin: bool
