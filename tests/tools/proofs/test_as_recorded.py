"""Transactions that are not executed: what their metadata tells is set, counted, and counts for what comes after.

Method: hand-made transactions of types that the embedded ledger does not know, on the first ledger of a recorded
market. All accounts but the pool's and its maker's have 299,999.99999 XRP, 400,000 tokens, one line and sequence 4.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from support.recorded_pair import lines_of

from neo.ledger import Ledger
from tools.proofs.market_records import MarketRecord
from tools.proofs.record_shape import RecordError

OWNER, OWNER_ROOT = (
    "rBEhywn2X4tKyEKvT3GaKJZMTTA8JudKkj",
    "9450E44019008285FB49F5EC12CA65D21463282A08693CAD1A4D74835585FF76",
)
ASK = "6B8A8A17E075758865E811FE9F133ECC17CB60DD5DA848F6F1EC4F96245BD2AD"  # the first that OWNER places, sequence 4
HOLDER, LINE = "rKG1SiyGju7qstC6jeLdCcxTeYKqnA96Z1", "0431BFE60A0DB93935FCD91095303E892D66BEDE5C3ADC77F4A865EFA0BCAF07"
OTHER = "D1" * 32


class HandMade:
    """The market after its first transaction, an ask of 400.884767 XRP; then those of unknown types."""

    def __init__(self) -> None:
        setup, first = lines_of("plain", ledgers=1)
        self.market = MarketRecord(setup)
        self._header = {**first["ledger"], "transactions": first["ledger"]["transactions"][:1]}
        self.market.feed({"kind": "ledger", "ledger": self._header})

    @property
    def ledger(self) -> Ledger:
        """The embedded one."""
        assert self.market.ledger is not None
        return self.market.ledger

    def tell(self, *nodes: dict[str, Any], kind: str = "DIDSet") -> None:
        """One more ledger, with one transaction of a type that is not executed."""
        index = self.ledger.index + 1
        transaction = {
            "hash": f"{index:064X}",
            "tx_json": {"TransactionType": kind, "Account": OWNER, "Fee": "10", "Sequence": 5},
            "meta": {"AffectedNodes": list(nodes), "TransactionIndex": 0, "TransactionResult": "tesSUCCESS"},
        }
        self.market.feed(
            {"kind": "ledger", "ledger": {**self._header, "ledger_index": index, "transactions": [transaction]}}
        )


def modified(kind: str, index: str, **fields: Any) -> dict[str, Any]:
    """A node of an entry that was changed."""
    return {"ModifiedNode": {"LedgerEntryType": kind, "LedgerIndex": index, "FinalFields": fields}}


def root_of_owner(drops: int, owner_count: int) -> dict[str, Any]:
    """The node of OWNER's root."""
    fields = {"Account": OWNER, "Balance": str(drops), "Flags": 0, "OwnerCount": owner_count, "Sequence": 6}
    return modified("AccountRoot", OWNER_ROOT, **fields)


def tokens(value: str, issuer: str = "rrrrrrrrrrrrrrrrrrrrBZbvji") -> dict[str, str]:
    """An amount of the pair's token."""
    return {"currency": "524C555344000000000000000000000000000000", "issuer": issuer, "value": value}


def created_did() -> dict[str, Any]:
    """The node of a new entry of OWNER's."""
    fields = {"Account": OWNER, "URI": "6E656F"}
    return {"CreatedNode": {"LedgerEntryType": "DID", "LedgerIndex": OTHER, "NewFields": fields}}


def test_an_unknown_type_that_takes_an_owners_xrp_leaves_its_ask_with_less_behind_it() -> None:
    """2 XRP, less 1 XRP and three entries of 0.2 XRP each in reserve, leave 0.4 XRP; it is counted by its type."""
    made = HandMade()
    made.tell(root_of_owner(2_000_000, owner_count=3), created_did())
    assert made.market.mismatch is None
    assert made.ledger.xrp_drops(OWNER) == 2_000_000
    assert made.ledger.owner_count(OWNER) == 3
    assert made.ledger.sequence(OWNER) == 6
    (ask,) = made.ledger.book("asks")
    assert (ask.taker_gets, ask.funded_gets) == (400_884_767, 400_000)
    assert made.market.share() == (
        "2 ledgers, 2 transactions, 1 executed and 1 applied as recorded: "
        "OfferCreate 1 executed, 0 as recorded; DIDSet 0 executed, 1 as recorded"
    )


