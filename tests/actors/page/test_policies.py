"""The headers of every answer."""

from __future__ import annotations

from actors.page.policies import PAGE_POLICY, headers_of


def test_nothing_from_elsewhere_and_nothing_inline_is_let_in() -> None:
    """What a browser would do with markup that slipped in: nothing."""
    policy = {name: words for name, *words in (part.split() for part in PAGE_POLICY.split(";"))}
    assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == ["'none'"]
    assert policy["script-src"] == policy["style-src"] == policy["form-action"] == policy["connect-src"] == ["'self'"]
    assert "unsafe" not in PAGE_POLICY


def test_an_answers_own_header_is_told_instead_and_once() -> None:
    """In whatever letters it is written."""
    told = headers_of({"CONTENT-SECURITY-POLICY": "default-src 'self'", "ETag": '"x"'}, 0.0)
    assert [value for name, value in told if name.lower() == "content-security-policy"] == ["default-src 'self'"]
    assert ("Date", "Thu, 01 Jan 1970 00:00:00 GMT") in told
    assert ("ETag", '"x"') in told
