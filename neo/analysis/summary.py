"""What a session came to, in one struct: printed, written as JSON, and compared."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import msgspec

from neo.analysis import Results
from neo.messages import Absence, Standing
from neo.messages.halts import BrokenLimit, Halt, HaltReason


class InventorySummary(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's inventory in its parts, and the ledger's own figure beside the total.

    ``exact`` if engine, ledger and the database's tables agree to the last digit; ``differences`` names what doesn't.
    """

    xrp_fills_drops: int
    xrp_capital_drops: int
    xrp_fees_drops: int
    xrp_engine_drops: int
    xrp_ledger_drops: int
    rlusd_fills: Decimal
    rlusd_capital: Decimal
    rlusd_engine: Decimal
    rlusd_ledger: Decimal
    exact: bool
    differences: tuple[str, ...] = ()


class SessionSummary(msgspec.Struct, frozen=True, kw_only=True):
    """A finished session.

    ``duration_s`` is session time, ``wall_s`` the machine's. ``equity_change_rlusd`` leaves capital flows out.
    ``journal_sha256`` is the same for the same seed, configuration and market. Equity and inventory are None only
    when the session ended before it saw its account. ``refused`` counts refusals by code, ``held_back`` ticks by the
    code that left a side empty, ``anchor_pulls`` how often quotes were pulled because AMM and book had parted.
    ``checkpoints_failed`` counts rounds of the WAL checkpointer that failed. ``results`` are None if they could not be
    worked out. ``absence`` tells for how many ledgers no quote rested, and why; ``loss_limit`` by how much a loss limit
    was broken, if one ended the session.
    """

    session_id: str
    halt_reason: HaltReason
    halt_detail: str
    secondary_halts: tuple[Halt, ...]
    rungs_failed: tuple[str, ...]
    ticks: int
    ledgers: int
    fills: int
    taker_fills: int
    refusals: int
    refused: dict[str, int]
    held_back: dict[str, int]
    anchor_pulls: int
    bought_drops: int
    sold_drops: int
    restarts: int
    journal_sha256: str
    duration_s: float
    wall_s: float
    inventory: InventorySummary
    mid_price: Decimal | None
    equity_start_rlusd: Decimal | None
    equity_end_rlusd: Decimal | None
    equity_change_rlusd: Decimal | None
    orders_left: tuple[str, ...]
    notices: tuple[str, ...]
    telemetry_dropped: int
    database: str
    checkpoints_failed: int = 0
    results: Results | None = None
    absence: Absence | None = None
    loss_limit: BrokenLimit | None = None


def ending_fields(halt: Halt) -> dict[str, Any]:
    """What a summary says of the cause that ended the session, by the summary's own names."""
    return {"halt_reason": halt.reason, "halt_detail": halt.detail, "loss_limit": halt.broken}


def standing_fields(standing: Standing, differences: tuple[str, ...] = ()) -> dict[str, Any]:
    """What a summary says of a session's standing, by the summary's own names.

    Args:
        standing: Where it stands.
        differences: What its tables, engine and ledger do not agree on.
    """
    same = (
        "ticks ledgers fills taker_fills refusals refused held_back anchor_pulls bought_drops sold_drops mid_price"
        " equity_start_rlusd equity_end_rlusd equity_change_rlusd absence"
    )
    return {name: getattr(standing, name) for name in same.split()} | {
        "inventory": inventory_summary(standing, differences)
    }


def inventory_summary(standing: Standing, differences: tuple[str, ...] = ()) -> InventorySummary:
    """The inventory part of a session's standing."""
    return InventorySummary(
        xrp_fills_drops=standing.xrp_fills_drops,
        xrp_capital_drops=standing.xrp_capital_drops,
        xrp_fees_drops=standing.xrp_fees_drops,
        xrp_engine_drops=standing.xrp_engine_drops,
        xrp_ledger_drops=standing.xrp_ledger_drops,
        rlusd_fills=standing.rlusd_fills,
        rlusd_capital=standing.rlusd_capital,
        rlusd_engine=standing.rlusd_engine,
        rlusd_ledger=standing.rlusd_ledger,
        exact=standing.exact and not differences,
        differences=differences,
    )
