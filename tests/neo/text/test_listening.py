"""Addresses to listen at: what is one, and who can reach it."""

from __future__ import annotations

import pytest

from neo.text.listening import listen_address


@pytest.mark.parametrize(
    ("text", "shown", "is_loopback", "is_any"),
    [
        ("127.0.0.1:8017", "127.0.0.1:8017", True, False),
        (" localhost:0 ", "127.0.0.1:0", True, False),
        ("[::1]:8017", "[::1]:8017", True, False),
        ("[0:0:0:0:0:0:0:1]:8017", "[::1]:8017", True, False),
        ("127.9.9.9:1", "127.9.9.9:1", True, False),
        ("0.0.0.0:443", "0.0.0.0:443", False, True),
        ("[::]:443", "[::]:443", False, True),
        ("192.168.1.7:65535", "192.168.1.7:65535", False, False),
    ],
)
def test_an_address_says_who_can_reach_it(text: str, shown: str, is_loopback: bool, is_any: bool) -> None:
    """A host in numbers, or this machine by its usual name."""
    address = listen_address(text)
    assert address is not None
    assert (str(address), address.is_loopback, address.is_any) == (shown, is_loopback, is_any)


@pytest.mark.parametrize(
    "text",
    [
        *("", "8017", ":8017", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "256.0.0.1:80"),
        *("::1:80", "[::1]", "[127.0.0.1]:80x", "http://127.0.0.1:80", "127.0.0.1:٣", "[fe80::1%eth0]:80", "1.2.3:80"),
        "example.org:80",
    ],
)
def test_what_is_no_address_is_none(text: str) -> None:
    """A name would have to be looked up, and what it means could change."""
    assert listen_address(text) is None
