"""Whether a ledger that was lived through is the one that a recording's snapshot tells, entry by entry.

A snapshot of a whole ledger tells all of it. A mirror's tells the pair's part: offers as deep as its books go, the
pool, and of their owners what it knows. Pages of directories, and who changed an entry last, are not compared.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, Final

import msgspec

from neo.mirror.embedded import DEEP_FREEZE
from neo.replay.recorded import RecordedState

Fields = Mapping[str, Any]
Depth = dict[str, int | None]
"""For each side of the book the worst quality down to which all of it is known; None: all of it."""

_NOT_COMPARED: Final = frozenset(
    {"previous", "owned", "book_page", "owner_page", "holder_page", "issuer_page", "pages"}
)
_SIDES: Final = ("asks", "bids")


class LivedState(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger as it was lived through: its state, and whose entries in it are made up."""

    state: dict[str, Any]
    roots_assumed: Collection[str] = ()
    lines_assumed: Collection[str] = ()


def depth_of(state: RecordedState) -> Depth:
    """How deep the books of a recording's first state go."""
    if state.is_whole:
        return dict.fromkeys(_SIDES)
    return {side: max((level["quality"] for level in state.state[side]), default=0) for side in _SIDES}


def difference_of(snapshot: RecordedState, lived: LivedState, begun_with: Depth) -> str | None:
    """The first entry that is otherwise, told in one clause; None if all is the same.

    Args:
        snapshot: What is told.
        lived: What it is compared with.
        begun_with: How deep the books were known when that began.

    Raises:
        KeyError: The snapshot lacks something.
    """
    told = snapshot.state
    found = (
        _different(_whole(told), _whole(lived.state)) if snapshot.is_whole else _in_part(snapshot, lived, begun_with)
    )
    return next(found, None)


def _different(told: Mapping[str, Fields], lived: Mapping[str, Fields]) -> Iterator[str]:
    for name in sorted({*told, *lived}):
        one, other = told.get(name), lived.get(name)
        if one is None or other is None:
            yield f"{name} is not there, and is recorded" if other is None else f"{name} is there, and is not recorded"
            continue
        for field in sorted({*one, *other}):
            if one.get(field) != other.get(field):
                yield f"{name}: {field} is {other.get(field)!r}, recorded {one.get(field)!r}"


# --- A whole ledger ----------------------------------------------------------------------------------------------


def _whole(state: Fields) -> dict[str, Fields]:
    """Every entry by its name."""
    entries = {f"account {each['address']}": _compared(each) for each in state["accounts"]}
    entries |= {f"line {each['key']}": _compared(each) for each in state["lines"]}
    entries |= {f"entry {each['key']}": _compared(each) for each in state.get("others", ())}
    pools = [*state.get("pools", ()), *(() if state["amm"] is None else (state["amm"],))]
    entries |= {f"pool {each['key']}": _compared(each) for each in pools}
    for level in _levels(state):
        for offer in level["offers"]:
            entries[f"offer {offer['key']}"] = {**_compared(offer), "quality": level["quality"]}
    return entries


def _levels(state: Fields) -> Iterator[Fields]:
    for side in _SIDES:
        yield from state[side]
    for book in (*state.get("books", ()), *state.get("domain_books", ())):
        yield from book["qualities"]


def _compared(fields: Fields) -> Fields:
    return {name: value for name, value in fields.items() if name not in _NOT_COMPARED}


# --- The pair's part ---------------------------------------------------------------------------------------------


def _in_part(snapshot: RecordedState, lived: LivedState, begun_with: Depth) -> Iterator[str]:
    told = snapshot.state
    owners = set[str]()
    for side in _SIDES:
        theirs, ours = _open_offers(told, side), _open_offers(lived.state, side)
        owners.update(offer["owner"] for offer in theirs.values())
        yield from _offers(theirs, ours, begun_with[side], _deep_frozen(told) | _deep_frozen(lived.state))
    yield from _different(_pool(told), _pool(lived.state))
    yield from _different(
        _accounts(told, owners, {*snapshot.roots_assumed, *lived.roots_assumed}),
        _accounts(lived.state, owners, {*snapshot.roots_assumed, *lived.roots_assumed}),
    )
    known = owners - {*snapshot.lines_assumed, *lived.lines_assumed}
    yield from _different(_lines(told, known), _lines(lived.state, known))


