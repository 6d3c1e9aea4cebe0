"""An address that is a secret: what is taken for one, and what is ever shown of it."""

from __future__ import annotations

import pytest

from actors.alerts.secret_url import Login, SecretUrl, UrlFaultError, url_name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://hooks.example/services/T0/B0/SECRET", "https://hooks.example"),
        ("https://me:SECRET@ntfy.example:8443/topic?auth=SECRET", "https://ntfy.example:8443"),
        ("https://hooks.example:443/SECRET", "https://hooks.example"),
        ("http://127.0.0.1:8080/SECRET", "http://127.0.0.1:8080"),
        ("http://[::1]:80/SECRET", "http://[::1]"),
        ("http://192.168.1.7/SECRET", "http://192.168.1.7"),
        ("http://ntfy/SECRET", "http://ntfy"),
        ("http://ntfy.lan/SECRET", "http://ntfy.lan"),
    ],
)
def test_scheme_and_host_are_all_that_is_shown(text: str, name: str) -> None:
    """Wherever it is printed; who connects asks for all of it."""
    url = SecretUrl(text)
    assert (url.name, repr(url), str(url), f"{url}") == (name, name, name, name)
    assert url.reveal() == text


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("ftp://hooks.example/SECRET", "does not begin with https://"),
        ("hooks.example/SECRET", "does not begin with https://"),
        ("file:///SECRET", "does not begin with https://"),
        ("https:///SECRET", "is no address"),
        ("https://hooks.example:0/SECRET", "is no address"),
        ("https://hooks.example:99999/SECRET", "is no address"),
        ("https://[::1/SECRET", "is no address"),
        ("https://hooks.example/#SECRET", "is no address"),
        ("https://hooks.example/SEC RET", "has blanks or control characters"),
        ("https://hooks.example/SECRET\r\nHost: x", "has blanks or control characters"),
        ("https://hooks.example/" + "SECRET" * 400, "is too long"),
        ("http://hooks.example/SECRET", "goes over the internet as plain http"),
        ("http://8.8.8.8/SECRET", "goes over the internet as plain http"),
        ("http://evil.local.example/SECRET", "goes over the internet as plain http"),
    ],
)
def test_what_is_no_good_address_is_told_without_being_repeated(text: str, told: str) -> None:
    """The message goes where the environment's secrets must not."""
    with pytest.raises(UrlFaultError, match=told) as caught:
        SecretUrl(text)
    assert "SECRET" not in repr(caught.value)


def test_a_log_in_is_not_printed() -> None:
    """Not by accident either, as in a message about whatever holds it."""
    assert "SECRET" not in f"{Login('me', 'SECRET')} {[Login('me', 'SECRET')]!r}"


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("https://a.example/SECRET", "https://a.example"),
        ("https://me:SECRET@a.example/", "https://a.example"),
        ("/SECRET", "another path of its own"),
        ("", "another path of its own"),
        ("file:///SECRET", "file:"),
        ("javascript:SECRET", "javascript:"),
        ("http://[::1", "what is no address"),
        ("http://\x1b[31mSECRET/", "what is no address"),
        ("//a.example/SECRET", "a.example"),
        ("https://" + "a" * 5000, "https:"),
    ],
)
def test_where_somebody_else_leads_is_told_as_far_as_it_can_be_shown(text: str, name: str) -> None:
    """It may be anything, a terminal's commands and our own secret included."""
    assert url_name(text) == name
