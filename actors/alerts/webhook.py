"""Alerts to a webhook: JSON of our own, or what Slack, Discord and ntfy take."""

from __future__ import annotations

import re
from typing import Final

from actors.alerts.delivery import DELIVERY_DEADLINE_S, ChannelRefusedError
from actors.alerts.http_client import HttpClient
from actors.alerts.secret_url import SecretUrl, UrlFaultError
from neo.alerts.alert import Alert
from neo.alerts.alert_settings import WebhookForm
from neo.alerts.webhook_forms import webhook_body

# As ntfy has it for its topics.
_TOPIC: Final = re.compile(r"/([-_A-Za-z0-9]{1,64})/?")


class WebhookChannel:
    """Posts each alert to one address.

    Args:
        form: What it takes.
        url: Where it is.
        token: That it wants with each message, or "".

    Raises:
        ChannelRefusedError: The address is none of that form.
    """

    deadline_s = DELIVERY_DEADLINE_S

    def __init__(self, form: WebhookForm, url: SecretUrl, token: str) -> None:
        self.name = str(form)
        self.target = url.name
        self._form = form
        self._topic = ""
        if form is WebhookForm.NTFY:
            # With a title in any script only by JSON, which names the topic and goes to the server itself.
            topic = _TOPIC.fullmatch(url.path)
            if topic is None:
                raise ChannelRefusedError("is no address of a topic (https://HOST/TOPIC)")
            self._topic = topic[1]
            url = url.with_path("/")
        self._headers = {"Content-Type": "application/json", "User-Agent": "neo-engine"}
        if token:
            self._headers["Authorization"] = f"Bearer {token}"
        try:
            self._client = HttpClient(url)
        except UrlFaultError as error:
            raise ChannelRefusedError(str(error)) from None

    async def send(self, alert: Alert) -> None:
        """Post it.

        Raises:
            ChannelError: It was not taken.
        """
        await self._client.request("POST", webhook_body(self._form, alert, self._topic), self._headers)

    async def aclose(self) -> None:
        """Close what is open."""
        await self._client.aclose()
