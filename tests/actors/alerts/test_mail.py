"""Mail through a real relay on loopback that refuses, hangs, dribbles and lies, with each way to cover the connection.

Method: the relay is in the test's loop, the client in its worker thread; a relay that hangs is left by a cancel, and
the thread must end with that.
"""

from __future__ import annotations

import base64
import ssl
import threading
from email import message_from_bytes
from email.policy import default as default_policy
from pathlib import Path

import pytest
import trio
from support.alert_samples import EVERYTHING, an_alert
from support.odd_smtp import DROPS, HANGS, OddRelay, relaying
from support.own_certificates import certified

from actors.alerts.delivery import ChannelError
from actors.alerts.mail import MailChannel
from actors.alerts.secret_url import Login
from neo.alerts.alert import Severity
from neo.alerts.alert_settings import EmailSettings


def mailing(relay: OddRelay, tls: str = "none", login: Login | None = None, context: ssl.SSLContext | None = None,
            recipients: tuple[str, ...] = ("a@desk.example", "b@desk.example")) -> MailChannel:  # fmt: skip
    """The channel to a relay."""
    settings = EmailSettings(
        relay=f"127.0.0.1:{relay.port}",
        tls=tls,
        login_variable="",
        sender="neo@desk.example",
        recipients=recipients,
        choice=EVERYTHING,
    )
    return MailChannel(settings, login, context)


async def refused(relay: OddRelay, tls: str = "none", login: Login | None = None) -> ChannelError:
    """What is told of a relay that does not take a mail."""
    async with relaying(relay):
        with pytest.raises(ChannelError) as caught, trio.fail_after(30):
            await mailing(relay, tls, login).send(an_alert())
    return caught.value


async def test_a_mail_arrives_with_its_heads_and_its_words() -> None:
    """In any script, to everyone; the same at each try, so that one that comes twice is one."""
    relay = OddRelay()
    alert = an_alert(title="größer", detail="erste Zeile\nzweite", severity=Severity.CRITICAL)
    async with relaying(relay):
        channel = mailing(relay)
        await channel.send(alert)
        await channel.send(alert)
    mails = [message_from_bytes(mail, policy=default_policy) for mail in relay.mails]
    assert {mail["Message-ID"] for mail in mails} == {"<neo.a1@desk.example>"}
    mail = mails[0]
    assert mail["Subject"] == "NEO critical: größer"
    assert (mail["From"], mail["To"]) == ("neo@desk.example", "a@desk.example, b@desk.example")
    assert (mail["Auto-Submitted"], mail["Importance"]) == ("auto-generated", "high")
    assert mail["Date"]
    words = mail.get_content()
    assert words.splitlines()[:2] == ["erste Zeile", "zweite"]
    assert alert.origin in words
    assert [line for line in relay.heard if line.startswith("RCPT")][:2] == [
        "RCPT TO:<a@desk.example>",
        "RCPT TO:<b@desk.example>",
    ]
    assert channel.target == f"127.0.0.1:{relay.port}, to a@desk.example, b@desk.example"


@pytest.mark.parametrize("tls", ["starttls", "tls"])
async def test_name_and_password_go_over_a_covered_connection(tmp_path: Path, tls: str) -> None:
    """By either way to cover it."""
    server, trusting = certified(tmp_path)
    relay = OddRelay(extensions=("STARTTLS", "AUTH PLAIN"), context=server)
    async with relaying(relay, at_once=tls == "tls"):
        await mailing(relay, tls, Login("me", "hunter:2"), trusting).send(an_alert())
    assert relay.was_secured
    [auth] = [line for line in relay.heard if line.startswith("AUTH")]
    assert base64.b64decode(auth.split(" ")[2]) == b"\0me\0hunter:2"
    assert len(relay.mails) == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused_before_the_password(tmp_path: Path) -> None:
    """Whoever stands in between gets nothing."""
    server, _ = certified(tmp_path)
    relay = OddRelay(extensions=("STARTTLS", "AUTH PLAIN"), context=server)
    error = await refused(relay, "starttls", Login("me", "hunter2"))
    assert error.what.startswith("its certificate is not trusted (")
    assert not [line for line in relay.heard if line.startswith("AUTH")]
    assert relay.mails == []


async def test_a_relay_that_offers_no_tls_gets_nothing() -> None:
    """It is not asked in the clear instead."""
    relay = OddRelay(extensions=("AUTH PLAIN",))
    error = await refused(relay, "starttls", Login("me", "hunter2"))
    assert (error.what, error.is_final) == ("the relay does not offer the TLS or the log-in that it is asked for", True)
    assert not [line for line in relay.heard if line.startswith(("AUTH", "MAIL"))]


