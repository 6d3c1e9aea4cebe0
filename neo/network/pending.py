"""Transactions between submission and ledger, as the server that took them holds them, and what it answers.

A server's preliminary answer and whether it keeps the transaction are two things. One that ``ter``, ``tel`` or ``tef``
kept out of the open ledger is tried again with every ledger that follows, for as long as it is held; only its sender's
``fail_hard`` keeps the server from that. What can never apply (``tem``, ``tefPAST_SEQ``) is not held.
Source: rippled, ``NetworkOPsImp::apply`` and ``LocalTxs``; seen on a server of version 3.0.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, TypeGuard

import msgspec

from neo.ledger import Ledger
from neo.ledger.keys import AddressError, account_id

Transaction = dict[str, Any]
"""A transaction in the ledger's JSON form."""

# How many ledgers after the one that was open at its submission a server tries a transaction again.
# Source: rippled, LocalTxs.cpp, holdLedgers.
HOLD_LEDGERS: Final = 5

_ALREADY: Final = "tefALREADY"
_BEFORE_ITS_TURN: Final = "terPRE_SEQ"
_MALFORMED: Final = "temMALFORMED"
_NEVER: Final = "tefPAST_SEQ"


class Held(msgspec.Struct, frozen=True):
    """A transaction that a server holds.

    Args:
        tx: In the ledger's JSON form.
        tx_hash: Its hash.
        result: The preliminary answer that it got last.
        last_index: The last ledger for which it is held.
    """

    tx: Transaction
    tx_hash: str
    result: str
    last_index: int

    @property
    def is_in_open_ledger(self) -> bool:
        """Whether it has its place in the open ledger, or gets it as soon as its turn has come."""
        return self.result.startswith(("tes", "tec")) or self.result == _BEFORE_ITS_TURN


def is_kept(result: str, *, fail_hard: bool) -> bool:
    """Whether a server holds a transaction that it gave this preliminary answer to, so that a ledger may have it yet.

    Args:
        result: A result code by its name.
        fail_hard: The sender asked that only a success be passed on: then even a ``tec`` costs no fee.
    """
    if fail_hard:
        return result.startswith("tes")
    return not result.startswith("tem") and result not in (_NEVER, _ALREADY)


class Pending:
    """Transactions that wait for the next ledger.

    Args:
        held: In the order of their submission.
    """

    def __init__(self, held: Sequence[Held] = ()) -> None:
        self._held = list(held)

    @property
    def hashes(self) -> tuple[str, ...]:
        """Of everything that waits, in the order of submission."""
        return tuple(held.tx_hash for held in self._held)

    def submit(self, ledger: Ledger, tx: Transaction, tx_hash: str, *, fail_hard: bool) -> str:
        """Look at a transaction as a server does on submission, and hold it if that is what a server does.

        Args:
            ledger: Open for the next one's transactions.
            tx: In the ledger's JSON form.
            tx_hash: Its hash.
            fail_hard: See :func:`is_kept`.

        Returns:
            The preliminary result. It is not final: what the ledger does with it is known only when that closes.
        """
        known = next((held for held in self._held if held.tx_hash == tx_hash), None)
        if known is not None and known.is_in_open_ledger:
            return _ALREADY
        result = self._preliminary(ledger, tx)
        if is_kept(result, fail_hard=fail_hard):
            if known is not None:
                self._held.remove(known)
            self._held.append(Held(tx, tx_hash, result, _last_index(tx, ledger.index)))
        return result

    def _preliminary(self, ledger: Ledger, tx: Transaction) -> str:
        """The result on the last closed ledger with the account's waiting transactions counted in its sequence.

        Only their sequences are counted, not what they would trade: a server's open ledger would know that too, but its
        word isn't final either.
        """
        account, sequence = tx.get("Account"), tx.get("Sequence")
        if not _is_address(account):
            return _MALFORMED  # no server could read it, and no set that it is in has an order
        taken = {
            held.tx.get("Sequence") for held in self._held if held.tx["Account"] == account and held.is_in_open_ledger
        }
        first = upcoming = _next_sequence(ledger, account)
        while upcoming in taken:
            upcoming += 1
        if not isinstance(sequence, int) or not first <= sequence <= upcoming:
            return ledger.result_of(tx)
        result = ledger.result_of({**tx, "Sequence": first})
        is_used_up = sequence < upcoming
        return _NEVER if is_used_up and not result.startswith("tem") else result

    def take(self) -> list[Held]:
        """Everything that waits, for the ledger that closes now."""
        taken, self._held = self._held, []
        return taken

    def put_back(self, held: Held) -> None:
        """Go on holding what was taken and is not for this ledger."""
        self._held.append(held)

    def keep(self, held: Held, result: str, ledger: Ledger) -> None:
        """Go on holding what a ledger did not take, for as long as a server does.

        Args:
            held: As it was taken.
            result: Why the ledger did not take it.
            ledger: With everything applied that it takes, not closed yet.
        """
        sequence = held.tx.get("Sequence")
        is_past = isinstance(sequence, int) and sequence < _next_sequence(ledger, held.tx["Account"])
        if is_kept(result, fail_hard=False) and held.last_index > ledger.index and not is_past:
            self._held.append(msgspec.structs.replace(held, result=result))

    def to_state(self) -> list[Any]:
        """JSON-able."""
        return [[held.tx, held.tx_hash, held.result, held.last_index] for held in self._held]

    @classmethod
    def from_state(cls, state: Sequence[Sequence[Any]], index: int) -> Pending:
        """What :meth:`to_state` wrote, now or in an earlier version, which wrote transaction and hash alone.

        Args:
            state: JSON values.
            index: Of the open ledger.
        """
        return cls([_read(tx, tx_hash, rest, index) for tx, tx_hash, *rest in state])


def new_held(tx: Transaction, tx_hash: str, index: int) -> Held:
    """A transaction that its sender hands in as the ledger of this index closes."""
    return Held(tx, tx_hash, "tesSUCCESS", _last_index(tx, index))


def _read(tx: Transaction, tx_hash: str, rest: Sequence[Any], index: int) -> Held:
    if not rest:
        return new_held(tx, tx_hash, index)
    result, last_index = rest
    return Held(tx, tx_hash, result, last_index)


def _is_address(value: object) -> TypeGuard[str]:
    try:
        return isinstance(value, str) and bool(account_id(value))
    except AddressError:
        return False


def _next_sequence(ledger: Ledger, address: str) -> int:
    """The next sequence of an account on the ledger; 0 for one that is not there."""
    account = ledger.state.accounts.get(address)
    return 0 if account is None else account.sequence


def _last_index(tx: Mapping[str, Any], index: int) -> int:
    last = tx.get("LastLedgerSequence", index + HOLD_LEDGERS)
    return min(last, index + HOLD_LEDGERS) if isinstance(last, int) else index
