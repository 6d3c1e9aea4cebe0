"""The fill reader against what a real ledger server recorded, and against metadata made by hand for each odd case."""

from __future__ import annotations

import gzip
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from support.recorded import FAMILIES, applied, pair_of, scenarios

from neo.chain.fills import MetadataError, read
from neo.chain.pair import Pair
from neo.messages import LedgerTransaction, OrderStatus, Side

US = "rUs"
THEM = "rThem"
PAIR = Pair(US, "USD", "rIssuer")


@pytest.mark.parametrize("family", FAMILIES)
def test_readings_add_up_to_the_recorded_ledgers(family: str) -> None:
    """From every account's side, the readings' changes lead from each recorded state to the next, to the last digit."""
    checked = 0
    for scenario in scenarios(family):
        for name in scenario["setup"]["accounts"]:
            checked += _check(scenario, name)
    assert checked > 100


def _check(scenario: dict[str, Any], name: str) -> int:
    pair = pair_of(scenario, name)
    before = scenario["setup"]["before"]["accounts"][name]
    drops, tokens = int(before["xrp_drops"]), Decimal(before["token_balance"] or 0)
    offers = _offers(before)
    checked = 0
    for step in scenario["steps"]:
        for transaction in applied(step):
            reading = read(transaction, pair)
            drops += reading.xrp_change_drops - reading.fee_drops
            tokens += reading.rlusd_change
            for change in reading.changes:
                left = (change.xrp_left_drops, change.rlusd_left)
                gone = change.status is not OrderStatus.PARTIALLY_FILLED
                was = offers.pop(change.offer_sequence)
                assert (was[0] - left[0], was[1] - left[1]) == (change.xrp_drops, change.rlusd), scenario["id"]
                if not gone:
                    offers[change.offer_sequence] = left
            if reading.placed is not None:
                offers[reading.placed.offer_sequence] = (reading.placed.xrp_left_drops, reading.placed.rlusd_left)
        after = step["after"]["accounts"][name]
        where = f"{scenario['id']} ledger {step['ledger_index']} {name}"
        assert drops == int(after["xrp_drops"]), where
        assert tokens == Decimal(after["token_balance"] or 0), where
        assert offers == _offers(after), where
        checked += 1
    return checked


def _offers(account: dict[str, Any]) -> dict[int, tuple[int, Decimal]]:
    offers = {}
    for offer in account["offers"]:
        gets, pays = offer["taker_gets"], offer["taker_pays"]
        xrp, token = (gets, pays) if isinstance(gets, str) else (pays, gets)
        offers[offer["seq"]] = (int(xrp), Decimal(token["value"]))
    return offers


# --- By hand -----------------------------------------------------------------------------------------------------


def token(value: str) -> dict[str, str]:
    return {"currency": "USD", "issuer": "rIssuer", "value": value}


def sale(gets: str, pays: str) -> dict[str, Any]:
    return {"Account": US, "Sequence": 7, "TakerGets": gets, "TakerPays": token(pays)}


def deleted(final: dict[str, Any], previous: dict[str, Any]) -> dict[str, Any]:
    return {"DeletedNode": {"LedgerEntryType": "Offer", "FinalFields": final, "PreviousFields": previous}}


def transaction(*nodes: dict[str, Any], account: str = THEM, **fields: Any) -> LedgerTransaction:
    tx = {"Account": account, "Fee": "10", "TransactionType": "OfferCreate", **fields}
    return LedgerTransaction("AB", tx, {"AffectedNodes": list(nodes)}, "tesSUCCESS")


@pytest.mark.parametrize(
    ("node", "tx", "status", "traded"),
    [
        (deleted(sale("0", "0"), {"TakerGets": "5", "TakerPays": token("1")}), {}, OrderStatus.FILLED, 5),
        # Deleted with PreviousFields and something left: part-filled, and then found without funds.
        (deleted(sale("3", "0.6"), {"TakerGets": "5", "TakerPays": token("1")}), {}, OrderStatus.UNFUNDED, 2),
        (deleted(sale("5", "1"), {}), {}, OrderStatus.UNFUNDED, 0),
        (deleted(sale("5", "1"), {}), {"account": US, "OfferSequence": 7}, OrderStatus.REPLACED, 0),
        (
            deleted(sale("5", "1"), {}),
            {"account": US, "TransactionType": "OfferCancel", "OfferSequence": 7},
            OrderStatus.CANCELED,
            0,
        ),
        # Our own crossing offer removes our own older one: an own cancel, not a fill.
        (deleted(sale("5", "1"), {}), {"account": US}, OrderStatus.SELF_CROSSED, 0),
    ],
)
def test_a_deleted_offer_is_filled_only_if_it_traded(
    node: dict[str, Any], tx: dict[str, Any], status: OrderStatus, traded: int
) -> None:
    """Deletion alone says nothing: what was traded is the change of the amounts, and the rest has its own cause."""
    (change,) = read(transaction(node, **tx), PAIR).changes
    assert (change.status, change.xrp_drops, change.side) == (status, traded, Side.SELL)


