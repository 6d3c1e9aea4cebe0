"""The recording behind a session, of prices or of ledgers: the profile's own, or the command line's. Not every venue
has any.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from actors.plumbing.files import FileRefusedError
from actors.recordings.ledger_recording import LedgerRecording, read_ledger_recording
from actors.venues.table import Recorded, market_source
from neo.config import Config, Problem
from neo.config.reading import show_value
from neo.market.recording import Recording
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.settings.profiles import read_market

_OPTIONS: Final[Mapping[Recorded, str]] = {Recorded.PRICES: "--market", Recorded.LEDGERS: "--recording"}
_KEYS: Final[Mapping[Recorded, str]] = {
    Recorded.PRICES: "venue.market_file",
    Recorded.LEDGERS: "venue.recording_file",
}
_KINDS: Final[Mapping[Recorded, str]] = {Recorded.PRICES: "CSV of prices", Recorded.LEDGERS: "recording of ledgers"}

Given = Mapping[Recorded, Path | None]
"""The files that a command line names, by what they are recordings of."""


def given_markets(prices: Path | None = None, ledgers: Path | None = None) -> Given:
    """What ``--market`` and ``--recording`` say."""
    return {Recorded.PRICES: prices, Recorded.LEDGERS: ledgers}


def session_market(
    config: Config, profile: Path, given: Given | None = None, *, implausible_allowed: bool = False
) -> Recording | LedgerRecording | None:
    """The recording that a session is run on; None where its venue takes none.

    Args:
        config: The profile's values.
        profile: Its file.
        given: The files that the command line names, in place of the profile's.
        implausible_allowed: Whether the operator said that prices are to be taken that can hardly have been.

    Raises:
        OperatorError: The file can't be used, or this venue takes none.
    """
    source = market_source(config)
    named = {recorded: path for recorded, path in (given or {}).items() if path is not None}
    for recorded, file in named.items():
        if source is None or source.recorded is not recorded:
            raise OperatorError(
                f'{_OPTIONS[recorded]} {printable(str(file))}: a venue of kind "{config.venue.kind}" takes no'
                f" {recorded.value}; leave that option out."
            )
    if source is None:
        return None
    path = named.get(source.recorded)
    if path is not None:
        return _read(source.recorded, path, _OPTIONS[source.recorded], implausible_allowed=implausible_allowed)
    own = profile.parent / source.named_by(config)
    return _read(source.recorded, own, _KEYS[source.recorded], implausible_allowed=implausible_allowed)


def own_market_trouble(config: Config, profile: Path) -> Problem | None:
    """What keeps a session from running on the recording that its profile names; None if nothing does.

    Args:
        config: The profile's values.
        profile: Its file.
    """
    source = market_source(config)
    if source is None:
        return None
    named = source.named_by(config)
    try:
        _read(source.recorded, profile.parent / named, "")
    except OperatorError as error:
        fault = error.message.replace("\n", "; ").rstrip(".")
        mend = f"mend that file, or write the path of another {_KINDS[source.recorded]}, from this profile's folder on"
        return Problem(_KEYS[source.recorded], show_value(named), fault, mend)
    return None


def _read(
    recorded: Recorded, path: Path, told: str, *, implausible_allowed: bool = False
) -> Recording | LedgerRecording:
    """Read a file; ``told`` is the option or key that names it, for messages."""
    if recorded is Recorded.PRICES:
        return read_market(path, told, implausible_allowed=implausible_allowed)
    try:
        return read_ledger_recording(path)
    except FileRefusedError as error:
        raise OperatorError(f"{told} {error}".lstrip()) from None
