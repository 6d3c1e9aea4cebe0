"""Alerts by e-mail through a relay, from a thread, since Python's own client waits.

A thread that hangs over a relay which dribbles its answers is not waited for: its connection is cut, and so it ends.
"""

from __future__ import annotations

import contextlib
import email.utils
import smtplib
import socket
import ssl
from email.message import EmailMessage
from email.policy import SMTP
from typing import BinaryIO, Final

import trio

from actors.alerts.delivery import DELIVERY_DEADLINE_S, ChannelError
from actors.alerts.secret_url import Login
from neo.alerts.alert import Alert, Severity
from neo.alerts.alert_settings import EmailSettings

# A single wait for the relay; the whole delivery has a deadline of its own.
_STEP_S: Final = 10.0

# From here on a reply means: not now, not ever. Source: RFC 5321, 4.2.1.
_REFUSED_FROM: Final = 500
_SUBJECT_CHARS_MAX: Final = 200

# All that a relay may say in one delivery: a few short lines for each command. Python's client keeps every line of a
# reply until its last one, which need not come.
_REPLIES_BYTES_MAX: Final = 65_536


class MailChannel:
    """Sends each alert as a mail.

    Args:
        settings: Relay, both ends, and how the way is covered.
        login: For the relay; None if it wants none.
        context: What makes TLS trustworthy; the system's authorities unless a test has its own.
    """

    name = "email"
    deadline_s = DELIVERY_DEADLINE_S

    def __init__(self, settings: EmailSettings, login: Login | None, context: ssl.SSLContext | None = None) -> None:
        host, _, port = settings.relay.rpartition(":")
        self._host, self._port = host.strip("[]"), int(port)
        self.target = f"{settings.relay}, to {', '.join(settings.recipients)}"
        self._settings = settings
        self._login = login
        self._context = context or ssl.create_default_context()
        self._one_at_a_time = trio.CapacityLimiter(1)

    async def send(self, alert: Alert) -> None:
        """Send it.

        Raises:
            ChannelError: The relay did not take it, or not for everyone.
        """
        wire = _Wire()
        try:
            await trio.to_thread.run_sync(
                self._deliver, self._mail(alert), wire, abandon_on_cancel=True, limiter=self._one_at_a_time
            )
        except smtplib.SMTPException as error:
            raise _told(error) from None
        except ssl.SSLCertVerificationError as error:
            raise ChannelError(f"its certificate is not trusted ({error.verify_message})") from None
        except ssl.SSLError:
            raise ChannelError("no TLS there") from None
        except TimeoutError:
            raise ChannelError("no answer in time") from None
        except OSError as error:
            raise ChannelError(f"no connection: {error.strerror or 'not to be reached'}") from None
        except (ValueError, UnicodeError):
            # What it says is no SMTP: numbers that are none, bytes that are no text.
            raise ChannelError("what answers is no mail relay") from None
        finally:
            wire.cut()

    async def aclose(self) -> None:
        """Nothing is left open."""

    def _deliver(self, mail: EmailMessage, wire: _Wire) -> None:
        """In the thread."""
        secured = self._settings.tls == "tls"
        make = _Tls if secured else _Plain
        relay = make(self._host, self._port, wire, self._context)
        try:
            if self._settings.tls == "starttls":
                relay.starttls(context=self._context)
                wire.take(relay.sock)
            if self._login is not None:
                relay.login(self._login.user, self._login.password)
            refused = relay.send_message(mail)
            # It is delivered, whatever becomes of the farewell.
            with contextlib.suppress(smtplib.SMTPException, OSError):
                relay.quit()
        finally:
            relay.close()
        if refused:
            codes = ", ".join(str(code) for code in sorted({code for code, _ in refused.values()}))
            count = f"{len(refused)} of {len(self._settings.recipients)}"
            raise _SomeRefusedError(f"the relay refused {count} recipients ({codes}); the others have it")

    def _mail(self, alert: Alert) -> EmailMessage:
        mail = EmailMessage(policy=SMTP)
        mail["From"] = self._settings.sender
        mail["To"] = ", ".join(self._settings.recipients)
        mail["Subject"] = alert.heading.replace("\n", " ")[:_SUBJECT_CHARS_MAX]
        mail["Date"] = email.utils.localtime()
        # Not the machine's own name, which takes a look-up; and the same for each try, so that a mail counts once.
        mail["Message-ID"] = f"<neo.{alert.id}@{self._settings.sender.rpartition('@')[2]}>"
        mail["Auto-Submitted"] = "auto-generated"
        if alert.severity is Severity.CRITICAL:
            mail["Importance"] = "high"
        mail.set_content("\n\n".join(filter(None, [alert.detail, alert.origin])))
        return mail


