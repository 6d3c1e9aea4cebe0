"""The shipped profile of each kind of venue, and the way to name a venue instead of a profile."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import click

from neo.config import Config
from neo.config.schema import VENUE_KINDS
from tools.console.options import NameOf, quoted

SHIPPED: Final[Mapping[str, str]] = {
    "sim": "paper",
    "replay": "replay",
    "paper": "paper-network",
    "live": "live-stage1",
}
"""By the kind of venue: the profile that a session runs with, and that an own one is compared with."""

config_option = click.option(
    "--config", help="A shipped profile's name, or the path of one [default: paper, or the one of --venue]."
)
venue_option = click.option(
    "--venue", type=NameOf(tuple(VENUE_KINDS)), help="Where to trade: the shipped profile of this kind is used."
)


def profile_name(config: str | None, venue: str | None) -> str:
    """The profile that a command line names.

    Args:
        config: What ``--config`` says.
        venue: What ``--venue`` says, a kind of venue.
    """
    return config or SHIPPED[venue or "sim"]


def require_venue(config: Config, name: str, venue: str | None) -> None:
    """Refuse a profile whose venue is of another kind than the one that was named beside it.

    Args:
        config: The profile's values.
        name: The profile, as the operator named it.
        venue: What ``--venue`` says.

    Raises:
        click.UsageError: They contradict each other.
    """
    if venue is not None and venue != config.venue.kind:
        raise click.UsageError(
            f'--venue {venue}: the venue of {quoted(name)} is of kind "{config.venue.kind}"; leave one of the two out.'
        )
