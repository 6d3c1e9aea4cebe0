"""The hand's addresses: what a form may say, and what it is answered."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
import trio
import trio.testing
from support.page_sessions import ScriptedSession
from support.page_site import moment_of, status_at
from support.page_talk import TOKEN, Got, heard, serving

from actors.operator.protocol import Capital, Kill, Pause, Refused
from tools.page.ground import PageGround
from tools.page.site import make_site

PAUSED = status_at(moment_of([]), paused=True, pause_cause="page pause: lunch")


async def said(session: ScriptedSession, target: str, body: str, **headers: str) -> Got:
    """What a form is answered."""
    ground = PageGround(())
    ground.begin(session)
    async with serving(make_site(ground)) as served:
        return await served.connect().ask(target, "POST", body, **headers)


async def test_a_pause_is_answered_with_what_came_of_it() -> None:
    """To a program as JSON, to a browser without scripts as a page, to any other in a sentence."""
    told = "Paused, and none of our offers rests (page pause: lunch)."
    session = ScriptedSession([PAUSED])
    coded = await said(session, "/session/s1/pause", "reason=+lunch%1b+", accept="application/json", **heard())
    assert coded.status == 200
    assert msgspec.json.decode(coded.body) == {"session": "s1", "detail": told, "seen": True}
    assert [order for _, order in session.orders] == [Pause("lunch")]
    plain = await said(ScriptedSession([PAUSED]), "/pause", "id=mine", **heard())
    assert plain.text == f"{told}\n"
    page = await said(ScriptedSession([PAUSED]), "/pause", f"token={TOKEN}", accept="text/html")
    assert told in page.text
    assert "<html" in page.text


async def test_a_form_that_is_sent_twice_is_one_order() -> None:
    """By its own number, if it has one."""
    session = ScriptedSession([PAUSED])
    for _ in range(2):
        await said(session, "/pause", "id=mine", **heard())
    assert [request_id for request_id, _ in session.orders] == ["mine", "mine"]
    assert (await said(session, "/pause", f"id={'x' * 65}", **heard())).status == 400
    await said(session, "/pause", "", **heard())
    await said(session, "/pause", "", **heard())
    assert len({request_id for request_id, _ in session.orders}) == 3


async def test_what_is_not_seen_is_accepted_and_no_more(autojump_clock: trio.testing.MockClock) -> None:
    """202: it may be done yet."""
    session = ScriptedSession([msgspec.structs.replace(PAUSED, paused=False)])
    async with serving(make_site(ground := PageGround(()))) as served:
        ground.begin(session)
        browser = served.connect()
        got = None
        await browser.stream.send_all(
            b"POST /kill HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + TOKEN.encode() + b"\r\n\r\n"
        )
        for _ in range(10):
            with trio.move_on_after(20):
                got = await browser.got()
                break
    assert got is not None
    assert (got.status, got.text.partition(",")[0]) == (202, "Asked")
    assert [order for _, order in session.orders] == [Kill("")]


@pytest.mark.parametrize("word", ["/pause", "/resume", "/kill", "/session/s1/kill", "/session/s1/capital", "/logout"])
async def test_nothing_is_changed_without_the_token(autojump_clock: trio.testing.MockClock, word: str) -> None:
    """401, and the session hears of nothing."""
    session = ScriptedSession([PAUSED])
    assert (await said(session, word, "reason=x")).status == 401
    assert (await said(session, word, "reason=x&token=wrong")).status == 401
    assert (await said(session, word, "reason=x", authorization="Bearer wrong")).status == 401
    assert session.orders == []
    assert session.asked == 0


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ("", "kind: write deposit or withdraw."),
        ("kind=steal&amount=1&asset=XRP", "kind: write deposit or withdraw."),
        ("kind=deposit&amount=1", "asset: write XRP or RLUSD."),
        ("kind=deposit&amount=1&asset=USD", "asset: write XRP or RLUSD."),
        ("kind=deposit&asset=XRP", "amount: write a number above 0 in plain digits, such as 50 or 12.5."),
        ("kind=deposit&asset=XRP&amount=-1", "amount: write a number above 0 in plain digits, such as 50 or 12.5."),
        ("kind=deposit&asset=XRP&amount=1e9", "amount: write a number above 0 in plain digits, such as 50 or 12.5."),
        ("kind=deposit&asset=XRP&amount=NaN", "amount: write a number above 0 in plain digits, such as 50 or 12.5."),
        ("kind=deposit&asset=XRP&amount=0.0000001", "amount: 0.0000001 XRP: a drop is a millionth; write at most 6"),
        (f"kind=deposit&asset=XRP&amount={'9' * 100}", f"amount: {'9' * 100} "),
    ],
)
async def test_capital_is_an_amount_of_an_asset(body: str, told: str) -> None:
    """What can be none is told by its field, and ordered by nobody."""
    session = ScriptedSession([PAUSED])
    got = await said(session, "/session/s1/capital", body, **heard())
    assert (got.status, got.text.startswith(told)) == (400, True), got.text
    assert session.orders == []


@pytest.mark.parametrize(
    ("body", "order"),
    [
        ("kind=withdraw&amount=1.5&asset=xrp", Capital(-1_500_000, Decimal(0))),
        ("kind=withdraw&amount=2.5&asset=RLUSD", Capital(0, Decimal("-2.5"))),
        ("kind=deposit&amount=2.50&asset=RLUSD", Capital(0, Decimal("2.5"))),
    ],
)
async def test_capital_is_ordered_with_its_sign(body: str, order: Capital) -> None:
    """In drops or in RLUSD, the other one being 0."""
    session = ScriptedSession([PAUSED])
    session.reply = Refused("enough was seen")
    assert (await said(session, "/session/s1/capital", body, **heard())).status == 409
    assert [one for _, one in session.orders] == [order]


async def test_a_session_that_does_not_run_is_told_so() -> None:
    """Whether it ran once or never."""
    got = await said(ScriptedSession([PAUSED]), "/session/other/kill", "", **heard())
    assert (got.status, got.text.partition(".")[0]) == (404, "No session of that name runs here")
