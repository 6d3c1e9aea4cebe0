"""The whole world of the ``sim`` venue: the embedded network, the crowd on it, and our account among them.

One call of ``close_next`` is one ledger: the reference moves, the crowd decides from what the last closed ledger
showed, all transactions are put in canonical order, applied, and the ledger closes. Nothing here knows a clock: the
caller says when the first ledger closed, the configuration how far apart they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from neo.market.chance import Chance, ChanceFor, chance_to_state, restore_chance
from neo.market.minutes import Bar
from neo.market.path import PathStep, ReferencePath
from neo.network.network import ClosedLedger, Network
from neo.network.pending import Transaction
from neo.network.unsigned import transaction_hash
from neo.sim.accounts import ARBITRAGEUR, maker_addresses, taker_addresses
from neo.sim.arbitrageur import Arbitrageur
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import INFORMED_LOOKBACK_LEDGERS
from neo.sim.genesis import first_ledger
from neo.sim.makers import Makers
from neo.sim.outbox import Outbox, price_decimal
from neo.sim.sight import LedgerSight
from neo.sim.takers import Takers
from neo.sim.view import Seen

_USED_UP = "the recording is used up: from here on its minutes come again in seeded blocks"


class SimLedger(ClosedLedger, frozen=True):
    """A closed ledger with what moved the market behind it.

    Args:
        reference_nano: The outside price of XRP in nano-RLUSD.
        is_resampled: The recording behind it is used up.
        resampling_begins: This is the first such ledger.
    """

    reference_nano: int
    is_resampled: bool
    resampling_begins: bool

    @property
    def reference(self) -> Decimal:
        """The outside price, RLUSD per XRP."""
        return price_decimal(self.reference_nano)


class SimMarket:
    """The simulated market; make one with ``create`` or ``from_state``."""

    def __init__(self, config: SimConfig, bars: Sequence[Bar], chance_for: ChanceFor, network: Network) -> None:
        """Wire the parts around a network. Use ``create`` or ``from_state``, which bring it and memory together."""
        self.config = config
        self.network = network
        self.ledger = network.ledger
        self.ledger.state.tells_pages = False
        # What is to be told beside the last closed ledger.
        self.notice: str | None = None
        self._chances: dict[str, Chance] = {name: chance_for(f"sim.{name}") for name in ("makers", "takers")}
        self.path = ReferencePath(bars, config.ledger_interval_s, chance_for("sim.path"))
        self._makers = Makers(config, maker_addresses(config.maker_count), self._chances["makers"])
        self._takers = Takers(config, taker_addresses(), self._chances["takers"])
        self._arbitrageur = Arbitrageur(ARBITRAGEUR)
        self._sight = LedgerSight(network.ledger)
        self._resampled = False
        self._recent_nano: list[int] = []  # the reference at the last few closes, the last one last

    @classmethod
    def create(
        cls,
        config: SimConfig,
        bars: Sequence[Bar],
        chance_for: ChanceFor,
        *,
        account: str,
        xrp_drops: int,
        rlusd: Decimal,
        start_close_time_s: int,
    ) -> SimMarket:
        """A new world.

        Args:
            config: section [sim] of the profile.
            bars: the recorded minutes, at least one.
            chance_for: the session's seeded generators by name; the names used here begin with "sim.".
            account: our address, funded with ``xrp_drops`` and a trust line holding ``rlusd``.
            start_close_time_s: close time of the first ledger, seconds of the ripple epoch.
        """
        ledger = first_ledger(config, bars[0].open_nano, account, xrp_drops, rlusd, start_close_time_s)
        market = cls(config, bars, chance_for, Network(ledger))
        market._recent_nano.append(bars[0].open_nano)
        return market

    @property
    def closed_index(self) -> int:
        """The index of the last closed ledger."""
        return self.network.closed_index

    @property
    def waiting_hashes(self) -> tuple[str, ...]:
        """The hashes of what waits for a ledger, in the order of submission."""
        return self.network.waiting_hashes

    def submit(self, tx: Transaction, tx_hash: str, *, fail_hard: bool = False) -> str:
        """Send our transaction for the next ledger; returns the preliminary result. See ``Network.submit``."""
        return self.network.submit(tx, tx_hash, fail_hard=fail_hard)

    def close_next(self) -> SimLedger:
        """Let the crowd act, close the next ledger and tell what happened in it."""
        step = self.path.next()
        crowd = [(tx, transaction_hash(tx)) for tx in self._crowd(step)]
        closed = self.network.close(crowd, self.ledger.close_time_s + self.config.ledger_interval_s)
        self._recent_nano = [*self._recent_nano, step.price_nano][-INFORMED_LOOKBACK_LEDGERS:]
        begins, self._resampled = step.is_resampled and not self._resampled, step.is_resampled
        self.notice = _USED_UP if begins else None
        return SimLedger(
            closed.index, closed.close_time_s, closed.transactions, step.price_nano, step.is_resampled, begins
        )

    def _crowd(self, step: PathStep) -> list[Transaction]:
        """What the crowd sends for the next ledger, from what the last one showed."""
        outbox = Outbox(self.ledger.sequence)
        seen = Seen(
            ledger=self._sight,
            ledger_index=self.ledger.index,
            reference_nano=self._recent_nano[-1],
            now_nano=step.price_nano,
            before_nano=self._recent_nano[0],
            activity_permille=step.activity_permille,
        )
        self._makers.act(seen, outbox)
        self._takers.act(seen, outbox)
        self._arbitrageur.act(seen, outbox)
        return outbox.transactions

    def to_state(self) -> dict[str, Any]:
        """Everything but configuration and recording, JSON-able: ``from_state`` goes on exactly from here."""
        return {
            **self.network.to_state(),
            "path": self.path.to_state(),
            "makers": self._makers.to_state(),
            "recent_nano": list(self._recent_nano),
            "resampled": self._resampled,
            "chances": {name: chance_to_state(chance) for name, chance in self._chances.items()},
        }

    @classmethod
    def from_state(
        cls, config: SimConfig, bars: Sequence[Bar], chance_for: ChanceFor, state: dict[str, Any]
    ) -> SimMarket:
        """The world as ``to_state`` left it, with the same configuration and recording."""
        market = cls(config, bars, chance_for, Network.from_state(state))
        market.path.restore(state["path"])
        market._makers.restore(state["makers"])
        market._recent_nano = list(state["recent_nano"])
        market._resampled = state["resampled"]
        for name, chance in market._chances.items():
            restore_chance(chance, state["chances"][name])
        return market
