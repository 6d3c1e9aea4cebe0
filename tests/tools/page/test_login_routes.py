"""The log-in: the token once, and then a cookie."""

from __future__ import annotations

import pytest
from support.page_talk import TOKEN, heard, serving

from actors.page.access import Gate
from tools.page.ground import PageGround
from tools.page.site import make_site

PLACE = {"host": "neo.example.org", "origin": "https://neo.example.org"}


def remote() -> tuple[Gate, PageGround]:
    """A page that others reach."""
    gate = Gate(TOKEN, {"neo.example.org"}, is_remote=True, is_tls=True, now_s=lambda: 1_790_000_000.0)
    return gate, PageGround((), gate=gate, is_remote=True)


async def test_who_brings_the_token_goes_on_with_a_cookie(autojump_clock: object) -> None:
    """And is let in with it from then on; a log-out takes it back."""
    gate, ground = remote()
    async with serving(make_site(ground), gate) as served:
        browser = served.connect()
        form = await browser.ask("/login?next=/running.json", accept="text/html", **PLACE)
        assert (form.status, 'value="/running.json"' in form.text) == (200, True)
        wrong = await browser.ask("/login", "POST", "token=wrong&next=/running.json", accept="text/html", **PLACE)
        assert (wrong.status, "That is not the token." in wrong.text) == (401, True)
        assert "set-cookie" not in wrong.headers
        right = await browser.ask("/login", "POST", f"token={TOKEN}&next=/running.json", accept="text/html", **PLACE)
        assert (right.status, right.headers["location"]) == (303, "/running.json")
        cookie = right.headers["set-cookie"].partition(";")[0]
        assert (await browser.ask("/running.json", **PLACE)).status == 401
        assert (await browser.ask("/running.json", cookie=cookie, **PLACE)).text == "[]"
        out = await browser.ask("/logout", "POST", "", cookie=cookie, **PLACE)
        assert (out.status, out.headers["location"]) == (303, "/login")
        assert "Max-Age=0" in out.headers["set-cookie"]


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example.org/",
        "//evil.example.org",
        "/\\evil.example.org",
        "evil",
        "/a%0d%0aX:%20y",
        "/%C3%A9",
        "//[",
        "http://[::1",
    ],
)
async def test_a_login_leads_to_no_other_page(target: str) -> None:
    """A link to the log-in is no way to send somebody elsewhere."""
    gate, ground = remote()
    async with serving(make_site(ground), gate) as served:
        form = await served.connect().ask(f"/login?next={target}", accept="text/html", **PLACE)
        assert (form.status, 'name="next" value="/"' in form.text) == (200, True)
        got = await served.connect().ask("/login", "POST", f"next={target}", **heard(**PLACE))
        assert (got.status, got.headers["location"]) == (303, "/")
