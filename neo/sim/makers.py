"""Makers: each quotes a few layers on both sides of the reference and re-quotes with a lag.

A maker looks at the market every 1 to ``maker_lag_ledgers_max`` ledgers. It then leaves alone what is still near its
target and replaces, one OfferCreate with OfferSequence each, what has moved away or is mostly filled. Between two
looks its quotes are stale, and others take them: that is where a maker's losses, and everybody's adverse selection,
come from.
"""

from __future__ import annotations

from typing import Any

import msgspec

from neo.chain.money import BASE_FEE_DROPS, DROPS_PER_XRP
from neo.market.chance import Chance
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import (
    LAYER_SIZE_FACTOR,
    LAYER_STEP_PPM,
    LAYER_TOLERANCE_FACTOR,
    LAYERS,
    MAKER_XRP,
    PPM,
    PPM_PER_BPS,
    PRICE_JITTER_PPM,
    REFILL_PERMILLE,
    SIZE_JITTER_PERMILLE,
    SKEW_PPM_MAX,
    SKEW_PPM_PER_1000_XRP,
)
from neo.sim.outbox import Outbox
from neo.sim.view import Seen


class MakerQuote(msgspec.Struct):
    """What a maker last placed in one slot: the offer's sequence, price, full size, and what it knows to be left."""

    sequence: int
    price_nano: int
    size_drops: int
    left_drops: int


class Maker(msgspec.Struct):
    """One maker. Slots 0, 2, ... are bids and 1, 3, ... asks, layer by layer, the nearest first.

    ``balance_drops`` is the balance it expects if nobody has traded with it since its last look.
    """

    address: str
    offset_ppm: int
    next_look: int
    quotes: list[MakerQuote | None]
    balance_drops: int


class Makers:
    """All makers, deciding in the order of their number.

    Args:
        config: the crowd's parameters.
        addresses: one account for each maker.
        chance: the makers' own generator.
    """

    def __init__(self, config: SimConfig, addresses: list[str], chance: Chance) -> None:
        self._config = config
        self._chance = chance
        tolerance_ppm = config.maker_tolerance_bps * PPM_PER_BPS
        self._tolerances_ppm = [tolerance_ppm * LAYER_TOLERANCE_FACTOR**layer for layer in range(LAYERS)]
        gaps = max(1, len(addresses) - 1)
        width_bps = config.maker_offset_bps_max - config.maker_offset_bps_min
        self._makers = [
            Maker(
                address,
                config.maker_offset_bps_min * PPM_PER_BPS + width_bps * PPM_PER_BPS * number // gaps,
                0,
                [None] * (2 * LAYERS),
                0,
            )
            for number, address in enumerate(addresses)
        ]

    def act(self, seen: Seen, outbox: Outbox) -> None:
        """Let every maker whose turn it is look and re-quote."""
        for maker in self._makers:
            if seen.ledger_index >= maker.next_look:
                maker.next_look = seen.ledger_index + 1 + self._chance.randrange(self._config.maker_lag_ledgers_max)
                self._requote(maker, seen, outbox)

    def _requote(self, maker: Maker, seen: Seen, outbox: Outbox) -> None:
        """Replace what strayed. The retreating side goes first, so that a maker doesn't cross its own stale quote."""
        balance_drops = seen.ledger.xrp_drops(maker.address)
        _notice_fills(maker, balance_drops, seen)
        center_nano = seen.reference_nano * (PPM + _skew_ppm(balance_drops)) // PPM
        first = maker.quotes[0]
        falling = first is not None and self._target_nano(maker, 0, center_nano) < first.price_nano
        order = (0, 1) if falling else (1, 0)
        sent = 0
        for side in order:
            for layer in range(LAYERS):
                sent += self._requote_slot(maker, 2 * layer + side, center_nano, outbox)
        maker.balance_drops = balance_drops - sent * BASE_FEE_DROPS

    def _requote_slot(self, maker: Maker, slot: int, center_nano: int, outbox: Outbox) -> bool:
        """Place, replace or leave one quote; True if a transaction was sent."""
        quote, target_nano = maker.quotes[slot], self._target_nano(maker, slot, center_nano)
        layer = slot // 2
        if quote is not None:
            strayed = abs(quote.price_nano - target_nano) * PPM > self._tolerances_ppm[layer] * target_nano
            if not strayed and quote.left_drops * 1000 >= quote.size_drops * REFILL_PERMILLE:
                return False
        jitter_permille = 1000 - SIZE_JITTER_PERMILLE + self._chance.randrange(2 * SIZE_JITTER_PERMILLE + 1)
        mean_drops = self._config.maker_size_xrp * DROPS_PER_XRP * LAYER_SIZE_FACTOR**layer
        size_drops = mean_drops * jitter_permille // 1000
        jitter_ppm = self._chance.randrange(2 * PRICE_JITTER_PPM + 1) - PRICE_JITTER_PPM
        price_nano = target_nano * (PPM + jitter_ppm) // PPM
        sequence = outbox.offer(
            maker.address,
            is_buy=slot % 2 == 0,
            size_drops=size_drops,
            price_nano=price_nano,
            replaces=quote.sequence if quote is not None and quote.left_drops > 0 else None,
        )
        maker.quotes[slot] = MakerQuote(sequence, price_nano, size_drops, size_drops)
        return True

    def _target_nano(self, maker: Maker, slot: int, center_nano: int) -> int:
        offset_ppm = maker.offset_ppm + slot // 2 * LAYER_STEP_PPM
        return center_nano * (PPM + (offset_ppm if slot % 2 else -offset_ppm)) // PPM

    def to_state(self) -> list[dict[str, Any]]:
        """The makers' memory, JSON-able (their generator is saved by the market)."""
        return [msgspec.to_builtins(maker) for maker in self._makers]

    def restore(self, state: list[dict[str, Any]]) -> None:
        """Go on from a state written by ``to_state``."""
        self._makers = msgspec.convert(state, list[Maker])


def _notice_fills(maker: Maker, balance_drops: int, seen: Seen) -> None:
    """Read the maker's offers, but only if its balance or its number of objects isn't the expected one.

    Reading offers at every look would cost nearly as much time as applying the transactions.
    """
    objects = 1 + len([quote for quote in maker.quotes if quote is not None and quote.left_drops > 0])  # with the line
    if balance_drops == maker.balance_drops and seen.ledger.owner_count(maker.address) == objects:
        return
    resting = seen.ledger.resting(maker.address)
    for quote in maker.quotes:
        if quote is not None:
            quote.left_drops = resting.get(quote.sequence, 0)


def _skew_ppm(balance_drops: int) -> int:
    """Lean against the inventory: with too much XRP both quotes go down, so that the ask is met sooner."""
    excess_drops = balance_drops - MAKER_XRP * DROPS_PER_XRP
    skew_ppm = -excess_drops * SKEW_PPM_PER_1000_XRP // (1000 * DROPS_PER_XRP)
    return min(max(skew_ppm, -SKEW_PPM_MAX), SKEW_PPM_MAX)
