"""The results of requests as values. Each reader takes the ``result`` of an answer under API version 2.

What a reader needs and does not find raises :class:`FrameError`; what it does not need it passes over. Answers that are
read from one ledger say which (:class:`LedgerAnswer`), so that answers can be held together by it.

Source: xrpl.org, "Public API Methods"; held against recorded conversations. Books and the pool: :mod:`neo.wire.books`.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from neo.wire.fields import (
    FrameError,
    Json,
    LedgerAnswer,
    LedgerRanges,
    convert,
    need_object,
    need_objects,
    read_place,
    require_amounts,
)
from neo.wire.frames import (
    LedgerClosedFrame,
    ServerStatusFrame,
    TransactionFrame,
    read_ledger_closed,
    read_server_status,
    read_transaction,
)

# --- The server --------------------------------------------------------------------------------------------------


class ValidatedLedger(msgspec.Struct, frozen=True):
    """The newest ledger that a server knows to be final; its age in seconds."""

    ledger_index: int = msgspec.field(name="seq")
    ledger_hash: str = msgspec.field(name="hash")
    age_s: int = msgspec.field(name="age", default=0)


class ServerInfo(msgspec.Struct, frozen=True, kw_only=True):
    """How a server is.

    Args:
        build_version: Of the ledger server, such as ``3.4.1``; of the one behind it for a server that only relays.
        server_state: Such as ``full``; None from a server that only relays validated data, which tells none.
        is_relay: Whether it is such a server.
        is_amendment_blocked: It does not understand the ledger's rules any more.
        network_id: None if the server does not tell it: then it is the main network's, or a stand-alone ledger's.
        validated: None before it has one.
        complete_ledgers: The validated ledgers that it has.
        load_factor: 1 without load.
    """

    build_version: str
    server_state: str | None
    is_relay: bool
    is_amendment_blocked: bool
    network_id: int | None
    validated: ValidatedLedger | None
    complete_ledgers: LedgerRanges
    load_factor: Decimal


class _Info(msgspec.Struct, frozen=True):
    build_version: str | None = None
    rippled_version: str | None = None
    clio_version: str | None = None
    server_state: str | None = None
    amendment_blocked: bool = False
    network_id: int | None = None
    validated_ledger: ValidatedLedger | None = None
    complete_ledgers: str = "empty"
    load_factor: Decimal = Decimal(1)

    def __post_init__(self) -> None:
        require_amounts(self.load_factor)


def read_server_info(result: Json) -> ServerInfo:
    """The answer to ``server_info``."""
    kind = "server_info"
    info = convert(kind, need_object(kind, result, "info"), _Info)
    version = info.build_version or info.rippled_version
    if version is None:
        raise FrameError(kind, "tells no version")
    return ServerInfo(
        build_version=version,
        server_state=info.server_state,
        is_relay=info.clio_version is not None,
        is_amendment_blocked=info.amendment_blocked,
        network_id=info.network_id,
        validated=info.validated_ledger,
        complete_ledgers=LedgerRanges.parse(kind, info.complete_ledgers),
        load_factor=info.load_factor,
    )


class FeeAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction costs on this server now, and how full its open ledger and its queue are."""

    ledger_current_index: int
    base_fee_drops: int
    median_fee_drops: int
    minimum_fee_drops: int
    open_ledger_fee_drops: int
    current_ledger_size: int
    expected_ledger_size: int
    queue_size: int = msgspec.field(name="current_queue_size")
    queue_size_max: int | None = msgspec.field(name="max_queue_size", default=None)


def read_fee(result: Json) -> FeeAnswer:
    """The answer to ``fee``."""
    drops = {f"{name}_drops": value for name, value in need_object("fee", result, "drops").items()}
    return convert("fee", {**result, **drops}, FeeAnswer)


class Subscribed(msgspec.Struct, frozen=True):
    """What the answer to ``subscribe`` tells beside: the last validated ledger, the server's load; None if unasked."""

    ledger: LedgerClosedFrame | None
    server: ServerStatusFrame | None


def read_subscribed(result: Json) -> Subscribed:
    """The answer to ``subscribe``. Snapshots of books in it are not read: a mirror starts from pinned reads."""
    return Subscribed(
        read_ledger_closed(result) if "ledger_hash" in result else None,
        read_server_status(result) if "server_status" in result else None,
    )


