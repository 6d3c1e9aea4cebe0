"""Markets recorded from a real ledger server as the fork takes them: told whole, or the pair's part alone."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from support.recorded_pair import lines_of
from support.recorded_small import state_of

from neo.ledger import Ledger
from neo.messages import LedgerTransaction
from neo.replay.fork import Fork
from neo.replay.recorded import RecordedLedger, RecordedState
from tools.proofs.market_records import MarketRecord


def whole_market(name: str, ledgers: int) -> tuple[Fork, list[RecordedLedger]]:
    """A fork at the start of a recorded market, and the market's ledgers."""
    setup, *lines = lines_of(name, ledgers=ledgers)
    return Fork.begin(state_of(first_of(setup, lines[0]["ledger"]))), [told(line["ledger"]) for line in lines]


def first_of(setup: dict[str, Any], header: dict[str, Any]) -> Ledger:
    """The ledger that a market starts from, open for its first one."""
    market = MarketRecord(setup)
    market.feed(
        {"kind": "ledger", "ledger": {**header, "ledger_index": header["ledger_index"] - 1, "transactions": []}}
    )
    assert market.ledger is not None
    market.ledger.open_at(
        index=header["ledger_index"],
        close_time_s=header["parent_close_time"],
        parent_close_time_s=header["parent_close_time"],
    )
    return market.ledger


def part_of_market(name: str, ledgers: int) -> tuple[Fork, list[RecordedLedger]]:
    """The same market as a recording of the pair has it that began with nothing known but the issuer and the pool."""
    setup, *lines = lines_of(name, ledgers=ledgers)
    whole = state_of(first_of(setup, lines[0]["ledger"]))
    state = RecordedState(
        ledger_index=whole.ledger_index,
        ledger_hash=whole.ledger_hash,
        state=_stripped(whole.state, {setup["issuer"], setup["amm"]}),
        is_whole=False,
    )
    parts = [msgspec.structs.replace(told(line["ledger"]), is_whole=False) for line in lines]
    return Fork.begin(state), parts


def _stripped(state: dict[str, Any], kept: set[str]) -> dict[str, Any]:
    """A ledger's state with these accounts alone, their lines of the pair's token, and the pair's pool."""
    left: dict[str, Any] = json.loads(json.dumps(state))
    for beside in ("tokens", "books", "pools", "others", "domain_books"):
        left.pop(beside, None)
    left["accounts"] = [each for each in left["accounts"] if each["address"] in kept]
    of_pair = [each for each in left["lines"] if each["currency"] == left["currency"]]
    left["lines"] = [each for each in of_pair if {each["holder"], each["issuer"]} <= kept]
    listed = {each["key"] for each in (*left["lines"], left["amm"])}
    for account in left["accounts"]:
        for page in account["owned"]:
            page["entries"] = [key for key in page["entries"] if key in listed]
    return left


def told(header: dict[str, Any]) -> RecordedLedger:
    """A ledger of a market's line."""
    items = sorted(header["transactions"], key=lambda item: item["meta"]["TransactionIndex"])
    return RecordedLedger(
        ledger_index=header["ledger_index"],
        ledger_hash=header["ledger_hash"],
        parent_hash=header["parent_hash"],
        close_time_s=header["close_time"],
        parent_close_time_s=header["parent_close_time"],
        transactions=tuple(
            LedgerTransaction(item["hash"], item["tx_json"], item["meta"], item["meta"]["TransactionResult"])
            for item in items
        ),
        is_whole=True,
    )
