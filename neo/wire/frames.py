"""One text of the server's WebSocket as a value: an answer, a stream's message, or something that is not for us.

Unknown kinds and unknown fields are no error: they are told in the value, to be counted. What lacks something that its
kind must have raises :class:`FrameError`, and says nothing about the next text.

Source: xrpl.org, "WebSocket API" (responses), "subscribe" (stream messages), API version 2; held against recorded
conversations. A transaction stands in ``tx_json`` with its ``hash`` beside it; under version 1 it stood in
``transaction`` with the hash inside, which is read as well.
"""

from __future__ import annotations

from typing import Any

import msgspec

from neo.wire.fields import (
    FrameError,
    Json,
    LedgerRanges,
    convert,
    need_object,
    read_time_s,
    unknown_names,
)

# --- Answers -----------------------------------------------------------------------------------------------------


class AnswerFrame(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for. ``request_id`` is None if the server names no number of ours."""

    request_id: int | None
    result: Json
    is_load_warned: bool = False
    unknown_fields: tuple[str, ...] = ()


class ErrorFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A request that the server did not do, by the server's name for the reason.

    It may have any field beside: what its command had worked out before it failed.

    Args:
        request_id: None for a request that it could not even read.
        error: Its name, such as ``lgrNotFound``; not all of them are known.
        message: In words.
        searched_all: Of a transaction that was not found: whether every ledger of the range asked about was there to
            be searched. None if no range was named.
        is_load_warned: We are close to being cut off.
    """

    request_id: int | None
    error: str
    message: str = ""
    searched_all: bool | None = None
    is_load_warned: bool = False


# --- Streams -----------------------------------------------------------------------------------------------------


class LedgerClosedFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A ledger was validated. Its transactions come after this.

    Args:
        ledger_index: Its own.
        ledger_hash: Its own.
        close_time_s: Seconds of the ripple epoch.
        txn_count: How many transactions it has; None in the answer to a subscription, which does not tell it.
        base_fee_drops: The fee of a plain transaction.
        reserve_base_drops: Locked up by an account.
        reserve_inc_drops: Locked up by each object that it owns.
        network_id: None if the server does not tell it.
        validated_ledgers: Those that the server has.
        unknown_fields: Beside these.
    """

    ledger_index: int
    ledger_hash: str
    close_time_s: int = msgspec.field(name="ledger_time")
    txn_count: int | None = None
    base_fee_drops: int = msgspec.field(name="fee_base")
    reserve_base_drops: int = msgspec.field(name="reserve_base")
    reserve_inc_drops: int = msgspec.field(name="reserve_inc")
    network_id: int | None = None
    validated_ledgers: LedgerRanges = LedgerRanges()
    unknown_fields: tuple[str, ...] = ()


class TransactionFrame(msgspec.Struct, frozen=True, kw_only=True):
    """A transaction, validated or proposed. The same one comes once for each subscription that it matches.

    Args:
        tx: In the ledger's JSON form.
        meta: What it did; None of a proposed one.
        tx_hash: Its hash.
        ledger_index: The ledger that has it; of a proposed one, the open ledger.
        ledger_hash: None of a proposed one.
        close_time_s: Of that ledger, in seconds of the ripple epoch; None of a proposed one.
        validated: Final.
        result: By its name, such as ``tesSUCCESS``.
        unknown_fields: Beside what such a message has.
    """

    tx: Json
    meta: Json | None
    tx_hash: str
    ledger_index: int
    ledger_hash: str | None = None
    close_time_s: int | None = None
    validated: bool
    result: str
    unknown_fields: tuple[str, ...] = ()


class ServerStatusFrame(msgspec.Struct, frozen=True, kw_only=True):
    """The server's state or load changed. Factors are in parts of ``load_base``."""

    server_status: str
    base_fee_drops: int | None = msgspec.field(name="base_fee", default=None)
    load_base: int
    load_factor: int
    unknown_fields: tuple[str, ...] = ()

    def fee_drops(self, base_fee_drops: int) -> int:
        """What gets a plain transaction into the open ledger now, rounded up; 0 if the server does not tell.

        Args:
            base_fee_drops: The ledger's, which the answer to a subscription leaves out.
        """
        if self.load_base <= 0:
            return 0
        return -(-(self.base_fee_drops or base_fee_drops) * self.load_factor // self.load_base)


class OtherFrame(msgspec.Struct, frozen=True):
    """Not for us: a kind that the server has and we don't ask for (``is_known``), or one that is not known here."""

    kind: str
    is_known: bool


Frame = AnswerFrame | ErrorFrame | LedgerClosedFrame | TransactionFrame | ServerStatusFrame | OtherFrame


# --- Reading -----------------------------------------------------------------------------------------------------

# The server's other kinds of messages. Source: xrpl.org, "subscribe" and "path_find".
_OTHER_KINDS = frozenset(
    {"bookChanges", "consensusPhase", "manifestReceived", "path_find", "peerStatusChange", "validationReceived"}
)
_KNOWN_ANSWER = frozenset({"api_version", "forwarded", "id", "result", "status", "type", "warning", "warnings"})
_KNOWN_CLOSED = frozenset(
    {
        "fee_base", "fee_ref", "ledger_hash", "ledger_index", "ledger_time", "network_id", "reserve_base",
        "reserve_inc", "txn_count", "type", "validated_ledgers",
    }
)  # fmt: skip
_KNOWN_TRANSACTION = frozenset(
    {
        "close_time_iso", "ctid", "engine_result", "engine_result_code", "engine_result_message", "hash",
        "ledger_current_index", "ledger_hash", "ledger_index", "meta", "status", "transaction", "tx_json", "type",
        "validated",
    }
)  # fmt: skip
_KNOWN_STATUS = frozenset(
    {
        "base_fee", "load_base", "load_factor", "load_factor_fee_escalation", "load_factor_fee_queue",
        "load_factor_fee_reference", "load_factor_server", "network_id", "server_status", "type",
    }
)  # fmt: skip


def parse_frame(text: str | bytes) -> Frame:
    """Read one text.

    Raises:
        FrameError: It is no JSON object, or lacks what its kind must have.
    """
    try:
        message = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FrameError("text", f"is no JSON ({error})") from error
    except RecursionError as error:
        raise FrameError("text", "is JSON nested too deep") from error
    if not isinstance(message, dict):
        raise FrameError("text", "is no JSON object")
    kind = message.get("type")
    if kind == "response":
        return _answer(message)
    if kind == "transaction":
        return _transaction_message(message)
    if kind == "ledgerClosed":
        return read_ledger_closed(message)
    if kind == "serverStatus":
        return read_server_status(message)
    if kind == "error":
        return _error(message)
    return OtherFrame(str(kind), str(kind) in _OTHER_KINDS)


def _answer(message: Json) -> AnswerFrame | ErrorFrame:
    if "error" in message or message.get("status") == "error":
        return _error(message)
    result = message.get("result")
    if not isinstance(result, dict):
        raise FrameError("response", "has no result", _request_id(message))
    return AnswerFrame(
        request_id=_request_id(message),
        result=result,
        is_load_warned=message.get("warning") == "load",
        unknown_fields=unknown_names(message, _KNOWN_ANSWER),
    )


def _error(message: Json) -> ErrorFrame:
    error, searched_all = message.get("error"), message.get("searched_all")
    return ErrorFrame(
        request_id=_request_id(message),
        error=error if isinstance(error, str) else "unnamed",
        message=str(message.get("error_message") or message.get("error_exception") or ""),
        searched_all=searched_all if isinstance(searched_all, bool) else None,
        is_load_warned=message.get("warning") == "load",
    )


def _request_id(message: Json) -> int | None:
    number = message.get("id")
    return number if type(number) is int else None


def read_ledger_closed(message: Json) -> LedgerClosedFrame:
    """A ledger's close, as the stream tells it; the answer to a subscription has the last one in the same form.

    Raises:
        FrameError: It lacks what it must have.
    """
    ranges = LedgerRanges.parse("ledgerClosed", str(message.get("validated_ledgers", "")))
    fields = {**message, "validated_ledgers": ranges, "unknown_fields": unknown_names(message, _KNOWN_CLOSED)}
    return convert("ledgerClosed", fields, LedgerClosedFrame)


def read_server_status(message: Json) -> ServerStatusFrame:
    """A server's state and load, as the stream tells it; the answer to a subscription has the same fields.

    Raises:
        FrameError: It lacks what it must have.
    """
    fields = {**message, "unknown_fields": unknown_names(message, _KNOWN_STATUS)}
    return convert("serverStatus", fields, ServerStatusFrame)


def _transaction_message(message: Json) -> TransactionFrame:
    validated = message.get("validated") is True
    place = message.get("ledger_index" if validated else "ledger_current_index")
    return read_transaction(
        {**message, "ledger_index": place, "validated": validated},
        result=message.get("engine_result"),
        unknown_fields=unknown_names(message, _KNOWN_TRANSACTION),
    )


def read_transaction(holder: Json, *, result: Any = None, unknown_fields: tuple[str, ...] = ()) -> TransactionFrame:
    """A transaction with what stands beside it, as streams, ``tx``, ``account_tx`` and ``ledger`` tell it.

    Args:
        holder: What has ``tx_json``, ``hash``, ``ledger_index`` and, once validated, ``meta`` beside each other.
        result: By its name, where it isn't in the metadata.
        unknown_fields: What the holder has beside those.

    Raises:
        FrameError: It lacks what it must have.
    """
    kind = "transaction"
    tx = need_object(kind, holder, "tx_json" if "tx_json" in holder else "transaction")
    tx_hash, place = holder.get("hash", tx.get("hash")), holder.get("ledger_index")
    validated = holder.get("validated") is True
    meta = need_object(kind, holder, "meta") if validated else None
    if meta is not None:
        result = meta.get("TransactionResult")
    if not isinstance(tx_hash, str) or type(place) is not int or not isinstance(result, str):
        raise FrameError(kind, "has no hash, no ledger or no result")
    time, ledger_hash = holder.get("close_time_iso"), holder.get("ledger_hash")
    return TransactionFrame(
        tx=tx,
        meta=meta,
        tx_hash=tx_hash,
        ledger_index=place,
        ledger_hash=ledger_hash if isinstance(ledger_hash, str) else None,
        close_time_s=None if time is None else read_time_s(kind, time),
        validated=validated,
        result=result,
        unknown_fields=unknown_fields,
    )
