"""Markets recorded from a real ledger server, ledger by ledger, and a plain model of what the ledger then holds.

``market-plain`` is a market of one pair (version 3.0), ``market-mixed`` has besides it another token, domain and hybrid
offers, freezes, deep freezes, clawbacks and pool moves; ``market-450-ledgers`` among the conformance records is the
first of the older server (2.3). Of the newer two some fields that tell nothing here were left out.

The model is a table of entries, each as metadata left it. It answers requests as the server would, by figures of its
own: decimals, no code of the product's.
"""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
from support import recorded

from neo.chain.pair import Pair
from neo.ledger.amendments import of_ids
from neo.messages import LedgerTransaction
from neo.mirror.assembly import CompleteLedger
from neo.mirror.pinned_read import PinnedRead
from neo.wire import requests
from neo.wire.books import read_offer
from neo.wire.frames import read_ledger_closed

DATA = Path(__file__).parent.parent / "data"
FILES = {
    "plain": DATA / "live" / "market-plain.jsonl.gz",
    "mixed": DATA / "live" / "market-mixed.jsonl.gz",
    "older": DATA / "conformance" / "market" / "market-450-ledgers.jsonl.gz",
}

RESERVE_BASE_DROPS, RESERVE_INC_DROPS = 1_000_000, 200_000
OFFERS_MAX = 100
EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
FREEZE = {"Low": 0x00400000, "High": 0x00800000}
DEEP_FREEZE = {"Low": 0x02000000, "High": 0x04000000}
GLOBAL_FREEZE = 0x00400000

Fields = dict[str, Any]


class Recording(NamedTuple):
    """A market from its first state to its last."""

    setup: Fields
    ledgers: tuple[CompleteLedger, ...]
    end: Fields

    def pair(self, name: str) -> Pair:
        """The pair from one account's side, by its name in the record."""
        return Pair(self.setup["accounts"][name], self.setup["currency"], self.setup["issuer"])


