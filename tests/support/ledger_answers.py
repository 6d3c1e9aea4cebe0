"""What a ledger server answers of one ledger: accounts, their lines and offers, the book, the pool, single entries.

Each function takes the server and the request, and gives the answer's ``result`` in the shape that was recorded.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from support.ledger_rows import (
    AMENDMENTS_KEY,
    FEES_KEY,
    MarkerError,
    OwnedPage,
    account_flags,
    amendment_id,
)
from support.rpc_errors import RpcError
from xrpl.core import binarycodec
from xrpl.core.addresscodec import is_valid_classic_address

from neo.ledger import keys

if TYPE_CHECKING:
    from support.ledger_node import LedgerNode, LedgerPlace

Json = dict[str, Any]

# Least, usual and most rows of a page. Source: rippled, ``Tuning.h``.
_OWNED_LIMITS = (10, 200, 400)
_BOOK_LIMITS = (1, 60, 100)

_KINDS = {
    "amm": "AMM",
    "offer": "Offer",
    "state": "RippleState",
    "ticket": "Ticket",
    "check": "Check",
    "escrow": "Escrow",
    "signer_list": "SignerList",
}


def limit_of(node: LedgerNode, request: Json, limits: tuple[int, int, int]) -> int:
    """How many rows a page has: what was asked for, within what the client may ask for.

    Raises:
        RpcError: It is no number.
    """
    asked = request.get("limit")
    least, usual, most = limits
    if asked is None:
        return usual
    if not isinstance(asked, int) or isinstance(asked, bool) or asked < 0:
        raise RpcError("invalidParams", "Invalid field 'limit', not unsigned integer.")
    if asked == 0:
        raise RpcError("invalidParams", "Invalid field 'limit'.")
    return asked if node.is_admin else min(most, max(least, asked))


def _address(request: Json, name: str = "account", **beside: Any) -> str:
    if name not in request:
        raise RpcError("invalidParams", f"Missing field '{name}'.")
    address = request[name]
    if not isinstance(address, str):
        raise RpcError("invalidParams", f"Invalid field '{name}'.")
    if not is_valid_classic_address(address):
        raise RpcError("actMalformed", **beside)
    return address


def account_info(node: LedgerNode, request: Json) -> Json:
    """An account's root."""
    if "account" not in request and "ident" in request:
        request = {**request, "account": request["ident"]}
    place = node.place(request)
    address = _address(request, **place.said)
    account = place.rows.account(address)
    if account is None:
        raise RpcError("actNotFound", account=address, **place.said)
    if not isinstance(request.get("signer_lists", False), bool):
        raise RpcError("invalidParams")
    if request.get("queue") and "ledger_current_index" not in place.said:
        raise RpcError("invalidParams", **place.said)
    result = {
        "account_data": place.rows.json_of(account),
        "account_flags": account_flags(account.flags),
        **place.said,
    }
    if "ledger_current_index" in place.said:
        result["account_data"]["Sequence"] = node.chain.next_sequence(address)
        if request.get("queue"):
            result["queue_data"] = _queue(node, address)
    return result


