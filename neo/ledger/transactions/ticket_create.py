"""TicketCreate: set sequence numbers aside, for transactions that may then come in any order.

Source: CreateTicket.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger import keys, others
from neo.ledger.json_forms import JsonObject
from neo.ledger.state import State
from neo.ledger.transactions.common import (
    SUCCESS,
    UNIVERSAL_FLAGS,
    Effect,
    Transaction,
    set_tickets,
    tickets_of,
)

COUNT_MAX = 250  # how many one transaction makes, and how many an account may have


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    return SUCCESS if 1 <= tx.counts["TicketCount"] <= COUNT_MAX else "temINVALID_COUNT"


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    held = tickets_of(state.accounts[tx.account])
    used = 1 if tx.on_ticket else 0
    return "tecDIR_FULL" if held + tx.counts["TicketCount"] - used > COUNT_MAX else SUCCESS


def apply(state: State, tx: Transaction) -> Effect:
    """Make the tickets, numbered on from the account's next sequence number."""
    account = state.accounts[tx.account]
    count = tx.counts["TicketCount"]
    if tx.prior_drops < state.fees.reserve_drops(account.owner_count + count):
        return Effect("tecINSUFFICIENT_RESERVE")
    first = account.sequence
    for number in range(first, first + count):
        fields: JsonObject = {"Account": account.address, "Flags": 0, "TicketSequence": number}
        others.create(state, "Ticket", keys.ticket_key(account.id, number), fields, ((account, "OwnerNode"),))
    set_tickets(state, account, tickets_of(account) + count)
    state.adjust_owner_count(account, count)
    account.sequence = first + count
    return Effect(SUCCESS)
