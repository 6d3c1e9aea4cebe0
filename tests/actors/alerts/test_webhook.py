"""A webhook as its service sees it: where the request goes, its form, and the token that it carries."""

from __future__ import annotations

import pytest
from support.alert_samples import an_alert
from support.odd_http import reply, serving

from actors.alerts.delivery import ChannelError, ChannelRefusedError
from actors.alerts.secret_url import SecretUrl
from actors.alerts.webhook import WebhookChannel
from neo.alerts.alert_settings import WebhookForm
from neo.alerts.webhook_forms import webhook_body


@pytest.mark.parametrize("form", [WebhookForm.WEBHOOK, WebhookForm.SLACK, WebhookForm.DISCORD])
async def test_an_alert_is_posted_to_the_very_address(form: WebhookForm) -> None:
    """In the form that is read there, without a token that nobody asked for."""
    async with serving(reply()) as server:
        channel = WebhookChannel(form, SecretUrl(f"{server.url}/services/T0/B0?wait=true"), "")
        await channel.send(an_alert())
        await channel.aclose()
    [request] = server.asked
    assert (request.method, request.path) == ("POST", "/services/T0/B0?wait=true")
    assert request.body == webhook_body(form, an_alert())
    assert request.headers["content-type"] == "application/json"
    assert "authorization" not in request.headers
    assert (channel.name, channel.target) == (str(form), server.url)


async def test_ntfy_gets_its_json_at_the_servers_own_address() -> None:
    """A topic's own address takes plain text alone, and a title in ASCII."""
    async with serving(reply()) as server:
        channel = WebhookChannel(WebhookForm.NTFY, SecretUrl(f"{server.url}/my-topic"), "tk_secret")
        await channel.send(an_alert(title="größer"))
        await channel.aclose()
    [request] = server.asked
    assert (request.method, request.path) == ("POST", "/")
    assert (request.json["topic"], request.json["title"]) == ("my-topic", "NEO warning: größer")
    assert request.headers["authorization"] == "Bearer tk_secret"


@pytest.mark.parametrize("path", ["", "/", "/a/b", "/a%20b", "/" + "a" * 65])
def test_what_is_no_topic_is_refused(path: str) -> None:
    """Before a session relies on it."""
    with pytest.raises(ChannelRefusedError, match="no address of a topic"):
        WebhookChannel(WebhookForm.NTFY, SecretUrl(f"https://ntfy.example{path}"), "")


async def test_a_refusal_is_an_error_with_its_wait() -> None:
    """As the other side says it."""
    async with serving(reply(429, b"rate_limited", retry_after="7")) as server:
        channel = WebhookChannel(WebhookForm.SLACK, SecretUrl(f"{server.url}/x"), "")
        with pytest.raises(ChannelError) as caught:
            await channel.send(an_alert())
        await channel.aclose()
    assert (caught.value.what, caught.value.retry_after_s) == ("HTTP 429 Too Many Requests (rate_limited)", 7)
