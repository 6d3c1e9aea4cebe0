"""The account on the simulated ledger that an operator's deposits come from and withdrawals go to."""

from __future__ import annotations

from collections.abc import Callable, Collection

from neo.chain.pair import Pair
from neo.chain.shapes import Envelope, Sign, payment
from neo.desk.capital_moves import SignedPayment
from neo.messages import CapitalOrdered, MoveCapital
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

    def deposit(
        self,
        pair: Pair,
        move: MoveCapital,
        under_way: Collection[CapitalOrdered],
        *,
        fee_drops: int,
        last_ledger_sequence: int,
    ) -> SignedPayment:
        """Sign a payment to our account. One that never applied leaves its place to the next one."""
        taken = {ordered.sequence for ordered in under_way if not ordered.own}
        sequence = self._sequence_of(self.address)
        while sequence in taken:
            sequence += 1
        place = Envelope(self.address, fee_drops, sequence, last_ledger_sequence)
        form = payment(place, pair, pair.account, move.xrp_drops, move.rlusd)
        return SignedPayment(self._sign(form), sequence, last_ledger_sequence)
