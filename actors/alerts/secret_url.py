"""An address that is a secret: who has a webhook's can write there, so of it only scheme and host are ever shown."""

from __future__ import annotations

import ipaddress
import re
from typing import Final
from urllib.parse import urlsplit

import msgspec

_CHARS_MAX: Final = 2000
_USUAL_PORTS: Final = {"http": 80, "https": 443}
# What is no address of the internet at large. Source: RFC 6762 (.local), RFC 8375 (.home.arpa), RFC 6761 (localhost),
# and ICANN's reservation of .internal; a name without a dot is looked up in one's own network only.
_NEAR_NAMES: Final = re.compile(r"[^.]+|.+\.(?:local|lan|internal|home\.arpa|localhost)")


class UrlFaultError(Exception):
    """A text is no address that can be used; the fault in words, without the text."""


class SecretUrl:
    """An address of HTTP. It is shown as its name, wherever it is printed.

    Args:
        text: As the environment has it.

    Raises:
        UrlFaultError: It is none, or would be read by others on its way.
    """

    def __init__(self, text: str) -> None:
        if len(text) > _CHARS_MAX or any(not char.isprintable() or char.isspace() for char in text):
            raise UrlFaultError("is too long, or has blanks or control characters in it")
        try:
            parts = urlsplit(text)
            host, port = parts.hostname, parts.port
        except ValueError:
            raise UrlFaultError("is no address (https://HOST/...)") from None
        if parts.scheme not in _USUAL_PORTS:
            raise UrlFaultError("does not begin with https://")
        if not host or parts.fragment or port == 0:
            raise UrlFaultError("is no address (https://HOST/...)")
        if parts.scheme == "http" and not _is_near(host):
            raise UrlFaultError("goes over the internet as plain http, where others read it; it needs https://")
        self._text = text
        self.path = parts.path
        shown = f"[{host}]" if ":" in host else host
        self.name = f"{parts.scheme}://{shown}" + ("" if port in (None, _USUAL_PORTS[parts.scheme]) else f":{port}")

    def reveal(self) -> str:
        """All of it, for the one who connects."""
        return self._text

    def with_path(self, path: str) -> SecretUrl:
        """The same server's address with another path, and nothing behind it."""
        return SecretUrl(urlsplit(self._text)._replace(path=path, query="").geturl())

    def __repr__(self) -> str:
        return self.name


class Login(msgspec.Struct, frozen=True):
    """Name and password. Printed, it shows neither."""

    user: str
    password: str

    def __repr__(self) -> str:
        return "Login(...)"


def url_name(text: str) -> str:
    """What may be shown of an address that somebody else gave: scheme and host, or that it is none."""
    try:
        parts = urlsplit(text)
        host = parts.hostname or ""
    except ValueError:
        return "what is no address"
    is_plain = re.fullmatch(r"[0-9A-Za-z_.:-]{1,253}", host) is not None
    scheme = parts.scheme if re.fullmatch(r"[a-z][a-z0-9+.-]{0,20}", parts.scheme) else ""
    if not is_plain:
        return f"{scheme}:" if scheme else "another path of its own"
    return f"{scheme}://{host}" if scheme else host


def _is_near(host: str) -> bool:
    """Whether a host is this machine, or in one's own network."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return _NEAR_NAMES.fullmatch(host.lower()) is not None
    return address.is_loopback or address.is_private or address.is_link_local
