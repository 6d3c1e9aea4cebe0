"""Markets of a newer server: every transaction executed anew, every entry it changed and the end compared.

Method: the recorded markets are played whole, or with one value spoilt.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pytest
from support.recorded_pair import lines_of

from tools.proofs.market_records import MarketRecord
from tools.proofs.record_shape import RecordError

# Of each type as many as the record holds, counted in it by ``TransactionType``.
MIXED = (
    "300 ledgers, 1,796 transactions, 1,796 executed and 0 applied as recorded: OfferCreate 1,679 executed, 0 as "
    "recorded; Payment 36 executed, 0 as recorded; TrustSet 28 executed, 0 as recorded; AccountSet 10 executed, 0 as "
    "recorded; Clawback 7 executed, 0 as recorded; AMMDeposit 7 executed, 0 as recorded; CheckCreate 6 executed, 0 as "
    "recorded; AMMWithdraw 6 executed, 0 as recorded; AMMVote 5 executed, 0 as recorded; EscrowCreate 5 executed, 0 "
    "as recorded; AMMBid 5 executed, 0 as recorded; AMMClawback 2 executed, 0 as recorded"
)
PLAIN = (
    "450 ledgers, 2,479 transactions, 2,479 executed and 0 applied as recorded: OfferCreate 2,479 executed, 0 as "
    "recorded"
)


def played(lines: Iterable[dict[str, Any]]) -> MarketRecord:
    """A market that has been fed all of its lines."""
    first, *others = lines
    market = MarketRecord(first)
    for line in others:
        market.feed(line)
    return market


@pytest.mark.parametrize(("name", "share"), [("plain", PLAIN), ("mixed", MIXED)])
def test_a_newer_market_is_executed_whole_and_ends_as_recorded(name: str, share: str) -> None:
    """Results, the entries that each transaction changed, and at the end lines, objects, domain books and pools."""
    market = played(lines_of(name))
    assert market.mismatch is None
    assert market.is_over
    assert market.share() == share


@pytest.mark.parametrize(
    ("part", "value"),
    [
        (("accounts", "t14", "objects", 0, "index"), "0"),
        (("issuers", "issuer2", "sequence"), 7),
        (("pools", "amm_usd", "amount"), "7"),
        (("books", "domain_asks"), [{}]),
    ],
)
def test_a_spoilt_part_of_a_newer_markets_end_is_found(part: tuple[Any, ...], value: Any) -> None:
    """What the pair's accounts, books and pool do not tell is compared, too."""
    lines = lines_of("mixed")
    place = lines[-1]["state"]["extra"]
    for key in part[:-1]:
        place = place[key]
    assert place[part[-1]] != value
    place[part[-1]] = value
    found = played(lines).mismatch
    assert found is not None
    assert found.step == "end"
    assert found.field.startswith(f"extra.{part[0]}.{part[1]}")


def test_a_difference_between_two_states_is_found_in_its_ledger_by_what_a_transaction_changed() -> None:
    """A balance in the middle is told by its transaction, not only by what comes of it at the end."""
    lines = lines_of("plain", ledgers=2)
    transaction = lines[2]["ledger"]["transactions"][-1]
    (root,) = (
        node["ModifiedNode"]
        for node in transaction["meta"]["AffectedNodes"]
        if node.get("ModifiedNode", {}).get("FinalFields", {}).get("Account") == transaction["tx_json"]["Account"]
        and node["ModifiedNode"]["LedgerEntryType"] == "AccountRoot"
    )
    right, root["FinalFields"]["Balance"] = root["FinalFields"]["Balance"], "1"
    found = played(lines).mismatch
    assert found is not None
    place = transaction["meta"]["TransactionIndex"] + 1
    assert found.step == f"ledger {lines[2]['ledger']['ledger_index']}, transaction {place}"
    assert found.field == f"meta.{root['LedgerIndex']}.ModifiedNode.Balance"
    assert (found.expected, found.got) == ("1", right)


@pytest.mark.parametrize(
    ("spoilt", "told"),
    [
        ({"meta": []}, "a transaction's metadata is not an object"),
        ({"meta": {}}, "the key 'TransactionIndex' is missing"),
        ({"tx_json": {"Account": ""}}, "the key 'TransactionType' is missing"),
        ({"meta": {"TransactionIndex": 0, "TransactionResult": "tesSUCCESS"}}, "the key 'AffectedNodes' is missing"),
    ],
)
def test_a_newer_markets_line_that_cannot_be_read_is_told_by_its_key(spoilt: dict[str, Any], told: str) -> None:
    """The record is at fault, and nothing is taken for a difference."""
    lines = lines_of("plain", ledgers=1)
    lines[1]["ledger"]["transactions"][0] |= spoilt
    with pytest.raises(RecordError, match=told):
        played(lines)
