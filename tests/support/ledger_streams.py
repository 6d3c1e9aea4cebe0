"""What a ledger server tells without being asked: closed ledgers and what is in them, proposals, its load.

``ledgerClosed`` comes first and that ledger's transactions after it, each once for every subscription that it matches.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from support.ledger_answers import book_of
from support.ledger_blobs import as_written
from support.ledger_chain import ClosedRecord, ClosedTransaction, Handed
from support.ledger_history import ctid_of
from support.ledger_status import load_factors, result_fields
from support.rpc_errors import RpcError
from xrpl.core.addresscodec import is_valid_classic_address

if TYPE_CHECKING:
    from support.ledger_node import LedgerNode

Json = dict[str, Any]

_STREAMS = frozenset({"ledger", "transactions", "transactions_proposed", "server", "book_changes"})
_SNAPSHOT_LIMIT = 60


@dataclass
class Subscriptions:
    """What one connection wants to be told. A book is its direction: whether its offers give XRP."""

    streams: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    accounts_proposed: set[str] = field(default_factory=set)
    books: set[bool | None] = field(default_factory=set)

    def subscribe(self, node: LedgerNode, request: Json) -> Json:
        """Take a request to be told, and answer it.

        Raises:
            RpcError: It is malformed; nothing is changed.
        """
        wanted = _read(node, request)
        self.streams |= wanted.streams
        self.accounts |= wanted.accounts
        self.accounts_proposed |= wanted.accounts_proposed
        self.books |= wanted.books
        result: Json = {}
        if "ledger" in wanted.streams:
            result |= ledger_fields(node, node.validated)
        if "server" in wanted.streams:
            result |= _server_fields(node)
        for book in request.get("books", ()):
            if book.get("snapshot"):
                result |= _snapshot(node, book)
        return result

    def unsubscribe(self, node: LedgerNode, request: Json) -> Json:
        """Take a request not to be told any more. Book changes are a stream that a server can't be asked to end."""
        if "book_changes" in request.get("streams", []):
            raise RpcError("malformedStream")
        wanted = _read(node, request)
        self.streams -= wanted.streams
        self.accounts -= wanted.accounts
        self.accounts_proposed -= wanted.accounts_proposed
        self.books -= wanted.books
        return {}

    def of_close(self, node: LedgerNode, record: ClosedRecord) -> Iterator[Json]:
        """What is told of a closed ledger."""
        if "ledger" in self.streams:
            yield {
                "type": "ledgerClosed",
                **ledger_fields(node, record),
                "txn_count": len(record.transactions),
            }
        if not (self.accounts or self.books or "transactions" in self.streams):
            return
        for done in record.transactions:
            matches = ("transactions" in self.streams) + bool(self.accounts & done.accounts)
            matches += bool(self.books and self.books & books_of(node, done))
            for _ in range(matches):
                yield closed_frame(record, done)

    def of_proposal(self, node: LedgerNode, handed: Handed) -> Iterator[Json]:
        """What is told of a transaction that has its place in the open ledger."""
        parties = {handed.tx["Account"], handed.tx.get("Destination")}
        matches = ("transactions_proposed" in self.streams) + bool(self.accounts_proposed & parties)
        for _ in range(matches):
            yield proposed_frame(node, handed)


def _read(node: LedgerNode, request: Json) -> Subscriptions:
    streams = request.get("streams", [])
    if not isinstance(streams, list):
        raise RpcError("invalidParams")
    if not node.is_admin and ("peer_status" in streams or "url" in request):
        raise RpcError("noPermission")
    if not set(streams) <= _STREAMS:
        raise RpcError("malformedStream")
    for name in ("accounts", "accounts_proposed"):
        if name in request and not (request[name] and all(map(is_valid_classic_address, request[name]))):
            raise RpcError("actMalformed")
    books: set[bool | None] = set()
    for book in request.get("books", []):
        if not {"taker_gets", "taker_pays"} <= book.keys():
            raise RpcError("invalidParams")
        gives_xrp = book_of(node, book)
        books.add(gives_xrp)
        if book.get("both") and gives_xrp is not None:
            books.add(not gives_xrp)
    return Subscriptions(
        set(streams), set(request.get("accounts", [])), set(request.get("accounts_proposed", [])), books
    )


