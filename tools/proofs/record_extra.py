"""What the newer records tell beside a pair's accounts, books and pool: flags, all lines, tickets, objects, pools.

Source: ``account_lines``, ``account_objects`` and ``amm_info`` of the ledger server (AccountLines.cpp, AMMInfo.cpp).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from neo.ledger import directory, metadata, text, views
from neo.ledger.entries import (
    LINE_AUTH,
    LINE_DEEP_FREEZE,
    LINE_FREEZE,
    LINE_NO_RIPPLE,
    Account,
    Offer,
    OfferImage,
    TrustLine,
)
from neo.ledger.number import ZERO, negate
from neo.ledger.other_entries import OtherEntry, OtherImage
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_SLOT_S = 86_400
_INTERVALS = 20  # a slot's day is told in so many parts

# What a line tells by its flags: of this account's side, of the other's.
_LINE_FLAGS = (
    (LINE_NO_RIPPLE, "no_ripple", "no_ripple_peer"),
    (LINE_FREEZE, "freeze", "freeze_peer"),
    (LINE_DEEP_FREEZE, "deep_freeze", "deep_freeze_peer"),
    (LINE_AUTH, "authorized", "peer_authorized"),
)
_UNTOLD = frozenset({"no_ripple_peer"})  # not told of any line in the records
_NOT_OBJECTS = frozenset({"AMM", "Ticket"})


def observed_extra(state: State, setup: Mapping[str, Any]) -> dict[str, Any]:
    """The parts that are under ``extra`` in a state.

    Args:
        state: the embedded ledger's.
        setup: the scenario's, for its accounts and issuers by name.
    """
    domain = setup.get("domain")
    issuers = {name: setup[name]["address"] for name in ("issuer", "issuer2") if name in setup}
    accounts = {name: _account(state, address) for name, address in setup["accounts"].items()}
    if domain is not None:
        # In these records nobody was asked for objects whose owner count is 0; a credential's issuer may have some.
        for name, address in setup["accounts"].items():
            told = accounts[name]
            if told is not None and not state.accounts[address].owner_count:
                told.pop("objects", None)
    extra: dict[str, Any] = {
        "issuers": {name: _issuer(state, state.accounts[address]) for name, address in issuers.items()},
        "accounts": accounts,
        "pools": {"amm": None if state.amm is None else _pool(state, state.amm, (None, state.token))},
    }
    if "issuer2" in setup:
        extra |= _of_second_token(state, setup, extra["pools"])
    if domain is not None:
        extra["books"] = {**extra.get("books", {}), **_domain_books(state, domain)}
    return extra


def _of_second_token(state: State, setup: Mapping[str, Any], pools: Mapping[str, Any]) -> dict[str, Any]:
    """The books of the second token, and its pools if there were any when the scenario began."""
    first, second = state.token, state.know(setup["issuer2"]["currency"], setup["issuer2"]["address"])
    named = setup["before"]["extra"]["pools"]
    books, told = {}, dict(pools)
    for name, (gives, paid) in {"usd": (None, second), "cross": (first, second)}.items():
        books[f"{name}_asks"] = views.book_json(state, state.book(paid, gives))
        books[f"{name}_bids"] = views.book_json(state, state.book(gives, paid))
        if f"amm_{name}" in named:
            amm = state.pool_between(gives, paid)
            told[f"amm_{name}"] = None if amm is None else _pool(state, amm, (gives, paid))
    return {"books": books, "pools": told}


def _issuer(state: State, account: Account) -> dict[str, Any]:
    told = {
        "xrp_drops": str(account.drops),
        "sequence": account.sequence,
        "owner_count": account.owner_count,
        "flags": account.flags,
    }
    return told | _objects(state, account)


def _account(state: State, address: str) -> dict[str, Any] | None:
    account = state.accounts.get(address)
    if account is None or not account.alive:
        return None
    lines = [entry for entry in directory.contents(account.owned) if isinstance(entry, TrustLine)]
    told: dict[str, Any] = {
        "flags": account.flags,
        "lines": sorted((_line(account, line) for line in lines), key=_by_peer),
    }
    tickets = [entry for entry in _others(account) if entry.kind == "Ticket"]
    if tickets:
        told["ticket_count"] = account.other.get("TicketCount", 0)
        told["tickets"] = sorted(entry.fields["TicketSequence"] for entry in tickets)
    return told | _objects(state, account)


def _others(account: Account) -> list[OtherEntry]:
    return [entry for entry in directory.contents(account.owned) if isinstance(entry, OtherEntry)]


def _objects(state: State, account: Account) -> dict[str, Any]:
    """What it owns or is in. Pages of NFTs stand in no directory: their keys begin with their owner's id."""
    pages = [entry for entry in state.others.values() if entry.kind == "NFTokenPage" and entry.key[:20] == account.id]
    objects = [_object(entry) for entry in (*_others(account), *pages) if entry.kind not in _NOT_OBJECTS]
    objects += [_offer(offer) for offer in account.offers.values() if offer.home.domain]
    return {"objects": sorted(objects, key=_by_index)} if objects else {}


