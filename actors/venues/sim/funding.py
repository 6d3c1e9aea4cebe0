"""The account on the simulated ledger that an operator's deposits come from and withdrawals go to."""

from __future__ import annotations

from collections.abc import Callable

from neo.chain.pair import Pair
from neo.chain.shapes import Envelope, Sign, payment
from neo.desk.capital_moves import SignedPayment
from neo.messages import MoveCapital
from neo.sim.accounts import FUNDING


class SimFunding:
    """The funding account; an implementation of :class:`neo.desk.capital_moves.Funding`.

    Args:
        sequence_of: An account's next sequence on the last closed ledger.
        sign: The simulation's, which knows no keys.
    """

    address = FUNDING

    def __init__(self, sequence_of: Callable[[str], int], sign: Sign) -> None:
        self._sequence_of = sequence_of
        self._sign = sign
        self._next = 0

    def deposit(self, pair: Pair, move: MoveCapital, *, fee_drops: int, last_ledger_sequence: int) -> SignedPayment:
        """Sign a payment to our account, past those of this account that are under way."""
        sequence = max(self._next, self._sequence_of(self.address))
        self._next = sequence + 1
        place = Envelope(self.address, fee_drops, sequence, last_ledger_sequence)
        form = payment(place, pair, pair.account, move.xrp_drops, move.rlusd)
        return SignedPayment(self._sign(form), sequence, last_ledger_sequence)