def _queue(node: LedgerNode, address: str) -> Json:
    waiting = node.chain.queued(address)
    if not waiting:
        return {"txn_count": 0}
    rows = []
    for tx in waiting:
        given = tx.get("TakerGets") if tx["TransactionType"] == "OfferCreate" else tx.get("Amount")
        spend = int(tx["Fee"]) + (int(given) if isinstance(given, str) else 0)
        row = {
            "auth_change": False,
            "fee": tx["Fee"],
            "fee_level": str(int(tx["Fee"]) * 256 // 10),
            "max_spend_drops": str(spend),
            "seq": tx["Sequence"],
        }
        rows.append(row | ({"LastLedgerSequence": tx["LastLedgerSequence"]} if "LastLedgerSequence" in tx else {}))
    return {
        "auth_change_queued": False,
        "highest_sequence": max(row["seq"] for row in rows),
        "lowest_sequence": min(row["seq"] for row in rows),
        "max_spend_drops_total": str(sum(int(row["max_spend_drops"]) for row in rows)),
        "sequence_count": len(rows),
        "transactions": rows,
        "txn_count": len(rows),
    }


def _owner(node: LedgerNode, request: Json) -> tuple[str, LedgerPlace]:
    place = node.place(request)
    address = _address(request, **place.said)
    if place.rows.account(address) is None:
        raise RpcError("actNotFound", account=address, **place.said)
    return address, place


def _marker(request: Json) -> str | None:
    marker = request.get("marker")
    if marker is not None and (not isinstance(marker, str) or marker.count(",") != 1):
        raise RpcError("invalidParams", "Invalid field 'marker'.")
    return marker


def _paged(name: str, address: str, place: LedgerPlace, limit: int, read: Callable[[], OwnedPage]) -> Json:
    try:
        page = read()
    except MarkerError as error:
        raise RpcError("invalidParams") from error
    more = {} if page.marker is None else {"limit": limit, "marker": page.marker}
    return {"account": address, name: page.rows, **place.said, **more}


def account_lines(node: LedgerNode, request: Json) -> Json:
    """An account's trust lines."""
    address, place = _owner(node, request)
    peer = _address(request, "peer", **place.said) if "peer" in request else None
    limit, marker = limit_of(node, request, _OWNED_LIMITS), _marker(request)
    return _paged("lines", address, place, limit, lambda: place.rows.lines(address, limit, marker, peer))


def account_offers(node: LedgerNode, request: Json) -> Json:
    """An account's offers."""
    address, place = _owner(node, request)
    limit, marker = limit_of(node, request, _OWNED_LIMITS), _marker(request)
    return _paged("offers", address, place, limit, lambda: place.rows.offers(address, limit, marker))


def account_objects(node: LedgerNode, request: Json) -> Json:
    """What an account owns."""
    address, place = _owner(node, request)
    kind = request.get("type")
    if kind is not None and kind not in _KINDS:
        raise RpcError("invalidParams", "Invalid field 'type'.")
    limit, marker = limit_of(node, request, _OWNED_LIMITS), _marker(request)
    named = None if kind is None else _KINDS[kind]
    return _paged("account_objects", address, place, limit, lambda: place.rows.objects(address, named, limit, marker))


# --- The market ----------------------------------------------------------------------------------------------------


def _asset(request: Json, name: str, side: str) -> tuple[str, str | None]:
    if name not in request:
        raise RpcError("invalidParams", f"Missing field '{name}'.")
    asset = request[name]
    currency, issuer = asset.get("currency"), asset.get("issuer")
    try:
        keys.currency_bytes(currency)
    except (ValueError, TypeError) as error:
        kind = "srcCurMalformed" if side == "src" else "dstAmtMalformed"
        raise RpcError(kind, f"Invalid field '{name}.currency', bad currency.") from error
    if currency == "XRP" and issuer is not None:
        raise RpcError(f"{side}IsrMalformed", f"Unneeded field '{name}.issuer' for XRP currency specification.")
    if currency != "XRP" and issuer is None:
        raise RpcError(f"{side}IsrMalformed", f"Invalid field '{name}.issuer', expected non-XRP issuer.")
    return currency, issuer


def book_of(node: LedgerNode, request: Json) -> bool | None:
    """Which direction of the pair's book a request names: whether its offers give XRP; None if it is another book.

    Raises:
        RpcError: It names none.
    """
    pays, gets = _asset(request, "taker_pays", "src"), _asset(request, "taker_gets", "dst")
    if pays == gets:
        raise RpcError("badMarket")
    token, xrp = (node.chain.ledger.currency, node.chain.ledger.issuer), ("XRP", None)
    return {(token, xrp): True, (xrp, token): False}.get((pays, gets))


def book_offers(node: LedgerNode, request: Json) -> Json:
    """One direction of a book. A domain's has no offers here, and one that is not there is no error."""
    gives_xrp = book_of(node, request)
    if "taker" in request and not is_valid_classic_address(str(request["taker"])):
        raise RpcError("invalidParams", "Invalid field 'taker'.")
    domain = request.get("domain")
    if domain is not None and not _is_key(domain):
        raise RpcError("domainMalformed")
    limit = limit_of(node, request, _BOOK_LIMITS)
    place = node.place(request)
    is_ours = gives_xrp is not None and domain is None
    return {"offers": place.rows.book(gives_xrp=bool(gives_xrp), limit=limit) if is_ours else [], **place.said}


def amm_info(node: LedgerNode, request: Json) -> Json:
    """The pool."""
    place = node.place(request)
    if not ("amm_account" in request or ("asset" in request and "asset2" in request)):
        raise RpcError("invalidParams", **place.said)
    holder = request.get("account")
    if holder is not None and place.rows.account(holder) is None:
        raise RpcError("actNotFound", **place.said)
    pool = place.rows.pool(holder)
    wanted = [request.get("asset"), request.get("asset2")]
    ledger = node.chain.ledger
    pair = [{"currency": "XRP"}, {"currency": ledger.currency, "issuer": ledger.issuer}]
    is_it = pool is not None and (request.get("amm_account") == pool["account"] or wanted in (pair, pair[::-1]))
    if not is_it:
        raise RpcError("actNotFound", **place.said)
    return {"amm": pool, **place.said}


# --- Entries -------------------------------------------------------------------------------------------------------


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and len(value) == 64 and all(digit in "0123456789ABCDEFabcdef" for digit in value)


def _key_of(node: LedgerNode, request: Json) -> str:  # noqa: C901, PLR0911 - one kind of entry a branch
    def account(address: str) -> bytes:
        if not is_valid_classic_address(address):
            raise RpcError("malformedAddress")
        return keys.account_id(address)

    match request:
        case {"account_root": address}:
            return keys.account_key(account(address)).hex().upper()
        case {"offer": {"account": address, "seq": int(sequence)}}:
            return keys.offer_key(account(address), sequence).hex().upper()
        case {"offer": {"account": _, **rest}}:
            raise RpcError("malformedRequest", "Invalid field 'seq', not number." if rest else "Missing field 'seq'.")
        case {"ripple_state": {"accounts": [one, other], "currency": currency}}:
            return keys.line_key(account(one), account(other), keys.currency_bytes(currency)).hex().upper()
        case {"amm": {"asset": _, "asset2": {"currency": currency, "issuer": issuer}}}:
            return keys.amm_key(account(issuer), keys.currency_bytes(currency)).hex().upper()
        case {"directory": {"owner": address, **rest}}:
            root = keys.owner_directory_key(account(address))
            return keys.page_key(root, rest.get("sub_index", 0)).hex().upper()
        case {"directory": {"dir_root": str(root), **rest}}:
            return keys.page_key(bytes.fromhex(root), rest.get("sub_index", 0)).hex().upper()
        case {"amendments": _}:
            return AMENDMENTS_KEY
        case {"fee": _}:
            return FEES_KEY
        case {"index": key} | {"offer": str(key)} | {"directory": str(key)} | {"amm": str(key)}:
            if not _is_key(key):
                raise RpcError("malformedRequest")
            return str(key).upper()
    del node
    raise RpcError("invalidParams", "No ledger_entry params provided.")


def ledger_entry(node: LedgerNode, request: Json) -> Json:
    """One entry, by its key or by what it is of."""
    key = _key_of(node, request)
    place = node.place(request)
    entry = place.rows.entry(key)
    if entry is None:
        raise RpcError("entryNotFound")
    if request.get("binary"):
        fields = {name: value for name, value in entry.items() if name != "index"}
        return {"index": key, "node_binary": binarycodec.encode(fields), **place.said}
    return {"index": key, "node": entry, **place.said}


def feature(node: LedgerNode, request: Json) -> Json:
    """The amendments in force, or one by its name."""
    if "vetoed" in request and not node.is_admin:
        raise RpcError("noPermission")
    enabled = {amendment_id(name): _feature(name) for name in sorted(node.chain.ledger.amendments)}
    if "feature" not in request:
        return {"features": enabled}
    named = request["feature"]
    found = {key: row for key, row in enabled.items() if named in {key, row["name"]}}
    if not found:
        raise RpcError("badFeature")
    return found


def _feature(name: str) -> Json:
    return {"enabled": True, "name": name, "supported": True}


HANDLERS: dict[str, Callable[[LedgerNode, Json], Json]] = {
    "account_info": account_info,
    "account_lines": account_lines,
    "account_objects": account_objects,
    "account_offers": account_offers,
    "amm_info": amm_info,
    "book_offers": book_offers,
    "feature": feature,
    "ledger_entry": ledger_entry,
}
