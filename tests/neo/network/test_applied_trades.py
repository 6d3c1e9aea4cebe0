"""Others' trades as they are read from what a transaction changed: the same as its metadata tells.

Method: random play on a small ledger (``support/ledger_play.py``), each transaction read both ways, for a bystander and
for each of those who trade.
"""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support import ledger_play as play
from support.ledger_play import Move
from support.ledger_world import CURRENCY, ISSUER, STRANGER, TRADERS, World

from neo.chain.pair import Pair
from neo.chain.trades import read_trades
from neo.messages import LedgerTransaction, Side, TakerTrade
from neo.network.applied_trades import trades_of

_games = st.tuples(play.worlds(), st.lists(play.moves(), min_size=10, max_size=30))
_seen: list[TakerTrade] = []


@settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(_games)
def _play(game: tuple[World, list[Move]]) -> None:
    world, moves = game
    for move in moves:
        tx = play.transaction(world, move)
        if tx is None:
            play.step(world, move)
            continue
        applied = world.ledger.apply(tx, "F" * 64)
        if applied.applied:
            told = LedgerTransaction("F" * 64, tx, applied.meta(), applied.result)
            for account in (STRANGER, *TRADERS):
                pair = Pair(account, CURRENCY, ISSUER)
                trades = trades_of(applied, tx, "F" * 64, pair)
                assert tuple(trades) == read_trades([told], pair)
                _seen.extend(trades)


def test_what_changed_tells_the_trades_that_the_metadata_tells() -> None:
    """Leg by leg, with what the pool gave, and none of the account's own; the play has some of every kind."""
    _seen.clear()
    _play()
    assert {trade.taker_side for trade in _seen} == set(Side)
    assert any(leg.own for trade in _seen for leg in trade.legs)
    assert any(len(trade.legs) > 1 for trade in _seen)
    assert any(trade.pool_drops and trade.legs for trade in _seen)
