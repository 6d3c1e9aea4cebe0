"""What a ledger server says of itself, of its load, and of a transaction that it is handed."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from support.ledger_blobs import BlobError, has_good_signature, read_blob
from support.ledger_chain import BASE_FEE_DROPS, Handed, now_s
from support.ledger_faults import Trouble
from support.ledger_rows import human_time
from support.rpc_errors import RpcError
from xrpl.core.binarycodec.definitions import definitions

if TYPE_CHECKING:
    from support.ledger_node import LedgerNode

Json = dict[str, Any]

_LOAD_BASE = 256
_DROPS_PER_XRP = 1_000_000
_RESULT_CODES: dict[str, int] = definitions._DEFINITIONS["TRANSACTION_RESULTS"]
_MESSAGES = {
    "tesSUCCESS": "The transaction was applied. Only final in a validated ledger.",
    "tecEXPIRED": "Expiration time is passed.",
    "tecFROZEN": "Asset is frozen.",
    "tecINSUF_RESERVE_OFFER": "Insufficient reserve to create offer.",
    "tecKILLED": "No funds transferred and no offer created.",
    "tecUNFUNDED_OFFER": "Insufficient balance to fund created offer.",
    "tecUNFUNDED_PAYMENT": "Insufficient XRP balance to send.",
    "tefALREADY": "The exact transaction was already in this ledger.",
    "tefMAX_LEDGER": "Ledger sequence too high.",
    "tefPAST_SEQ": "This sequence number has already passed.",
    "telCAN_NOT_QUEUE": "Can not queue at this time.",
    "telINSUF_FEE_P": "Fee insufficient.",
    "temBAD_SEQUENCE": "Malformed: Sequence is not in the past.",
    "terPRE_SEQ": "Missing/inapplicable prior transaction.",
    "terQUEUED": "Held until escalated fee drops.",
}
_BROADCAST = ("tes", "tec", "terQUEUED")
_FORCED = {Trouble.PAST_SEQ: "tefPAST_SEQ", Trouble.FEE_TOO_LOW: "telINSUF_FEE_P"}


def result_fields(result: str) -> Json:
    """A result code with its number and its words."""
    return {
        "engine_result": result,
        "engine_result_code": _RESULT_CODES[result],
        "engine_result_message": _MESSAGES.get(result, f"{result}."),
    }


# --- Itself --------------------------------------------------------------------------------------------------------


def load_factors(node: LedgerNode) -> Json:
    """What a transaction costs here, as multiples of what it costs at rest."""
    chain = node.chain
    escalated = chain.open_ledger_fee_drops * _LOAD_BASE // BASE_FEE_DROPS
    local = chain.minimum_fee_drops * _LOAD_BASE // BASE_FEE_DROPS
    return {
        "load_base": _LOAD_BASE,
        "load_factor": max(escalated, local),
        "load_factor_fee_escalation": escalated,
        "load_factor_fee_queue": _LOAD_BASE,
        "load_factor_fee_reference": _LOAD_BASE,
        "load_factor_server": local,
    }


def _state(node: LedgerNode) -> Json:
    """What ``server_info`` and ``server_state`` tell alike."""
    up_us = str(int(now_s() * 1_000_000))
    still = {"duration_us": "0", "transitions": "0"}
    told: Json = {
        "build_version": node.build_version,
        "complete_ledgers": node.complete_ledgers,
        "initial_sync_duration_us": "401590",
        "io_latency_ms": 1,
        "jq_trans_overflow": "0",
        "peer_disconnects": "0",
        "peer_disconnects_resources": "0",
        "peers": 0,
        "ports": [{"port": "6006", "protocol": ["ws"]}],
        "pubkey_node": "n94B3aCffL43nZRYf79CtJiJRSRAU8QS78JbvKF9u9NHHAxJdbFA",
        "server_state": _server_state(node),
        "server_state_duration_us": up_us,
        "state_accounting": {
            **dict.fromkeys(("connected", "disconnected", "syncing", "tracking"), still),
            "full": {"duration_us": up_us, "transitions": "1"},
        },
        "time": human_time(node.validated.close_time_s + validated_age_s(node)),
        "uptime": int(now_s()),
        "validation_quorum": 0,
    }
    if node.is_admin:
        job = {"avg_time": 1, "in_progress": 1, "job_type": "clientWebsocket", "peak_time": 2, "per_second": 1}
        told |= {"load": {"job_types": [job], "threads": 1}, "node_size": "small", "pubkey_validator": "none"}
    if node.network_id is not None:
        told["network_id"] = node.network_id
    if node.is_amendment_blocked:
        told["amendment_blocked"] = True
    return told


def _server_state(node: LedgerNode) -> str:
    """A server that is blocked counts as not level with the network any more."""
    return "connected" if node.is_amendment_blocked else node.server_state


def validated_age_s(node: LedgerNode) -> int:
    """How old its newest ledger is, by Trio's clock."""
    return max(0, int(now_s() - node.validated.closed_at_s))