def _open_offers(state: Fields, side: str) -> dict[str, dict[str, Any]]:
    """The offers of a side of the open book by their keys, in its order, hybrid ones too."""
    found = {offer["key"]: _offer(offer, level["quality"]) for level in state[side] for offer in level["offers"]}
    sides = [1, 0] if side == "asks" else [0, 1]
    for book in state.get("domain_books", ()):
        if list(book["sides"]) == sides:
            hybrids = [offer for level in book["qualities"] for offer in level["offers"] if "open" in offer]
            found |= {offer["key"]: _offer(offer, offer["open"][0]) for offer in hybrids}
    return found


def _offer(offer: Fields, quality: int) -> dict[str, Any]:
    told = {name: offer[name] for name in ("owner", "sequence", "pays", "gets", "expiration")}
    return {**told, "quality": quality}


def _offers(
    theirs: Mapping[str, Fields], ours: Mapping[str, Fields], begun_to: int | None, frozen: Collection[str]
) -> Iterator[str]:
    """Those that both know, and those that the other one should know: it goes as deep."""
    told_to = max((offer["quality"] for offer in theirs.values()), default=0)
    compared: tuple[dict[str, Fields], dict[str, Fields]] = ({}, {})
    for key in {*theirs, *ours}:
        one, other = theirs.get(key), ours.get(key)
        offer = one or other or {}
        is_beyond = (other is None and begun_to is not None and offer["quality"] > begun_to) or (
            one is None and offer["quality"] > told_to
        )
        # A mirror sets aside what can't be taken since its owner's line is deep-frozen.
        if is_beyond or offer["owner"] in frozen:
            continue
        for into, value in zip(compared, (one, other), strict=True):
            if value is not None:
                into[f"offer {key}"] = value
    yield from _different(*compared)


def _deep_frozen(state: Fields) -> set[str]:
    return {line["holder"] for line in state["lines"] if line["flags"] & DEEP_FREEZE}


def _pool(state: Fields) -> dict[str, Fields]:
    """The pool's terms and what it holds; of its account's root a mirror knows no more."""
    amm = state["amm"]
    if amm is None:
        return {}
    told = {name: amm[name] for name in ("account", "trading_fee", "lp_balance")}
    drops = next(each["drops"] for each in state["accounts"] if each["address"] == amm["account"])
    tokens = [line["balance"] for line in _lines(state, {amm["account"]}).values()]
    return {"the pool": {**told, "drops": drops, "tokens": tokens}}


def _accounts(state: Fields, owners: Iterable[str], assumed: Collection[str]) -> dict[str, Fields]:
    """What owners have; of those of whom only what they can give is known, that."""
    _, base, increment = state["fees"]
    found: dict[str, Fields] = {}
    roots = {each["address"]: each for each in state["accounts"]}
    for address in owners:
        root = roots.get(address)
        if root is None:
            continue
        liquid = max(0, root["drops"] - base - increment * root["owner_count"])
        told = {name: root[name] for name in ("drops", "sequence", "owner_count", "flags")}
        found[f"account {address}"] = {"liquid drops": liquid} if address in assumed else told
    return found


def _lines(state: Fields, owners: Collection[str]) -> dict[str, Fields]:
    pair = state["currency"], state["issuer"]
    return {
        f"line of {line['holder']}": {name: line[name] for name in ("balance", "limit", "flags")}
        for line in state["lines"]
        if line["holder"] in owners and (line["currency"], line["issuer"]) == pair
    }
