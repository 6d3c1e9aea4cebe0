"""The recorded prices behind a session: the profile's own, or the command line's. Not every venue has any."""

from __future__ import annotations

from pathlib import Path

from actors.venues.table import market_file
from neo.config import Config
from neo.market.recording import Recording
from neo.text.printable import printable
from tools.console.errors import OperatorError
from tools.settings.profiles import read_market


def own_market(config: Config, profile: Path) -> Path | None:
    """The file of prices that a profile names; None where its venue takes none.

    Args:
        config: The profile's values.
        profile: Its file.
    """
    named = market_file(config)
    return None if named is None else profile.parent / named


def session_market(
    config: Config, profile: Path, given: Path | None = None, *, implausible_allowed: bool = False
) -> Recording | None:
    """The prices that a session is run on; None where its venue takes none.

    Args:
        config: The profile's values.
        profile: Its file.
        given: The file that ``--market`` names, in place of the profile's.
        implausible_allowed: Whether the operator said that prices are to be taken that can hardly have been.

    Raises:
        OperatorError: The file can't be used, or this venue takes none.
    """
    own = own_market(config, profile)
    if own is None and given is not None:
        raise OperatorError(
            f'--market {printable(str(given))}: a venue of kind "{config.venue.kind}" takes no recorded prices;'
            " leave that option out."
        )
    if given is not None:
        return read_market(given, "--market", implausible_allowed=implausible_allowed)
    return None if own is None else read_market(own, implausible_allowed=implausible_allowed)
