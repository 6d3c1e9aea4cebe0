"""The hash of what a configuration makes the engine do."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from neo.chain.money import plain
from neo.config.parse import dotted_values
from neo.config.retired import first_name
from neo.config.schema import TELLING_SECTIONS, Config

# Not part of the hash. Speed and the log don't change a session's course; seed and market are told beside the hash
# in the journal, by value and by content; and a longer session of one configuration begins like a shorter one.
# Through which servers, where the key is, and to whom it is shown and told changes nothing either.
_LEFT_OUT = {
    "session.duration_seconds",
    "venue.seed",
    "venue.speed",
    "venue.market_file",
    "venue.recording_file",
    "venue.endpoints",
    "venue.seed_file",
}
_LEFT_OUT_SECTIONS = {"log", *TELLING_SECTIONS}


def config_sha256(config: Config) -> str:
    """SHA-256, in hexadecimal, of the values that decide a session's course.

    ``5``, ``5.0`` and ``5.00`` are one value, and so are ``0`` and ``-0.0``; the order of keys makes no difference. A
    key counts by the first name that it had: to call it otherwise changes nothing that a session does.
    """
    values = dotted_values(config).items()
    lines = [f"{first_name(key)} = {_canonical(value)}" for key, value in values if not _left_out(key)]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _left_out(key: str) -> bool:
    return key in _LEFT_OUT or key.partition(".")[0] in _LEFT_OUT_SECTIONS


def _canonical(value: object) -> str:
    return f"{plain(value):f}" if isinstance(value, Decimal) else str(value)