def server_info(node: LedgerNode, request: Json) -> Json:
    """How it is, for people."""
    del request
    fees, factors = node.chain.ledger.fees, load_factors(node)
    info: Json = {
        **_state(node),
        "hostid": "tests" if node.is_admin else "OLIN",
        "last_close": {"converge_time_s": 0.1, "proposers": 0},
        "load_factor": _plain(factors["load_factor"] / _LOAD_BASE),
        "validated_ledger": {
            "age": validated_age_s(node),
            "base_fee_xrp": fees.base_fee_drops / _DROPS_PER_XRP,
            "hash": node.validated.ledger_hash,
            "reserve_base_xrp": _plain(fees.reserve_base_drops / _DROPS_PER_XRP),
            "reserve_inc_xrp": _plain(fees.reserve_inc_drops / _DROPS_PER_XRP),
            "seq": node.validated_index,
        },
    }
    if factors["load_factor_fee_escalation"] != _LOAD_BASE:
        info["load_factor_fee_escalation"] = _plain(factors["load_factor_fee_escalation"] / _LOAD_BASE)
    if factors["load_factor_server"] != _LOAD_BASE:
        info["load_factor_server"] = _plain(factors["load_factor_server"] / _LOAD_BASE)
    if node.is_admin:
        info["validator_list"] = {"count": 0, "expiration": "unknown", "status": "unknown"}
    return {"info": info}


def _plain(value: float) -> float:
    return int(value) if value == int(value) else value


def server_state(node: LedgerNode, request: Json) -> Json:
    """How it is, for programs."""
    del request
    fees = node.chain.ledger.fees
    state: Json = {
        **_state(node),
        **load_factors(node),
        "last_close": {"converge_time": 100, "proposers": 0},
        "validated_ledger": {
            "base_fee": fees.base_fee_drops,
            "close_time": node.validated.close_time_s,
            "hash": node.validated.ledger_hash,
            "reserve_base": fees.reserve_base_drops,
            "reserve_inc": fees.reserve_inc_drops,
            "seq": node.validated_index,
        },
    }
    if node.is_admin:
        state["validator_list_expires"] = 0
    return {"state": state}


def fee(node: LedgerNode, request: Json) -> Json:
    """What a transaction costs now."""
    del request
    chain = node.chain
    open_level = chain.open_ledger_fee_drops * _LOAD_BASE // BASE_FEE_DROPS
    return {
        "current_ledger_size": str(len(chain.open)),
        "current_queue_size": str(len(chain.queued())),
        "drops": {
            "base_fee": str(BASE_FEE_DROPS),
            "median_fee": "5000",
            "minimum_fee": str(chain.minimum_fee_drops),
            "open_ledger_fee": str(chain.open_ledger_fee_drops),
        },
        "expected_ledger_size": "1000",
        "ledger_current_index": node.validated_index + 1,
        "levels": {
            "median_level": "128000",
            "minimum_level": str(chain.minimum_fee_drops * _LOAD_BASE // BASE_FEE_DROPS),
            "open_ledger_level": str(open_level),
            "reference_level": str(_LOAD_BASE),
        },
        "max_queue_size": "20000",
    }


def ping(node: LedgerNode, request: Json) -> Json:
    """That it is there."""
    del request
    return {"role": "admin", "unlimited": True} if node.is_admin else {}


# --- A transaction -------------------------------------------------------------------------------------------------


def submit(node: LedgerNode, request: Json, trouble: Trouble | None) -> Json:
    """Take a signed transaction.

    Args:
        node: The server.
        request: With the blob.
        trouble: What goes wrong with it.
    """
    blob = request.get("tx_blob")
    if not isinstance(blob, str):
        raise RpcError("invalidParams", "Missing field 'secret'.")
    if node.is_amendment_blocked:
        raise RpcError("amendmentBlocked")
    try:
        handed = _hand_in(node, request, blob, trouble)
    except BlobError as error:
        if not _is_hex(blob):
            raise RpcError("invalidParams") from error
        raise RpcError("invalidTransaction", error_exception=str(error)) from error
    address = handed.tx["Account"]
    return {
        "accepted": True,
        "account_sequence_available": node.chain.next_sequence(address, with_queued=True),
        "account_sequence_next": node.chain.next_sequence(address),
        "applied": handed.is_applied,
        "broadcast": handed.result.startswith(_BROADCAST),
        **result_fields(handed.result),
        "kept": True,
        "open_ledger_cost": str(node.chain.open_ledger_fee_drops),
        "queued": handed.result == "terQUEUED",
        "tx_blob": blob,
        "tx_json": {**handed.tx, "hash": handed.tx_hash},
        "validated_ledger_index": node.validated_index,
    }


def _hand_in(node: LedgerNode, request: Json, blob: str, trouble: Trouble | None) -> Handed:
    tx, tx_hash = read_blob(blob)
    if node.checks_signatures and not has_good_signature(tx):
        raise BlobError("fails local checks: Invalid signature.")
    if trouble in _FORCED:
        return Handed(_FORCED[trouble], tx, tx_hash)
    if "NetworkID" in tx and (node.network_id or 0) <= 1024:
        return Handed("telNETWORK_ID_MAKES_TX_NON_CANONICAL", tx, tx_hash)
    is_delayed = trouble is Trouble.QUEUED
    return node.chain.hand_in(blob, fail_hard=bool(request.get("fail_hard")), is_delayed=is_delayed)


def _is_hex(blob: str) -> bool:
    try:
        return bool(bytes.fromhex(blob))
    except ValueError:
        return False


HANDLERS: dict[str, Callable[[LedgerNode, Json], Json]] = {
    "fee": fee,
    "ping": ping,
    "server_info": server_info,
    "server_state": server_state,
}
