"""Who may ask the page what: every rule as a row, for a page of this machine alone and for one that others reach."""

from __future__ import annotations

from typing import Any

import pytest

from actors.page.access import Caller, Gate, Judged
from neo.text.printable import printable

TOKEN = "right-horse-battery-staple"  # noqa: S105 - of the tests alone
NAMES = {"neo.example.org", "*.wild.example.org", "192.0.2.7"}
NOW_S = 1_790_000_000.0


def local_gate(now_s: float = NOW_S) -> Gate:
    """The rules of a page that only this machine can reach."""
    return Gate(TOKEN, now_s=lambda: now_s)


def remote_gate(now_s: float = NOW_S) -> Gate:
    """The rules of one that other machines can reach, under TLS."""
    return Gate(TOKEN, NAMES, is_remote=True, is_tls=True, now_s=lambda: now_s)


def judged(gate: Gate, **fields: Any) -> Judged:
    """What is said to a request."""
    asked = {"method": "GET", "path": "/", "host": "localhost:8017"} | fields
    return gate.judge(Caller(**asked))


def cookie(gate: Gate) -> str:
    """The cookie that a log-in gave, as a browser sends it back."""
    return gate.login_cookie().partition(";")[0]


BEARER = f"Bearer {TOKEN}"
HERE = {"host": "localhost:8017", "origin": "http://localhost:8017"}
THERE = {"host": "neo.example.org", "origin": "https://neo.example.org"}


@pytest.mark.parametrize(
    ("fields", "status", "may_act"),
    [
        # Reading is open to whoever is on this machine.
        ({}, 200, False),
        ({"method": "HEAD"}, 200, False),
        ({"authorization": BEARER}, 200, True),
        ({"authorization": f"bearer  {TOKEN} "}, 200, True),
        # What carries something wrong is told so even where nothing was needed.
        ({"authorization": "Bearer wrong-horse"}, 401, False),
        ({"authorization": f"Basic {TOKEN}"}, 200, False),
        # Changing is not.
        ({"method": "POST"}, 401, False),
        ({"method": "POST", "authorization": BEARER}, 200, True),
        ({"method": "POST", "authorization": "Bearer "}, 401, False),
        ({"method": "POST", "token": TOKEN}, 200, True),
        ({"method": "POST", "token": TOKEN[:-1]}, 401, False),
        ({"method": "POST", "token": f"{TOKEN}x"}, 401, False),
        ({"method": "POST", "token": "\N{HORSE}"}, 401, False),
        ({"method": "POST", "authorization": "Bearer wrong-horse", "token": TOKEN}, 200, True),
        # The names of this machine, at any port: a tunnel's end has another one.
        ({"host": "127.0.0.1"}, 200, False),
        ({"host": "LOCALHOST:9999"}, 200, False),
        ({"host": "[::1]:8017"}, 200, False),
        # Names that only lead here: DNS rebinding.
        ({"host": "rebound.example.org:8017"}, 403, False),
        ({"host": "localhost.example.org"}, 403, False),
        ({"host": "127.0.0.1.example.org"}, 403, False),
        ({"host": ""}, 403, False),
        ({"host": "localhost:8017:1"}, 403, False),
        ({"host": "localhost@rebound.example.org"}, 403, False),
        ({"host": "[::1", "authorization": BEARER}, 403, False),
        ({"host": "rebound.example.org", "authorization": BEARER}, 403, False),
        # Another page's form, even with the token.
        ({"method": "POST", "token": TOKEN, **HERE}, 200, True),
        ({"method": "POST", "token": TOKEN, "origin": "http://evil.example.org"}, 403, False),
        ({"method": "POST", "token": TOKEN, "origin": "null"}, 403, False),
        ({"method": "POST", "token": TOKEN, "origin": "https://localhost:8017"}, 403, False),
        ({"method": "POST", "token": TOKEN, "origin": "http://localhost:9999"}, 403, False),
        # Of a GET it says nothing: it changes nothing, and no other page may read the answer.
        ({"origin": "http://evil.example.org"}, 200, False),
    ],
)
def test_a_page_of_this_machine(fields: dict[str, str], status: int, may_act: bool) -> None:
    """Whoever is on the machine may look; to change something takes the token."""
    told = judged(local_gate(), **fields)
    assert (told.status, told.may_act) == (status, may_act)


