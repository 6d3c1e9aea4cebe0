"""Bringing into a ledger what was told of one entry: a root, a line, an offer, a pool, or another kind.

Owner counts are left as they are: an account's root tells its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from neo.ledger import others, raw_entries, text
from neo.ledger.amount import Amount
from neo.ledger.entries import Account, Directory, Offer, TrustLine
from neo.ledger.state import State
from neo.ledger.token_kind import TokenKind
from neo.replay.nodes import LINE, OFFER, POOL, ROOT

Fields = Mapping[str, Any]

# What an entry is told without has its default value.
_ROOT_DEFAULTS = {"Balance": "0", "Flags": 0, "OwnerCount": 0, "Sequence": 0}
_LINE_DEFAULTS = {"Flags": 0}


def can_place(state: State, kind: str, fields: Fields) -> bool:
    """Whether the ledger can have such an entry: one of assets that it does not know is no concern of its."""
    if kind == LINE:
        return is_known_line(state, fields)
    if kind == OFFER:
        return all(_is_known(state, fields[name]) for name in ("TakerPays", "TakerGets"))
    if kind == POOL:
        return raw_entries.is_known_pool(state, fields) and fields["Account"] in state.accounts
    return True


def is_known_line(state: State, fields: Fields) -> bool:
    """Whether a line is of a token that the ledger knows, or of a pool's shares that it knows."""
    currency = fields["Balance"]["currency"]
    ends = [fields[name]["issuer"] for name in ("LowLimit", "HighLimit")]
    if any(token.currency == currency and token.issuer in ends for token in state.tokens.values()):
        return True
    pools = [*state.pools.values(), *(() if state.amm is None else (state.amm,))]
    return any(pool.lp_currency == currency and pool.account.address in ends for pool in pools)


def place(state: State, kind: str, key: bytes, fields: Fields) -> None:
    """Bring an entry in that the ledger does not have, and can have.

    Raises:
        KeyError: A field is missing.
        ValueError: A field can't be read.
    """
    counts = owner_counts(state)
    if kind == ROOT:
        raw_entries.set_root(_account(state, fields["Account"]), {**_ROOT_DEFAULTS, **fields})
        return
    if kind == LINE:
        _place_line(state, key, fields)
    elif kind == OFFER:
        _place_offer(state, key, fields)
    elif kind == POOL:
        raw_entries.open_pool(state, {"index": key.hex().upper(), **fields})
    else:
        owners = raw_entries.owners_of_new(state, kind, fields)
        pages = [page for _, page in owners]
        others.create(state, kind, key, raw_entries.own_fields(fields, pages), owners)
    restore_owner_counts(state, counts)


def owner_counts(state: State) -> dict[Account, int]:
    """How many entries each account owns."""
    return {account: account.owner_count for account in state.accounts.values()}


def restore_owner_counts(state: State, counts: Mapping[Account, int]) -> None:
    """Put owner counts back; an account that has come since owns nothing that is told."""
    for account in state.accounts.values():
        account.owner_count = counts.get(account, account.owner_count)


def amount_of(told: Any) -> Amount:
    """Drops or tokens of the ledger's JSON."""
    return int(told) if isinstance(told, str) else text.parse_token(told["value"])


def _account(state: State, address: str) -> Account:
    return state.accounts.get(address) or state.create_account(address, sequence=0)


def _place_line(state: State, key: bytes, fields: Fields) -> None:
    line: TrustLine = raw_entries.new_line(state, {"index": key.hex().upper(), **_LINE_DEFAULTS, **fields})
    line.alive = False
    state.attach_line(line)


def _place_offer(state: State, key: bytes, fields: Fields) -> None:
    pays, gets = (_token(state, fields[name]) for name in ("TakerPays", "TakerGets"))
    directory = fields["BookDirectory"]
    book = state.book(pays, gets, fields.get("DomainID", ""))
    rate = int(directory[-16:], 16)
    offer = Offer(
        key,
        _account(state, fields["Account"]),
        fields.get("Sequence", 0),
        amount_of(fields["TakerPays"]),
        amount_of(fields["TakerGets"]),
        rate,
        fields.get("Flags", 0),
        fields.get("Expiration"),
        book.home_of(state.journal, rate),
        alive=False,
    )
    offer.open_home = _open_home(state, pays, gets, fields)
    state.place_offer(offer)


def _open_home(state: State, pays: TokenKind | None, gets: TokenKind | None, fields: Fields) -> Directory[Offer] | None:
    """The place in the open book of an offer that stands in a domain's too."""
    further = fields.get("AdditionalBooks", ())
    if not further:
        return None
    rate = int(further[0]["Book"]["BookDirectory"][-16:], 16)
    return state.book(pays, gets).home_of(state.journal, rate)


def _is_known(state: State, told: Any) -> bool:
    return isinstance(told, str) or _kind(told) in _kinds(state)


def _token(state: State, told: Any) -> TokenKind | None:
    return None if isinstance(told, str) else _kinds(state)[_kind(told)]


def _kind(told: Fields) -> tuple[str, str]:
    return told.get("currency", ""), told.get("issuer", "")


def _kinds(state: State) -> dict[tuple[str, str], TokenKind]:
    return {(token.currency, token.issuer): token for token in state.tokens.values()}