async def test_tls_to_a_relay_that_speaks_first_is_told() -> None:
    """The port of the other way."""
    error = await refused(OddRelay(), "tls")
    assert error.what == "no TLS there"


@pytest.mark.parametrize(
    ("said", "told", "is_final"),
    [
        ({"AUTH": "535 5.7.8 hunter2 is wrong"}, "the relay refused name or password (535)", True),
        ({"MAIL": "451 later"}, "the relay refused it (451)", False),
        ({"MAIL": "550 never, hunter2"}, "the relay refused it (550)", True),
        ({"RCPT": "550 who?"}, "the relay refused every recipient (550)", True),
        ({"RCPT": "450 full"}, "the relay refused every recipient (450)", False),
        ({"DATA": "452 no room"}, "the relay refused it (452)", False),
        ({"END": "554 spam"}, "the relay refused it (554)", True),
        ({"HELLO": "421 busy"}, "the relay refused it (421)", False),
        ({"HELLO": "HTTP/1.1 400 what?"}, "what answers is no mail relay", False),
        ({"HELLO": "\x00\x01"}, "what answers is no mail relay", False),
        ({"HELLO": "220-" + "x" * 20_000}, "the relay refused it (500)", True),
        ({"HELLO": DROPS}, "the relay broke off", False),
        ({"DATA": DROPS}, "the relay broke off", False),
        ({"END": DROPS}, "the relay broke off", False),
    ],
)
async def test_a_refusal_is_told_by_its_number_and_tried_again_if_it_may_pass(
    said: dict[str, str], told: str, is_final: bool
) -> None:
    """A relay's own words may hold anything, the password too."""
    login = Login("me", "hunter2") if "AUTH" in said else None
    error = await refused(OddRelay(said, extensions=("AUTH PLAIN",)), login=login)
    assert (error.what, error.is_final) == (told, is_final)


async def test_some_who_are_refused_are_told_and_the_others_have_it() -> None:
    """Once, and not again at each try."""

    class Picky(OddRelay):
        def _usual(self, word: str) -> str:
            return "550 who?" if self.heard[-1:] == ["RCPT TO:<b@desk.example>"] else super()._usual(word)

    relay = Picky()
    error = await refused(relay)
    assert error.what == "the relay refused 1 of 2 recipients (550); the others have it"
    assert error.is_final
    assert len(relay.mails) == 1


async def test_a_farewell_that_goes_wrong_takes_nothing_back() -> None:
    """What was taken was taken: a second mail would be one too many."""
    for farewell in ("500 what?", DROPS):
        relay = OddRelay({"QUIT": farewell})
        async with relaying(relay):
            await mailing(relay).send(an_alert())
        assert len(relay.mails) == 1


async def test_nobody_there_is_told() -> None:
    """And may be there again."""
    relay = OddRelay()
    async with relaying(relay):
        pass
    with pytest.raises(ChannelError) as caught:
        await mailing(relay).send(an_alert())
    assert (caught.value.what, caught.value.is_final) == ("no connection: Connection refused", False)


@pytest.mark.parametrize("word", ["HELLO", "EHLO"])
async def test_a_relay_that_never_ends_its_reply_is_not_listened_to_for_ever(word: str) -> None:
    """Its lines would be kept until the last, which does not come: it says a megabyte and waits."""
    relay = OddRelay({word: "250-more\r\n" * 100_000 + "250-"})
    with trio.fail_after(10):
        assert (await refused(relay)).what == "the relay broke off"


@pytest.mark.parametrize("where", ["HELLO", "MAIL", "END"])
async def test_a_relay_that_hangs_is_left_and_so_is_its_thread(where: str) -> None:
    """Whatever it hangs over: the wait is cancelled, the connection cut, and no thread is left behind."""
    relay = OddRelay({where: HANGS})
    before = threading.active_count()
    async with relaying(relay), trio.open_nursery() as nursery:
        nursery.start_soon(mailing(relay).send, an_alert())
        with trio.fail_after(20):
            await relay.hanging.wait()
        nursery.cancel_scope.cancel()
        with trio.fail_after(20, shield=True):
            # That the other side is gone is what only its thread's end makes the relay see.
            await relay.left.wait()
    # Trio keeps an idle worker for the next job.
    assert threading.active_count() <= before + 1