# --- Accounts ----------------------------------------------------------------------------------------------------


class AccountInfo(LedgerAnswer, frozen=True, kw_only=True):
    """An account's root.

    Args:
        account: Its address.
        balance_drops: All of it, the reserve included.
        sequence: The next one.
        owner_count: How many objects it owns.
        flags: The entry's.
        entry: The whole of it, in the ledger's JSON form.
        queued_count: How many of its transactions wait in the server's queue; None if that was not asked.
    """

    account: str
    balance_drops: int
    sequence: int
    owner_count: int
    flags: int
    entry: Json
    queued_count: int | None


class _Root(msgspec.Struct, frozen=True, rename="pascal"):
    account: str
    balance: int
    sequence: int
    owner_count: int
    flags: int


class _Queue(msgspec.Struct, frozen=True):
    txn_count: int


def read_account_info(result: Json) -> AccountInfo:
    """The answer to ``account_info``."""
    kind = "account_info"
    entry = need_object(kind, result, "account_data")
    root = convert(kind, entry, _Root)
    return AccountInfo(
        **read_place(kind, result),
        account=root.account,
        balance_drops=root.balance,
        sequence=root.sequence,
        owner_count=root.owner_count,
        flags=root.flags,
        entry=entry,
        queued_count=convert(kind, result["queue_data"], _Queue).txn_count if "queue_data" in result else None,
    )


class AccountLine(msgspec.Struct, frozen=True, kw_only=True):
    """A trust line, seen from the account that was asked about; ``*_peer`` is what the other side set.

    Args:
        peer: The other side.
        currency: Of the token.
        balance: Positive if the account holds tokens, negative if it has issued them.
        limit: How much the account would hold.
        limit_peer: How much the other side would hold.
        quality_in: In parts of a thousand million; 0 is face value.
        quality_out: The same.
    """

    peer: str = msgspec.field(name="account")
    currency: str
    balance: Decimal
    limit: Decimal
    limit_peer: Decimal
    quality_in: int = 0
    quality_out: int = 0
    no_ripple: bool = False
    no_ripple_peer: bool = False
    authorized: bool = False
    peer_authorized: bool = False
    freeze: bool = False
    freeze_peer: bool = False
    deep_freeze: bool = False
    deep_freeze_peer: bool = False

    def __post_init__(self) -> None:
        require_amounts(self.balance, self.limit, self.limit_peer)


class AccountLines(LedgerAnswer, frozen=True, kw_only=True):
    """An account's trust lines, or a page of them: ``marker`` is what asks for the next one."""

    account: str
    lines: tuple[AccountLine, ...]
    marker: Any


class _Paged(msgspec.Struct, frozen=True):
    account: str
    marker: Any = None


def read_account_lines(result: Json) -> AccountLines:
    """The answer to ``account_lines``."""
    kind = "account_lines"
    page = convert(kind, result, _Paged)
    lines = tuple(convert(kind, line, AccountLine) for line in need_objects(kind, result, "lines"))
    return AccountLines(**read_place(kind, result), account=page.account, lines=lines, marker=page.marker)


class AccountObjects(LedgerAnswer, frozen=True, kw_only=True):
    """What an account owns, in the ledger's JSON form, or a page of it; ``read_offer`` of ``books`` reads an offer."""

    account: str
    objects: tuple[Json, ...]
    marker: Any


def read_account_objects(result: Json) -> AccountObjects:
    """The answer to ``account_objects``."""
    kind = "account_objects"
    page = convert(kind, result, _Paged)
    objects = tuple(need_objects(kind, result, "account_objects"))
    return AccountObjects(**read_place(kind, result), account=page.account, objects=objects, marker=page.marker)


# --- Entries, ledgers, transactions ---------------------------------------------------------------------------------


class LedgerEntry(LedgerAnswer, frozen=True, kw_only=True):
    """One entry, in the ledger's JSON form."""

    index: str
    node: Json


def read_ledger_entry(result: Json) -> LedgerEntry:
    """The answer to ``ledger_entry``."""
    kind = "ledger_entry"
    node, index = need_object(kind, result, "node"), result.get("index")
    if not isinstance(index, str):
        raise FrameError(kind, "tells no index")
    return LedgerEntry(**read_place(kind, result), index=index, node=node)