@pytest.mark.parametrize(
    ("fields", "status", "may_act"),
    [
        ({}, 401, False),
        ({"is_page": True}, 303, False),
        ({"is_page": True, "method": "POST"}, 401, False),
        ({"authorization": BEARER}, 200, True),
        ({"path": "/login", "is_page": True}, 200, False),
        ({"path": "/login", "method": "POST"}, 200, False),
        ({"path": "/login", "method": "POST", "token": TOKEN, **THERE}, 200, True),
        ({"path": "/login", "method": "POST", "token": "wrong-horse", **THERE}, 200, False),
        ({"path": "/login", "method": "POST", "token": TOKEN, "origin": "https://evil.example.org"}, 403, False),
        ({"path": "/assets/neo.css"}, 200, False),
        ({"path": "/assets/neo.css", "method": "POST"}, 401, False),
        ({"path": "/login/x", "is_page": True}, 303, False),
        ({"path": "/metrics"}, 401, False),
        ({"path": "/events"}, 401, False),
        ({"host": "NEO.example.org:8443", "authorization": BEARER}, 200, True),
        ({"host": "192.0.2.7", "authorization": BEARER}, 200, True),
        ({"host": "a.wild.example.org", "authorization": BEARER}, 200, True),
        ({"host": "a.b.wild.example.org", "authorization": BEARER}, 403, False),
        ({"host": "wild.example.org", "authorization": BEARER}, 403, False),
        ({"host": "localhost", "authorization": BEARER}, 403, False),
        ({"host": "198.51.100.1", "authorization": BEARER}, 403, False),
    ],
)
def test_a_page_that_others_reach(fields: dict[str, str], status: int, may_act: bool) -> None:
    """Nothing of a session is shown without the token; a browser is sent to the log-in."""
    told = judged(remote_gate(), **{"host": "neo.example.org", **fields})
    assert (told.status, told.may_act) == (status, may_act)


@pytest.mark.parametrize(("gate", "place"), [(local_gate, HERE), (remote_gate, THERE)])
def test_a_login_is_as_good_as_the_token_until_it_ends(gate: Any, place: dict[str, str]) -> None:
    """It is still good after a restart, which forgets everything but the token."""
    given = cookie(gate())
    ends_s = NOW_S + 12 * 3600
    assert judged(gate(ends_s - 1), method="POST", cookie=f"other=1; {given}", **place).may_act
    late = judged(gate(ends_s), method="POST", cookie=given, **place)
    assert (late.status, late.may_act, late.is_wrong) == (401, False, False)
    assert judged(gate(), cookie=given, host=place["host"]).may_act


def test_a_login_alone_changes_nothing_without_its_pages_origin() -> None:
    """A browser sends its cookies wherever it is told to go; a POST by them alone must say where it comes from."""
    given = cookie(local_gate())
    assert judged(local_gate(), method="POST", cookie=given).status == 401
    assert judged(local_gate(), method="POST", cookie=given, origin="http://evil.example.org").status == 403


@pytest.mark.parametrize(
    "spoil", ["", "x", "=", ".", "9999999999.", "\N{HORSE}", "neo-page=9999999999", "neo-page=\x00"]
)
def test_a_cookie_of_somebodys_making_is_none(spoil: str) -> None:
    """Its end is under the token's seal, so it can't be put off."""
    assert not judged(local_gate(), cookie=f"neo-page={spoil}").may_act, printable(spoil)
    end, _, seal = cookie(local_gate()).partition("=")[2].partition(".")
    assert not judged(local_gate(), cookie=f"neo-page={int(end) + 1}.{seal}").may_act
    assert not judged(Gate("another-token-altogether"), cookie=f"neo-page={end}.{seal}").may_act


def test_a_login_of_a_page_under_tls_is_of_this_host_alone() -> None:
    """Such a name no browser takes without TLS, for another path or host, or from another host of the domain."""
    told = remote_gate().login_cookie()
    assert told.startswith("__Host-neo-page=")
    assert told.endswith("; Path=/; HttpOnly; SameSite=Strict; Secure")
    assert local_gate().login_cookie().endswith("; Path=/; HttpOnly; SameSite=Strict")
    assert "Max-Age=0" in local_gate().logout_cookie()


def test_the_token_is_in_nothing_that_is_told() -> None:
    """Neither in a refusal, nor in a cookie."""
    gates = (local_gate(), remote_gate())
    wrong = {"method": "POST", "token": "wrong-horse"}
    told = [judged(gate, host=host, **wrong) for gate in gates for host in ("localhost", "neo.example.org")]
    said = [one.why for one in told] + [gate.login_cookie() for gate in gates]
    assert not [text for text in said if TOKEN in text or "wrong-horse" in text]
    assert [one.is_wrong for one in told] == [True, False, False, True]
