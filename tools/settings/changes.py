"""Which keys of a session's config differ from the shipped profile that it began as."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from neo.config import Config, dotted_values
from neo.config.schema import TELLING_SECTIONS
from tools.settings.profiles import PROFILES_FOLDER, read_profile
from tools.settings.shipped import SHIPPED

# Told by columns of their own (the seed, the market), or without effect on what comes out (speed, servers, log, who is
# told); an endpoint may have a password or a token in it, too.
_LEFT_OUT = {
    "venue.seed",
    "venue.speed",
    "venue.market_file",
    "venue.recording_file",
    "venue.endpoints",
    "venue.seed_file",
}
_LEFT_OUT_SECTIONS = {"log", *TELLING_SECTIONS}


def changes_from_shipped(config: Config, profile: Path) -> dict[str, tuple[str | None, str | None]]:
    """The keys whose values differ: the shipped one and this one.

    Args:
        config: The session's, options of the command line included.
        profile: The file it was read from; a shipped one is compared with itself, any other with the shipped one of
            its kind of venue, as profiles of two kinds have other keys.
    """
    base = PROFILES_FOLDER / f"{SHIPPED.get(config.venue.kind, SHIPPED['sim'])}.toml"
    base = profile if profile.parent == PROFILES_FOLDER else base
    shipped, own = dotted_values(read_profile(base)), dotted_values(config)
    return {
        key: (_text(shipped.get(key)), _text(own.get(key)))
        for key in {**shipped, **own}
        if not _left_out(key) and _text(shipped.get(key)) != _text(own.get(key))
    }


def _left_out(key: str) -> bool:
    return key in _LEFT_OUT or key.partition(".")[0] in _LEFT_OUT_SECTIONS


def _text(value: object) -> str | None:
    if isinstance(value, Decimal):
        # 5 and 5.0 are one value.
        return format(value.normalize(), "f")
    return None if value is None else str(value)
