"""An embedded network of two accounts and no pool: transactions are handed in and ledgers closed by hand."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from support.sim_world import US

from neo.ledger import Fees, Ledger
from neo.network.network import ClosedLedger, Network
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

OTHER = crowd_address("somebody")
OPENING_DROPS = 100_000_000
OPENED_S = 1_000

# Transactions' hashes.
A, B, C, D = "AA", "BB", "CC", "DD"


def small_ledger() -> Ledger:
    """Two accounts with 100 XRP and 100 RLUSD each, at a base fee of 10 drops and reserves of 1 and 0.2 XRP."""
    return Ledger.genesis(
        currency=RLUSD_CURRENCY,
        issuer=RLUSD_ISSUER,
        fees=Fees(10, 1_000_000, 200_000),
        accounts={US: (OPENING_DROPS, Decimal(100)), OTHER: (OPENING_DROPS, Decimal(100))},
        close_time_s=OPENED_S,
    )


def small_network() -> Network:
    """A node on such a ledger."""
    return Network(small_ledger())


def rlusd(value: str) -> dict[str, str]:
    """An amount of the token."""
    return {"currency": RLUSD_CURRENCY, "issuer": RLUSD_ISSUER, "value": value}


def offer(sequence: int, account: str = US, changed: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An offer that rests: a bid of 2 RLUSD for 1 XRP."""
    return {
        "TransactionType": "OfferCreate",
        "Account": account,
        "Fee": "10",
        "Flags": 0,
        "Sequence": sequence,
        "TakerGets": rlusd("2"),
        "TakerPays": "1000000",
    } | dict(changed or {})


def bid(sequence: int, account: str, xrp: int, value: str) -> dict[str, Any]:
    """An offer of so much RLUSD for so much XRP."""
    return offer(sequence, account, {"TakerGets": rlusd(value), "TakerPays": str(xrp * 1_000_000)})


def ask(sequence: int, account: str, xrp: int, value: str) -> dict[str, Any]:
    """An offer of so much XRP for so much RLUSD."""
    return offer(sequence, account, {"TakerGets": str(xrp * 1_000_000), "TakerPays": rlusd(value)})


def close(network: Network, *others: tuple[dict[str, Any], str]) -> ClosedLedger:
    """The next ledger, four seconds later, with these transactions of others."""
    return network.close(others, network.ledger.close_time_s + 4)


def results(closed: ClosedLedger) -> list[tuple[str, str]]:
    """Each transaction of a ledger with its result."""
    return [(done.tx_hash, done.applied.result) for done in closed.transactions]
