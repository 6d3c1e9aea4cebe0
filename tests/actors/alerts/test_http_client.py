"""One request over HTTP to a real server on loopback that fails, hangs and lies: told in words without a secret.

Method: the server and the client in one loop; where the server hangs, the clock is virtual and jumps to the deadline.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import pytest
import trio
from support import odd_http
from support.odd_http import reply, serving
from support.own_certificates import certified

from actors.alerts.delivery import ChannelError
from actors.alerts.http_client import HttpClient
from actors.alerts.secret_url import SecretUrl, UrlFaultError

SECRET = "T0PSECRET"  # noqa: S105 - a sample


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the machine has: loopback needs none."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


async def asked(*answers: bytes) -> tuple[ChannelError | None, odd_http.OddHttp]:
    """What came of a POST to a server with these answers."""
    async with serving(*answers) as server:
        client = HttpClient(SecretUrl(f"{server.url}/hook/{SECRET}?key={SECRET}"))
        error = None
        try:
            with trio.fail_after(20):
                await client.request("POST", b'{"a": 1}', {"X-Token": SECRET})
        except ChannelError as refused:
            error = refused
        await client.aclose()
    assert SECRET not in repr(error)
    return error, server


async def test_a_yes_is_a_delivery_and_what_was_sent_arrives() -> None:
    """Whatever else is in the answer; 204 as Discord gives it, too."""
    for answer in (reply(), reply(204, b""), reply(200, b"not ok at all"), odd_http.LIES_OF_SUCCESS):
        error, server = await asked(answer)
        assert error is None
        [request] = server.asked
        assert (request.method, request.path) == ("POST", f"/hook/{SECRET}?key={SECRET}")
        assert (request.body, request.headers["x-token"]) == (b'{"a": 1}', SECRET)


@pytest.mark.parametrize(
    ("answer", "told", "is_final"),
    [
        (reply(404, b"no_service"), "HTTP 404 Not Found (no_service)", True),
        (reply(400, b'{"message": "Cannot send an empty message", "code": 50006}'), "HTTP 400 Bad Request (code 50006)",
         True),
        (reply(403, b'{"error": "forbidden"}'), "HTTP 403 Forbidden (forbidden)", True),
        (reply(404, f"Cannot POST /hook/{SECRET}".encode()), "HTTP 404 Not Found", True),
        (reply(404, SECRET.lower().encode()), "HTTP 404 Not Found", True),
        (reply(400, b"hook"), "HTTP 400 Bad Request", True),
        (reply(400, b"[" * 4000), "HTTP 400 Bad Request", True),
        (reply(400, b"\x1f\x8b\xff packed", content_encoding="gzip"), "HTTP 400 Bad Request", True),
        (reply(599, b"down"), "HTTP 599 (down)", False),
        (reply(500, b""), "HTTP 500 Internal Server Error", False),
        (reply(408, b""), "HTTP 408 Request Timeout", False),
        (odd_http.LIES, "HTTP 503 Service Unavailable (short)", False),
        (odd_http.ENDLESS, "HTTP 500 Internal Server Error", False),
        (odd_http.GARBAGE, "what answers is no HTTP server, or broke off", False),
        (odd_http.HALF, "what answers is no HTTP server, or broke off", False),
        (odd_http.DROPS, "what answers is no HTTP server, or broke off", False),
    ],
)  # fmt: skip
async def test_what_is_no_yes_is_told_by_status_and_code_word_and_tried_again_if_it_may_pass(
    answer: bytes,
    told: str,
    is_final: bool,
) -> None:
    """Never by words that may repeat the address, and no answer is read without end."""
    error, _ = await asked(answer)
    assert error is not None
    assert (error.what, error.is_final) == (told, is_final)


@pytest.mark.parametrize(
    ("status", "location", "to"),
    [
        (302, "file:///etc/passwd", "file:"),
        (301, f"https://elsewhere.example/{SECRET}", "https://elsewhere.example"),
        (307, "http://127.0.0.1:1/", "http://127.0.0.1"),
        (308, "/deeper", "another path of its own"),
        (302, "https://me:you@evil.example/x", "https://evil.example"),
    ],
)
async def test_a_redirect_is_told_and_not_followed(status: int, location: str, to: str) -> None:
    """What is sent holds a secret, and goes to whom it was meant for alone."""
    error, server = await asked(reply(status, location=location), reply())
    assert error is not None
    assert f"leads to {to}, and is not followed" in error.what
    assert error.is_final
    assert len(server.asked) == 1


def in_an_hour() -> str:
    return format_datetime(datetime.now(UTC) + timedelta(hours=1), usegmt=True)


@pytest.mark.parametrize(
    ("retry_after", "least_s", "most_s"),
    [("3", 3, 3), ("0.65", 0.65, 0.65), ("", None, None), ("soon", None, None), ("-5", None, None),
     ("99999999999999999999", None, None), ("Wed, 21 Jan 2015 07:28:00 GMT", 0, 0), ("DATE", 3590, 3600)],
)  # fmt: skip
async def test_how_long_the_other_side_wants_to_be_left_alone(
    retry_after: str, least_s: float | None, most_s: float | None
) -> None:
    """In seconds or as a date; what is neither says nothing."""
    error, _ = await asked(reply(429, b"", retry_after=in_an_hour() if retry_after == "DATE" else retry_after))
    assert error is not None
    assert error.what == "HTTP 429 Too Many Requests"
    assert not error.is_final
    if least_s is None or most_s is None:
        assert error.retry_after_s is None
    else:
        assert error.retry_after_s is not None
        assert least_s <= error.retry_after_s <= most_s


async def test_a_server_that_hangs_is_left_at_the_callers_deadline(autojump_clock: trio.testing.MockClock) -> None:
    """It costs that long and no longer."""
    async with serving(odd_http.HANGS) as server:
        client = HttpClient(SecretUrl(server.url))
        with pytest.raises(trio.TooSlowError), trio.fail_after(7):
            await client.request("GET")
    assert trio.current_time() == pytest.approx(7, abs=0.1)


async def test_nobody_there_is_told_by_the_systems_word() -> None:
    """And may be there again."""
    async with serving() as server:
        gone = server.url
    client = HttpClient(SecretUrl(gone))
    with pytest.raises(ChannelError) as caught:
        await client.request("GET")
    assert caught.value.what == "no connection: Connection refused"
    assert not caught.value.is_final


async def test_a_certificate_that_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    """TLS is verified; what would be sent never leaves."""
    own_certificate, _ = certified(tmp_path)
    heard: list[bytes] = []

    async def take(stream: trio.SSLStream[trio.SocketStream]) -> None:
        try:
            heard.append(bytes(await stream.receive_some()))
        except trio.BrokenResourceError:
            heard.append(b"")

    async with trio.open_nursery() as nursery:
        listeners = await trio.open_ssl_over_tcp_listeners(0, own_certificate, host="127.0.0.1")
        listening = listeners[0].transport_listener
        assert isinstance(listening, trio.SocketListener)
        port = listening.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, take, listeners)
        client = HttpClient(SecretUrl(f"https://127.0.0.1:{port}/{SECRET}"))
        with pytest.raises(ChannelError) as caught:
            await client.request("POST", SECRET.encode())
        nursery.cancel_scope.cancel()
    assert caught.value.what.startswith("no connection: its certificate is not trusted (")
    assert b"".join(heard) == b""


async def test_plain_http_where_tls_is_meant_is_told() -> None:
    """A mistyped port shows as what it is."""

    async def take(stream: trio.SocketStream) -> None:
        await stream.send_all(odd_http.GARBAGE)

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        nursery.start_soon(trio.serve_listeners, take, [listener])
        client = HttpClient(SecretUrl(f"https://127.0.0.1:{listener.socket.getsockname()[1]}/"))
        with pytest.raises(ChannelError) as caught:
            await client.request("GET")
        nursery.cancel_scope.cancel()
    assert caught.value.what == "no connection: no TLS there"


def test_a_proxy_that_can_not_be_used_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment names it, so its words are the mend."""
    monkeypatch.setenv("HTTPS_PROXY", "gopher://proxy.example:1")
    with pytest.raises(UrlFaultError, match="proxy that the environment names"):
        HttpClient(SecretUrl("https://hooks.example/x"))


@pytest.mark.parametrize("content", [None, b"no certificate"], ids=["is not there", "has none"])
def test_authorities_of_ones_own_that_can_not_be_read_are_told(
    content: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the variable that names their file, in place of a traceback."""
    file = tmp_path / "authorities.pem"
    if content is not None:
        file.write_bytes(content)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    with pytest.raises(UrlFaultError, match="SSL_CERT_FILE"):
        HttpClient(SecretUrl("https://hooks.example/x"))