class LedgerHeader(LedgerAnswer, frozen=True, kw_only=True):
    """A closed ledger, with its transactions in no particular order if they were asked for, expanded.

    ``has_transactions`` by the hash that the ledger has of all of them, whether they were asked for or not.
    """

    parent_hash: str
    has_transactions: bool
    close_time_s: int
    parent_close_time_s: int
    transactions: tuple[TransactionFrame, ...]


class _Header(msgspec.Struct, frozen=True):
    ledger_hash: str
    parent_hash: str
    close_time: int
    parent_close_time: int
    transaction_hash: str


# The hash of no transactions at all. Source: xrpl.org, "Ledger Header".
_NO_TRANSACTIONS = "0" * 64


def read_ledger(result: Json) -> LedgerHeader:
    """The answer to ``ledger`` for a closed one."""
    kind = "ledger"
    told = need_object(kind, result, "ledger")
    header = convert(kind, told, _Header)
    place = read_place(kind, result) | {"ledger_hash": header.ledger_hash}
    of_ledger = {"validated": place["validated"], "ledger_index": place["ledger_index"]}
    transactions = need_objects(kind, told, "transactions") if "transactions" in told else []
    return LedgerHeader(
        **place,
        parent_hash=header.parent_hash,
        has_transactions=header.transaction_hash != _NO_TRANSACTIONS,
        close_time_s=header.close_time,
        parent_close_time_s=header.parent_close_time,
        transactions=tuple(_read_listed({**of_ledger, **each}) for each in transactions),
    )


def _read_listed(row: Json) -> TransactionFrame:
    """A transaction of a ledger. What its owner can give stands beside it; in the streams it stands within."""
    frame = read_transaction(row)
    if "owner_funds" not in row:
        return frame
    return msgspec.structs.replace(frame, tx={**frame.tx, "owner_funds": row["owner_funds"]})


class AccountTx(msgspec.Struct, frozen=True, kw_only=True):
    """An account's transactions, or a page of them.

    The range is the one that the server searched: what it has of the one asked for.
    """

    account: str
    ledger_index_min: int
    ledger_index_max: int
    transactions: tuple[TransactionFrame, ...]
    marker: Any


class _History(msgspec.Struct, frozen=True):
    account: str
    ledger_index_min: int
    ledger_index_max: int
    marker: Any = None


def read_account_tx(result: Json) -> AccountTx:
    """The answer to ``account_tx``."""
    kind = "account_tx"
    page = convert(kind, result, _History)
    return AccountTx(
        account=page.account,
        ledger_index_min=page.ledger_index_min,
        ledger_index_max=page.ledger_index_max,
        transactions=tuple(read_transaction(each) for each in need_objects(kind, result, "transactions")),
        marker=page.marker,
    )


class TxAnswer(msgspec.Struct, frozen=True):
    """A transaction that the server knows; ``transaction`` is None until a validated ledger has it."""

    tx_hash: str
    transaction: TransactionFrame | None


def read_tx(result: Json) -> TxAnswer:
    """The answer to ``tx``."""
    if result.get("validated") is not True:
        tx_hash = result.get("hash")
        if not isinstance(tx_hash, str):
            raise FrameError("tx", "tells no hash")
        return TxAnswer(tx_hash, None)
    transaction = read_transaction(result)
    return TxAnswer(transaction.tx_hash, transaction)


class SubmitAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """The server's preliminary result.

    Args:
        result: By its name, such as ``tesSUCCESS``.
        applied: To the open ledger.
        kept: The server may try it again later; told as true even of a ``tem``, which it forgets.
        queued: It waits for a ledger with a lower fee.
        broadcast: It was sent on to others.
        open_ledger_fee_drops: What gets a transaction into the open ledger; None from older servers.
        account_sequence_next: The account's next sequence, what waits included; None from older servers.
        validated_ledger_index: The newest validated ledger as it answered; None from older servers.
    """

    result: str = msgspec.field(name="engine_result")
    applied: bool = False
    kept: bool = False
    queued: bool = False
    broadcast: bool = False
    open_ledger_fee_drops: int | None = msgspec.field(name="open_ledger_cost", default=None)
    account_sequence_next: int | None = None
    validated_ledger_index: int | None = None


def read_submit(result: Json) -> SubmitAnswer:
    """The answer to ``submit``."""
    return convert("submit", result, SubmitAnswer)
