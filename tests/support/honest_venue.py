"""A venue as a good server is: it answers everything, closes a ledger when it is told to, and remembers all of them."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from typing import Any

import msgspec
import trio
from support.desk_by_hand import BALANCES, PAIR, Pen, ledger, own

from neo.chain.shapes import Form, SignedTransaction
from neo.desk.capital_moves import Funding
from neo.desk.preflight import Preview
from neo.messages import (
    Fate,
    LedgerClosed,
    LedgerTransaction,
    Lookup,
    RequestCause,
    RequestFailed,
    Submit,
    Submitted,
    VenueAnswer,
    VenueEvent,
    VenueRequest,
)


class HonestVenue:
    """One account's venue. Offers only rest; each transaction burns 10 drops.

    Args:
        on_post: Told of each request before anything is done about it.
        lost: Which submissions, counted from 1, never arrive: their sender is told so.
    """

    def __init__(self, on_post: Callable[[VenueRequest], None], lost: Collection[int] = ()) -> None:
        self.pair = PAIR
        self.funding: Funding | None = None
        self.closed = [ledger(10)]
        self.resting: dict[int, Form] = {}
        # The forms of all transactions that a ledger has, in its order.
        self.done: list[Form] = []
        self._on_post = on_post
        self._lost = lost
        self._submits = 0
        self._pen = Pen()
        self._forms: dict[str, Form] = {}
        self._waiting: list[str] = []
        self._found: dict[str, int] = {}
        self._answers: deque[VenueAnswer] = deque()
        self._news = trio.Event()

    def close(self) -> None:
        """Close a ledger with all whose turn has come."""
        index = self.closed[-1].ledger_index + 1
        transactions = []
        for tx_hash in sorted(self._waiting, key=lambda each: self._forms[each]["Sequence"]):
            form = self._forms[tx_hash]
            if form["Sequence"] == BALANCES.sequence + len(self.done) and form["LastLedgerSequence"] >= index:
                transactions.append(self._apply(tx_hash, form))
                self._waiting.remove(tx_hash)
                self._found[tx_hash] = index
        count = len(self.done)
        balances = msgspec.structs.replace(
            BALANCES, xrp_drops=BALANCES.xrp_drops - 10 * count, sequence=BALANCES.sequence + count
        )
        self.closed.append(ledger(index, *transactions, balances=balances))
        self._wake()

    def _apply(self, tx_hash: str, form: Form) -> LedgerTransaction:
        nodes = []
        gone = self.resting.pop(form.get("OfferSequence", 0), None)
        if gone is not None:
            nodes.append({"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": gone}})
        if form["TransactionType"] == "OfferCreate":
            self.resting[form["Sequence"]] = form
            nodes.append({"CreatedNode": {"LedgerEntryType": "Offer", "NewFields": form}})
        self.done.append(form)
        named = {key: form[key] for key in ("OfferSequence",) if key in form}
        return own(tx_hash, form["TransactionType"], *nodes, **named)

    async def connect(self) -> LedgerClosed:
        """The last ledger; answers to what was asked before are lost."""
        await trio.lowlevel.checkpoint()
        self._answers.clear()
        return self.closed[-1]

    async def events(self, after_index: int) -> AsyncGenerator[VenueEvent, None]:
        """Answers, and every ledger after that one; the market with the newest alone."""
        while True:
            while self._answers:
                yield self._answers.popleft()
            for closed in [each for each in self.closed if each.ledger_index > after_index]:
                yield closed if closed is self.closed[-1] else msgspec.structs.replace(closed, market=None)
                after_index = closed.ledger_index
            if not self._answers and after_index == self.closed[-1].ledger_index:
                await self._news.wait()

    def post(self, request: VenueRequest) -> None:
        """Take it; the answer waits among the events."""
        self._on_post(request)
        match request:
            case Submit():
                self._answers.append(self._submitted(request))
            case Lookup(tx_hash=tx_hash):
                index = self._found.get(tx_hash)
                through = None if index is not None else self.closed[-1].ledger_index
                self._answers.append(Fate(tx_hash=tx_hash, validated_in=index, absent_through=through))
        self._wake()

    def _submitted(self, submit: Submit) -> VenueAnswer:
        self._submits += 1
        if self._submits in self._lost:
            return RequestFailed(request=submit, cause=RequestCause.UNREACHABLE, what="It broke", mend="Wait")
        if submit.tx_hash in self._found or submit.tx_hash in self._waiting:
            return Submitted(tx_hash=submit.tx_hash, result="tefALREADY")
        self._waiting.append(submit.tx_hash)
        return Submitted(tx_hash=submit.tx_hash, result="tesSUCCESS")

    def preview(self, tx: Mapping[str, Any]) -> Preview:
        """Everything only rests."""
        return self._pen.preview(tx)

    def sign(self, tx: Mapping[str, Any]) -> SignedTransaction:
        """By hand."""
        signed = self._pen.sign(tx)
        self._forms[signed.tx_hash] = dict(tx)
        return signed

    async def disconnect(self) -> None:
        """Nothing to leave."""
        await trio.lowlevel.checkpoint()

    def _wake(self) -> None:
        self._news.set()
        self._news = trio.Event()
