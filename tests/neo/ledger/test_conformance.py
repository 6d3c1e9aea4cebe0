"""Digit for digit: every recorded scenario, its results, states and metadata, and half an hour of a busy market.

Method: the records of a real server are played on the embedded ledger by what the command plays them with
(``tools.proofs.ledger_conformance``). Metadata is compared node by node; what a record can't tell (the issuer's
balance, who changed an entry before the record begins) is left out of the comparison.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.recorded import FAMILIES, scenarios

from neo.ledger import Ledger, canonical
from neo.replay.market_setup import read_setup
from tools.proofs import ledger_conformance as conformance
from tools.proofs.market_records import MarketRecord

MARKET = Path(__file__).parents[2] / "data" / "conformance" / "market" / "market-450-ledgers.jsonl.gz"
COUNTS = {"day": 10, "day_no_amm": 10}


def market() -> Iterator[dict[str, Any]]:
    with gzip.open(MARKET, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_scenario_ends_every_ledger_as_the_real_one_did(family: str) -> None:
    failures = {item["id"]: found for item in scenarios(family) if (found := conformance.run_scenario(item))}
    assert failures == {}
    assert len(scenarios(family)) == COUNTS.get(family, 40)


@pytest.mark.parametrize("family", sorted({*FAMILIES} - {"freeze"}))  # a state does not tell of freezes
def test_a_record_may_start_anywhere_in_it(family: str) -> None:
    """A scenario cut in the middle: the state there, offers and all, is where the rest of it starts from."""
    for scenario in scenarios(family)[::4]:
        middle = len(scenario["steps"]) // 2
        seen = scenario["steps"][middle - 1]
        setup = scenario["setup"] | {"before": seen["after"], "close_time": seen["close_time"]}
        assert conformance.run_scenario({"setup": setup, "steps": scenario["steps"][middle:]}) is None


@pytest.mark.parametrize("family", FAMILIES)
def test_metadata_is_the_real_ledgers_node_for_node(family: str) -> None:
    for scenario in scenarios(family):
        for entry, got in _played(scenario):
            expected = entry["meta"]
            for name in ("TransactionIndex", "TransactionResult", "delivered_amount", "DeliveredAmount"):
                assert got.get(name) == expected.get(name), (scenario["id"], entry["hash"], name)
            issuer = scenario["setup"]["issuer"]["address"]
            assert _comparable(got, got, issuer) == _comparable(expected, got, issuer), (scenario["id"], entry["hash"])


def _played(scenario: dict[str, Any]) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each transaction that reached a ledger, with the metadata that the embedded one gives."""
    setup = scenario["setup"]
    issuer = setup["issuer"]["address"]
    sent = [entry["tx"] for step in scenario["steps"] for entry in step["txs"] if entry["tx"]["Account"] == issuer]
    ledger = read_setup(setup, sent[0]["Sequence"] if sent else 1)
    for step in scenario["steps"]:
        times = {name: step[name] for name in ("close_time", "parent_close_time")}
        ledger.open_at(index=int(step["ledger_index"]), **{f"{name}_s": value for name, value in times.items()})
        for entry in step["txs"]:
            applied = ledger.apply(entry["tx"], entry["hash"])
            if entry["meta"] is not None:
                yield entry, applied.meta()


def _comparable(meta: dict[str, Any], known: dict[str, Any], issuer: str) -> list[Any]:
    """Nodes without the issuer's balance, and with the thread only where the embedded ledger can know it."""
    nodes = []
    for item, ours in zip(meta["AffectedNodes"], known["AffectedNodes"], strict=True):
        (kind, node), (_, own) = next(iter(item.items())), next(iter(ours.items()))
        unknown = [] if "PreviousTxnID" in own else ["PreviousTxnID", "PreviousTxnLgrSeq"]
        is_issuer = node["LedgerEntryType"] == "AccountRoot" and node.get("FinalFields", {}).get("Account") == issuer
        parts = {
            name: _without(part, "Balance") if is_issuer and isinstance(part, dict) else part
            for name, part in node.items()
        }
        nodes.append((kind, _without(parts, *unknown)))
    return nodes


def _without(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def test_half_an_hour_of_a_busy_market_ends_as_it_did() -> None:
    lines = market()
    played = MarketRecord(next(lines))
    for line in lines:
        played.feed(line)
    assert played.is_over
    assert played.mismatch is None


def test_the_networks_order_is_ours() -> None:
    """Salted by the hash of the set itself, accounts come in the order in which the real ledger applied them."""
    several = 0
    for line in market():
        txs = line.get("ledger", {}).get("transactions", [])
        if len(txs) > 1:
            several += 1
            applied = sorted(txs, key=lambda tx: tx["metaData"]["TransactionIndex"])
            salt = canonical.set_hash(tx["hash"] for tx in txs)
            assert canonical.canonical_order(reversed(txs), salt) == applied
    assert several > 400


def test_a_set_of_transactions_gives_the_ledger_that_the_network_made() -> None:
    """Handed over in any order, a ledger's transactions end as recorded: order and retries are the ledger's work."""
    lines = market()
    setup = next(lines)
    played = MarketRecord(setup)
    first = next(lines)
    played.feed(first)
    ledger = played.ledger
    assert ledger is not None
    for line in lines:
        if line["kind"] == "end":
            assert conformance.compare(ledger, setup["accounts"], line["state"], "end") is None
            break
        header = line["ledger"]
        ledger.close(header["parent_close_time"])
        outcomes = ledger.apply_set(reversed(header["transactions"]))
        assert {tx["hash"]: applied.result for tx, applied in outcomes} == {
            tx["hash"]: tx["metaData"]["TransactionResult"] for tx in header["transactions"]
        }
        assert [applied.index for _, applied in outcomes] == list(range(len(outcomes)))


@pytest.mark.parametrize("family", ["day", "amm_clob", "freeze"])
def test_a_ledger_saved_and_read_back_goes_on_as_if_nothing_had_happened(family: str) -> None:
    """Halfway through a scenario the ledger is written as JSON and read again: the same state, the same endings."""
    scenario = scenarios(family)[0]
    setup, steps = scenario["setup"], scenario["steps"]
    issuer = setup["issuer"]["address"]
    sent = [entry["tx"]["Sequence"] for step in steps for entry in step["txs"] if entry["tx"]["Account"] == issuer]
    ledger = read_setup(setup, sent[0] if sent else 1)
    for number, step in enumerate(steps):
        ledger.open_at(
            index=int(step["ledger_index"]),
            close_time_s=step["close_time"],
            parent_close_time_s=step["parent_close_time"],
        )
        for entry in step["txs"]:
            ledger.apply(entry["tx"], entry["hash"])
        if number % 5 == 0:
            saved = json.dumps(ledger.to_state())
            ledger = Ledger.from_state(json.loads(saved))
            assert json.dumps(ledger.to_state()) == saved
        assert conformance.compare(ledger, setup["accounts"], step["after"], "") is None