def test_others_offers_and_other_pairs_are_not_ours() -> None:
    """An offer of someone else, or of ours in another token, changes nothing here."""
    theirs = deleted({**sale("0", "0"), "Account": THEM}, {"TakerGets": "5", "TakerPays": token("1")})
    other_token = {**token("0"), "issuer": "rOther"}
    other = deleted({**sale("0", "0"), "TakerPays": other_token}, {"TakerGets": "5"})
    assert read(transaction(theirs, other), PAIR).changes == ()


def test_the_fee_is_told_apart_from_what_moved() -> None:
    """A transaction of ours that only burned its fee moved no XRP."""
    root = {"FinalFields": {"Account": US, "Balance": "90"}, "PreviousFields": {"Balance": "100"}}
    reading = read(transaction({"ModifiedNode": {"LedgerEntryType": "AccountRoot", **root}}, account=US), PAIR)
    assert (reading.fee_drops, reading.xrp_change_drops) == (10, 0)


@pytest.mark.parametrize("meta", [{}, {"AffectedNodes": [{"ModifiedNode": {}}]}, {"AffectedNodes": [deleted({}, {})]}])
def test_metadata_of_another_shape_is_an_error(meta: dict[str, Any]) -> None:
    """Nothing is concluded from what can't be read; the error names the transaction."""
    with pytest.raises(MetadataError, match="transaction AB"):
        read(LedgerTransaction("AB", {"Account": US, "Fee": "10"}, meta, "tesSUCCESS"), PAIR)


# --- On a maker's recorded session ---------------------------------------------------------------------------------

DELETIONS = Path(__file__).parents[2] / "data" / "live" / "deletions.jsonl.gz"
MAKER = Pair(
    "rPruAw1sLC2rh5Rs4eRRhafao7XhHh4aR6",
    "524C555344000000000000000000000000000000",
    "rf6zbVZzqw32sKtjFAgsnogYc6utqs4xYJ",
)


@pytest.mark.parametrize(
    ("ledger_index", "sequence", "status"),
    [
        (19, 7, OrderStatus.FILLED),
        (20, 27, OrderStatus.REPLACED),
        (31, 35, OrderStatus.CANCELED),
        (36, 42, OrderStatus.EXPIRED),  # a taker met it
        (39, 45, OrderStatus.CANCELED),  # it had run out, but what removed it was our cancel
        (42, 18, OrderStatus.UNFUNDED),
        (42, 39, OrderStatus.UNFUNDED),  # filled in part by the same taker first
        (43, 43, OrderStatus.EXPIRED),
        (47, 52, OrderStatus.SELF_CROSSED),
        (50, 54, OrderStatus.FILLED),  # by a payment along a path
        (53, 56, OrderStatus.FILLED),  # by auto-bridging
        (71, 81, OrderStatus.FROZEN),
        (81, 80, OrderStatus.FROZEN),
    ],
)
def test_deletions_that_a_real_server_recorded_are_told_apart(
    ledger_index: int, sequence: int, status: OrderStatus
) -> None:
    """Each as the maker, who knew what it had done, noted it; in ledgers 71 and 81 its line was frozen."""
    with gzip.open(DELETIONS, "rt", encoding="utf-8") as file:
        rows = [row for row in map(json.loads, file) if row["ledger_index"] == ledger_index]
    found = [
        change.status
        for row in rows
        for change in read(
            LedgerTransaction(row["hash"], row["tx"], row["meta"], row["meta"]["TransactionResult"]),
            MAKER,
            row["parent_close_time_s"],
            frozen=ledger_index in {71, 81},
        ).changes
        if change.offer_sequence == sequence and change.status is not OrderStatus.PARTIALLY_FILLED
    ]
    assert found == [status]
