"""A snapshot of the pair's part is compared as far as it goes, and no further.

Method: a small ledger that is lived through is made a snapshot of, in which one thing is otherwise. Whole snapshots are
in test_quiet_replay.py, those that a recorder makes in test_recorder.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from support.ledger_world import ALICE, BOB, CAROL, World

from neo.mirror.embedded import DEEP_FREEZE
from neo.replay.recorded import RecordedState
from neo.replay.state_check import Depth, LivedState, depth_of, difference_of

Spoil = Callable[[dict[str, Any]], None]
EVERYTHING: Depth = {"asks": None, "bids": None}


def market() -> dict[str, Any]:
    """Two asks of Alice's, a bid of Bob's, and a pool of Dave's."""
    world = World()
    world.ask(ALICE, 10_000_000, "30")
    world.ask(ALICE, 10_000_000, "40")
    world.bid(BOB, 10_000_000, "10")
    world.pool(fee=200)
    state: dict[str, Any] = json.loads(json.dumps(world.ledger.to_state()))
    return state


def found(spoil: Spoil, *, begun_with: Depth = EVERYTHING, lived: Spoil = lambda _: None, **assumed: Any) -> str | None:
    """What differs between a snapshot in which something is otherwise and the ledger that was lived through."""
    told, ours = market(), market()
    spoil(told)
    lived(ours)
    snapshot = RecordedState(ledger_index=9, ledger_hash="00" * 32, state=told, is_whole=False, **assumed)
    return difference_of(snapshot, LivedState(state=ours), begun_with)


def nothing(state: dict[str, Any]) -> None:
    """As it is."""
    del state


def account(state: dict[str, Any], address: str) -> dict[str, Any]:
    return next(each for each in state["accounts"] if each["address"] == address)


def line(state: dict[str, Any], address: str) -> dict[str, Any]:
    return next(each for each in state["lines"] if each["holder"] == address and len(each["currency"]) == 40)


def without_best(state: dict[str, Any]) -> None:
    state["asks"] = state["asks"][1:]


def without_worst(state: dict[str, Any]) -> None:
    state["asks"] = state["asks"][:-1]


def test_the_same_is_the_same() -> None:
    """With a pool, two sides and their owners."""
    assert found(nothing) is None


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (lambda state: state["asks"][0]["offers"][0].update(gets=7), "gets is 10000000, recorded 7"),
        (lambda state: state["asks"][0].update(quality=7), "quality is "),
        (without_best, "is there, and is not recorded"),
        (lambda state: state["amm"].update(trading_fee=7), "the pool: trading_fee is 200, recorded 7"),
        (
            lambda state: account(state, state["amm"]["account"]).update(drops=7),
            "the pool: drops is 100000000, recorded 7",
        ),
        (lambda state: line(state, state["amm"]["account"]).update(balance=[7, 0]), "the pool: tokens is "),
        (lambda state: state.update(amm=None), "the pool is there, and is not recorded"),
        (lambda state: account(state, ALICE).update(drops=7), f"account {ALICE}: drops is 999999980, recorded 7"),
        (lambda state: account(state, ALICE).update(sequence=7), f"account {ALICE}: sequence is 3, recorded 7"),
        (lambda state: line(state, BOB).update(balance=[7, 0]), f"line of {BOB}: balance is "),
    ],
)
def test_what_is_otherwise_is_told(spoil: Spoil, told: str) -> None:
    """Offers, the pool with what it holds, and what owners have."""
    difference = found(spoil)
    assert difference is not None
    assert told in difference


@pytest.mark.parametrize(
    "spoil",
    [
        lambda state: account(state, CAROL).update(drops=7),
        lambda state: line(state, CAROL).update(balance=[7, 0]),
        lambda state: account(state, state["amm"]["account"]).update(flags=7),
        lambda state: account(state, ALICE).update(previous=["AB", 7]),
    ],
)
def test_what_a_mirror_does_not_know_is_not_compared(spoil: Spoil) -> None:
    """Accounts without an offer, more of the pool's root than it holds, and who changed an entry last."""
    assert found(spoil) is None


def test_an_offer_beyond_a_books_end_is_nobodys_fault() -> None:
    """Beyond the last that was read at the start it was never known; beyond the last of the snapshot it is not told."""
    worst = market()["asks"][-1]["quality"]
    assert found(nothing, lived=without_worst) is not None
    assert found(nothing, lived=without_worst, begun_with={"asks": worst - 1, "bids": None}) is None
    assert found(without_worst) is None
    assert found(without_best) is not None


def test_an_offer_that_can_not_be_taken_is_set_aside_by_a_mirror() -> None:
    """While its owner's line is deep-frozen, as the one or the other tells."""

    def frozen(state: dict[str, Any]) -> None:
        line(state, ALICE)["flags"] |= DEEP_FREEZE

    def both(state: dict[str, Any]) -> None:
        without_best(state)
        frozen(state)

    assert found(both, lived=frozen) is None


def test_of_who_is_known_by_what_it_can_give_that_alone_is_compared() -> None:
    """A made-up root has other drops and another count, and gives as much."""

    def made_up(state: dict[str, Any]) -> None:
        root = account(state, ALICE)
        root.update(drops=root["drops"] - 200_000 * root["owner_count"], owner_count=0, sequence=0)

    def poorer(state: dict[str, Any]) -> None:
        made_up(state)
        account(state, ALICE)["drops"] -= 1

    assert found(made_up) is not None
    assert found(made_up, roots_assumed=(ALICE,)) is None
    difference = found(poorer, roots_assumed=(ALICE,))
    assert difference is not None
    assert f"account {ALICE}: liquid drops is " in difference
    assert found(lambda state: line(state, BOB).update(limit=[0, -100]), lines_assumed=(BOB,)) is None


def test_the_books_of_a_first_state_are_known_to_their_last_offer() -> None:
    """All of a whole one; nothing of an empty side."""
    state = market()
    told = RecordedState(ledger_index=9, ledger_hash="00" * 32, state=state, is_whole=False)
    assert depth_of(told) == {"asks": state["asks"][-1]["quality"], "bids": state["bids"][-1]["quality"]}
    empty = RecordedState(ledger_index=9, ledger_hash="", state={**state, "asks": []}, is_whole=False)
    assert depth_of(empty)["asks"] == 0
    assert depth_of(RecordedState(ledger_index=9, ledger_hash="", state=state, is_whole=True)) == EVERYTHING
