"""The account on the simulated ledger that an operator's deposits come from and withdrawals go to."""

from __future__ import annotations

from collections.abc import Callable

from neo.sim.accounts import FUNDING


class SimFunding:
    """The funding account; an implementation of :class:`neo.desk.capital_moves.Funding`.

    Args:
        sequence_of: An account's next sequence on the last closed ledger.
    """

    address = FUNDING

    def __init__(self, sequence_of: Callable[[str], int]) -> None:
        self._sequence_of = sequence_of
        self._next = 0

    def next_sequence(self) -> int:
        """The sequence of its next payment, past those that are under way."""
        sequence = max(self._next, self._sequence_of(self.address))
        self._next = sequence + 1
        return sequence
