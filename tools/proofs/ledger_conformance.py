"""Comparing the embedded ledger with what a real one did, step by step.

Two forms of record are known. A *scenario* is one object: a setup, and for each ledger its transactions and the state
after it. A *market* is a sequence of objects (``market_records``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from neo.ledger import Ledger, UnsupportedTransactionError
from neo.replay.market_setup import read_setup
from tools.proofs.ledger_records import observed
from tools.proofs.record_extra import in_order, observed_extra
from tools.proofs.record_meta import Unknown, comparable, unknown_of
from tools.proofs.record_shape import RecordError, first_difference, misfit, need

_SEEN = ("accounts", "books", "amm")
_UNKNOWN = "not executed: "  # begins an answer that is none
_OF_SIGNATURE = "temBAD_SIGNATURE"  # what no record of a transaction without its signature can tell


@dataclass(frozen=True, slots=True)
class Mismatch:
    """The first difference found.

    Attributes:
        step: the ledger, and the transaction in it if it is one's result.
        field: what differs, as a path.
        expected: what the record says.
        got: what the embedded ledger says.
    """

    step: str
    field: str
    expected: Any
    got: Any


def require_shape(record: object) -> None:
    """Refuse a record in which a key holds what it can't.

    Raises:
        RecordError: the key is named, what it holds and what belongs there.
    """
    fault = misfit(record)
    if fault is not None:
        raise RecordError(fault)


def start(setup: Mapping[str, Any], issuer_sequence: int) -> Ledger:
    """The ledger that a record starts from.

    Raises:
        RecordError: the setup is not complete, or not of a ledger this engine can be.
    """
    try:
        return read_setup(setup, issuer_sequence)
    except KeyError as error:
        raise RecordError(f"the key {error.args[0]!r} is missing from the setup") from error
    except (ValueError, TypeError, ArithmeticError) as error:
        raise RecordError(f"the setup cannot be read: {error}") from error


def run_scenario(record: Mapping[str, Any]) -> Mismatch | None:
    """Play a scenario; the first difference, or None if every ledger is the same to the last digit.

    Raises:
        RecordError: the record is not a scenario.
    """
    require_shape(record)
    setup, steps = need(record, "setup"), need(record, "steps")
    accounts = need(setup, "accounts")
    txs = [item for step in steps for item in need(step, "txs")]
    ledger = start(setup, first_sequence([need(item, "tx") for item in txs], need(setup, "issuer", "address")))
    unknown = unknown_of(ledger, setup)
    for step in steps:
        index = int(need(step, "ledger_index"))
        ledger.open_at(
            index=index,
            close_time_s=need(step, "close_time"),
            parent_close_time_s=need(step, "parent_close_time"),
            parent_hash=bytes.fromhex(step["parent_hash"]) if "parent_hash" in step else None,
        )
        found = _play(ledger, step["txs"], f"ledger {index}", unknown)
        found = found or compare(ledger, accounts, need(step, "after"), f"ledger {index}")
        if found is None and "extra" in step["after"]:
            found = compare_extra(ledger, setup, step["after"]["extra"], f"ledger {index}")
        if found is not None:
            return found
    return None


def _play(ledger: Ledger, txs: list[Any], step: str, unknown: Unknown) -> Mismatch | None:
    """Apply a ledger's transactions; the first whose result or metadata is not the record's, or that is not executed.

    What never reached a ledger has only its preliminary answer, and the record does not tell when in this ledger the
    server gave it: one of the answers before, between and after the others must be the same.
    """
    numbered = list(enumerate(txs, start=1))
    unsettled = [(number, item) for number, item in numbered if not need(item, "result")]
    answers: dict[int, list[str]] = {number: [] for number, _ in unsettled}
    for number, item in numbered:
        for other, asked in unsettled:
            answers[other].append(_answer(ledger, asked))
        if number in answers:
            continue
        try:
            applied = ledger.apply(need(item, "tx"), need(item, "hash"))
        except UnsupportedTransactionError as error:
            return _mismatch(step, number, item, f"{_UNKNOWN}{error}")
        if applied.result != item["result"]:
            return _mismatch(step, number, item, applied.result)
        if item.get("meta") is not None:
            found = first_difference(*comparable(item["meta"], applied.meta(), unknown), "meta")
            if found is not None:
                return Mismatch(f"{step}, transaction {number}", *found)
    for number, item in unsettled:
        got = answers[number][number - 1]
        if need(item, "submit_result") not in (_OF_SIGNATURE, *answers[number], _answer(ledger, item)):
            return _mismatch(step, number, item, got)
    return None


def _answer(ledger: Ledger, item: Any) -> str:
    """The embedded ledger's result, or why it does not execute the transaction."""
    try:
        return ledger.result_of(need(item, "tx"))
    except UnsupportedTransactionError as error:
        return f"{_UNKNOWN}{error}"


def _mismatch(step: str, number: int, item: Any, got: str) -> Mismatch:
    """A result that is not the record's, or a transaction that is not executed."""
    where, kind = f"{step}, transaction {number}", item["tx"].get("TransactionType")
    if got.startswith(_UNKNOWN):
        return Mismatch(where, "not executed", kind, got.removeprefix(_UNKNOWN))
    return Mismatch(where, f"result of {kind}", item["result"] or item["submit_result"], got)


def compare_extra(ledger: Ledger, setup: Mapping[str, Any], expected: Any, step: str) -> Mismatch | None:
    """The first difference in what only the newer records tell."""
    found = first_difference(in_order(expected), observed_extra(ledger.state, setup), "extra")
    return None if found is None else Mismatch(step, *found)


def first_sequence(txs: list[Any], address: str) -> int:
    """An account's sequence number at the start, told by the first transaction it sends."""
    return next((need(tx, "Sequence") for tx in txs if need(tx, "Account") == address), 1)


def compare(ledger: Ledger, accounts: Mapping[str, str], expected: Any, step: str) -> Mismatch | None:
    """The first difference between a state of the record and the embedded ledger's."""
    got = observed(ledger, accounts)
    for part in _SEEN:
        found = first_difference(need(expected, part), got[part], part)
        if found is not None:
            return Mismatch(step, *found)
    return None
