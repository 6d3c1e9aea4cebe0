"""The first ledger of a simulated world: fees as on the main network, funded accounts, and a pool at the reference."""

from __future__ import annotations

from decimal import Decimal

from neo.chain.money import BASE_FEE_DROPS, DROPS_PER_XRP, RESERVE_BASE_DROPS, RESERVE_OBJECT_DROPS
from neo.ledger import Fees, Ledger
from neo.network.pending import Transaction
from neo.network.unsigned import transaction_hash
from neo.sim.accounts import ARBITRAGEUR, FUNDING, maker_addresses, taker_addresses
from neo.sim.crowd_config import SimConfig
from neo.sim.facts import (
    ARBITRAGEUR_XRP,
    FUNDING_XRP,
    MAKER_XRP,
    RLUSD_CURRENCY,
    RLUSD_ISSUER,
    SLOT_EXPIRATION_S,
    TAKER_XRP,
    TRADING_FEE_PER_BPS,
)
from neo.sim.outbox import price_decimal, rlusd_amount, rlusd_micro


def first_ledger(
    config: SimConfig, reference_nano: int, account: str, xrp_drops: int, rlusd: Decimal, close_time_s: int
) -> Ledger:
    """The first ledger, closed: the crowd funded half and half at the reference, our account as told, the pool created.

    Raises:
        RuntimeError: the ledger refused the pool, which is a defect of the simulation.
    """
    price = price_decimal(reference_nano)
    funds_xrp = {
        **dict.fromkeys(maker_addresses(config.maker_count), MAKER_XRP),
        **dict.fromkeys(taker_addresses(), TAKER_XRP),
        ARBITRAGEUR: ARBITRAGEUR_XRP + config.amm_pool_xrp,
        FUNDING: FUNDING_XRP,
    }
    ledger = Ledger.genesis(
        currency=RLUSD_CURRENCY,
        issuer=RLUSD_ISSUER,
        fees=Fees(BASE_FEE_DROPS, RESERVE_BASE_DROPS, RESERVE_OBJECT_DROPS),
        accounts={
            **{address: (xrp * DROPS_PER_XRP, xrp * price) for address, xrp in funds_xrp.items()},
            account: (xrp_drops, rlusd),
        },
        close_time_s=close_time_s,
    )
    tx = _pool_creation(config, reference_nano, ledger.sequence(ARBITRAGEUR))
    result = ledger.apply(tx, transaction_hash(tx)).result
    if result != "tesSUCCESS":
        raise RuntimeError(f"the simulated pool could not be created: {result}")
    _keep_slot(ledger)
    ledger.close(close_time_s)
    return ledger


def _pool_creation(config: SimConfig, reference_nano: int, sequence: int) -> Transaction:
    """The arbitrageur creates the pool: that is how it comes by the auction slot."""
    pool_drops = config.amm_pool_xrp * DROPS_PER_XRP
    return {
        "TransactionType": "AMMCreate",
        "Account": ARBITRAGEUR,
        "Fee": str(RESERVE_OBJECT_DROPS),
        "Sequence": sequence,
        "Flags": 0,
        "Amount": str(pool_drops),
        "Amount2": rlusd_amount(rlusd_micro(pool_drops, reference_nano)),
        "TradingFee": config.amm_fee_bps * TRADING_FEE_PER_BPS,
    }


def _keep_slot(ledger: Ledger) -> None:
    """Let the arbitrageur keep the auction slot for good.

    A slot lasts 24 hours and is then bid for anew (AMMBid), a transaction the embedded ledger doesn't have. Without
    this, a session's second day would have another market than its first.
    """
    pool = ledger.state.amm
    if pool is not None:
        pool.slot_expiration_s = SLOT_EXPIRATION_S
