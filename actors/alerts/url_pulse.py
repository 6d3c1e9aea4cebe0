"""A sign of life to a service that wakes somebody when it stops: its address is asked for, and that is all."""

from __future__ import annotations

from actors.alerts.http_client import HttpClient
from actors.alerts.secret_url import SecretUrl
from actors.operator.protocol import Status


class UrlPulse:
    """An address that is asked for (GET) at each sign.

    Args:
        url: The address.

    Raises:
        UrlFaultError: It can't be used.
    """

    def __init__(self, url: SecretUrl) -> None:
        self.target = url.name
        self._client = HttpClient(url)

    async def beat(self, status: Status) -> None:  # noqa: ARG002 - the address says whose it is
        """Ask for it.

        Raises:
            ChannelError: It did not answer with a yes.
        """
        await self._client.request("GET", headers={"User-Agent": "neo-engine"})
