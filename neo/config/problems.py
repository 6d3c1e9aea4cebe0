"""What is wrong with a profile, and how to mend it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Problem(msgspec.Struct, frozen=True):
    """One thing wrong with one key.

    Args:
        key: The dotted name, such as ``risk.max_xrp_exposure``, or a section's.
        value: The value as the file has it, or None where there is none.
        fault: What is wrong with it.
        mend: What to write instead.
    """

    key: str
    value: str | None
    fault: str
    mend: str

    def line(self, source: str) -> str:
        """The problem in one line, with the file it is in."""
        subject = self.key if self.value is None else f"{self.key} = {self.value}"
        return f"{source}: {subject}: {self.fault}; {self.mend}"


class ConfigError(Exception):
    """A profile that can't be used. The operator's to mend.

    Args:
        source: The file's name as the operator knows it.
        problems: All that is wrong with it, in the schema's order.
    """

    def __init__(self, source: str, problems: Sequence[Problem]) -> None:
        self.source = source
        self.problems = tuple(problems)
        super().__init__("\n".join(problem.line(source) for problem in self.problems))
