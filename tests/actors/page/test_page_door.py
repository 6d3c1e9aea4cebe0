"""Where the page listens: over real sockets of this machine, in the open and under TLS, and what can't be."""

from __future__ import annotations

import socket
import ssl
from pathlib import Path

import pytest
import trio
from support.page_certificates import make_certificate, trusting
from support.page_talk import PATIENCE_S, TOKEN, Browser, connected, mirror

from actors.page.access import LOOPBACK_NAMES, Gate
from actors.page.conversation import PageBounds
from actors.page.page_door import Certificate, DoorError, names_of, open_door, port_of
from actors.page.page_server import PageServer
from neo.text.listening import ListenAddress

HERE = ListenAddress("127.0.0.1", 0)


async def test_it_listens_at_a_port_that_is_free_and_answers() -> None:
    """Which one it got is told."""
    async with trio.open_nursery() as nursery:
        listeners = await open_door(HERE, None)
        nursery.start_soon(PageServer(mirror, Gate(TOKEN)).serve, listeners)
        async with connected(port_of(listeners)) as browser:
            assert (await browser.ask("/x")).status == 200
        nursery.cancel_scope.cancel()


async def test_a_port_is_free_again_as_soon_as_the_page_is_gone() -> None:
    """The next session has its page at the same address, and the browser finds it."""
    port = 0
    for _ in range(2):
        async with trio.open_nursery() as nursery:
            listeners = await open_door(ListenAddress("127.0.0.1", port), None)
            port = port_of(listeners)
            nursery.start_soon(PageServer(mirror, Gate(TOKEN)).serve, listeners)
            async with connected(port) as browser:
                assert (await browser.ask("/x")).status == 200
            nursery.cancel_scope.cancel()


async def test_a_port_of_another_program_is_told_with_the_mend() -> None:
    """Before anything else is begun."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = ListenAddress("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(DoorError, match=f"page at {address}: another program listens there; write another port"):
            await open_door(address, None)


async def test_an_address_of_another_machine_is_told() -> None:
    """One of those that are kept for documents is nobody's."""
    with pytest.raises(DoorError, match=r"page at 192\.0\.2\.1:0: it can't be listened there \(.+\); write an address"):
        await open_door(ListenAddress("192.0.2.1", 0), None)


# --- TLS ---------------------------------------------------------------------------------------------------------


async def asked_over_tls(port: int, context: ssl.SSLContext, host: str = "neo.example.org") -> tuple[int, str]:
    """The status of an answer, and which TLS it came over."""
    with trio.fail_after(PATIENCE_S):
        async with connected(port) as plain:
            stream = trio.SSLStream(plain.stream, context, server_hostname=host, https_compatible=True)
            got = await Browser(stream).ask("/x", host=host)
            return got.status, stream.version()


async def test_it_speaks_tls_with_its_certificate(tmp_path: Path) -> None:
    """A browser that trusts it reads the page; who speaks in the open, or an old TLS, gets nothing."""
    files = make_certificate(tmp_path)
    certificate = Certificate(*files)
    assert certificate.context.minimum_version is ssl.TLSVersion.TLSv1_2
    async with trio.open_nursery() as nursery:
        listeners = await open_door(HERE, certificate)
        port = port_of(listeners)
        gate = Gate(TOKEN, names_of(HERE, certificate), is_tls=True)
        nursery.start_soon(PageServer(mirror, gate).serve, listeners)

        trusted = trusting(files[0])
        assert await asked_over_tls(port, trusted) == (200, "TLSv1.3")
        trusted.maximum_version = ssl.TLSVersion.TLSv1_2
        assert await asked_over_tls(port, trusted, "localhost") == (200, "TLSv1.2")
        with pytest.raises(trio.BrokenResourceError):
            await asked_over_tls(port, ssl.create_default_context())

        async with connected(port) as in_the_open:
            await in_the_open.stream.send_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            assert await in_the_open.is_closed()
        # Nobody's fault costs another one: it is served still.
        assert (await asked_over_tls(port, trusting(files[0])))[0] == 200
        nursery.cancel_scope.cancel()


async def test_a_handshake_that_does_not_end_is_left(tmp_path: Path) -> None:
    """It has the time of a connection that says nothing."""
    certificate = Certificate(*make_certificate(tmp_path))
    async with trio.open_nursery() as nursery:
        listeners = await open_door(HERE, certificate)
        server = PageServer(mirror, Gate(TOKEN), PageBounds(idle_s=0.05))
        nursery.start_soon(server.serve, listeners)
        async with connected(port_of(listeners)) as browser:
            await browser.stream.send_all(b"\x16\x03\x01")
            assert await browser.is_closed()
        nursery.cancel_scope.cancel()


def test_it_is_asked_for_by_the_names_of_its_certificate(tmp_path: Path) -> None:
    """And by where it listens; by this machine's own names only where they lead to it."""
    certificate = Certificate(*make_certificate(tmp_path))
    assert certificate.names == {"neo.example.org", "*.wild.example.org", "localhost", "127.0.0.1"}
    assert names_of(HERE, None) == LOOPBACK_NAMES
    assert names_of(ListenAddress("192.0.2.1", 443), certificate) == {"192.0.2.1", *certificate.names}
    assert names_of(ListenAddress("::", 443), certificate) == LOOPBACK_NAMES | certificate.names


def test_a_certificate_that_cannot_be_used_is_told_by_its_key(tmp_path: Path) -> None:
    """Which file it is, what is wrong with it, and what to write; the terminal is never asked for a pass phrase."""
    certificate, key = make_certificate(tmp_path)
    _, other = make_certificate(tmp_path, "other")
    _, sealed = make_certificate(tmp_path, "sealed", pass_phrase=b"open sesame")
    noise = tmp_path / "noise.pem"
    noise.write_text("no certificate\n")
    for files, told in {
        (tmp_path / "none.pem", key): f"operator.page_certificate = {tmp_path / 'none.pem'}: No such file",
        (certificate, tmp_path): f"operator.page_key = {tmp_path}: a folder",
        (noise, key): f"operator.page_certificate = {noise}: is no PEM file of a certificate",
        (certificate, noise): f"operator.page_key = {noise}: is not the key of",
        (certificate, other): f"operator.page_key = {other}: is not the key of",
        (certificate, sealed): f"operator.page_key = {sealed}: is not the key of",
    }.items():
        with pytest.raises(DoorError) as refused:
            Certificate(*files)
        assert str(refused.value).startswith(told)
