"""The simulated network, which goes on when the process that runs it is gone: the world, and its file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path

from actors.plumbing.seeded import seeded
from actors.store.place import beside
from actors.venues.kept.kept_world import KeptWorld
from neo.market.minutes import Bar
from neo.sim.market import SimMarket
from neo.sim.world_text import WorldOrigin, WorldText, new_market, retrace


def world_file(database: Path) -> Path:
    """Where the simulated ledger of a database's running session is kept."""
    return beside(database, ".world")


class World(KeptWorld[SimMarket, WorldOrigin]):
    """A simulated network and what it last told. Made by :meth:`create` or :meth:`reopen`."""

    ledger_name = "the simulated ledger"

    @classmethod
    def create(cls, path: Path, origin: WorldOrigin, bars: Sequence[Bar]) -> World:
        """A new world."""
        world = cls(path, origin, origin.pair, new_market(origin, bars, partial(seeded, origin.seed)))
        world.begin()
        return world

    @classmethod
    def reopen(cls, path: Path, text: WorldText, bars: Sequence[Bar], after_index: int) -> World:
        """The world of a file, as it was when its process ended. It goes on when somebody lets it.

        Args:
            path: The file.
            text: What it says.
            bars: The recording that it was made of.
            after_index: Ledgers after this one can be asked for.

        Raises:
            WorldError: It does not come out as the file says.
        """
        market, before = retrace(text, bars, partial(seeded, text.origin.seed), after_index)
        world = cls(path, text.origin, text.origin.pair, market, before)
        world.resume(text)
        return world
