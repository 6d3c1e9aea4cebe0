"""Which server is fit, and which of several is used: each condition at its edge, and the choice among them."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import msgspec
import pytest
from support import conversations

from neo.wire import requests
from neo.wire.answers import ServerInfo, ValidatedLedger
from neo.wire.fields import LedgerRanges
from neo.wire.fitness import (
    Candidate,
    FitnessLimits,
    Unfit,
    Unfitness,
    backoff_s,
    in_order_of_use,
    lag_ledgers,
    may_witness,
    parse_version,
    unfit_reasons,
)

LIMITS = FitnessLimits(build_version_min="3.4.1", network_id=0, validated_age_s_max=20)


def info(
    *,
    build_version: str = "3.4.1",
    server_state: str | None = "full",
    is_relay: bool = False,
    is_amendment_blocked: bool = False,
    network_id: int | None = None,
    age_s: int = 3,
) -> ServerInfo:
    """A fit server, with ledgers 50 to 100 but 70."""
    return ServerInfo(
        build_version=build_version,
        server_state=server_state,
        is_relay=is_relay,
        is_amendment_blocked=is_amendment_blocked,
        network_id=network_id,
        validated=ValidatedLedger(100, "AB", age_s),
        complete_ledgers=LedgerRanges(((50, 69), (71, 100))),
        load_factor=Decimal(1),
    )


def problems(server: ServerInfo, limits: FitnessLimits = LIMITS, *needs: int) -> list[Unfitness]:
    return [each.problem for each in unfit_reasons(server, limits, *needs)]


# --- Versions ----------------------------------------------------------------------------------------------------


def test_versions_come_in_the_order_in_which_they_were_made() -> None:
    """Numbers by their value, what led to a release before it, and betas before candidates."""
    order = [
        "2.3.0",
        "3.0.0-b1",
        "3.0.0-b2",
        "3.0.0-b10",
        "3.0.0-rc1",
        "3.0.0",
        "3.0.1-b1",
        "3.4.1",
        "3.10.0",
        "10.0.0",
    ]
    parsed = [parse_version(text) for text in order]
    for earlier, later in pairwise(parsed):
        assert earlier is not None
        assert later is not None
        assert earlier < later


def test_how_a_version_was_built_and_what_it_was_called_before_does_not_count() -> None:
    """A server is not turned away for its build's name: only the release itself is compared."""
    assert parse_version("3.4.1+8a2.DEBUG") == parse_version("rippled-3.4.1") == parse_version("3.4.1")


@pytest.mark.parametrize("text", ["", "3.4", "three", "3.4.1.2.", "v3.4.1", "3.4.x"])
def test_what_is_no_version_is_none_and_its_server_unfit(text: str) -> None:
    """A server whose version can not be read is not trusted with orders, and nothing breaks over it."""
    assert parse_version(text) is None
    assert problems(info(build_version=text)) == [Unfitness.OLD_VERSION]


def test_a_least_version_that_is_none_is_the_settings_fault() -> None:
    """A slip in the settings is told at the start, and does not make every server look old."""
    with pytest.raises(ValueError, match="'new' is no version"):
        FitnessLimits(build_version_min="new")


# --- Fitness -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("state", ["full", "proposing", "validating"])
def test_a_level_server_of_the_least_version_is_fit(state: str) -> None:
    """Each state that follows the network will do, with a ledger as old as allowed and a version as old as allowed."""
    assert problems(info(server_state=state, age_s=20)) == []


def test_a_recorded_stand_alone_server_is_fit() -> None:
    """It tells no network, has no peers, and its history begins where it was started."""
    told = conversations.answer_to("maker-session", requests.server_info())
    assert problems(told, FitnessLimits(build_version_min="3.0.0-b1")) == []
    assert problems(told, FitnessLimits(build_version_min="3.0.0")) == [Unfitness.OLD_VERSION]


@pytest.mark.parametrize(
    ("server", "expected"),
    [
        (info(build_version="3.4.0"), Unfit(Unfitness.OLD_VERSION, "its version 3.4.0 is below 3.4.1")),
        (info(is_amendment_blocked=True), Unfit(Unfitness.AMENDMENT_BLOCKED, "it is amendment-blocked")),
        (info(network_id=1), Unfit(Unfitness.WRONG_NETWORK, "it is on network 1, not 0")),
        (info(server_state="tracking"), Unfit(Unfitness.NOT_LEVEL, "its state is tracking")),
        (info(server_state=None), Unfit(Unfitness.NOT_LEVEL, "its state is None")),
        (info(age_s=21), Unfit(Unfitness.STALE_LEDGER, "its newest ledger is 21 s old, more than 20 s")),
    ],
)
def test_each_condition_makes_unfit_by_itself(server: ServerInfo, expected: Unfit) -> None:
    """One fault is enough to keep our orders from a server, and its reason tells the operator which and by how much."""
    assert unfit_reasons(server, LIMITS) == (expected,)


