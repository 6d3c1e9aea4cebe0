"""AMMDelete: delete an empty pool of which its last withdrawal could not delete all trust lines.

Source: https://xrpl.org/docs/references/protocol/transactions/types/ammdelete and AMMDelete.cpp of the ledger server.
"""

from __future__ import annotations

from neo.ledger.number import ZERO
from neo.ledger.state import State
from neo.ledger.transactions import pool_common
from neo.ledger.transactions.common import SUCCESS, UNIVERSAL_FLAGS, Effect, Transaction


def preflight(tx: Transaction) -> str:
    """What can be refused without looking at the ledger."""
    if tx.flags & ~UNIVERSAL_FLAGS:
        return "temINVALID_FLAG"
    for name in ("Asset", "Asset2"):
        pool_common.asset_field(tx, name)  # fails if it is none
    return SUCCESS


def preclaim(state: State, tx: Transaction) -> str:
    """What can be refused by looking at the ledger as it is."""
    amm = pool_common.pool_of(state, tx, reckons=False)
    if amm is None:
        return "terNO_AMM"
    return SUCCESS if amm.lp_balance == ZERO else "tecAMM_NOT_EMPTY"


def apply(state: State, tx: Transaction) -> Effect:
    """Delete the pool, or as many of its lines as one transaction may."""
    amm = pool_common.pool_of(state, tx, reckons=False)
    assert amm is not None, "there was a pool when it was looked at"
    lines = pool_common.lines_to_delete(amm)
    return Effect(pool_common.delete_pool(state, amm), lines=lines)
