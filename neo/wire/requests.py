"""Every request that NEO makes, under API version 2, each with the reader of its answer.

What is read of the ledger is read of one ledger that the caller names (:data:`At`): an index, a hash, or
``validated``. Further pages are asked for with the same hash or index, since a marker is not bound to a ledger.

Source: xrpl.org, "Public API Methods".
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Generic, TypeVar

import msgspec

from neo.chain.pair import Pair
from neo.wire import answers, books
from neo.wire.fields import Json

T_co = TypeVar("T_co", covariant=True)

API_VERSION = 2

At = int | str
"""A ledger: its index, its hash, or ``validated``."""

VALIDATED = "validated"

SUBMIT = "submit"
SUBSCRIBE = "subscribe"

_HASH_DIGITS = 64


class WireRequest(msgspec.Struct, Generic[T_co], frozen=True):
    """What is asked, and how its answer is read.

    Args:
        command: The server's name for it.
        fields: What it is asked with.
        read: Takes the answer's ``result``; raises ``FrameError`` if it is not what was promised.
    """

    command: str
    fields: Json
    read: Callable[[Json], T_co]

    def to_json(self, request_id: int) -> Json:
        """As it is sent, under a number that the answer names again."""
        return {"id": request_id, "command": self.command, "api_version": API_VERSION, **self.fields}


def _at(ledger: At) -> Json:
    is_hash = isinstance(ledger, str) and len(ledger) == _HASH_DIGITS
    return {"ledger_hash" if is_hash else "ledger_index": ledger}


def _asset(currency: str, issuer: str | None) -> Json:
    return {"currency": currency} if issuer is None else {"currency": currency, "issuer": issuer}


def _xrp() -> Json:
    return _asset("XRP", None)


def _token(pair: Pair) -> Json:
    return _asset(pair.currency, pair.issuer)


def _without_none(**fields: Any) -> Json:
    return {name: value for name, value in fields.items() if value is not None}


# --- The server --------------------------------------------------------------------------------------------------


def server_info() -> WireRequest[answers.ServerInfo]:
    """How the server is."""
    return WireRequest("server_info", {}, answers.read_server_info)


def fee() -> WireRequest[answers.FeeAnswer]:
    """What a transaction costs now."""
    return WireRequest("fee", {}, answers.read_fee)


def subscribe(
    pair: Pair, *, with_all: bool, with_server: bool, accounts: Sequence[str] = ()
) -> WireRequest[answers.Subscribed]:
    """Ask for streams: ledgers, and transactions.

    Args:
        pair: Ours: its account is always among the accounts.
        with_all: All transactions, whose ledgers can be counted full; else those of the pair's books and the accounts.
        with_server: The server's load too; servers that only relay refuse the whole request for it.
        accounts: Further ones, such as the pool's, whose trades no book's stream tells.
    """
    streams = ["ledger", *(["server"] if with_server else []), *(["transactions"] if with_all else [])]
    fields: Json = {"streams": streams}
    if not with_all:
        fields["accounts"] = [pair.account, *accounts]
        fields["books"] = [{"taker_gets": _xrp(), "taker_pays": _token(pair), "both": True}]
    return WireRequest(SUBSCRIBE, fields, answers.read_subscribed)


# --- Of one ledger -----------------------------------------------------------------------------------------------


def account_info(account: str, at: At = VALIDATED, *, with_queue: bool = False) -> WireRequest[answers.AccountInfo]:
    """An account's root. What waits in the queue is told of the open ledger only."""
    place = {"queue": True, "ledger_index": "current"} if with_queue else _at(at)
    return WireRequest("account_info", {"account": account, **place}, answers.read_account_info)


def account_lines(
    account: str, peer: str | None = None, at: At = VALIDATED, *, limit: int | None = None, marker: Any = None
) -> WireRequest[answers.AccountLines]:
    """An account's trust lines, or those to ``peer``; a further page with its ``marker``."""
    fields = {"account": account, **_without_none(peer=peer, limit=limit, marker=marker), **_at(at)}
    return WireRequest("account_lines", fields, answers.read_account_lines)


def account_objects(
    account: str, kind: str | None = None, at: At = VALIDATED, *, limit: int | None = None, marker: Any = None
) -> WireRequest[answers.AccountObjects]:
    """What an account owns, of one kind (such as ``offer``) or of all; a further page with its ``marker``."""
    fields = {"account": account, **_without_none(type=kind, limit=limit, marker=marker), **_at(at)}
    return WireRequest("account_objects", fields, answers.read_account_objects)


def book_offers(
    pair: Pair, at: At = VALIDATED, *, asks: bool, limit: int, domain: str | None = None
) -> WireRequest[books.BookOffers]:
    """One direction of the pair's book: the offers that give XRP (``asks``), or those that give the token."""
    xrp, token = _xrp(), _token(pair)
    fields = {
        "taker_gets": xrp if asks else token,
        "taker_pays": token if asks else xrp,
        "limit": limit,
        **_without_none(domain=domain),
        **_at(at),
    }
    return WireRequest("book_offers", fields, books.read_book_offers)


def amm_info(pair: Pair, at: At = VALIDATED) -> WireRequest[books.AmmInfo]:
    """The pair's pool: ``amount`` is its XRP, ``amount2`` its tokens."""
    return WireRequest("amm_info", {"asset": _xrp(), "asset2": _token(pair), **_at(at)}, books.read_amm_info)


def ledger_entry(index: str, at: At = VALIDATED) -> WireRequest[answers.LedgerEntry]:
    """One entry, by its key."""
    return WireRequest("ledger_entry", {"index": index, **_at(at)}, answers.read_ledger_entry)


def ledger(at: At, *, with_transactions: bool) -> WireRequest[answers.LedgerHeader]:
    """A ledger's header, with all of its transactions and what they did if asked for.

    With each offer that was placed comes what its owner could give at the ledger's end, as in the streams.
    """
    fields = {"transactions": True, "expand": True, "owner_funds": True} if with_transactions else {}
    return WireRequest("ledger", {**fields, **_at(at)}, answers.read_ledger)


# --- History -----------------------------------------------------------------------------------------------------


def account_tx(
    account: str, first: int, last: int, *, forward: bool, limit: int | None = None, marker: Any = None
) -> WireRequest[answers.AccountTx]:
    """An account's validated transactions in these ledgers, oldest first if ``forward``; pages as elsewhere.

    A server may leave one out between two pages: let pages overlap, and prove by sequences that none is missing.
    """
    fields = {
        "account": account,
        "ledger_index_min": first,
        "ledger_index_max": last,
        "forward": forward,
        **_without_none(limit=limit, marker=marker),
    }
    return WireRequest("account_tx", fields, answers.read_account_tx)


def tx(tx_hash: str, first: int, last: int) -> WireRequest[answers.TxAnswer]:
    """A transaction by its hash. If it isn't found, the error tells whether all of these ledgers were searched.

    A server searches 1,000 of them at most, and says it searched not all if any of them has no transactions: by itself
    that proves no absence.
    """
    fields = {"transaction": tx_hash, "min_ledger": first, "max_ledger": last}
    return WireRequest("tx", fields, answers.read_tx)


def submit(blob: str, *, fail_hard: bool) -> WireRequest[answers.SubmitAnswer]:
    """Send a signed transaction; with ``fail_hard`` the server forgets it unless it applies at once."""
    fields: Json = {"tx_blob": blob}
    if fail_hard:
        fields["fail_hard"] = True
    return WireRequest(SUBMIT, fields, answers.read_submit)
