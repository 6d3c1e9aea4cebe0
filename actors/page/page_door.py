"""Where the page listens, in the open or under TLS, and by which names it may be asked for."""

from __future__ import annotations

import contextlib
import errno
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import trio
from cryptography import x509

from actors.page.access import LOOPBACK_NAMES
from actors.page.page_server import Listener
from actors.plumbing.files import FileRefusedError, read_plain
from neo.text.listening import ListenAddress

_PEM_BYTES_MAX: Final = 1_000_000

_TAKEN: Final = (errno.EADDRINUSE,)
_FORBIDDEN: Final = (errno.EACCES, errno.EPERM)


class DoorError(Exception):
    """The page can't be opened there: what is wrong, and the mend."""


class Certificate:
    """A certificate with its key.

    Args:
        certificate: A PEM file with it and what leads to its root.
        key: A PEM file with its key.

    Raises:
        DoorError: They can't be used.
    """

    def __init__(self, certificate: Path, key: Path) -> None:
        content = _content("page_certificate", certificate)
        _content("page_key", key)
        try:
            self.names = _names(x509.load_pem_x509_certificates(content)[0])
        except ValueError:
            raise DoorError(f"operator.page_certificate = {certificate}: is no PEM file of a certificate.") from None
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_2
        self.context.set_alpn_protocols(["http/1.1"])
        try:
            # Without a word for it OpenSSL would ask at the terminal.
            self.context.load_cert_chain(certificate, key, password="")
        except (ssl.SSLError, ValueError):
            raise DoorError(
                f"operator.page_key = {key}: is not the key of {certificate}; write a PEM file with that key, not"
                " encrypted."
            ) from None


def names_of(address: ListenAddress, certificate: Certificate | None) -> frozenset[str]:
    """The hosts by which a browser may ask for what listens there."""
    own = frozenset() if address.is_any else frozenset({address.host})
    loopback = LOOPBACK_NAMES if address.is_loopback or address.is_any else frozenset()
    return own | loopback | (frozenset() if certificate is None else certificate.names)


async def open_door(address: ListenAddress, certificate: Certificate | None) -> list[Listener]:
    """Listen.

    Raises:
        DoorError: It can't be listened there.
    """
    try:
        listeners = await trio.open_tcp_listeners(address.port, host=address.host)
    except OSError as error:
        raise DoorError(f"page at {address}: {_mend(error)}") from None
    if certificate is None:
        return list(listeners)
    return [trio.SSLListener(listener, certificate.context, https_compatible=True) for listener in listeners]


def port_of(listeners: list[Listener]) -> int:
    """The port that was got, where any was asked for."""
    first = listeners[0]
    inner = first.transport_listener if isinstance(first, trio.SSLListener) else first
    assert isinstance(inner, trio.SocketListener), "TLS is spoken over it"
    port: int = inner.socket.getsockname()[1]
    return port


def _mend(error: OSError) -> str:
    if error.errno in _TAKEN:
        return "another program listens there; write another port, or 0 for one that is free."
    if error.errno in _FORBIDDEN:
        return "this user may not listen there; write a port from 1024 on."
    return f"it can't be listened there ({error.strerror or error}); write an address of this machine."


def _content(key: str, path: Path) -> bytes:
    try:
        return read_plain(path, _PEM_BYTES_MAX, "Write the path of a PEM file that you may read.")
    except FileRefusedError as error:
        raise DoorError(f"operator.{key} = {error}") from None


def _names(certificate: x509.Certificate) -> frozenset[str]:
    names: set[str] = set()
    with contextlib.suppress(x509.ExtensionNotFound):
        told = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names.update(name.lower() for name in told.get_values_for_type(x509.DNSName))
        names.update(str(address) for address in _addresses(told))
    return frozenset(names)


def _addresses(told: x509.SubjectAlternativeName) -> Iterator[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    for address in told.get_values_for_type(x509.IPAddress):
        if isinstance(address, ipaddress.IPv4Address | ipaddress.IPv6Address):
            yield address
