"""The network of a replay, which goes on when the process that runs it is gone: market, recording, and file."""

from __future__ import annotations

from pathlib import Path

from actors.recordings.ledger_recording import LedgerRecording, opened
from actors.store.place import beside
from actors.venues.kept.kept_world import KeptWorld
from neo.replay.replay_text import ReplayOrigin, ReplayText, new_replay, replay_again
from neo.replay.replayed import ReplayMarket


def replay_file(database: Path) -> Path:
    """Where the ledger of a database's running replay is kept."""
    return beside(database, ".replay")


class ReplayWorld(KeptWorld[ReplayMarket, ReplayOrigin]):
    """A recording in the course of being played, and what it last told. Made by :meth:`create` or :meth:`reopen`."""

    ledger_name = "the replayed ledger"

    @classmethod
    def create(cls, path: Path, origin: ReplayOrigin, recording: LedgerRecording) -> ReplayWorld:
        """A replay from its beginning.

        Raises:
            FileRefusedError: The recording can't be read any more.
        """
        world = cls(path, origin, origin.pair, new_replay(origin, *opened(recording)))
        world.begin()
        return world

    @classmethod
    def reopen(cls, path: Path, text: ReplayText, recording: LedgerRecording, after_index: int) -> ReplayWorld:
        """The replay of a file, as it was when its process ended.

        Args:
            path: The file.
            text: What it says.
            recording: The one that it was made of.
            after_index: Ledgers after this one can be asked for.

        Raises:
            WorldError: It does not come out as the file says.
            FileRefusedError: The recording can't be read any more.
        """
        market, before = replay_again(text, *opened(recording), after_index)
        world = cls(path, text.origin, text.origin.pair, market, before)
        world.resume(text)
        return world
