"""The order in which a ledger applies the transactions it agreed on: by salted account, not by arrival.

Every account's 20 bytes are combined (exclusive or) with a salt that nobody can choose, the hash of the agreed set, and
transactions go by the result, then by sequence number (those on tickets come after these, by the ticket's), then by
hash. An account's own transactions therefore keep their order, and which account goes first changes from ledger to
ledger.

Not everything stands at the first try: a transaction whose result would be a mere ``tec`` or ``ter`` is put off and
tried again after the others, up to two times, and only the last try may claim a fee for failing. (A killed offer is
final at once.)

Sources: CanonicalTXSet.cpp (the order), RCLConsensus.cpp (the salt), SHAMap (the set's hash), BuildLedger.cpp
(``applyTransactions``: the passes) of the ledger server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

from neo.ledger import keys
from neo.ledger.json_forms import TxJson

T = TypeVar("T")
Tx = TypeVar("Tx", bound=TxJson)

PASSES_MAX = 3  # tries at a ledger's transactions
PASSES_RETRYING = 2  # of these, how many put failures off

_INNER_NODE = b"MIN\x00"
_EMPTY = bytes(32)


def set_hash(hashes: Iterable[str]) -> bytes:
    """The hash of a set of transactions: a tree of sixteen branches by the digits of their hashes.

    Args:
        hashes: each transaction's hash, 64 hex digits.
    """
    leaves = sorted(bytes.fromhex(item) for item in hashes)
    return _inner_hash(leaves, 0) if leaves else _EMPTY


def _inner_hash(leaves: Sequence[bytes], depth: int) -> bytes:
    branches: dict[int, list[bytes]] = {}
    for leaf in leaves:
        byte = leaf[depth // 2]
        branches.setdefault(byte & 15 if depth % 2 else byte >> 4, []).append(leaf)
    parts = [_EMPTY] * 16
    for place, branch in branches.items():
        # A leaf's hash is the transaction's own.
        parts[place] = branch[0] if len(branch) == 1 else _inner_hash(branch, depth + 1)
    return keys.half_hash(_INNER_NODE, *parts)


def hash_of(tx: TxJson) -> str:
    """The hash that a transaction of a set carries."""
    value = tx["hash"]
    assert isinstance(value, str), "a transaction of the set carries its hash"
    return value


def canonical_order(txs: Iterable[Tx], salt: bytes) -> list[Tx]:
    """Transactions in the order in which a ledger applies them.

    Args:
        txs: each with ``Account``, ``Sequence`` and ``hash`` (64 hex digits).
        salt: 32 bytes; ``set_hash`` of their hashes gives the network's own.
    """
    mask = int.from_bytes(salt[:20], "big")

    def key(tx: Tx) -> tuple[int, bool, int, str]:
        account, sequence = tx["Account"], tx["Sequence"]
        assert isinstance(account, str), "a transaction of the set names its account"
        on_ticket = sequence == 0 and "TicketSequence" in tx
        number = tx["TicketSequence"] if on_ticket else sequence
        assert isinstance(number, int), "a transaction of the set has its number"
        return int.from_bytes(keys.account_id(account), "big") ^ mask, on_ticket, number, hash_of(tx)

    return sorted(txs, key=key)


def apply_in_passes(ordered: Sequence[T], attempt: Callable[[T, bool], bool | None]) -> list[T]:
    """Try transactions in order, putting failures off, as the building of a ledger does.

    Args:
        ordered: the transactions in canonical order.
        attempt: tries one; told whether failures are still put off; says True if it was applied, None if it can never
            be (it is dropped), False if it may be tried again.

    Returns:
        Those that were applied, in the order in which they were.
    """
    waiting = list(ordered)
    done: list[T] = []
    retrying = True
    for number in range(PASSES_MAX):
        before = len(done)
        still: list[T] = []
        for item in waiting:
            applied = attempt(item, retrying)
            if applied:
                done.append(item)
            elif applied is not None:
                still.append(item)
        waiting = still
        changed = len(done) > before
        if not changed and not retrying:
            break
        if not changed or number + 1 >= PASSES_RETRYING:
            retrying = False
    return done
