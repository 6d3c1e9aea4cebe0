"""What a ledger server answers of ledgers that have closed: headers, transactions, those of an account, single ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from support.ledger_answers import limit_of
from support.ledger_blobs import as_written
from support.ledger_chain import ClosedRecord, ClosedTransaction
from support.ledger_rows import human_time
from support.rpc_errors import RpcError
from xrpl.core import binarycodec
from xrpl.core.addresscodec import is_valid_classic_address

if TYPE_CHECKING:
    from support.ledger_node import LedgerNode

Json = dict[str, Any]

_TX_LIMITS = (10, 200, 400)
_RANGE_MAX = 1_000
_HASH_DIGITS = 64


def ctid_of(record: ClosedRecord, done: ClosedTransaction) -> str:
    """A transaction's other name: its ledger, and its place there. Source: XLS-37."""
    return f"C{record.index:07X}{done.place:04X}0000"


def blobs_of(done: ClosedTransaction) -> Json:
    """A transaction and its metadata as the ledger keeps them."""
    tx = dict(done.tx)
    if "DeliverMax" in tx:
        tx["Amount"] = tx.pop("DeliverMax")
    meta = {name: value for name, value in done.meta.items() if name != "delivered_amount"}
    return {"meta_blob": binarycodec.encode(meta), "tx_blob": binarycodec.encode(tx)}


def _in_ledger(record: ClosedRecord, done: ClosedTransaction) -> Json:
    return {
        "close_time_iso": record.close_time_iso,
        "hash": done.tx_hash,
        "ledger_hash": record.ledger_hash,
        "ledger_index": record.index,
        "validated": True,
    }


def _found(record: ClosedRecord, done: ClosedTransaction) -> Json:
    """A transaction as ``tx`` and ``account_tx`` write it."""
    beside = {"ctid": ctid_of(record, done), "date": record.close_time_s, "ledger_index": record.index}
    return {**_in_ledger(record, done), "meta": done.meta, "tx_json": {**done.tx, **beside}}


# --- Ledgers -------------------------------------------------------------------------------------------------------


def ledger(node: LedgerNode, request: Json) -> Json:
    """A ledger's header, with its transactions if asked for."""
    if not node.is_admin and (request.get("full") or request.get("accounts")):
        raise RpcError("noPermission")
    place = node.place(request)
    if "ledger_current_index" in place.said:
        return {"ledger": _open_header(node, request, place.index), **place.said}
    record = node.chain.records[place.index]
    header = _header(record)
    if request.get("binary"):
        header = {"closed": True, "ledger_data": record.account_hash}
    if request.get("transactions"):
        header["transactions"] = [_listed(record, done, request) for done in record.transactions]
    return {"ledger": header, **place.said}


def _header(record: ClosedRecord) -> Json:
    return {
        "account_hash": record.account_hash,
        "close_flags": 0,
        "close_time": record.close_time_s,
        "close_time_human": human_time(record.close_time_s),
        "close_time_iso": record.close_time_iso,
        "close_time_resolution": 10,
        "closed": True,
        "ledger_hash": record.ledger_hash,
        "ledger_index": record.index,
        "parent_close_time": record.parent_close_time_s,
        "parent_hash": record.parent_hash,
        "total_coins": str(record.total_drops),
        "transaction_hash": record.transaction_hash,
    }


def _open_header(node: LedgerNode, request: Json, index: int) -> Json:
    header: Json = {"closed": False, "ledger_index": index, "parent_hash": node.validated.ledger_hash}
    if request.get("transactions"):
        header["transactions"] = [
            {"hash": each.tx_hash, "tx_json": as_written(each.tx), "validated": False}
            if request.get("expand")
            else each.tx_hash
            for each in node.chain.open.values()
        ]
    return header


def _listed(record: ClosedRecord, done: ClosedTransaction, request: Json) -> Any:
    if not request.get("expand"):
        return done.tx_hash
    if request.get("binary"):
        return {"hash": done.tx_hash, **blobs_of(done)}
    row = {**_in_ledger(record, done), "meta": done.meta, "tx_json": done.tx}
    if request.get("owner_funds") and done.owner_funds is not None:
        row["owner_funds"] = done.owner_funds
    return row


def ledger_current(node: LedgerNode, request: Json) -> Json:
    """The index of the open ledger."""
    return {"ledger_current_index": node.place({**request, "ledger_index": "current"}).index}


def ledger_closed(node: LedgerNode, request: Json) -> Json:
    """The last closed ledger."""
    del request
    return {"ledger_hash": node.validated.ledger_hash, "ledger_index": node.validated_index}


# --- Transactions --------------------------------------------------------------------------------------------------