def in_order(extra: Any) -> Any:
    """A recorded ``extra`` with each account's objects in the order of their keys: a server lists them by pages."""
    if not isinstance(extra, Mapping):
        return extra
    return {
        name: sorted(value, key=_by_index) if name == "objects" and isinstance(value, list) else in_order(value)
        for name, value in extra.items()
    }


def _by_index(told: Mapping[str, Any]) -> str:
    return str(told["index"])


def _by_peer(told: Mapping[str, Any]) -> tuple[str, str]:
    return told["account"], told["currency"]


def _object(entry: OtherEntry) -> dict[str, Any]:
    told = {**OtherImage(entry).shown(), "LedgerEntryType": entry.kind, "index": entry.key.hex().upper()}
    return {"Flags": 0, **told}


def _offer(offer: Offer) -> dict[str, Any]:
    """An offer of a domain as ``account_objects`` tells it."""
    return {**metadata.offer_fields(OfferImage(offer)), "LedgerEntryType": "Offer", "index": offer.key.hex().upper()}


def _domain_books(state: State, domain: str) -> dict[str, Any]:
    """A domain's books as ``book_offers`` tells them."""
    sides = {"domain_asks": (state.token, None), "domain_bids": (None, state.token)}
    return {name: views.book_json(state, state.book(pays, gets, domain)) for name, (pays, gets) in sides.items()}


def _line(account: Account, line: TrustLine) -> dict[str, Any]:
    """A trust line from one of its sides."""
    by_holder = account is line.holder
    side = line.holder_is_high if by_holder else 1 - line.holder_is_high
    balance = line.balance if by_holder or not line.balance[0] else negate(line.balance)
    limits = (line.limit, line.issuer_limit) if by_holder else (line.issuer_limit, line.limit)
    told: dict[str, Any] = {
        "account": (line.issuer if by_holder else line.holder).address,
        "currency": line.currency,
        "balance": text.format_token(balance),
        "limit": text.format_token(limits[0]),
        "limit_peer": text.format_token(limits[1]),
    }
    for flag, own, peer in _LINE_FLAGS:
        for name, bit in ((own, flag[side]), (peer, flag[1 - side])):
            if line.flags & bit and name not in _UNTOLD:
                told[name] = True
    return told


def _pool(state: State, amm: Amm, sides: tuple[TokenKind | None, TokenKind]) -> dict[str, Any]:
    """A pool as ``amm_info`` tells it for its sides in this order, with its root and its lines."""
    account = amm.account
    lines = [line for token in sides if token is not None and (line := account.line_for(token)) is not None]
    told: dict[str, Any] = {
        "account": account.address,
        "amount": _held(account, sides[0]),
        "amount2": _held(account, sides[1]),
        "asset2_frozen": state.is_frozen(account, sides[1]),
        "lp_token": _shares(amm, amm.lp_balance),
        "trading_fee": amm.trading_fee,
        "root": {
            "xrp_drops": str(account.drops),
            "sequence": account.sequence,
            "owner_count": account.owner_count,
            "flags": account.flags,
        },
        "lines": sorted((_line(account, line) for line in lines), key=_by_peer),
    }
    if sides[0] is not None:
        told["asset_frozen"] = state.is_frozen(account, sides[0])
    if amm.slot_account is not None:
        told["auction_slot"] = _slot(state, amm)
    if amm.votes:
        told["vote_slots"] = [
            {"account": vote.account, "trading_fee": vote.fee, "vote_weight": vote.weight} for vote in amm.votes
        ]
    return told


def _held(account: Account, token: TokenKind | None) -> Any:
    line = None if token is None else account.line_for(token)
    return str(account.drops) if token is None else views.amount_json(token, ZERO if line is None else line.balance)


def _slot(state: State, amm: Amm) -> dict[str, Any]:
    start_s = amm.slot_expiration_s - _SLOT_S
    passed_s = state.parent_close_time_s - start_s
    is_running = amm.slot_expiration_s >= _SLOT_S and 0 <= passed_s < _SLOT_S
    told: dict[str, Any] = {
        "account": amm.slot_account,
        "discounted_fee": amm.discounted_fee(),
        "expiration": (_EPOCH + timedelta(seconds=amm.slot_expiration_s)).strftime("%Y-%m-%dT%H:%M:%S+0000"),
        "price": _shares(amm, amm.slot_price),
        "time_interval": passed_s * _INTERVALS // _SLOT_S if is_running else _INTERVALS,
    }
    if amm.slot_users:
        told["auth_accounts"] = [{"account": user} for user in amm.slot_users]
    return told


def _shares(amm: Amm, value: Any) -> dict[str, str]:
    return {"currency": amm.lp_currency, "issuer": amm.account.address, "value": text.format_token(value)}
