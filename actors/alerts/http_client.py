"""One request over HTTP to somewhere that may do anything: answer nothing, too much, nonsense, or lead elsewhere.

On httpx, which runs on Trio and which the ledger's codecs pull in anyway. It is imported by who needs it alone: a
session without alerts by HTTP does not load it.
"""

from __future__ import annotations

import email.utils
import json
import logging
import math
import os
import re
import socket
import ssl
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Final

import httpx
import trio

from actors.alerts.delivery import ChannelError
from actors.alerts.secret_url import SecretUrl, UrlFaultError, url_name

# Of an answer that is not a yes: enough for the code word that it may hold.
_BODY_BYTES_MAX: Final = 4096
_CONNECT_S: Final = 10.0

# Worth another try. Source: RFC 9110, 15.5 and 15.6; RFC 6585 (429); RFC 8470 (425).
_PASSING: Final = frozenset({408, 425, 429})
_SERVER_FAULTS: Final = 500

# What a service calls its refusal: a code word as Slack's, or a number as Discord's and ntfy's. Nothing else of an
# answer is shown, since it may repeat the address.
_CODE_WORD: Final = re.compile(r"[a-z]+(?:_[a-z]+){0,5}")
_WORD_CHARS_MAX: Final = 40

# Both tell of each request, with its whole address.
for _name in ("httpx", "httpcore"):
    logging.getLogger(_name).setLevel(logging.CRITICAL)


class HttpClient:
    """Requests to one address. TLS is verified, no redirect is followed, proxies are those of the environment.

    Args:
        url: The address.

    Raises:
        UrlFaultError: It, or a proxy of the environment, can't be used.
    """

    def __init__(self, url: SecretUrl) -> None:
        self._url = url
        try:
            httpx.URL(url.reveal())
            self._client = httpx.AsyncClient(
                timeout=httpx.Timeout(_CONNECT_S, read=None),
                follow_redirects=False,
                # Between two alerts lie minutes: a connection that is kept would be found dead.
                limits=httpx.Limits(max_connections=1, max_keepalive_connections=0),
            )
        except httpx.InvalidURL:
            raise UrlFaultError("is no address (https://HOST/...)") from None
        except (ImportError, ValueError):
            raise UrlFaultError("can't be reached through the proxy that the environment names") from None
        except OSError:
            # Of TLS too, which is one: no file of that name, or one that has no certificates.
            raise UrlFaultError(
                "can't be verified: SSL_CERT_FILE or SSL_CERT_DIR of the environment names no certificates"
            ) from None

    async def request(self, method: str, content: bytes = b"", headers: dict[str, str] | None = None) -> None:
        """Make a request; done once the answer is a yes (2xx). The caller sets the deadline.

        Raises:
            ChannelError: It is not, or none came.
        """
        try:
            async with self._client.stream(
                method, self._url.reveal(), content=content, headers=headers or {}
            ) as response:
                if response.is_success:
                    return
                raise await self._refusal(response)
        except httpx.HTTPError as error:
            raise ChannelError(_told(error)) from None
        except httpx.InvalidURL:
            raise ChannelError("is no address that can be asked", is_final=True) from None

    async def aclose(self) -> None:
        """Close what is open."""
        await self._client.aclose()

    async def _refusal(self, response: httpx.Response) -> ChannelError:
        status = response.status_code
        told = f"HTTP {status}"
        if status in HTTPStatus.__members__.values():
            told += f" {HTTPStatus(status).phrase}"
        if response.is_redirect or "location" in response.headers:
            to = url_name(response.headers.get("location", ""))
            return ChannelError(f"{told}: leads to {to}, and is not followed; write the address itself", is_final=True)
        if word := self._code_word(await _beginning(response)):
            told += f" ({word})"
        may_pass = status in _PASSING or status >= _SERVER_FAULTS
        return ChannelError(told, is_final=not may_pass, retry_after_s=_retry_after_s(response))

    def _code_word(self, body: bytes) -> str:
        text = body.decode("utf-8", "replace").strip()
        try:
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = text
        if isinstance(found, dict):
            code = found.get("code", found.get("error"))
            found = f"code {code}" if isinstance(code, int) and abs(code) < 10**9 else code
            if isinstance(code, int):
                return str(found)
        is_word = isinstance(found, str) and len(found) <= _WORD_CHARS_MAX and _CODE_WORD.fullmatch(found) is not None
        return found if is_word and found not in self._url.reveal().lower() else ""


async def _beginning(response: httpx.Response) -> bytes:
    """The first bytes of an answer, packed or not; what breaks off has no more."""
    body = b""
    try:
        async for part in response.aiter_raw():
            body = (body + part)[:_BODY_BYTES_MAX]
            if len(body) == _BODY_BYTES_MAX:
                # Not by leaving the loop: the generators within would be left half-way, which Trio complains of. On a
                # closed connection they run into their end.
                await response.aclose()
    except (httpx.HTTPError, httpx.StreamError):
        pass
    return body


def _retry_after_s(response: httpx.Response) -> float | None:
    """What ``Retry-After`` asks for: seconds, or a date. Source: RFC 9110, 10.2.3."""
    text = response.headers.get("retry-after", "").strip()
    if re.fullmatch(r"[0-9]{1,12}(?:\.[0-9]{1,6})?", text):
        return float(text)
    try:
        at = email.utils.parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError):
        return None
    at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
    after_s = (at - datetime.now(UTC)).total_seconds()
    return max(0.0, after_s) if math.isfinite(after_s) else None


def _told(error: httpx.HTTPError) -> str:
    """Why no answer came, in words that hold nothing of the address."""
    match error:
        case httpx.TimeoutException():
            return "no connection in time"
        case httpx.ProxyError():
            return "the proxy refuses"
        case httpx.ConnectError():
            return f"no connection: {_cause(error)}"
        case httpx.ProtocolError():
            return "what answers is no HTTP server, or broke off"
        case httpx.NetworkError():
            return "the connection broke off"
        case _:
            return f"no answer ({type(error).__name__})"


def _cause(error: BaseException) -> str:
    """What the system or TLS says of a connection that could not be made."""
    seen: BaseException | None = error
    for _ in range(10):
        if isinstance(seen, ssl.SSLCertVerificationError):
            return f"its certificate is not trusted ({seen.verify_message})"
        if isinstance(seen, ssl.SSLError):
            return "no TLS there"
        if isinstance(seen, socket.gaierror):
            return seen.strerror or "no such host"
        if isinstance(seen, OSError) and seen.errno:
            # Not its own words, in which the libraries write where it was.
            return os.strerror(seen.errno)
        if isinstance(seen, trio.TooSlowError):
            return "not in time"
        if seen is None:
            break
        # Of several addresses of one host each was tried.
        seen = seen.exceptions[0] if isinstance(seen, BaseExceptionGroup) else seen.__cause__ or seen.__context__
    return "not to be reached"