def _snapshot(node: LedgerNode, book: Json) -> Json:
    """``bids`` are the offers in the direction that was asked for."""
    gives_xrp = book_of(node, book)
    rows = node.chain.rows(node.validated_index)

    def offers(direction: bool | None) -> list[Json]:
        return [] if direction is None else rows.book(gives_xrp=direction, limit=_SNAPSHOT_LIMIT)

    if not book.get("both"):
        return {"offers": offers(gives_xrp)}
    return {"bids": offers(gives_xrp), "asks": offers(None if gives_xrp is None else not gives_xrp)}


def _server_fields(node: LedgerNode) -> Json:
    factors = load_factors(node)
    fields: Json = {
        "load_base": factors["load_base"],
        "load_factor": factors["load_factor"],
        "pubkey_node": "n94B3aCffL43nZRYf79CtJiJRSRAU8QS78JbvKF9u9NHHAxJdbFA",
        "random": "12BDCB38" * 8,
        "server_status": node.server_state,
    }
    if node.is_admin:
        fields["hostid"] = "tests"
    if node.network_id is None:
        fields["stand_alone"] = True
    return fields


def ledger_fields(node: LedgerNode, record: ClosedRecord) -> Json:
    """What is told of a ledger by the stream and by the answer to its subscription."""
    fees = node.chain.ledger.fees
    return {
        "fee_base": fees.base_fee_drops,
        "ledger_hash": record.ledger_hash,
        "ledger_index": record.index,
        "ledger_time": record.close_time_s,
        "network_id": node.network_id or 0,
        "reserve_base": fees.reserve_base_drops,
        "reserve_inc": fees.reserve_inc_drops,
        "validated_ledgers": node.complete_ledgers,
    }


def server_status(node: LedgerNode) -> Json:
    """What is told when the load changes."""
    return {
        "type": "serverStatus",
        "base_fee": node.chain.ledger.fees.base_fee_drops,
        **load_factors(node),
        "server_status": "connected" if node.is_amendment_blocked else node.server_state,
    }


def closed_frame(record: ClosedRecord, done: ClosedTransaction) -> Json:
    """A transaction of a validated ledger."""
    tx: Json = {**done.tx, "date": record.close_time_s}
    if done.owner_funds is not None:
        tx["owner_funds"] = done.owner_funds
    return {
        "type": "transaction",
        "close_time_iso": record.close_time_iso,
        "ctid": ctid_of(record, done),
        **result_fields(done.result),
        "hash": done.tx_hash,
        "ledger_hash": record.ledger_hash,
        "ledger_index": record.index,
        "meta": done.meta,
        "status": "closed",
        "tx_json": tx,
        "validated": True,
    }


def proposed_frame(node: LedgerNode, handed: Handed) -> Json:
    """A transaction that a server passes on, without metadata; nothing of it is final."""
    tx = as_written(handed.tx)
    if tx["TransactionType"] == "OfferCreate":
        funds = node.chain.rows(node.validated_index).owner_funds(tx["Account"], tx["TakerGets"])
        tx |= {} if funds is None else {"owner_funds": funds}
    return {
        "type": "transaction",
        **result_fields(handed.result),
        "hash": handed.tx_hash,
        "ledger_current_index": node.validated_index + 1,
        "status": "proposed",
        "tx_json": tx,
        "validated": False,
    }


def books_of(node: LedgerNode, done: ClosedTransaction) -> set[bool | None]:
    """The books whose offers a transaction changed. Source: rippled, ``OrderBookDB::processTxn``."""
    found: set[bool | None] = set()
    for affected in done.meta["AffectedNodes"]:
        ((kind, node_fields),) = affected.items()
        if node_fields["LedgerEntryType"] != "Offer":
            continue
        place = {"CreatedNode": "NewFields", "ModifiedNode": "PreviousFields", "DeletedNode": "FinalFields"}[kind]
        fields = node_fields.get(place, {})
        if "TakerGets" in fields and "TakerPays" in fields:
            found.add(_direction(node, fields))
    return found


def _direction(node: LedgerNode, fields: Json) -> bool | None:
    gets, pays = fields["TakerGets"], fields["TakerPays"]
    token = pays if isinstance(gets, str) else gets
    ledger = node.chain.ledger
    if (token["currency"], token["issuer"]) != (ledger.currency, ledger.issuer):
        return None
    return isinstance(gets, str)
