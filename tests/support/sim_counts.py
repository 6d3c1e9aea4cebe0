"""Counts what traded in closed ledgers, in the terms of the day's facts: fill legs, transactions, AMM swap legs."""

from collections import Counter

from neo.ledger import Applied
from neo.sim.accounts import ARBITRAGEUR, maker_addresses, taker_addresses
from neo.sim.market import SimLedger

ROLES = {
    **dict.fromkeys(maker_addresses(12), "maker"),
    **dict.fromkeys(taker_addresses(), "taker"),
    ARBITRAGEUR: "arbitrageur",
}


def filled_owners(applied: Applied) -> list[str]:
    """Whose resting offers a transaction filled, wholly or partly; each is one book fill leg."""
    owners = []
    for node in applied.meta()["AffectedNodes"]:
        body = node.get("ModifiedNode") or node.get("DeletedNode")
        if body and body["LedgerEntryType"] == "Offer" and "TakerGets" in body.get("PreviousFields", {}):
            owners.append(body["FinalFields"]["Account"])
    return owners


def moved_pool(applied: Applied, pool_account: str) -> bool:
    """Whether a transaction changed the pool's XRP."""
    return any(
        node.get("ModifiedNode", {}).get("FinalFields", {}).get("Account") == pool_account
        and "Balance" in node["ModifiedNode"].get("PreviousFields", {})
        for node in applied.meta()["AffectedNodes"]
    )


def count(closed: SimLedger, pool_account: str, counts: Counter[str]) -> None:
    """Add one ledger's trades to the counts."""
    for tx, _, applied in closed.transactions:
        counts["transactions"] += 1
        role = ROLES.get(tx["Account"], "other")
        counts[f"from {role}"] += 1
        owners = filled_owners(applied)
        swapped = moved_pool(applied, pool_account)
        counts["book legs"] += len(owners)
        counts["trading transactions"] += bool(owners)
        counts["pool legs"] += swapped
        counts[f"pool legs of {role}"] += swapped
        for owner in owners:
            counts[f"fills of {ROLES.get(owner, owner)}"] += 1
