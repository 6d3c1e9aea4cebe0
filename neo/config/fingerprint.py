"""The hash of what a configuration makes the engine do."""

from __future__ import annotations

import hashlib
from decimal import Decimal

from neo.config.parse import dotted_values
from neo.config.schema import Config

# Not part of the hash. Speed and the log don't change a session's course; seed and market are told beside the hash
# in the journal, by value and by content; and a longer session of one configuration begins like a shorter one.
_LEFT_OUT = {"session.duration_seconds", "venue.seed", "venue.speed", "venue.market_file"}
_LEFT_OUT_SECTION = "log."


def config_sha256(config: Config) -> str:
    """SHA-256, in hexadecimal, of the values that decide a session's course.

    ``5``, ``5.0`` and ``5.00`` are one value, and so are two files that order their keys differently.
    """
    lines = [f"{key} = {_canonical(value)}" for key, value in dotted_values(config).items() if not _left_out(key)]
    return hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()


def _left_out(key: str) -> bool:
    return key in _LEFT_OUT or key.startswith(_LEFT_OUT_SECTION)


def _canonical(value: object) -> str:
    if isinstance(value, Decimal):
        text = format(value, "f")
        return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"
    return str(value)