def account_tx(node: LedgerNode, request: Json) -> Json:
    """An account's transactions in a range of ledgers, newest first unless asked otherwise."""
    account = request.get("account")
    if not isinstance(account, str):
        raise RpcError("invalidParams", "Missing field 'account'.")
    if not is_valid_classic_address(account):
        raise RpcError("actMalformed")
    forward = request.get("forward", False)
    if not isinstance(forward, bool):
        raise RpcError("invalidParams", "Invalid field 'forward'.")
    first, last = _range(node, request)
    limit = limit_of(node, request, _TX_LIMITS)
    found = [
        (record, done)
        for index in range(first, last + 1)
        if node.has(index)
        for record in [node.chain.records[index]]
        for done in record.transactions
        if account in done.accounts
    ]
    found = found if forward else found[::-1]
    found = _from_marker(found, request.get("marker"), forward=forward)
    page, rest = found[:limit], found[limit:]
    more = {"marker": {"ledger": rest[0][0].index, "seq": rest[0][1].place}} if rest else {}
    return {
        "account": account,
        "ledger_index_max": last,
        "ledger_index_min": first,
        "limit": limit if "limit" in request else 0,
        **more,
        "transactions": [_row(*each, binary=bool(request.get("binary"))) for each in page],
        "validated": True,
    }


def _row(record: ClosedRecord, done: ClosedTransaction, *, binary: bool) -> Json:
    if binary:
        return {"ledger_index": record.index, **blobs_of(done), "validated": True}
    return _found(record, done)


def _range(node: LedgerNode, request: Json) -> tuple[int, int]:
    """Which ledgers are meant, of those that the server has without a gap."""
    if "ledger_index" in request or "ledger_hash" in request:
        index = node.place(request).index
        return index, index
    first, last = request.get("ledger_index_min", -1), request.get("ledger_index_max", -1)
    if not isinstance(first, int) or not isinstance(last, int):
        raise RpcError("internal")
    least, most = node.whole_from, node.validated_index
    if (first >= 0 and not least <= first <= most) or (last >= 0 and not least <= last <= most):
        raise RpcError("lgrIdxMalformed")
    first, last = (least if first < 0 else first), (most if last < 0 else last)
    if last < first:
        raise RpcError("invalidLgrRange")
    return first, last


def _from_marker(
    found: list[tuple[ClosedRecord, ClosedTransaction]], marker: Any, *, forward: bool
) -> list[tuple[ClosedRecord, ClosedTransaction]]:
    if marker is None:
        return found
    match marker:
        case {"ledger": int(index), "seq": int(place)}:
            pass
        case _:
            raise RpcError(
                "invalidParams",
                "invalid marker. Provide ledger index via ledger field, and transaction sequence number via seq field",
            )
    here = (index, place)

    def comes(record: ClosedRecord, done: ClosedTransaction) -> bool:
        there = (record.index, done.place)
        return there >= here if forward else there <= here

    return [each for each in found if comes(*each)]


def tx(node: LedgerNode, request: Json) -> Json:
    """A transaction by its hash, or by its place."""
    first, last = _searched(request)
    wanted = request.get("transaction")
    ctid = request.get("ctid")
    if wanted is None and ctid is None:
        raise RpcError("invalidParams")
    if wanted is not None and (not isinstance(wanted, str) or len(wanted) != _HASH_DIGITS):
        raise RpcError("notImpl")
    found = _by_ctid(node, ctid) if wanted is None else node.chain.find_transaction(wanted.upper())
    if found is not None and node.has(found[0].index):
        record, done = found
        result = _found(record, done) | {"ctid": ctid_of(record, done)}
        if request.get("binary"):
            del result["meta"], result["tx_json"]
            result |= blobs_of(done)
        return result
    held = node.chain.open.get(str(wanted))
    if held is not None:
        return {"hash": held.tx_hash, "tx_json": as_written(held.tx), "validated": False}
    raise RpcError("txnNotFound", **_was_searched(node, first, last))


def _searched(request: Json) -> tuple[int | None, int | None]:
    first, last = request.get("min_ledger"), request.get("max_ledger")
    if first is not None and last is not None:
        if last < first:
            raise RpcError("invalidLgrRange")
        if last - first > _RANGE_MAX:
            raise RpcError("excessiveLgrRange")
    return first, last


def _was_searched(node: LedgerNode, first: int | None, last: int | None) -> Json:
    """Whether all of a range was searched: a real server says no as well if one of the ledgers has no transactions."""
    if first is None or last is None:
        return {}
    records = node.chain.records
    whole = node.has_all(first, last) and all(records[index].transactions for index in range(first, last + 1))
    return {"searched_all": whole}


def _by_ctid(node: LedgerNode, ctid: Any) -> tuple[ClosedRecord, ClosedTransaction] | None:
    records = node.chain.records.values()
    pairs = ((record, done) for record in records for done in record.transactions)
    return next((pair for pair in pairs if ctid_of(*pair) == ctid), None)


HANDLERS: dict[str, Callable[[LedgerNode, Json], Json]] = {
    "account_tx": account_tx,
    "ledger": ledger,
    "ledger_closed": ledger_closed,
    "ledger_current": ledger_current,
    "tx": tx,
}
