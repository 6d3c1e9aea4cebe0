"""A replay as text: what it was made of, and how it is lived through once more."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

import msgspec

from neo.chain.pair import Pair
from neo.messages import LedgerClosed
from neo.network.kept_market import live_again
from neo.network.network_text import Head, NetworkText
from neo.replay.recorded import RecordedState
from neo.replay.replayed import Played, ReplayMarket


class ReplayOrigin(Head, frozen=True):
    """First line: everything that a replay is made of besides the recording, which is named by its hash.

    Args:
        recording_name: As the operator knows it.
        recording_sha256: Of its file.
        recording_bytes: How long that was.
        currency: Of the token, as the recording has it.
        issuer: Its issuer's address.
        account: Our address in it.
        xrp_drops: What it came with.
        rlusd: The same.
        delay_ledgers: How many ledgers after the last one ours enter.
    """

    recording_name: str
    recording_sha256: str
    recording_bytes: int
    currency: str
    issuer: str
    account: str
    xrp_drops: int
    rlusd: Decimal
    delay_ledgers: int

    @property
    def pair(self) -> Pair:
        """Our account and the token that it trades."""
        return Pair(self.account, self.currency, self.issuer)


ReplayText = NetworkText[ReplayOrigin]


def new_replay(origin: ReplayOrigin, state: RecordedState, items: Iterator[Played]) -> ReplayMarket:
    """The market as its recording begins.

    Args:
        origin: What it is made of.
        state: The recording's first.
        items: What follows on it.
    """
    return ReplayMarket.begin(
        state,
        items,
        account=origin.account,
        xrp_drops=origin.xrp_drops,
        rlusd=origin.rlusd,
        delay_ledgers=origin.delay_ledgers,
    )


def replay_again(
    text: ReplayText, state: RecordedState, items: Iterator[Played], after_index: int
) -> tuple[ReplayMarket, list[LedgerClosed]]:
    """Live a replay's text through once more.

    Args:
        text: What happened.
        state: The first of the recording that it was made of.
        items: What follows on that.
        after_index: Ledgers after this one are told.

    Returns:
        The market as it was when the text ended, and the ledgers asked for, oldest first.

    Raises:
        WorldError: It comes to something else than the text says, or to nothing.
    """
    origin, snapshot = text.origin, text.snapshot

    def begin() -> ReplayMarket:
        if snapshot is None:
            return new_replay(origin, state, items)
        return ReplayMarket.from_state(msgspec.json.decode(snapshot.state), items)

    return live_again(text, begin, origin.pair, after_index)
