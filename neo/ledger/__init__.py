"""The XRP Ledger's exchange for one token pair, as pure code: state in, transaction in, result and metadata out."""

from __future__ import annotations

from neo.ledger.amendments import EXCHANGE_2_3, EXCHANGE_3_0
from neo.ledger.applied import Applied
from neo.ledger.ledger import Ledger, PoolBalances, Side
from neo.ledger.state import Fees
from neo.ledger.transactions.common import UnsupportedTransactionError
from neo.ledger.views import BookOffer

__all__ = [
    "EXCHANGE_2_3",
    "EXCHANGE_3_0",
    "Applied",
    "BookOffer",
    "Fees",
    "Ledger",
    "PoolBalances",
    "Side",
    "UnsupportedTransactionError",
]
