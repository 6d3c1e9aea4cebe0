"""A simulated world as text: what it was made of, and how it is lived through once more.

The simulation is a function of its origin, its recording and what happened on it; see ``neo.network.kept_market``.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from neo.chain.pair import Pair
from neo.market.chance import ChanceFor
from neo.market.minutes import Bar
from neo.messages import LedgerClosed
from neo.network.kept_market import live_again
from neo.network.network_text import Head, NetworkText
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimMarket


class WorldOrigin(Head, frozen=True):
    """First line: everything that a world is made of besides the recording, which is named by its hash.

    Args:
        seed: Of the crowd's random choices.
        config: The crowd.
        market_name: The recording, as the operator knows it.
        market_sha256: Of what the recording says; earlier versions wrote that of its file's bytes.
        account: Our address in it.
        xrp_drops: What it was funded with.
        rlusd: The same.
        start_close_time_s: Close time of the first ledger, seconds of the ripple epoch.
    """

    seed: int
    config: SimConfig
    market_name: str
    market_sha256: str
    account: str
    xrp_drops: int
    rlusd: Decimal
    start_close_time_s: int

    @property
    def pair(self) -> Pair:
        """Our account and the token that it trades."""
        return Pair(self.account, RLUSD_CURRENCY, RLUSD_ISSUER)


WorldText = NetworkText[WorldOrigin]


def new_market(origin: WorldOrigin, bars: Sequence[Bar], chance_for: ChanceFor) -> SimMarket:
    """The world at its first ledger."""
    return SimMarket.create(
        origin.config,
        bars,
        chance_for,
        account=origin.account,
        xrp_drops=origin.xrp_drops,
        rlusd=origin.rlusd,
        start_close_time_s=origin.start_close_time_s,
    )


def retrace(
    text: WorldText, bars: Sequence[Bar], chance_for: ChanceFor, after_index: int
) -> tuple[SimMarket, list[LedgerClosed]]:
    """Live a world's text through once more.

    Args:
        text: What happened.
        bars: The recording that it was made of.
        chance_for: Generators of the origin's seed.
        after_index: Ledgers after this one are told; telling costs half as much again as closing.

    Returns:
        The world as it was when the text ended, and the ledgers asked for, oldest first.

    Raises:
        WorldError: It comes to something else than the text says, or to nothing.
    """
    return live_again(text, lambda: _beginning(text, bars, chance_for), text.origin.pair, after_index)


def _beginning(text: WorldText, bars: Sequence[Bar], chance_for: ChanceFor) -> SimMarket:
    if text.snapshot is None:
        return new_market(text.origin, bars, chance_for)
    state = msgspec.json.decode(text.snapshot.state)
    return SimMarket.from_state(text.origin.config, bars, chance_for, state)
