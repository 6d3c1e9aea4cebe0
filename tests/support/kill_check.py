"""What must hold after any kills: a database and the ledgers that its sessions traded on, compared to the last drop.

The truth comes from the ledger alone: its kept files are lived through once more, and every transaction's metadata is
read here anew, without the engine's own reader.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from support.replays import shipped_ledgers
from support.sessions import shipped_recording
from support.store_database import rows, sound

from actors.plumbing.seeded import seeded
from actors.recordings.ledger_recording import opened
from actors.store import list_sessions
from actors.store.maintenance import check
from actors.store.place import KEPT_LEDGERS, beside
from actors.venues.kept.kept_file import load_kept
from neo.ledger import Ledger
from neo.messages import LedgerClosed, LedgerTransaction
from neo.replay.replay_text import ReplayOrigin, replay_again
from neo.sim.world_text import WorldOrigin, retrace

# What the first session that opened had; its successors open with what the ledger has then.
_OPENING = """
    SELECT sum(xrp_drops), group_concat(rlusd, ' ') FROM capital_events WHERE session_id = (
        SELECT id FROM sessions WHERE EXISTS (SELECT 1 FROM journal WHERE session_id = id AND kind = 'SessionStarted')
        ORDER BY started_at, rowid LIMIT 1
    )
"""


class Truth:
    """All that happened on the ledger, from the files that a killed session's children kept."""

    def __init__(self, database: Path) -> None:
        self.ledgers: dict[int, LedgerClosed] = {}
        self.offers_left = -1
        *before, last = sorted(database.parent.glob(f"{database.name}.*.kept-*"))
        # A kill may strike in the copying too; whoever comes next copies the same file again.
        for kept in (*(kept for kept in before if b"\n" in kept.read_bytes()), last):
            self.us, ledger, told = _lived_again(kept)
            for closed in told:
                # Two files that tell of one ledger tell the same.
                assert self.ledgers.setdefault(closed.ledger_index, closed) == closed
            self.offers_left = len(list(ledger.offers(self.us)))

    @property
    def transactions(self) -> list[LedgerTransaction]:
        """What touched our account, in order."""
        return [done for _, closed in sorted(self.ledgers.items()) for done in closed.transactions]

    @property
    def ours(self) -> dict[str, LedgerTransaction]:
        """Our own transactions by hash."""
        return {done.tx_hash: done for done in self.transactions if done.tx["Account"] == self.us}

    def maker_fills(self) -> Counter[tuple[str, int, int]]:
        """(transaction, our offer's sequence, drops that it traded), from the metadata."""
        return Counter(
            (done.tx_hash, fields["Sequence"], drops)
            for done in self.transactions
            for node in done.meta["AffectedNodes"]
            for kind, body in node.items()
            if kind != "CreatedNode" and body["LedgerEntryType"] == "Offer"
            for fields in (body["FinalFields"],)
            if fields["Account"] == self.us and (drops := _traded_drops(fields, body.get("PreviousFields", {})))
        )


def _lived_again(kept: Path) -> tuple[str, Ledger, list[LedgerClosed]]:
    """Our account, the ledger as a kept file ends, and all that it tells."""
    if ".replay." in kept.name:
        replay = load_kept(kept, ReplayOrigin)
        played_market, told = replay_again(replay, *opened(shipped_ledgers()), after_index=0)
        return replay.origin.account, played_market.ledger, told
    world = load_kept(kept, WorldOrigin)
    bars = shipped_recording().bars
    market, told = retrace(world, bars, partial(seeded, world.origin.seed), after_index=0)
    return world.origin.account, market.ledger, told


def _traded_drops(fields: dict[str, Any], before: dict[str, Any]) -> int:
    for side in ("TakerGets", "TakerPays"):
        if isinstance(before.get(side), str):
            return int(before[side]) - int(fields[side])
    return 0


def check_all(database: Path, *, lost: int, reason: str = "duration_elapsed") -> None:
    """Everything that must hold after so many sessions were lost and one more came to its end."""
    assert sound(database)
    assert check(database).findings == ()
    # First: a session that could not be recovered is told by its words, and not by what the ledgers then lack.
    check_sessions(database, lost, reason)
    truth = Truth(database)
    check_orders(database, truth)
    check_inventory(database, truth)
    assert truth.offers_left == 0, "offers of a dead session rest on the ledger"
    assert not any(beside(database, ending).exists() for ending in KEPT_LEDGERS)


def check_sessions(database: Path, lost: int, reason: str) -> None:
    """Each dead session is ended as lost and has its successor; the last one ended in order."""
    last, *dead = list_sessions(database)
    ended = (last.status, last.halt_reason, last.rungs_failed)
    assert ended == ("ended", reason, ()), f"{last.halt_detail}; {last.warnings}"
    assert len(dead) == lost
    successor = last
    for session in dead:
        assert (session.status, session.halt_reason) == ("ended", "process_lost")
        assert (session.halt_detail or "").startswith(f"process {session.pid} ended without a word")
        assert "not known" not in (session.halt_detail or "")
        assert session.ended_at is not None
        assert successor.parent_id == session.id
        successor = session
    assert successor.parent_id is None


def check_orders(database: Path, truth: Truth) -> None:
    """Every transaction and every fill on the ledger is in the database once, and nothing else is."""
    orders = rows(database, "SELECT submit_tx_hash, status FROM orders")
    hashes = Counter(tx_hash for tx_hash, _ in orders)
    assert set(hashes.values()) <= {1}
    assert set(truth.ours) <= set(hashes)
    for tx_hash, status in orders:
        if tx_hash in truth.ours:
            assert status not in {"intended", "signed", "submitted", "unknown", "resting", "partially_filled"}
        else:
            assert status == "failed", "an order that is on no ledger"
    fees = Counter(tx_hash for (tx_hash,) in rows(database, "SELECT tx_hash FROM fees"))
    assert fees == Counter(list(truth.ours))
    fills = rows(database, "SELECT tx_hash, offer_sequence, xrp_drops FROM fills WHERE NOT taker")
    assert Counter(fills) == truth.maker_fills()


def check_inventory(database: Path, truth: Truth) -> None:
    """What the database says that came and went is what the ledger has, to the drop."""
    balances = [closed.balances for _, closed in sorted(truth.ledgers.items())]
    opening = rows(database, _OPENING)[0]
    fills = rows(database, "SELECT side, xrp_drops, rlusd, rlusd_rounding FROM fills")
    xrp = sum(drops if side == "buy" else -drops for side, drops, _, _ in fills)
    fees = rows(database, "SELECT coalesce(sum(fee_drops), 0) FROM fees")[0][0]
    rlusd = sum(
        (Decimal(rounding) + (Decimal(traded) if side == "sell" else -Decimal(traded)))
        for side, _, traded, rounding in fills
    )
    assert opening[0] + xrp - fees == balances[-1].xrp_drops
    assert sum(map(Decimal, opening[1].split())) + rlusd == balances[-1].rlusd
    drift = rows(database, "SELECT session_id, value FROM engine_state WHERE key = 'inventory_drift_at_shutdown'")
    assert drift == []
