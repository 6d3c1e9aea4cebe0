"""The table of addresses: which handler answers what, and what is told where none does."""

from __future__ import annotations

import json

import msgspec
import pytest

from actors.page.exchange import PageAnswer, PageRequest
from tools.page.ground import PageError, PageGround, PageRoute
from tools.page.site import ROUTES, make_site


async def tells(_ground: PageGround, request: PageRequest, **parts: str) -> PageAnswer:
    """What it was given."""
    return PageAnswer(body=json.dumps([request.method, parts]).encode())


async def refuses(_ground: PageGround, _request: PageRequest) -> PageAnswer:
    """Nothing."""
    raise PageError(409, "Not <now>.", {"X-More": "1"})


SITE = make_site(
    PageGround(()),
    (
        PageRoute("GET", "/", tells),
        PageRoute("GET", "/session/{session}", tells),
        PageRoute("POST", "/session/{session}", tells),
        PageRoute("POST", "/session/{session}/{word}", tells),
        PageRoute("GET", "/refuses", refuses),
        PageRoute("GET", "/chosen", tells, takes=("side", "page")),
        PageRoute("GET", "/free", tells, takes=None),
    ),
)


async def asked(
    path: str, method: str = "GET", *, accepts_page: bool = False, accepts_json: bool = False
) -> PageAnswer:
    """An answer in one piece."""
    request = PageRequest(method=method, path=path, accepts_page=accepts_page, accepts_json=accepts_json)
    answer = await SITE(request)
    assert isinstance(answer, PageAnswer)
    return answer


@pytest.mark.parametrize(
    ("method", "path", "parts"),
    [
        ("GET", "/", {}),
        ("HEAD", "/", {}),
        ("GET", "/session/a b", {"session": "a b"}),
        ("POST", "/session/x", {"session": "x"}),
        ("POST", "/session/x/kill", {"session": "x", "word": "kill"}),
    ],
)
async def test_an_address_is_answered_with_its_parts(method: str, path: str, parts: dict[str, str]) -> None:
    """HEAD as GET, whose body the server leaves out."""
    assert json.loads((await asked(path, method)).body) == [method, parts]


@pytest.mark.parametrize(
    ("path", "query", "told"),
    [
        ("/chosen", ("side", "page"), ""),
        ("/free", ("anything",), ""),
        ("/", (), ""),
        ("/chosen", ("side", "sdie"), "'sdie' is nothing that this address takes in its query; it takes side, page."),
        ("/", ("page",), "'page' is nothing that this address takes in its query; it takes none."),
    ],
)
async def test_a_mistyped_query_gives_no_other_answer_than_the_one_asked_for(
    path: str, query: tuple[str, ...], told: str
) -> None:
    """What it takes instead."""
    request = PageRequest(method="GET", path=path, query=dict.fromkeys(query, ("1",)), accepts_page=False)
    answer = await SITE(request)
    assert isinstance(answer, PageAnswer)
    assert (answer.status, answer.body.decode().strip() if told else "") == (400 if told else 200, told)


@pytest.mark.parametrize("path", ["/nothing", "/session", "/session/", "/session/x/y/z", "//", "/session/x/"])
async def test_an_address_that_is_none_is_told_so(path: str) -> None:
    """With where to begin."""
    answer = await asked(path)
    assert (answer.status, answer.body) == (404, b"The page has no such address. Begin at /, where all sessions are.\n")


@pytest.mark.parametrize(
    ("path", "method", "allowed"),
    [("/", "POST", "GET, HEAD"), ("/session/x/kill", "GET", "POST"), ("/session/x/kill", "HEAD", "POST")],
)
async def test_a_method_that_is_not_the_addresss_is_told_which_is(path: str, method: str, allowed: str) -> None:
    """Looking at a kill must not be one."""
    answer = await asked(path, method)
    assert (answer.status, answer.headers["Allow"]) == (405, allowed)


async def test_a_refusal_is_told_as_its_reader_reads() -> None:
    """A page to a browser, JSON to a program that wants it, plain text to any other; never as markup of its own."""
    plain = await asked("/refuses")
    assert (plain.status, plain.body, plain.headers["X-More"]) == (409, b"Not <now>.\n", "1")
    assert plain.content_type == "text/plain; charset=utf-8"
    coded = await asked("/refuses", accepts_json=True)
    assert msgspec.json.decode(coded.body) == {"detail": "Not <now>."}
    page = await asked("/refuses", accepts_page=True)
    assert page.content_type == "text/html; charset=utf-8"
    assert b"Not &lt;now&gt;." in page.body


def test_every_change_is_a_post() -> None:
    """What a link, a picture or a search engine can ask for changes nothing."""
    posts = {route.pattern.rpartition("/")[2] for route in ROUTES if route.method == "POST"}
    assert posts == {"pause", "resume", "kill", "capital", "login", "logout"}
    assert {route.method for route in ROUTES} == {"GET", "POST"}


def test_no_address_is_given_twice() -> None:
    """The first would answer, and the second never."""
    keys = [(route.method, route.pattern) for route in ROUTES]
    assert len(keys) == len(set(keys))
