"""A mail relay on loopback that does as it is told. It talks SMTP as far as a client needs it, TLS included."""

from __future__ import annotations

import contextlib
import ssl
from collections.abc import AsyncIterator, Mapping

import trio

HANGS = "HANGS"
DROPS = "DROPS"


class OddRelay:
    """One relay.

    Args:
        said: By the first word of a command (``HELLO`` stands for the greeting, ``END`` for a mail's end), what is
            answered in place of the usual; :data:`HANGS` and :data:`DROPS` answer nothing.
        extensions: What it offers.
        context: For TLS; None offers none.
    """

    def __init__(
        self,
        said: Mapping[str, str] | None = None,
        extensions: tuple[str, ...] = (),
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._said = dict(said or {})
        self._extensions = extensions
        self._context = context
        self.heard: list[str] = []
        self.mails: list[bytes] = []
        self.was_secured = False
        self.port = 0
        # Where a talk hangs, once it does; and that one is over.
        self.hanging = trio.Event()
        self.left = trio.Event()

    async def take(self, raw: trio.abc.Stream, *, at_once: bool) -> None:
        """One connection; ``at_once`` covers it from its first byte."""
        stream = raw
        try:
            if at_once:
                stream = self._covered(raw)
            await self._talk(stream)
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        finally:
            self.left.set()
            with trio.move_on_after(0):
                await trio.aclose_forcefully(stream)

    def _covered(self, raw: trio.abc.Stream) -> trio.abc.Stream:
        assert self._context is not None
        self.was_secured = True
        return trio.SSLStream(raw, self._context, server_side=True, https_compatible=True)

    async def _talk(self, stream: trio.abc.Stream) -> None:
        if not await self._say(stream, "HELLO", "220 odd.example"):
            return
        buffer = b""
        while True:
            while b"\r\n" not in buffer:
                part = await stream.receive_some()
                if not part:
                    return
                buffer += part
            line, _, buffer = buffer.partition(b"\r\n")
            word, _, rest = line.decode().partition(" ")
            word = word.upper()
            self.heard.append(f"{word} {rest}".rstrip())
            if not await self._say(stream, word, self._usual(word)):
                return
            if word == "STARTTLS":
                stream = self._covered(stream)
            if word == "DATA":
                while b"\r\n.\r\n" not in buffer:
                    buffer += await stream.receive_some()
                mail, _, buffer = buffer.partition(b"\r\n.\r\n")
                self.mails.append(bytes(mail))
                if not await self._say(stream, "END", "250 taken"):
                    return

    def _usual(self, word: str) -> str:
        if word == "EHLO":
            lines = ["odd.example", *self._extensions]
            return "\r\n".join(f"250{' ' if line is lines[-1] else '-'}{line}" for line in lines)
        return {"STARTTLS": "220 go on", "DATA": "354 go on", "QUIT": "221 bye", "AUTH": "235 welcome"}.get(
            word, "250 ok"
        )

    async def _say(self, stream: trio.abc.Stream, word: str, usual: str) -> bool:
        """Answer; False if the talk is over."""
        said = self._said.get(word, usual)
        if said == HANGS:
            self.hanging.set()
            # Until the other side is gone.
            while await stream.receive_some():
                pass
            return False
        if said == DROPS:
            return False
        await stream.send_all(said.encode() + b"\r\n")
        return word != "QUIT"


@contextlib.asynccontextmanager
async def relaying(relay: OddRelay, *, at_once: bool = False) -> AsyncIterator[OddRelay]:
    """The relay at a port of its own, in this loop."""

    async def take(stream: trio.abc.Stream) -> None:
        await relay.take(stream, at_once=at_once)

    async with trio.open_nursery() as nursery:
        [listener] = await trio.open_tcp_listeners(0, host="127.0.0.1")
        relay.port = listener.socket.getsockname()[1]
        nursery.start_soon(trio.serve_listeners, take, [listener])
        yield relay
        nursery.cancel_scope.cancel()