def test_a_server_without_a_ledger_is_unfit() -> None:
    """The one cause is told, and not also a gap in a history that can not exist yet."""
    empty = msgspec.structs.replace(info(), validated=None, complete_ledgers=LedgerRanges())
    assert unfit_reasons(empty, LIMITS, 50) == (Unfit(Unfitness.NO_LEDGER, "it has no validated ledger"),)


def test_another_network_than_the_main_one_must_be_told() -> None:
    """Off the main network a server that does not name its own is not trusted: the orders might go to the wrong one."""
    test_net = FitnessLimits(build_version_min="3.4.1", network_id=1)
    assert problems(info(network_id=1), test_net) == []
    assert problems(info(network_id=None), test_net) == [Unfitness.WRONG_NETWORK]


def test_a_server_that_only_relays_is_fit_without_a_state() -> None:
    """It has no state to tell, which is no fault; a bad state that it does pass on is one."""
    assert problems(info(is_relay=True, server_state=None)) == []
    assert problems(info(is_relay=True, server_state="syncing")) == [Unfitness.NOT_LEVEL]


@pytest.mark.parametrize("needs", [(71,), (100,), (50, 69)])
def test_history_may_have_a_gap_where_nothing_will_be_asked(needs: tuple[int, ...]) -> None:
    """A server is not lost to us for a hole in ledgers that we shall not read."""
    assert problems(info(), LIMITS, *needs) == []


@pytest.mark.parametrize("needs", [(101,), (70,), (49, 60), (60, 80)])
def test_history_is_needed_without_a_gap_over_what_will_be_asked(needs: tuple[int, ...]) -> None:
    """A server that can not answer for a ledger we need is unfit, at either end and in the middle."""
    assert problems(info(), LIMITS, *needs) == [Unfitness.HISTORY_GAP]


# --- Choice ------------------------------------------------------------------------------------------------------

BLOCKED = (Unfit(Unfitness.AMENDMENT_BLOCKED, "it is amendment-blocked"),)


def test_the_first_of_the_settings_is_used_unless_it_is_unfit_or_far_behind() -> None:
    """The user's order holds while the first is within the allowed lag; an unfit one is not used at all."""
    first, second, third = Candidate("a", 100, ()), Candidate("b", 101, ()), Candidate("c", 102, ())
    assert in_order_of_use([first, second, third], 2) == ["a", "b", "c"]
    assert in_order_of_use([first, second, third], 1) == ["b", "c", "a"]
    assert in_order_of_use([Candidate("a", 100, BLOCKED), second, third], 2) == ["b", "c"]
    assert in_order_of_use([Candidate("a", None, BLOCKED)], 2) == []


def test_only_a_gap_in_its_history_leaves_a_servers_word_on_the_newest_ledger() -> None:
    """A second opinion needs no long history, but it does need a server that is sound in all else."""
    gap = Unfit(Unfitness.HISTORY_GAP, "does not have all ledgers from 1 to 9")
    assert may_witness([])
    assert may_witness([gap])
    assert not may_witness([gap, *BLOCKED])


def test_lag_is_told_against_the_one_that_is_farthest() -> None:
    """An unfit one may be the farthest: it shows all the same that the others are behind."""
    candidates = [Candidate("a", 100, ()), Candidate("b", 107, BLOCKED), Candidate("c", None, BLOCKED)]
    assert lag_ledgers(candidates) == {"a": 7, "b": 0}
    assert lag_ledgers([]) == {}


def test_an_endpoint_that_fails_is_left_alone_for_longer_and_longer() -> None:
    """Up to a minute; one that cut us off for ten seconds at first."""
    assert [backoff_s(failures, is_long=False) for failures in (1, 2, 3, 4, 5, 500)] == [1, 2, 4, 8, 8, 8]
    assert [backoff_s(failures, is_long=True) for failures in (1, 2, 3, 4)] == [10, 20, 40, 60]
