"""An account's non-fungible tokens: pages of up to 32, each of which counts towards its owner's reserve.

A page stands in no directory. Its key is its owner's id and 12 bytes above those that end its tokens' ids; a token
belongs on the first page whose key is above its own last 12 bytes.

Source: NFTokenUtils.cpp (``getPageForToken``, ``compareTokens``, ``insertToken``) and nft.h of the ledger server.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from neo.ledger import others
from neo.ledger.entries import Account
from neo.ledger.json_forms import Json, JsonObject
from neo.ledger.other_entries import OtherEntry
from neo.ledger.state import State

KIND = "NFTokenPage"
PAGE_TOKENS_MAX = 32
_OWNER_BYTES = 20
_LOW_BYTES = 12
_LAST = b"\xff" * _LOW_BYTES
_MULTIPLIER, _INCREMENT = 384_160_001, 2_459  # how taxons are spread, so that tokens of one do not fill one page


def token_id(flags: int, fee: int, issuer: bytes, taxon: int, serial: int) -> bytes:
    """The 32 bytes that name a token.

    Args:
        flags, fee: 16 bits each; the fee for passing it on is in 1/100000.
        issuer: the 20 bytes behind the address.
        taxon: what the issuer files it under.
        serial: its number among the issuer's.
    """
    spread = taxon ^ (_MULTIPLIER * serial + _INCREMENT) % 2**32
    parts = (flags.to_bytes(2, "big"), fee.to_bytes(2, "big"), issuer, spread.to_bytes(4, "big"))
    return b"".join(parts) + serial.to_bytes(4, "big")


def pages_of(state: State, owner: Account) -> list[OtherEntry]:
    """An account's pages, in the order of their keys."""
    mine = (entry for entry in state.others.values() if entry.kind == KIND and entry.key[:_OWNER_BYTES] == owner.id)
    return sorted(mine, key=_by_key)


def add(state: State, owner: Account, identifier: bytes, fields: JsonObject) -> bool:
    """Put a token on its page, on a new one if need be; False if it can have no place.

    Args:
        fields: what the token says beside its id.
    """
    page = _page_for(state, owner, identifier)
    if page is None:
        return False
    token: Json = {"NFToken": {"NFTokenID": identifier.hex().upper(), **fields}}
    others.change(state, page, {**page.fields, "NFTokens": sorted([*_tokens(page), token], key=_by_place)})
    return True


def _by_key(entry: OtherEntry) -> bytes:
    return entry.key


def _tokens(page: OtherEntry) -> Sequence[Json]:
    tokens = page.fields["NFTokens"]
    assert isinstance(tokens, Sequence), "a page has a list of tokens"
    return tokens


def _id_of(token: Json) -> bytes:
    assert isinstance(token, Mapping), "a token of a page is an object"
    inner = token["NFToken"]
    assert isinstance(inner, Mapping), "which has one"
    identifier = inner["NFTokenID"]
    assert isinstance(identifier, str), "with its id"
    return bytes.fromhex(identifier)


def _low(token: Json) -> bytes:
    """The part of a token's id that settles its page."""
    return _id_of(token)[-_LOW_BYTES:]


def _by_place(token: Json) -> tuple[bytes, bytes]:
    return _low(token), _id_of(token)


def _page_for(state: State, owner: Account, identifier: bytes) -> OtherEntry | None:
    """The page on which a token belongs, with room for it."""
    pages = pages_of(state, owner)
    low = identifier[-_LOW_BYTES:]
    page = next((each for each in pages if each.key > owner.id + low), None)
    if page is None:
        state.adjust_owner_count(owner, 1)
        return others.create(state, KIND, owner.id + _LAST, {"Flags": 0, "NFTokens": []})
    if len(_tokens(page)) < PAGE_TOKENS_MAX:
        return page
    place = _split_at(_tokens(page), low)
    if place is None:
        return None
    before = next((each for each in pages if each.key == _link(page, "PreviousPageMin")), None)
    made = _split(state, owner, page, before, place)
    return made if owner.id + low < made.key else page


def _split_at(tokens: Sequence[Json], low: bytes) -> int | None:
    """Where a full page is parted: about its middle, but never among tokens that must stay together."""
    middle = PAGE_TOKENS_MAX // 2
    common = _low(tokens[middle - 1])
    after = (place for place in range(middle, len(tokens)) if _low(tokens[place]) != common)
    place = next(after, None)
    if place is None:
        place = next(place for place, token in enumerate(tokens) if _low(token) == common)
    if place == 0:
        if low == common:
            return None
        return PAGE_TOKENS_MAX if low > common else 0
    return place


def _split(state: State, owner: Account, page: OtherEntry, before: OtherEntry | None, place: int) -> OtherEntry:
    """Put the first tokens of a page on a new one ahead of it."""
    tokens = _tokens(page)
    first, rest = tokens[:place], tokens[place:]
    if rest:
        low = _low(rest[0])
    else:
        following = int.from_bytes(_id_of(first[-1]), "big") + 1
        low = following.to_bytes(_OWNER_BYTES + _LOW_BYTES, "big")[-_LOW_BYTES:]
    fields: JsonObject = {"Flags": 0, "NFTokens": list(first), "NextPageMin": page.key.hex().upper()}
    if before is not None:
        fields["PreviousPageMin"] = before.key.hex().upper()
    made = others.create(state, KIND, owner.id + low, fields)
    if before is not None:
        others.change(state, before, {**before.fields, "NextPageMin": made.key.hex().upper()})
    others.change(state, page, {**page.fields, "NFTokens": list(rest), "PreviousPageMin": made.key.hex().upper()})
    state.adjust_owner_count(owner, 1)
    return made


def _link(page: OtherEntry, name: str) -> bytes | None:
    return bytes.fromhex(page.word(name)) if name in page.fields else None