class _SomeRefusedError(smtplib.SMTPException):
    """Not everyone gets it."""


class _Wire:
    """The connection of one delivery, to be cut from outside its thread."""

    def __init__(self) -> None:
        self._sock: socket.socket | None = None
        self._is_cut = False

    def take(self, sock: socket.socket | None) -> None:
        """This is the connection now. Called in the delivery's thread."""
        self._sock = sock
        if self._is_cut:
            self.cut()

    def cut(self) -> None:
        """End whatever waits for it; without effect if it is over. Called in the other one."""
        self._is_cut = True
        if self._sock is not None:
            with contextlib.suppress(OSError):
                # The socket's own: TLS's would wait for the thread that reads.
                socket.socket.shutdown(self._sock, socket.SHUT_RDWR)


class _Replies:
    """What a relay says, line by line, so much and no more.

    Args:
        stream: Where it comes from.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._room_bytes = _REPLIES_BYTES_MAX

    def readline(self, size: int) -> bytes:
        """The next line, or so many bytes of it.

        Raises:
            OSError: It says too much; the client takes that for a connection that is lost.
        """
        line = self._stream.readline(size)
        self._room_bytes -= len(line)
        if self._room_bytes < 0:
            raise OSError("too many words")
        return line

    def close(self) -> None:
        """Close it."""
        self._stream.close()


class _Bounded(smtplib.SMTP):
    """A client that does not listen for ever."""

    def getreply(self) -> tuple[int, bytes]:
        """The next reply; the covered connection has a bound of its own."""
        if self.file is None and self.sock is not None:
            self.file = _Replies(self.sock.makefile("rb"))
        return super().getreply()


class _Plain(_Bounded):
    """A relay whose connection is known before its first word is waited for, by the hook that its covered kind uses."""

    def __init__(self, host: str, port: int, wire: _Wire, _context: ssl.SSLContext) -> None:
        self._wire = wire
        super().__init__(host, port, timeout=_STEP_S)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        self._wire.take(sock)
        return sock


class _Tls(_Bounded, smtplib.SMTP_SSL):
    """The same, covered from its first byte."""

    def __init__(self, host: str, port: int, wire: _Wire, context: ssl.SSLContext) -> None:
        self._wire = wire
        super().__init__(host, port, timeout=_STEP_S, context=context)

    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        sock = socket.create_connection((host, port), timeout)
        self._wire.take(sock)
        covered = self.context.wrap_socket(sock, server_hostname=host)
        self._wire.take(covered)
        return covered


def _told(error: smtplib.SMTPException) -> ChannelError:
    """What went wrong, by its number: a relay's own words may hold anything."""
    is_final = False
    match error:
        case _SomeRefusedError():
            told, is_final = str(error), True
        case smtplib.SMTPRecipientsRefused():
            codes = sorted({code for code, _ in error.recipients.values()})
            told = f"the relay refused every recipient ({', '.join(map(str, codes))})"
            is_final = all(code >= _REFUSED_FROM for code in codes)
        case smtplib.SMTPAuthenticationError():
            told, is_final = f"the relay refused name or password ({error.smtp_code})", True
        case smtplib.SMTPNotSupportedError():
            told, is_final = "the relay does not offer the TLS or the log-in that it is asked for", True
        case smtplib.SMTPServerDisconnected():
            told = "the relay broke off"
        case smtplib.SMTPResponseException(smtp_code=code) if code > 0:
            told, is_final = f"the relay refused it ({code})", code >= _REFUSED_FROM
        case _:
            told = "what answers is no mail relay"
    return ChannelError(told, is_final=is_final)