def lines_of(name: str, ledgers: int | None = None) -> list[Fields]:
    """A recorded market's lines as they are; without its end and its later ledgers if their number is given."""
    with gzip.open(FILES[name], "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in islice(file, None if ledgers is None else ledgers + 1)]


@functools.cache
def recording(name: str) -> Recording:
    """A whole recorded market."""
    lines = lines_of(name)
    ledgers = tuple(_ledger(line["ledger"]) for line in lines if line["kind"] == "ledger")
    return Recording(lines[0], ledgers, lines[-1]["state"])


def of_scenario(scenario: Fields) -> Recording:
    """A conformance scenario as a market; its end is the state after its last ledger."""
    setup, issuer = scenario["setup"], scenario["setup"]["issuer"]
    amm = setup["before"]["amm"]
    made = {
        "currency": setup["currency"],
        "issuer": issuer["address"],
        "issuer_fields": {"TransferRate": issuer["transfer_rate"], "TickSize": issuer["tick_size"]},
        "accounts": setup["accounts"],
        "state": setup["before"],
        "amm": None if amm is None else amm["account"],
    }
    ledgers = [
        CompleteLedger(
            index=int(step["ledger_index"]),
            ledger_hash=f"LEDGER {step['ledger_index']}",
            close_time_s=step["close_time"],
            transactions=tuple(sorted(recorded.applied(step), key=_place)),
            fees=None,
            delay_s=None,
        )
        for step in scenario["steps"]
    ]
    return Recording(made, tuple(ledgers), scenario["steps"][-1]["after"])


def _place(transaction: LedgerTransaction) -> int:
    place: int = transaction.meta["TransactionIndex"]
    return place


def _ledger(header: Fields) -> CompleteLedger:
    transactions = [_transaction(each) for each in header["transactions"]]
    return CompleteLedger(
        index=int(header["ledger_index"]),
        ledger_hash=header["ledger_hash"],
        close_time_s=header["close_time"],
        transactions=tuple(sorted(transactions, key=_place)),
        fees=None,
        delay_s=None,
    )


def _transaction(told: Fields) -> LedgerTransaction:
    """Under version 1 of the API the transaction's fields stand beside its hash."""
    meta = told.get("meta") or told["metaData"]
    tx = told.get("tx_json") or {name: value for name, value in told.items() if name not in ("hash", "metaData")}
    return LedgerTransaction(told["hash"], tx, meta, meta["TransactionResult"])


class Model:
    """All entries of a recorded market, as the last ledger left them."""

    def __init__(self, market: Recording) -> None:
        self.setup = market.setup
        first = market.ledgers[0]
        self.index, self.ledger_hash, self.close_time_s = first.index - 1, "START", first.close_time_s - 1
        self.entries: dict[str, Fields] = {}
        self.order: dict[str, int] = {}
        for entry in market.setup.get("entries") or _told_entries(market.setup):
            self.entries[entry["index"]] = entry
        self.currency, self.issuer = market.setup["currency"], market.setup["issuer"]

    def apply(self, ledger: CompleteLedger) -> None:
        """Take the next ledger's metadata."""
        for transaction in ledger.transactions:
            for each in transaction.meta["AffectedNodes"]:
                ((action, node),) = each.items()
                self._apply_node(action, node, transaction.tx_hash)
        self.index, self.ledger_hash, self.close_time_s = ledger.index, ledger.ledger_hash, ledger.close_time_s

    def _apply_node(self, action: str, node: Fields, tx_hash: str) -> None:
        index = node["LedgerIndex"]
        if action == "CreatedNode":
            entry = {"Flags": 0, "OwnerCount": 0, **node["NewFields"]}
            self.order[index] = len(self.order)
        elif action == "DeletedNode":
            self.entries.pop(index, None)
            return
        else:
            entry = node.get("FinalFields", self.entries.get(index, {}))
        self.entries[index] = {
            **entry,
            "LedgerEntryType": node["LedgerEntryType"],
            "index": index,
            "PreviousTxnID": tx_hash,
        }

    # --- reading ---

    def of_type(self, kind: str) -> Iterator[Fields]:
        """Every entry of one type."""
        return (entry for entry in self.entries.values() if entry["LedgerEntryType"] == kind)

    def root(self, address: str) -> Fields:
        """An account's root."""
        return next(each for each in self.of_type("AccountRoot") if each["Account"] == address)

    def line(self, address: str) -> Fields | None:
        """An account's line of the token, with ``held`` in its own terms and ``side`` it is on."""
        for entry in self.of_type("RippleState"):
            ends = {side: entry[f"{side}Limit"]["issuer"] for side in ("Low", "High")}
            if entry["Balance"]["currency"] == self.currency and set(ends.values()) == {address, self.issuer}:
                side = "Low" if ends["Low"] == address else "High"
                value = Decimal(entry["Balance"]["value"])
                return {**entry, "side": side, "held": value if side == "Low" else -value}
        return None

    def offers(self, *, asks: bool) -> list[Fields]:
        """One direction of the open book, best first, oldest first at one price; hybrid offers are in it."""
        found = [entry for entry in self.of_type("Offer") if self.is_of_open_book(entry, asks=asks)]
        return sorted(found, key=lambda each: (int(each["BookDirectory"][-16:], 16), self.order.get(each["index"], -1)))

    def is_of_open_book(self, offer: Fields, *, asks: bool) -> bool:
        """Whether an offer is in one direction of the pair's open book."""
        gets, pays = offer["TakerGets"], offer["TakerPays"]
        token, xrp = (pays, gets) if asks else (gets, pays)
        if not isinstance(xrp, str) or not isinstance(token, dict) or token["issuer"] != self.issuer:
            return False
        return token["currency"] == self.currency and ("DomainID" not in offer or bool(offer["Flags"] & 0x40000))

    def is_globally_frozen(self) -> bool:
        """Whether the issuer has frozen everything."""
        return bool(self.root(self.issuer)["Flags"] & GLOBAL_FREEZE)

    def funds(self, offer: Fields) -> Decimal:
        """What the owner of an offer can give, whatever else it offers."""
        if isinstance(offer["TakerGets"], str):
            root = self.root(offer["Account"])
            reserve = RESERVE_BASE_DROPS + root["OwnerCount"] * RESERVE_INC_DROPS
            return Decimal(max(0, int(root["Balance"]) - reserve))
        line = self.line(offer["Account"])
        if line is None or self.is_globally_frozen() or (line is not None and self.has_flag(line, FREEZE)):
            return Decimal(0)
        return max(Decimal(0), Decimal(line["held"]))

    def has_flag(self, line: Fields, flag: Mapping[str, int]) -> bool:
        """Whether the issuer set a flag on a line."""
        return bool(line["Flags"] & flag["High" if line["side"] == "Low" else "Low"])

    def pool(self) -> Fields | None:
        """The pool's entry."""
        return next(
            (each for each in self.of_type("AMM") if each["Account"] == self.setup["amm"]),
            None,
        )

    def as_streamed(self, ledger: CompleteLedger) -> CompleteLedger:
        """The ledger that was just taken as a stream tells it: with what the owners of new offers can give."""
        return msgspec.structs.replace(
            ledger, transactions=tuple(self._with_funds(each) for each in ledger.transactions)
        )

    def _with_funds(self, transaction: LedgerTransaction) -> LedgerTransaction:
        """As of the end of the ledger, whatever is frozen. An offer that did not come to rest needs none."""
        created = [each["CreatedNode"] for each in transaction.meta["AffectedNodes"] if "CreatedNode" in each]
        offers = [each["NewFields"] for each in created if each["LedgerEntryType"] == "Offer"]
        if not offers:
            return transaction
        gets = offers[0]["TakerGets"]
        line = self.line(offers[0]["Account"])
        if isinstance(gets, str):
            funds = self.funds(offers[0])
        else:
            funds = Decimal(0) if line is None else Decimal(line["held"])
        return msgspec.structs.replace(transaction, tx={**transaction.tx, "TakerGets": gets, "owner_funds": str(funds)})

    # --- answering ---

    def answers(self, pair: Pair, *, offers_max: int = OFFERS_MAX, lines_of: Iterable[str] = ()) -> PinnedRead:
        """A pinned read of this ledger, through the readers of the wire; with the lines of some owners."""
        pool = self.pool()
        owner_lines = {address: self._lines(address) for address in lines_of}
        return PinnedRead(
            pair=pair,
            closed=read_ledger_closed(self.closed()),
            amendments=of_ids(AMENDMENTS).known,
            asks=requests.book_offers(pair, asks=True, limit=offers_max).read(self._book(offers_max, asks=True)),
            bids=requests.book_offers(pair, asks=False, limit=offers_max).read(self._book(offers_max, asks=False)),
            offers_max=offers_max,
            pool=None if pool is None else requests.amm_info(pair).read(self._pool(pool)),
            issuer=requests.account_info(pair.issuer).read(self._root(pair.issuer)),
            own=requests.account_info(pair.account).read(self._root(pair.account)),
            own_lines=requests.account_lines(pair.account).read(self._lines(pair.account)),
            own_offers=tuple(read_offer(each) for each in self.of_type("Offer") if each["Account"] == pair.account),
            owner_lines={
                address: requests.account_lines(address).read(lines) for address, lines in owner_lines.items()
            },
        )

    def closed(self) -> Fields:
        """The message of this ledger's close."""
        return {
            "type": "ledgerClosed", "ledger_index": self.index, "ledger_hash": self.ledger_hash,
            "ledger_time": self.close_time_s, "fee_base": 10, "reserve_base": RESERVE_BASE_DROPS,
            "reserve_inc": RESERVE_INC_DROPS,
        }  # fmt: skip

    def _pinned(self, **fields: Any) -> Fields:
        return {**fields, "ledger_index": self.index, "ledger_hash": self.ledger_hash, "validated": True}

    def _book(self, limit: int, *, asks: bool) -> Fields:
        rows, seen = [], set()
        for offer in self.offers(asks=asks)[:limit]:
            row = {**offer}
            if offer["Account"] not in seen:
                seen.add(offer["Account"])
                row["owner_funds"] = str(self.funds(offer))
            rows.append(row)
        return self._pinned(offers=rows)

    def _root(self, address: str) -> Fields:
        return self._pinned(account_data=self.root(address))

    def _lines(self, address: str) -> Fields:
        line = self.line(address)
        if line is None:
            return self._pinned(account=address, lines=[])
        peer = "High" if line["side"] == "Low" else "Low"
        told = {
            "account": self.issuer, "currency": self.currency, "balance": str(line["held"]),
            "limit": line[f"{line['side']}Limit"]["value"], "limit_peer": line[f"{peer}Limit"]["value"],
            "freeze_peer": self.has_flag(line, FREEZE), "deep_freeze_peer": self.has_flag(line, DEEP_FREEZE),
            "freeze": bool(line["Flags"] & FREEZE[line["side"]]),
            "deep_freeze": bool(line["Flags"] & DEEP_FREEZE[line["side"]]),
        }  # fmt: skip
        return self._pinned(account=address, lines=[told])

    def _pool(self, pool: Fields) -> Fields:
        line = self.line(pool["Account"])  # none, once it has been emptied
        slot = pool.get("AuctionSlot")
        amm = {
            "account": pool["Account"],
            "amount": self.root(pool["Account"])["Balance"],
            "amount2": {"currency": self.currency, "issuer": self.issuer, "value": str(line["held"] if line else 0)},
            "lp_token": pool["LPTokenBalance"],
            "trading_fee": pool.get("TradingFee", 0),
            "asset2_frozen": self.is_globally_frozen() or (line is not None and self.has_flag(line, FREEZE)),
        }
        if slot is not None:
            told = {"account": slot["Account"], "discounted_fee": slot.get("DiscountedFee", 0)}
            allowed = [{"account": each["AuthAccount"]["Account"]} for each in slot.get("AuthAccounts", ())]
            told |= {"auth_accounts": allowed} if allowed else {}
            expires = EPOCH + timedelta(seconds=slot["Expiration"])
            amm["auction_slot"] = {**told, "expiration": expires.isoformat()}
        return self._pinned(amm=amm)


def _told_entries(setup: Fields) -> Iterator[Fields]:
    """The entries that the older record tells by balances alone, with the flags that its accounts had."""
    from neo.ledger import keys  # noqa: PLC0415 - where entries live is a fact of the ledger's, not a figure

    state, issuer = setup["state"], setup["issuer"]
    told = {setup["accounts"][name]: each for name, each in state["accounts"].items()}
    amm = state["amm"]
    told[issuer] = {"xrp_drops": "1000000000", "sequence": 1, "owner_count": 0, "token_balance": None}
    if amm is not None:
        told[amm["account"]] = {
            "xrp_drops": amm["amount"], "sequence": 7, "owner_count": 1, "token_balance": amm["amount2"]["value"],
        }  # fmt: skip
    for address, each in told.items():
        identifier = keys.account_id(address)
        yield {
            "LedgerEntryType": "AccountRoot", "index": keys.account_key(identifier).hex().upper(), "Account": address,
            "Balance": each["xrp_drops"], "Sequence": each["sequence"], "OwnerCount": each["owner_count"], "Flags": 0,
            **(setup.get("issuer_fields", {}) if address == issuer else {}),
        }  # fmt: skip
        if each["token_balance"] is not None:
            low_id, high_id = sorted([identifier, keys.account_id(issuer)])
            low, high = keys.address_of(low_id), keys.address_of(high_id)
            sign = "" if low == address else "-"
            yield {
                "LedgerEntryType": "RippleState", "Flags": 0,
                "index": keys.line_key(low_id, high_id, keys.currency_bytes(setup["currency"])).hex().upper(),
                "Balance": {"currency": setup["currency"], "issuer": "", "value": sign + each["token_balance"]},
                "LowLimit": {"currency": setup["currency"], "issuer": low, "value": "0"},
                "HighLimit": {"currency": setup["currency"], "issuer": high, "value": "0"},
            }  # fmt: skip
    if amm is None:
        return
    key = keys.amm_key(keys.account_id(issuer), keys.currency_bytes(setup["currency"]))
    yield {
        "LedgerEntryType": "AMM", "index": key.hex().upper(), "Account": amm["account"],
        "LPTokenBalance": amm["lp_token"], "TradingFee": amm["trading_fee"],
    }  # fmt: skip


# The identifiers of the amendments that are a choice of the embedded ledger's, as the recorded server lists them.
AMENDMENTS = (
    "3318EA0CF0755AF15DAC19F2B5C5BCBFF4B78BDD57609ACCAABE2C41309B051A",  # fixFillOrKill
    "56B241D7A43D40354D02A9DC4C8DF5C7A1F930D92A9035C4E12291B3CA3E1C2B",  # Clawback
    "75A7E01C505DD5A179DFE3E000A9B6F1EDDEB55A12F95579A23E15B15DC8BE5A",  # ImmediateOfferKilled
    "7BB62DC13EC72B775091E9C71BF8CF97E122647693B50C5E87A80DFD6FCFAC50",  # fixPreviousTxnID
    "8CC0774A3BF66D1D22E76BBDA8E8A232E6B6313834301B3B23E8601196AE6455",  # AMM
)
