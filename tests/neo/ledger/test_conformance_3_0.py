"""Digit for digit under the rules of 3.0: every recorded scenario of every family whose transactions are executed.

Method: as in ``test_conformance.py``. These records tell the entries at the start, and after each ledger also flags,
all trust lines, tickets, objects and what ``amm_info`` tells of a pool. Metadata, which the whole records have of every
transaction, is left out here for size, but for some scenarios of each family.
The family ``credentials`` (escrows that ask for a secret, credentials shown, leave for them) was recorded besides.
"""

from __future__ import annotations

import functools
import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from neo.replay.market_setup import read_setup
from tools.proofs import ledger_conformance as conformance

FOLDER = Path(__file__).parents[2] / "data" / "conformance-3.0"
FAMILIES = tuple(sorted(path.name.removesuffix(".jsonl.gz") for path in FOLDER.glob("*.jsonl.gz")))


@functools.cache
def newer_scenarios(family: str) -> tuple[dict[str, Any], ...]:
    """All scenarios of one family."""
    with gzip.open(FOLDER / f"{family}.jsonl.gz", "rt", encoding="utf-8") as lines:
        return tuple(json.loads(line) for line in lines)


@pytest.mark.parametrize("family", FAMILIES)
def test_every_scenario_ends_every_ledger_as_the_newer_server_did(family: str) -> None:
    """Results, balances, counts, offers in book order, lines with their freezes, tickets, objects, pools."""
    failures = {item["id"]: found for item in newer_scenarios(family) if (found := conformance.run_scenario(item))}
    assert failures == {}
    assert len(newer_scenarios(family)) == 20


def with_metadata(family: str) -> list[dict[str, Any]]:
    """The scenarios that tell metadata, each to be changed at will."""
    told = [item for item in newer_scenarios(family) if any("meta" in tx for tx in item["steps"][0]["txs"])]
    return [json.loads(json.dumps(item)) for item in told]


@pytest.mark.parametrize("family", FAMILIES)
def test_metadata_is_the_newer_servers_node_for_node(family: str) -> None:
    """Every transaction of these scenarios tells it; any value of it that is another is found, with its place."""
    scenarios = with_metadata(family)
    assert len(scenarios) >= 2
    for record in scenarios:
        assert all(tx["meta"] for step in record["steps"] for tx in step["txs"] if tx["result"])
        step = record["steps"][-1]
        (node,) = step["txs"][0]["meta"]["AffectedNodes"][0].values()
        part = next(name for name in ("FinalFields", "NewFields") if name in node)
        node[part]["Flags"] = 77
        found = conformance.run_scenario(record)
        assert found is not None
        assert found.step == f"ledger {step['ledger_index']}, transaction 1"
        assert found.field.startswith(f"meta.{node['LedgerIndex']}.")
        assert found.field.endswith(f"Node.{part}.Flags")
        assert found.expected == 77


@pytest.mark.parametrize("family", FAMILIES)
def test_what_the_entries_at_the_start_tell_is_what_is_seen_of_them(family: str) -> None:
    """Read from its entries, a ledger shows the state that the record says it started from."""
    for scenario in newer_scenarios(family):
        ledger = read_setup(scenario["setup"])
        before = scenario["setup"]["before"]
        assert conformance.compare(ledger, scenario["setup"]["accounts"], before, "before") is None
        assert conformance.compare_extra(ledger, scenario["setup"], before["extra"], "before") is None


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (("accounts", "t1", "flags"), 1),
        (("accounts", "t1", "lines", 0, "balance"), "7"),
        (("accounts", "t1", "ticket_count"), 999),
        (("issuers", "issuer", "xrp_drops"), "1"),
    ],
)
def test_a_spoilt_part_of_what_the_newer_records_tell_is_found(part: tuple[Any, ...], value: Any) -> None:
    """Each part counts: the first difference is named by its way in the record."""
    record = json.loads(json.dumps(newer_scenarios("tickets")[0]))
    step = next(step for step in record["steps"] if "ticket_count" in step["after"]["extra"]["accounts"]["t1"])
    place = step["after"]["extra"]
    for key in part[:-1]:
        place = place[key]
    place[part[-1]] = value
    found = conformance.run_scenario(record)
    assert found is not None
    assert found.step == f"ledger {step['ledger_index']}"
    assert found.field == "extra" + "".join(f"[{key}]" if isinstance(key, int) else f".{key}" for key in part)
    assert found.expected == value


def test_what_reached_no_ledger_may_have_been_answered_before_the_others_but_not_otherwise() -> None:
    """A deletion with too small a fee was sent before an offer of the same account with the same number.

    The record lists it last, when its number is used up; any answer that was never right is found all the same.
    """
    (record,) = (item for item in newer_scenarios("escrow_check_misc") if item["id"].endswith("-018"))
    assert conformance.run_scenario(record) is None
    record = json.loads(json.dumps(record))
    step = next(step for step in record["steps"] if int(step["ledger_index"]) == 9078)
    assert [item["submit_result"] for item in step["txs"]] == ["tesSUCCESS", "tecINSUF_RESERVE_OFFER", "telINSUF_FEE_P"]
    step["txs"][2]["submit_result"] = "tecTOO_SOON"
    found = conformance.run_scenario(record)
    assert found is not None
    assert (found.step, found.field) == ("ledger 9078, transaction 3", "result of AccountDelete")
    assert (found.expected, found.got) == ("tecTOO_SOON", "tefPAST_SEQ")
