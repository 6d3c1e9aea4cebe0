"""The venue port: what the gateway needs of a ledger, simulated or real. The engine above can't tell them apart.

A venue is made of small parts, each with a promise of its own. Nothing in the gateway's loop waits for the network: the
feed is forwarded into its mailbox, a request is posted, and its answer comes back in the feed like any other message.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping
from typing import Any, Protocol

from neo.chain.pair import Pair
from neo.chain.shapes import SignedTransaction
from neo.desk.capital_moves import Funding
from neo.desk.preflight import Preview
from neo.messages import LedgerClosed, VenueEvent, VenueRequest


class Feeds(Protocol):
    """Everything that a venue tells, as one stream: ledgers, and the answers to requests."""

    def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """Every validated ledger after that one, and answers between them, until :meth:`Connection.disconnect`.

        Ledgers come in order and without a gap, each with every transaction that touched our account (in the ledger's
        order), its balances and the terms of that very ledger. The market is a state: it is told with the ledger that
        is the newest as it is told, and may be left out (None) of one that was caught up with. An answer comes at any
        time, or never.

        Raises:
            VenueError: The stream broke. It may be asked for once more, from the last ledger that came on.
        """


class Submitter(Protocol):
    """Takes requests."""

    def post(self, request: VenueRequest) -> None:
        """Take a request; never waits, and never raises for the network.

        A :class:`neo.messages.Submit` is answered by a :class:`neo.messages.Submitted`, a
        :class:`neo.messages.Lookup` by a :class:`neo.messages.Fate`, and either by a
        :class:`neo.messages.RequestFailed`, once or, if the venue hangs, never. "Not found" alone is no fate: a venue
        says ``absent_through`` only of ledgers that it can tell of without a gap.
        """


class Previewer(Protocol):
    """Tries an offer without sending it."""

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """What would come of one of our offers if it entered the last validated ledger, by the exact rules; local."""


class Signer(Protocol):
    """Has the keys; nothing else does."""

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """Sign a transaction given in the ledger's JSON form."""


class Connection(Protocol):
    """Reaching a venue and leaving it, outside the gateway's loop."""

    async def connect(self) -> LedgerClosed:
        """Reach the venue; returns the last validated ledger, with our account in it.

        Raises:
            VenueError: It can't be reached; ``retry`` says whether to try again.
        """

    async def disconnect(self) -> None:
        """Leave the venue; the walk of :meth:`Feeds.events` ends."""


class Venue(Feeds, Submitter, Previewer, Signer, Connection, Protocol):
    """A ledger that one account trades on.

    ``funding`` is where deposits come from and withdrawals go to, on a ledger that has such an account; else None.
    """

    pair: Pair
    funding: Funding | None
