"""A simulated world as text: what it was made of, and how it is lived through once more.

The simulation is a function of its origin, its recording and what happened on it (``neo.network.network_text``), so
reading those back gives the same world, and every ledger after the snapshot can be told once more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from neo.chain.pair import Pair
from neo.market.chance import ChanceFor
from neo.market.minutes import Bar
from neo.messages import LedgerClosed
from neo.network.account_view import report
from neo.network.network_text import Head, NetworkText, Snapshot, SubmittedLine, WorldError, snapshot_line
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER
from neo.sim.market import SimLedger, SimMarket

# What reading a state or a transaction back raises that is not as one is written.
_NOT_AS_WRITTEN = (LookupError, TypeError, ValueError, ArithmeticError, AttributeError)

_USED_UP = "the recording is used up: from here on its minutes come again in seeded blocks"


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


def snapshot_of(market: SimMarket) -> Snapshot:
    """The world as it is now."""
    return snapshot_line(market.closed_index, market.to_state())


def told(market: SimMarket, closed: SimLedger, pair: Pair) -> LedgerClosed:
    """What our account gets to see of a ledger that just closed."""
    return report(market.ledger, closed, pair, _USED_UP if closed.resampling_begins else None)


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
    try:
        market = _beginning(text, bars, chance_for)
        return market, list(_ledgers(text, market, after_index))
    except _NOT_AS_WRITTEN as error:
        # It was lived through once without.
        raise WorldError(f"it is damaged, or another NEO wrote it ({type(error).__name__}: {error})") from None


def _beginning(text: WorldText, bars: Sequence[Bar], chance_for: ChanceFor) -> SimMarket:
    if text.snapshot is None:
        return new_market(text.origin, bars, chance_for)
    state = msgspec.json.decode(text.snapshot.state)
    return SimMarket.from_state(text.origin.config, bars, chance_for, state)


def _ledgers(text: WorldText, market: SimMarket, after_index: int) -> Iterable[LedgerClosed]:
    account, ledger, pair = text.origin.account, market.ledger, text.origin.pair
    for step in text.steps:
        if isinstance(step, SubmittedLine):
            market.submit(step.tx, step.tx_hash, fail_hard=step.fail_hard)
            continue
        closed = market.close_next()
        came_to = (closed.index, ledger.xrp_drops(account), ledger.token_balance(account), ledger.sequence(account))
        if came_to != (step.ledger_index, step.xrp_drops, step.rlusd, step.sequence):
            raise WorldError(f"ledger {step.ledger_index} does not come out as it says: another NEO wrote it")
        if closed.index > after_index:
            yield told(market, closed, pair)
