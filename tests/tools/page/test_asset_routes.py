"""The files of a page: out of the package, by their names alone."""

from __future__ import annotations

import pytest

from actors.page.exchange import PageAnswer, PageRequest
from tools.page.ground import PageGround
from tools.page.site import make_site

SITE = make_site(PageGround(()))


async def asked(name: str, if_none_match: str = "") -> PageAnswer:
    """A file, or what is said of it."""
    request = PageRequest(method="GET", path=f"/assets/{name}", if_none_match=if_none_match, accepts_page=False)
    answer = await SITE(request)
    assert isinstance(answer, PageAnswer)
    return answer


@pytest.mark.parametrize(("name", "kind"), [("neo.css", "text/css"), ("page.js", "text/javascript")])
async def test_a_file_is_told_with_its_kind_and_kept_while_it_is_the_same(name: str, kind: str) -> None:
    """A browser asks each time, and is told that it has it already; after an upgrade it is told the new one."""
    whole = await asked(name)
    assert (whole.status, whole.content_type) == (200, f"{kind}; charset=utf-8")
    assert whole.headers["Cache-Control"] == "no-cache"
    tag = whole.headers["ETag"]
    for told in (tag, f'"other", {tag}'):
        same = await asked(name, told)
        assert (same.status, same.body) == (304, b"")
    assert (await asked(name, '"other"')).body == whole.body


@pytest.mark.parametrize(
    "name",
    ["", "none.css", "../__init__.py", "..", "__init__.py", "neo.css/", "/etc/passwd", "..\\site.py", "neo.CSS"],
)
async def test_nothing_else_is_a_file_of_the_page(name: str) -> None:
    """Names are looked up among those that there are, and never in a file system."""
    assert (await asked(name)).status == 404