def test_an_entry_of_another_kind_comes_changes_and_goes_with_its_place_in_its_owners_directory() -> None:
    """Its fields are those told last, and its first page goes untold when it is made."""
    made = HandMade()
    made.tell(created_did())
    held = made.ledger.state.others[bytes.fromhex(OTHER)]
    assert (held.kind, held.fields) == ("DID", {"Account": OWNER, "URI": "6E656F"})
    assert [(account.address, name, page) for account, name, page in held.pages] == [(OWNER, "OwnerNode", 0)]
    made.tell(modified("DID", OTHER, Account=OWNER, Flags=0, OwnerNode="0", URI="AA"))
    assert held.fields == {"Account": OWNER, "Flags": 0, "URI": "AA"}
    assert held.previous_hash == f"{made.ledger.index:064X}"
    made.tell({"DeletedNode": {"LedgerEntryType": "DID", "LedgerIndex": OTHER}}, kind="DIDDelete")
    assert made.market.mismatch is None
    assert not made.ledger.state.others
    assert sum(len(page.entries) for page in made.ledger.state.accounts[OWNER].owned.pages.values()) == 2


def test_what_is_told_of_lines_and_offers_is_set_and_a_deleted_offer_leaves_its_book() -> None:
    """A line's balance is its low account's; the owner's count is told by its root and not counted twice."""
    made = HandMade()
    issuer = made.ledger.issuer
    line = {
        "Balance": tokens("-123.5"),
        "Flags": 2228224,
        "LowLimit": tokens("0", issuer),
        "HighLimit": tokens("1000000000", HOLDER),
    }
    made.tell(
        modified("RippleState", LINE, **line),
        modified("Offer", ASK, TakerGets="1000000", TakerPays=tokens("1.5", issuer)),
    )
    assert made.market.mismatch is None
    assert made.ledger.token_balance(HOLDER) == Decimal("123.5")
    (ask,) = made.ledger.book("asks")
    assert (ask.taker_gets, ask.taker_pays) == (1_000_000, Decimal("1.5"))
    made.tell(
        root_of_owner(5_000_000, owner_count=1), {"DeletedNode": {"LedgerEntryType": "Offer", "LedgerIndex": ASK}}
    )
    assert list(made.ledger.book("asks")) == []
    assert made.ledger.owner_count(OWNER) == 1


def test_a_new_account_is_there_with_what_is_told_of_it() -> None:
    """Zeros go untold of new entries."""
    made = HandMade()
    fields = {"Account": "rrrrrrrrrrrrrrrrrrrrBZbvji", "Balance": "7000000", "Sequence": 9}
    made.tell({"CreatedNode": {"LedgerEntryType": "AccountRoot", "LedgerIndex": "AB" * 32, "NewFields": fields}})
    account = made.ledger.state.accounts["rrrrrrrrrrrrrrrrrrrrBZbvji"]
    assert (account.drops, account.sequence, account.flags, account.owner_count) == (7_000_000, 9, 0, 0)


@pytest.mark.parametrize(
    "node",
    [
        {"CreatedNode": {"LedgerEntryType": "RippleState", "LedgerIndex": OTHER, "NewFields": {}}},
        {"CreatedNode": {"LedgerEntryType": "Offer", "LedgerIndex": OTHER, "NewFields": {}}},
        {"ModifiedNode": {"LedgerEntryType": "AMM", "LedgerIndex": OTHER}},
        {"DeletedNode": {"LedgerEntryType": "AccountRoot", "LedgerIndex": OWNER_ROOT}},
    ],
)
def test_what_cannot_be_set_is_told_by_its_name_and_nothing_is_changed(node: dict[str, Any]) -> None:
    """The market ends there as a difference: what comes after can't be held against it."""
    made = HandMade()
    made.tell(root_of_owner(2_000_000, owner_count=3), node)
    found = made.market.mismatch
    ((change, told),) = node.items()
    assert found is not None
    assert found.field == (
        f"neither executed nor applied as recorded, for its {change} of {told['LedgerEntryType']} {told['LedgerIndex']}"
    )
    assert (found.step, found.expected) == ("ledger 9, transaction 1", "DIDSet")
    assert made.ledger.xrp_drops(OWNER) == 299_999_999_980
    assert made.market.recorded.total() == 0


def test_metadata_that_cannot_be_read_is_told_with_its_transaction() -> None:
    """The record is at fault."""
    with pytest.raises(RecordError, match=f"metadata of transaction {9:064X} cannot be read: KeyError"):
        HandMade().tell(modified("AccountRoot", OWNER_ROOT))
