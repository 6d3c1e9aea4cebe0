"""Whole sessions on a ledger server of the tests' own, in memory and under the virtual clock."""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any, NoReturn

import msgspec
import trio
from support.ledger_blobs import write_blob
from support.ledger_chain import Chain
from support.ledger_server import LedgerServer
from support.sessions import Watcher, config_with
from support.ws_wire import URL

from actors.lookout.lookout import Lookout
from actors.plumbing.clock import VirtualClock
from actors.session.parts import USUAL_PARTS, SessionParts
from actors.session.session import NO_LOOKOUT, SessionPlan, run_session
from actors.venues.live.live_host import LivePlan
from actors.venues.live.live_settings import LiveSettings
from actors.venues.live.socket import EndpointUrl
from actors.venues.port import Signer
from neo.analysis.summary import SessionSummary
from neo.chain.shapes import SignedTransaction
from neo.config import Config
from neo.config.key_wiring import quote_settings
from neo.mirror.assembly import Completeness


class KillError(BaseException):
    """The process is gone."""


def end_process(database: Path) -> NoReturn:
    """End the process here; ``left.db`` is the database as it is on the disk at this moment."""
    source, copy = sqlite3.connect(database), sqlite3.connect(database.with_name("left.db"))
    source.backup(copy)
    source.close()
    copy.close()
    raise KillError


def killed_after(database: Path, delay_s: float) -> Callable[[], Awaitable[None]]:
    """The end of the process after so many seconds."""

    async def kill() -> None:
        await trio.sleep(delay_s)
        end_process(database)

    return kill


class BlobSigner:
    """Signs with a signature that is none, for a server that does not look at it."""

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        blob, tx_hash = write_blob(tx)
        return SignedTransaction(tx_hash, blob)


class LiveWorld:
    """A chain with one server for each endpoint."""

    def __init__(self, *servers: LedgerServer) -> None:
        self.servers = servers
        self.urls = tuple(URL.replace("ledger", f"ledger{number}") for number in range(len(servers)))

    @property
    def chain(self) -> Chain:
        return self.servers[0].chain

    async def dial(self, url: EndpointUrl) -> trio.abc.Stream:
        """A stream to the server of that name."""
        names = [EndpointUrl(each).name for each in self.urls]
        return await self.servers[names.index(url.name)].dial(url)

    def settings(self, config: Config | None = None, **changed: Any) -> LiveSettings:
        """The pair on this chain."""
        ledger = self.chain.ledger
        usual = LiveSettings(
            account=self.chain.account,
            currency=ledger.currency,
            issuer=ledger.issuer,
            endpoints=self.urls,
            network_id=0,
            server_version_min="3.0.0-b1",
            completeness=Completeness.ALL,
            validated_age_s_max=20,
            request_timeout_s=10.0,
            audit_interval_ledgers=75,
            unknown_offers="halt",
            unknown_age_s=300,
            paper_twin=False,
            order_lifetime_ledgers=5,
            quotes=quote_settings(config or config_with()),
        )
        return msgspec.structs.replace(usual, **changed)

    def plan(
        self,
        database: Path,
        *,
        duration_s: int = 300,
        config: Config | None = None,
        clock: Callable[[], VirtualClock] = lambda: VirtualClock(math.inf),
        signer: Callable[[], Signer] = BlobSigner,
        **changed: Any,
    ) -> SessionPlan:
        """A session on it."""
        venue = LivePlan(settings=self.settings(config, **changed), signer=signer, dial=self.dial, clock=clock)
        return SessionPlan(config=config or config_with(), venue=venue, duration_s=duration_s, database=database)

    def run(
        self,
        plan: SessionPlan,
        watcher: Watcher | None = None,
        *,
        beside: Callable[[], Awaitable[None]] | None = None,
        before_ledgers: int = 3,
        parts: SessionParts = USUAL_PARTS,
        lookout: Lookout = NO_LOOKOUT,
    ) -> SessionSummary:
        """Run a session to its end, after so many ledgers have closed.

        Args:
            plan: The session.
            watcher: Its screen.
            beside: What happens meanwhile.
            before_ledgers: Ledgers that close first.
            parts: What it is put together from.
            lookout: Who is shown and told of it.
        """
        host = plan.venue.host(plan.database)

        async def main() -> SessionSummary:
            async with trio.open_nursery() as nursery:
                for server in self.servers:
                    await nursery.start(server.run)
                await nursery.start(self.chain.run)
                await trio.sleep(before_ledgers * self.chain.interval_s + 0.5)
                if beside is not None:
                    nursery.start_soon(beside)
                summary = await run_session(plan, watcher or Watcher(), host, parts=parts, lookout=lookout)
                nursery.cancel_scope.cancel()
            return summary

        return trio.run(main, clock=host.clock)
