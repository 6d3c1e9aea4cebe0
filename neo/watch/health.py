"""When the world around the engine can't be relied on: requests that fail, ledgers that don't come, a silent gateway,
books that don't agree. Each a pure decision with its numbers.
"""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.messages import LedgerObserved
from neo.messages.halts import Halt, HaltReason
from neo.position.inventory import Inventory


class RetryPolicy(msgspec.Struct, frozen=True):
    """How often a request to the venue is made again.

    Args:
        retries_max: Retries after the first failure.
        backoff_s: Wait before the first retry, in session seconds; it doubles with each further one.
    """

    retries_max: int
    backoff_s: float


def retry_after_s(policy: RetryPolicy, failures: int) -> float | None:
    """Seconds to wait after so many failures in a row (1 or more), or None if the retries are used up."""
    return policy.backoff_s * 2 ** (failures - 1) if failures <= policy.retries_max else None


def request_failed(what: str, failures: int, error: str) -> Halt:
    """The cause to end: a request failed past its retries."""
    detail = f"{what} failed {failures} time{'s' * (failures != 1)}: {error}"
    return Halt(HaltReason.RISK_RPC_FAILURE, detail, "gateway")


def ledger_stale(age_s: float, limit_s: int) -> Halt | None:
    """The cause to end if no ledger came for longer than ``risk.stale_ledger_seconds``."""
    if age_s < limit_s:
        return None
    detail = f"no ledger for {age_s:.1f} s >= {limit_s} s (risk.stale_ledger_seconds)"
    return Halt(HaltReason.RISK_STALE_LEDGER, detail, "risk")


def gateway_silent(busy_s: float, limit_s: int) -> Halt | None:
    """The cause to end if the gateway has been at one message for longer than ``risk.gateway_silence_seconds``."""
    if busy_s < limit_s:
        return None
    detail = f"at one message for {busy_s:.1f} s >= {limit_s} s (risk.gateway_silence_seconds)"
    return Halt(HaltReason.RISK_GATEWAY_UNHEALTHY, detail, "risk")


def books_apart(
    xrp_engine_drops: int, xrp_ledger_drops: int, rlusd_engine: Decimal, rlusd_ledger: Decimal
) -> Halt | None:
    """The cause to end if the engine's inventory is not the ledger's, to the drop and to the last digit."""
    if xrp_engine_drops == xrp_ledger_drops and rlusd_engine == rlusd_ledger:
        return None
    detail = (
        f"engine has {xrp_engine_drops} drops and {rlusd_engine} RLUSD,"
        f" ledger has {xrp_ledger_drops} drops and {rlusd_ledger} RLUSD"
    )
    return Halt(HaltReason.RECONCILER_HALT, detail, "reconciler")


def unexplained(inventory: Inventory, observed: LedgerObserved) -> Halt | None:
    """The cause to end if what we booked doesn't explain the balances of a ledger."""
    return books_apart(inventory.xrp_total_drops, observed.xrp_drops, inventory.rlusd_total, observed.rlusd)
