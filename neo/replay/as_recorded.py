"""Applying a transaction that is not executed anew: what its metadata says became of each entry.

What a ledger has of an entry may be another than what was recorded, once orders of ours have moved it. So what is told
is taken as a change: a balance moves by as much as it moved, an offer loses what it lost, and nothing falls below
nothing. Where the ledger has what was recorded, it has afterwards what was recorded, to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from neo.ledger import directory, others, raw_entries
from neo.ledger.amount import TOKENS, Amount
from neo.ledger.entries import Account, Entry, Offer, TrustLine
from neo.ledger.number import ZERO
from neo.ledger.other_entries import OtherEntry
from neo.ledger.pool_entry import Amm
from neo.ledger.state import State
from neo.replay.nodes import CREATED, DELETED, ROOT, Node, find
from neo.replay.placing import Fields, amount_of, can_place, owner_counts, place, restore_owner_counts


def apply(state: State, nodes: Sequence[Node], tx_hash: str) -> tuple[Node, ...]:
    """Make of a ledger what a transaction's metadata tells.

    Args:
        state: Open for the ledger that has the transaction.
        nodes: What it changed.
        tx_hash: Its hash; entries remember it as the last to change them.

    Returns:
        What of it could not be made, because the ledger does not have such an entry.
    """
    left_out: list[Node] = []
    # New roots come first, for others' owners have to be there; the others last: they tell what their accounts own.
    for node in sorted(nodes, key=_turn):
        if not _apply(state, node):
            left_out.append(node)
        entry = find(state, node)
        if entry is not None:
            entry.previous_hash, entry.previous_ledger = tx_hash, state.index
    state.journal.clear()
    return tuple(left_out)


def _turn(node: Node) -> int:
    if node.kind != ROOT:
        return 1
    return 0 if node.change == CREATED else 2


def _apply(state: State, node: Node) -> bool:
    """Whether a node could be applied; one of an entry of other assets is no concern of this ledger's."""
    fields = node.after
    if fields is None:
        return True
    entry = find(state, node)
    if node.change == CREATED:
        if entry is None and can_place(state, node.kind, fields):
            place(state, node.kind, bytes.fromhex(node.key), fields)
        return True
    if entry is None:
        return not can_place(state, node.kind, fields)
    if isinstance(entry, Account):
        _change_root(state, entry, node.before or {}, fields, is_gone=node.change == DELETED)
        return True
    counts = owner_counts(state)
    _change_owned(state, entry, node, fields)
    restore_owner_counts(state, counts)
    return True


def _change_owned(state: State, entry: Entry, node: Node, fields: Fields) -> None:
    before, is_gone = node.before or {}, node.change == DELETED
    if isinstance(entry, TrustLine):
        _change_line(state, entry, before, fields, is_gone=is_gone)
    elif isinstance(entry, Offer):
        _change_offer(state, entry, before, fields, is_gone=is_gone)
    elif isinstance(entry, Amm):
        _change_pool(state, entry, before, fields, is_gone=is_gone)
    elif isinstance(entry, OtherEntry):
        if is_gone:
            others.delete(state, entry)
        else:
            others.change(state, entry, raw_entries.own_fields(fields, [name for _, name, _ in entry.pages]))


def _change_root(state: State, account: Account, before: Fields, after: Fields, *, is_gone: bool) -> None:
    drops, owner_count = account.drops, account.owner_count
    raw_entries.set_root(account, {**after, "Flags": after.get("Flags", 0), "OwnerCount": after.get("OwnerCount", 0)})
    account.drops = max(0, drops + int(after["Balance"]) - int(before["Balance"]))
    account.owner_count = max(0, owner_count + after.get("OwnerCount", 0) - before.get("OwnerCount", 0))
    if is_gone and not account.offers and not account.lines and account.address in state.accounts:
        # Whoever goes has nothing any more: what still stands here went in a transaction that was not told.
        for entry in list(directory.contents(account.owned)):
            if isinstance(entry, OtherEntry):
                others.delete(state, entry)
        state.close_account(account)


def _change_line(state: State, line: TrustLine, before: Fields, after: Fields, *, is_gone: bool) -> None:
    balance = line.balance
    recorded = _balance_of(line, before)
    raw_entries.set_line(line, {"Flags": 0, **after})
    if balance != recorded:
        line.balance = TOKENS.add(balance, TOKENS.subtract(_balance_of(line, after), recorded))
    if is_gone and line.balance == ZERO:
        state.delete_line(line)


def _balance_of(line: TrustLine, fields: Fields) -> tuple[int, int]:
    """A balance as its holder has it; the ledger writes the low account's."""
    mantissa, exponent = amount_of(fields["Balance"])  # type: ignore[misc] # a line's balance is never in drops
    return (-mantissa, exponent) if line.holder_is_high and mantissa else (mantissa, exponent)


def _change_offer(state: State, offer: Offer, before: Fields, after: Fields, *, is_gone: bool) -> None:
    if is_gone:
        state.delete_offer(offer)
        return
    offer.pays = _moved(offer.pays, amount_of(before["TakerPays"]), amount_of(after["TakerPays"]))
    offer.gets = _moved(offer.gets, amount_of(before["TakerGets"]), amount_of(after["TakerGets"]))
    if _is_nothing(offer.pays) or _is_nothing(offer.gets):
        state.delete_offer(offer)


def _moved(held: Amount, before: Amount, after: Amount) -> Amount:
    """What is left where so much was taken from what is held."""
    if held == before:
        return after
    if isinstance(held, int):
        assert isinstance(before, int), "an offer's side is of one kind"
        assert isinstance(after, int), "and stays it"
        return max(0, held + after - before)
    assert not isinstance(before, int), "an offer's side is of one kind"
    assert not isinstance(after, int), "and stays it"
    left = TOKENS.add(held, TOKENS.subtract(after, before))
    return left if left[0] > 0 else ZERO


def _is_nothing(amount: Amount) -> bool:
    return (amount if isinstance(amount, int) else amount[0]) <= 0


def _change_pool(state: State, amm: Amm, before: Fields, after: Fields, *, is_gone: bool) -> None:
    if is_gone:
        if amm is state.amm:
            state.journal.delete(amm)
            state.amm = None
        else:
            state.pools.pop(amm.key, None)
        return
    shares = amm.lp_balance
    raw_entries.set_pool(amm, after)
    amm.lp_balance = _shares(shares, before, after)


def _shares(held: tuple[int, int], before: Fields, after: Fields) -> tuple[int, int]:
    left: Any = _moved(held, amount_of(before["LPTokenBalance"]), amount_of(after["LPTokenBalance"]))
    shares: tuple[int, int] = left
    return shares
