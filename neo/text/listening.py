"""Where something listens, as an operator writes it: a host and a port."""

from __future__ import annotations

import ipaddress
import re

import msgspec

_ADDRESS = re.compile(
    r"(?:\[(?P<six>[0-9a-fA-F:.]{2,45})\]|(?P<four>[0-9.]{7,15})|(?P<name>localhost)):(?P<port>[0-9]{1,5})"
)
_PORT_MAX = 2**16 - 1


class ListenAddress(msgspec.Struct, frozen=True):
    """An address of this machine.

    Args:
        host: An IP address in numbers; ``localhost`` is ``127.0.0.1``.
        port: 0 for any that is free.
    """

    host: str
    port: int

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach it."""
        return ipaddress.ip_address(self.host).is_loopback

    @property
    def is_any(self) -> bool:
        """Whether it stands for all addresses of this machine."""
        return ipaddress.ip_address(self.host).is_unspecified


def listen_address(text: str) -> ListenAddress | None:
    """``127.0.0.1:8017`` or ``[::1]:8017`` as an address; None if it isn't one.

    A name is none but ``localhost``: what another one means is for somebody else's server to say.
    """
    found = _ADDRESS.fullmatch(text.strip())
    if found is None or int(found["port"]) > _PORT_MAX:
        return None
    try:
        host = ipaddress.ip_address(found["six"] or found["four"] or "127.0.0.1")
    except ValueError:
        return None
    return ListenAddress(str(host), int(found["port"]))
