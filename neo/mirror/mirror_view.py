"""What our account gets to see of a real ledger: the message that every venue sends, out of the mirror.

:mod:`neo.network.account_view` does the same for a ledger that is executed; here it is told.
"""

from __future__ import annotations

from typing import Final

from neo.chain.fills import UNREADABLE, MetadataError
from neo.chain.trades import read_trades
from neo.ledger import keys
from neo.messages import LedgerClosed, LedgerTransaction, Terms
from neo.mirror.assembly import CompleteLedger
from neo.mirror.mirror import Mirror

# Offers told of each side of the book. The touch needs one; the rest show what a larger order would meet.
LEVELS_MAX: Final = 5


def ledger_told(
    mirror: Mirror,
    ledger: CompleteLedger | None,
    *,
    fee_now_drops: int,
    requests_minute_max: int | None = None,
    is_newest: bool = True,
    notice: str | None = None,
) -> LedgerClosed:
    """The ledger that the mirror is level with.

    Args:
        mirror: As the ledger left it.
        ledger: What it did; None for the one that the mirror was read from.
        fee_now_drops: What the server asks to let a transaction into the open ledger now.
        requests_minute_max: What the server takes in a minute.
        is_newest: False for one that is caught up with: its market is of no use to anyone.
        notice: What is to be told beside it.

    Raises:
        MetadataError: A trade's metadata lacks the ledger's shape. The server's fault.
    """
    transactions = () if ledger is None else ledger.transactions
    own, fees = mirror.embedded.own, mirror.ledger.fees
    return LedgerClosed(
        ledger_index=mirror.ledger_index,
        close_time_s=mirror.ledger.parent_close_time_s,
        market=mirror.market(LEVELS_MAX) if is_newest else None,
        terms=Terms(
            base_fee_drops=fees.base_fee_drops,
            open_ledger_fee_drops=fee_now_drops,
            base_reserve_drops=fees.reserve_base_drops,
            owner_reserve_drops=fees.reserve_inc_drops,
            amendments=tuple(sorted(mirror.ledger.amendments)),
            requests_minute_max=requests_minute_max,
        ),
        balances=mirror.balances(),
        transactions=ours(transactions, own.address),
        notice=notice,
        trades=read_trades(transactions, mirror.pair),
    )


def ours(transactions: tuple[LedgerTransaction, ...], account: str) -> tuple[LedgerTransaction, ...]:
    """Those that changed our root, one of our lines or one of our offers.

    Raises:
        MetadataError: One's metadata lacks the ledger's shape. The server's fault.
    """
    root = keys.account_key(keys.account_id(account)).hex().upper()
    return tuple(each for each in transactions if _touches(each, account, root))


def _touches(transaction: LedgerTransaction, account: str, root: str) -> bool:
    try:
        return _touches_us(transaction, account, root)
    except UNREADABLE as error:
        raise MetadataError(transaction.tx_hash, f"metadata lacks the ledger's shape ({error!r})") from error


def _touches_us(transaction: LedgerTransaction, account: str, root: str) -> bool:
    for entry in transaction.meta["AffectedNodes"]:
        for node in entry.values():
            if node["LedgerIndex"] == root:
                return True
            fields = node.get("FinalFields") or node.get("NewFields") or {}
            kind = node["LedgerEntryType"]
            if kind == "Offer" and fields.get("Account") == account:
                return True
            if kind == "RippleState" and account in (fields["LowLimit"]["issuer"], fields["HighLimit"]["issuer"]):
                return True
    return False
