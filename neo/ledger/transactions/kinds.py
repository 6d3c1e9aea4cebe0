"""The types of transactions that the embedded ledger executes, one line each: the module that checks and applies it.

To add one: a module beside this with the three functions of ``Handler``, and its line here. A type
whose amendment is not in force is ``temDISABLED`` (``NEEDS``); what else hangs on the rules it asks ``state.rules``.
"""

from __future__ import annotations

from typing import Protocol

from neo.ledger.amendments import Rules
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
    credential_accept,
    credential_create,
    credential_delete,
    deposit_preauth,
    escrow_cancel,
    escrow_create,
    escrow_finish,
    nftoken_mint,
    offer_cancel,
    offer_create,
    payment,
    permissioned_domain_delete,
    permissioned_domain_set,
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
    "CredentialAccept": credential_accept,
    "CredentialCreate": credential_create,
    "CredentialDelete": credential_delete,
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
    "PermissionedDomainDelete": permissioned_domain_delete,
    "PermissionedDomainSet": permissioned_domain_set,
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
    "CredentialAccept": "credentials",
    "CredentialCreate": "credentials",
    "CredentialDelete": "credentials",
    "PermissionedDomainDelete": "domains",
    "PermissionedDomainSet": "domains",
    "TicketCreate": "tickets",
}
"""The choice of the rules without which there is no such type."""

_OF_CREDENTIALS = frozenset({"CredentialIDs", "AuthorizeCredentials", "UnauthorizeCredentials"})

OWNER_RESERVE_FEE = frozenset({"AMMCreate", "AccountDelete"})
"""The types whose least fee is the reserve of one entry (``calculateOwnerReserveFee``)."""


WITHOUT_FLAGS = frozenset({"CredentialAccept", "CredentialCreate", "CredentialDelete", "SignerListSet"})
"""The types that took any flag before fixInvalidTxFlags, though none means anything to them (``getFlagsMask``)."""


def is_enabled(rules: Rules, tx: Transaction) -> bool:
    """Whether the rules know a transaction: its type, and what it asks for besides (``checkExtraFeatures``)."""
    needs = NEEDS.get(tx.kind)
    if needs is not None and not getattr(rules, needs):
        return False
    if not rules.credentials and (tx.kind == "PermissionedDomainSet" or not _OF_CREDENTIALS.isdisjoint(tx.fields)):
        return False
    return rules.domain_books or "DomainID" not in tx.fields or tx.kind not in ("OfferCreate", "Payment")
