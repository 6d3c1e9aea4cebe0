"""A paper market as text: what it began with, what was heard since, and how it is lived through once more."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.chain.pair import Pair
from neo.messages import LedgerClosed
from neo.network.kept_market import live_again
from neo.network.network_text import Head, Heard, NetworkText
from neo.replay.paper_market import News, PaperMarket
from neo.replay.recorded import RecordedState

_news: msgspec.json.Decoder[News] = msgspec.json.Decoder(News)


class PaperOrigin(Head, frozen=True):
    """First line: everything that a paper market began with.

    Args:
        network_id: Of the real network.
        currency: Of the token, as the ledger writes it.
        issuer: Its issuer's address.
        account: Our address, which is on no ledger.
        xrp_drops: What it came with.
        rlusd: The same.
        delay_ledgers: How many ledgers after the last one ours enter.
        state: The pair as the real ledger had it.
    """

    network_id: int
    currency: str
    issuer: str
    account: str
    xrp_drops: int
    rlusd: Decimal
    delay_ledgers: int
    state: RecordedState

    @property
    def pair(self) -> Pair:
        """Our account and the token that it trades."""
        return Pair(self.account, self.currency, self.issuer)


PaperText = NetworkText[PaperOrigin]


def new_paper(origin: PaperOrigin) -> PaperMarket:
    """The market as it begins.

    Raises:
        ValueError: Its state is of a form that this version does not read.
        KeyError: Something is missing from it.
    """
    return PaperMarket.begin(
        origin.state,
        account=origin.account,
        xrp_drops=origin.xrp_drops,
        rlusd=origin.rlusd,
        delay_ledgers=origin.delay_ledgers,
    )


def paper_again(text: PaperText, after_index: int) -> tuple[PaperMarket, list[LedgerClosed]]:
    """Live a paper market's text through once more.

    Args:
        text: What happened.
        after_index: Ledgers after this one are told.

    Returns:
        The market as it was when the text ended, and the ledgers asked for, oldest first.

    Raises:
        WorldError: It comes to something else than the text says, or to nothing.
    """
    origin, snapshot = text.origin, text.snapshot

    def begin() -> PaperMarket:
        return new_paper(origin) if snapshot is None else PaperMarket.from_state(msgspec.json.decode(snapshot.state))

    return live_again(text, begin, origin.pair, after_index, _hear)


def _hear(market: PaperMarket, heard: Heard) -> None:
    market.hear(_news.decode(heard.told))
