"""The types of transactions that the embedded ledger executes, one line each: the module that checks and applies it.

To add one: a module beside this with the three functions of ``Handler``, and its line here. A type
whose amendment is not in force is ``temDISABLED`` (``NEEDS``); what else hangs on the rules it asks ``state.rules``.
"""

from __future__ import annotations

from typing import Protocol

from neo.ledger.state import State
from neo.ledger.transactions import (
    account_delete,
    account_set,
    amm_bid,
    amm_clawback,
    amm_create,
    amm_delete,
    amm_deposit,
    amm_vote,
    amm_withdraw,
    channel_claim,
    channel_create,
    channel_fund,
    check_cancel,
    check_cash,
    check_create,
    clawback,
    deposit_preauth,
    escrow_cancel,
    escrow_create,
    escrow_finish,
    nftoken_mint,
    offer_cancel,
    offer_create,
    payment,
    signer_list_set,
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
    "AccountDelete": account_delete,
    "AccountSet": account_set,
    "CheckCancel": check_cancel,
    "CheckCash": check_cash,
    "CheckCreate": check_create,
    "Clawback": clawback,
    "DepositPreauth": deposit_preauth,
    "EscrowCancel": escrow_cancel,
    "EscrowCreate": escrow_create,
    "EscrowFinish": escrow_finish,
    "NFTokenMint": nftoken_mint,
    "OfferCancel": offer_cancel,
    "OfferCreate": offer_create,
    "Payment": payment,
    "PaymentChannelClaim": channel_claim,
    "PaymentChannelCreate": channel_create,
    "PaymentChannelFund": channel_fund,
    "SignerListSet": signer_list_set,
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
    "CheckCancel": "checks",
    "CheckCash": "checks",
    "CheckCreate": "checks",
    "Clawback": "clawback",
    "TicketCreate": "tickets",
}
"""The choice of the rules without which there is no such type."""

OWNER_RESERVE_FEE = frozenset({"AMMCreate", "AccountDelete"})
"""The types whose least fee is the reserve of one entry (``calculateOwnerReserveFee``)."""
