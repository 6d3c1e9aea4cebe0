"""Text on its way into a page."""

from __future__ import annotations

from tools.console.markup import escape


def test_text_in_a_page_is_text() -> None:
    """No name brings markup into it, ends an attribute, or turns the line around."""
    assert escape("<b>\u202e\x1b") == r"&lt;b&gt;\u202e\u001b"
    assert escape("\"x' onload=") == "&quot;x&#x27; onload="
