"""The types of transactions that the embedded ledger executes, one line each: the module that checks and applies it.

To add one: a module beside this with the three functions of ``Handler``, and its line here. A type
whose amendment is not in force is ``temDISABLED`` (``NEEDS``); what else hangs on the rules it asks ``state.rules``.
"""

from __future__ import annotations

from typing import Protocol

from neo.ledger.state import State
from neo.ledger.transactions import (
    account_set,
    amm_bid,
    amm_clawback,
    amm_create,
    amm_delete,
    amm_deposit,
    amm_vote,
    amm_withdraw,
    clawback,
    offer_cancel,
    offer_create,
    payment,
    ticket_create,
    trust_set,
)
from neo.ledger.transactions.common import Effect, Transaction


class Handler(Protocol):
    """A kind of transaction: three questions, in this order."""

    def preflight(self, tx: Transaction, /) -> str:
        """``tesSUCCESS``, or why it is refused without a look at the ledger."""
        ...

    def preclaim(self, state: State, tx: Transaction, /) -> str:
        """``tesSUCCESS``, or why it is refused with a look at the ledger as it is."""
        ...

    def apply(self, state: State, tx: Transaction, /) -> Effect:
        """Change the ledger; the fee has been taken."""
        ...


HANDLERS: dict[str, Handler] = {
    "AMMBid": amm_bid,
    "AMMClawback": amm_clawback,
    "AMMCreate": amm_create,
    "AMMDelete": amm_delete,
    "AMMDeposit": amm_deposit,
    "AMMVote": amm_vote,
    "AMMWithdraw": amm_withdraw,
    "AccountSet": account_set,
    "Clawback": clawback,
    "OfferCancel": offer_cancel,
    "OfferCreate": offer_create,
    "Payment": payment,
    "TicketCreate": ticket_create,
    "TrustSet": trust_set,
}

NEEDS = {
    "AMMBid": "amm",
    "AMMClawback": "amm_clawback",
    "AMMCreate": "amm",
    "AMMDelete": "amm",
    "AMMDeposit": "amm",
    "AMMVote": "amm",
    "AMMWithdraw": "amm",
    "Clawback": "clawback",
    "TicketCreate": "tickets",
}
"""The choice of the rules without which there is no such type."""

OWNER_RESERVE_FEE = frozenset({"AMMCreate", "AccountDelete"})
"""The types whose least fee is the reserve of one entry (``calculateOwnerReserveFee``)."""
