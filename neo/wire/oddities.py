"""What a server sends that is not known here, or not right: counted by its kind, and told once for each."""

from __future__ import annotations

from collections import Counter
from typing import Final

from neo.text.printable import printable

_KINDS_MAX: Final = 100
_KIND_CHARS_MAX: Final = 80
_FURTHER: Final = "further kinds"


class Oddities:
    """Counts by kind. Kinds are a server's own words, so they are cut short, and only so many are told apart."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()

    def note(self, kind: str) -> str | None:
        """Count one; returns the kind as it may be shown if it is the first of it, else None."""
        name = printable(kind[:_KIND_CHARS_MAX])
        if name not in self.counts and len(self.counts) >= _KINDS_MAX:
            name = _FURTHER
        self.counts[name] += 1
        return name if self.counts[name] == 1 else None
