"""The ledger that a paper session trades on, which outlives its process: the market, what was heard of it, its file."""

from __future__ import annotations

from pathlib import Path

import msgspec

from actors.store.place import beside
from actors.venues.kept.kept_world import KeptWorld
from neo.messages import LedgerClosed
from neo.network.network_text import heard_line, line_of
from neo.replay.paper_market import News, PaperMarket
from neo.replay.paper_text import PaperOrigin, PaperText, new_paper, paper_again


def paper_file(database: Path) -> Path:
    """Where the ledger of a database's running paper session is kept."""
    return beside(database, ".paper")


class PaperWorld(KeptWorld[PaperMarket, PaperOrigin]):
    """A market in the course of being told, and what it last told. Made by :meth:`create` or :meth:`reopen`."""

    ledger_name = "the ledger of the paper session"

    @classmethod
    def create(cls, path: Path, origin: PaperOrigin) -> PaperWorld:
        """A new one, at the ledger that its origin has.

        Raises:
            ValueError: Its state is of a form that this version does not read.
            KeyError: Something is missing from it.
        """
        world = cls(path, origin, origin.pair, new_paper(origin))
        world.begin()
        return world

    @classmethod
    def reopen(cls, path: Path, text: PaperText, after_index: int) -> PaperWorld:
        """The one of a file, as it was when its process ended.

        Args:
            path: The file.
            text: What it says.
            after_index: Ledgers after this one can be asked for.

        Raises:
            WorldError: It does not come out as the file says.
        """
        market, before = paper_again(text, after_index)
        world = cls(path, text.origin, text.origin.pair, market, before)
        world.resume(text)
        return world

    def hear(self, news: News) -> None:
        """Live through what comes next; it is in the file before anything follows from it.

        Raises:
            KeyError: Metadata lacks the ledger's shape: the servers' fault.
            ValueError: A value in it can't be read.
        """
        self._file.write(line_of(heard_line(news)))
        if self.market.hear(news):
            self.close_next()

    def newer(self, after_index: int) -> list[LedgerClosed]:
        """The kept ledgers after that one. Of several at once all but the last are told late, and have no market."""
        newer = super().newer(after_index)
        newest_index = newer[-1].ledger_index if newer else 0
        late = [msgspec.structs.replace(each, market=None, newest_index=newest_index) for each in newer[:-1]]
        return [*late, *newer[-1:]]
