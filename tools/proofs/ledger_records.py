"""What is seen of a ledger in the form of a record, to be compared with one after every step."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import islice
from typing import Any

from neo.ledger import Ledger, directory, text, views
from neo.ledger.entries import Account, Offer
from neo.ledger.number import ZERO
from neo.ledger.state import State

_PAGE_ENTRIES = 200


def observed(ledger: Ledger, accounts: Mapping[str, str]) -> dict[str, Any]:
    """The ledger as a record tells it, to be compared with one: accounts, both books and the pool.

    Args:
        ledger: the embedded one.
        accounts: name to address, as in the scenario's setup.
    """
    state = ledger.state
    return {
        "accounts": {name: _observed_account(state.accounts.get(address)) for name, address in accounts.items()},
        "books": {
            "asks": views.book_json(state, state.asks),
            "bids": views.book_json(state, state.bids),
        },
        "amm": _observed_amm(state),
    }


def _observed_account(account: Account | None) -> dict[str, Any] | None:
    if account is None or not account.alive:
        return None
    line = account.line
    return {
        "xrp_drops": str(account.drops),
        "sequence": account.sequence,
        "owner_count": account.owner_count,
        "token_balance": None if line is None else text.format_token(line.balance),
        "offers": [row for row in views.offers_json(account) if row["seq"] in _listed_offers(account)],
    }


def _listed_offers(account: Account) -> set[int]:
    """The offers that a server's first page tells: those among so many of the first things that the account owns.

    Source: AccountOffers.cpp and Tuning.h (``accountOffers``) of the ledger server.
    """
    first = islice(directory.contents(account.owned), _PAGE_ENTRIES)
    return {entry.sequence for entry in first if isinstance(entry, Offer)}


def _observed_amm(state: State) -> dict[str, Any] | None:
    amm = state.amm
    if amm is None:
        return None
    line = amm.account.line
    return {
        "account": amm.account.address,
        "amount": str(amm.account.drops),
        "amount2": views.amount_json(state.token, ZERO if line is None else line.balance),
        "lp_token": {
            "currency": amm.lp_currency,
            "issuer": amm.account.address,
            "value": text.format_token(amm.lp_balance),
        },
        "trading_fee": amm.trading_fee,
    }
