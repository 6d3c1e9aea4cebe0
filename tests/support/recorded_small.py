"""Small markets that are recorded as they are made: an embedded network without us, and the same one with us in it."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any, NamedTuple

from support.sim_world import US
from support.small_network import bid, offer, rlusd

from neo.ledger import Fees, Ledger
from neo.messages import LedgerTransaction
from neo.network.network import AppliedTransaction, ClosedLedger, Network
from neo.network.unsigned import transaction_hash
from neo.replay.recorded import RecordedLedger, RecordedState
from neo.sim.accounts import crowd_address
from neo.sim.facts import RLUSD_CURRENCY, RLUSD_ISSUER

OTHERS = tuple(crowd_address(name) for name in ("one", "two", "three"))
OURS_DROPS, OURS_RLUSD = 500_000_000, Decimal(1_000)
OPENED_S = 1_000
INTERVAL_S = 4


def market_without_us() -> Ledger:
    """Three accounts with 1,000 XRP and 2,000 RLUSD each."""
    return _ledger({address: (1_000_000_000, Decimal(2_000)) for address in OTHERS})


def market_with_us() -> Ledger:
    """The same, and us with 500 XRP and 1,000 RLUSD."""
    ours = {US: (OURS_DROPS, OURS_RLUSD)}
    return _ledger({address: (1_000_000_000, Decimal(2_000)) for address in OTHERS} | ours)


def _ledger(accounts: dict[str, tuple[int, Decimal]]) -> Ledger:
    return Ledger.genesis(
        currency=RLUSD_CURRENCY,
        issuer=RLUSD_ISSUER,
        fees=Fees(10, 1_000_000, 200_000),
        accounts=accounts,
        close_time_s=OPENED_S,
    )


def state_of(ledger: Ledger) -> RecordedState:
    """A recording's first state: all of a ledger, as a file would tell it."""
    state = json.loads(json.dumps(ledger.to_state()))
    return RecordedState(ledger_index=ledger.index - 1, ledger_hash="00" * 32, state=state, is_whole=True)


def recorded_of(closed: ClosedLedger, parent_close_time_s: int) -> RecordedLedger:
    """A closed ledger as a recording has it."""
    return RecordedLedger(
        ledger_index=closed.index,
        ledger_hash=f"{closed.index:064X}",
        parent_hash=f"{closed.index - 1:064X}",
        close_time_s=closed.close_time_s,
        parent_close_time_s=parent_close_time_s,
        transactions=tuple(_told(done) for done in closed.transactions if isinstance(done, AppliedTransaction)),
        is_whole=True,
    )


def _told(done: AppliedTransaction) -> LedgerTransaction:
    meta = json.loads(json.dumps(done.applied.meta()))
    return LedgerTransaction(done.tx_hash, done.tx, meta, done.applied.result)


def signed(tx: dict[str, Any]) -> tuple[dict[str, Any], str]:
    """A transaction with its hash."""
    return tx, transaction_hash(tx)


class Made(NamedTuple):
    """A market that was made by a seed.

    Args:
        recorded: Without us.
        ours: What we send for each ledger.
        truth: The ledger as the network leaves it when we take part; one state after each ledger.
    """

    recorded: tuple[RecordedLedger, ...]
    ours: tuple[tuple[tuple[dict[str, Any], str], ...], ...]
    truth: tuple[dict[str, Any], ...]


def made_market(seed: int, ledgers: int = 12) -> Made:
    """Ledgers in each of which one of the others acts, and so do we.

    With only two accounts in a ledger there is one question of order, ours or theirs, which the set's salt settles; so
    the network with us in it is the truth for the fork, to the last entry.
    """
    chance = random.Random(seed)
    alone, together = Network(market_without_us()), Network(market_with_us())
    sequences = dict.fromkeys((*OTHERS, US), 1)
    recorded, ours, truth = [], [], []
    for number in range(ledgers):
        close_time_s = OPENED_S + INTERVAL_S * (number + 1)
        others = [signed(tx) for tx in _orders(chance, chance.choice(OTHERS), sequences)]
        mine = [signed(tx) for tx in _orders(chance, US, sequences)]
        recorded.append(recorded_of(alone.close(others, close_time_s), close_time_s - INTERVAL_S))
        for tx, tx_hash in mine:
            together.submit(tx, tx_hash)
        together.close(others, close_time_s)
        ours.append(tuple(mine))
        truth.append(json.loads(json.dumps(together.ledger.to_state())))
    return Made(tuple(recorded), tuple(ours), tuple(truth))


def _orders(chance: random.Random, account: str, sequences: dict[str, int]) -> Sequence[dict[str, Any]]:
    """One to three offers around a price of 2, some of which cross; now and then one replaces an earlier one."""
    orders = []
    for _ in range(chance.randint(1, 3)):
        xrp, price = chance.randint(1, 40), Decimal(chance.randint(1_970, 2_030)) / 1_000
        is_bid = chance.random() < 0.5
        tx = bid(sequences[account], account, xrp, f"{xrp * price:f}")
        if not is_bid:
            changed = {"TakerGets": tx["TakerPays"], "TakerPays": rlusd(f"{xrp * price:f}")}
            tx = offer(sequences[account], account, changed)
        tx["Flags"] = chance.choice((0, 0, 0, 0x00020000, 0x00080000))
        if sequences[account] > 1 and chance.random() < 0.3:
            tx["OfferSequence"] = chance.randint(1, sequences[account] - 1)
        sequences[account] += 1
        orders.append(tx)
    return orders
