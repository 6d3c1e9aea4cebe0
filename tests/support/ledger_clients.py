"""The product's client on a ledger server for tests: how a test runs one, asks it, and sends it an order."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any

import trio
import trio.testing
from support.ledger_blobs import write_blob
from support.ledger_chain import Chain
from support.ledger_faults import Plan, nothing
from support.ledger_server import LedgerServer
from support.ws_wire import URL

from actors.venues.live.client import Client, ClientSettings, open_client
from actors.venues.live.socket import EndpointUrl
from actors.venues.venue_errors import VenueError
from neo.chain.pair import Pair
from neo.wire import requests
from neo.wire.requests import WireRequest

SOON_S = 2.0


def pair_of(chain: Chain) -> Pair:
    """Our account and the chain's token."""
    return Pair(chain.account, chain.ledger.currency, chain.ledger.issuer)


def all_streams(chain: Chain) -> WireRequest[Any]:
    """Ask to be told of everything."""
    return requests.subscribe(pair_of(chain), with_all=True, with_server=True)


@asynccontextmanager
async def running(chain: Chain, plan: Plan = nothing, *, closes: bool = False) -> AsyncIterator[LedgerServer]:
    """A server in memory; with ``closes`` its ledgers close by the clock."""
    server = LedgerServer(chain, plan)
    async with trio.open_nursery() as nursery:
        await nursery.start(server.run)
        if closes:
            await nursery.start(chain.run)
        yield server
        nursery.cancel_scope.cancel()


@asynccontextmanager
async def client_of(server: LedgerServer) -> AsyncIterator[Client]:
    """The product's client, connected to it."""
    async with open_client(EndpointUrl(URL), ClientSettings(ledger_timeout_s=60), dial=server.dial) as client:
        yield client


async def ask(client: Client, request: WireRequest[Any]) -> Any:
    """What is answered within two seconds."""
    return await client.request(request, deadline_s=SOON_S)


async def error_of(step: Awaitable[object]) -> VenueError:
    """How a step fails."""
    with trio.fail_after(600):
        try:
            await step
        except VenueError as error:
            return error
    raise AssertionError("no error")


def ask_order(chain: Chain, *, xrp: int = 10, rlusd: str = "30", **fields: Any) -> tuple[str, str]:
    """Our offer of so much XRP, far above the market if nothing else is said, as a blob and its hash."""
    return write_blob(
        {
            "TransactionType": "OfferCreate",
            "Account": chain.account,
            "Fee": "12",
            "Flags": 0,
            "LastLedgerSequence": chain.ledger.index + 4,
            "Sequence": chain.next_sequence(chain.account),
            "TakerGets": str(xrp * 1_000_000),
            "TakerPays": chain.token(rlusd),
        }
        | fields
    )
