"""Chaos: actors crash in whole sessions, and no fill is lost, doubled or changed.

Method: a short seeded session runs once in calm; then again and again with one crash each: every actor, before and
after each of its messages, and the gateway also inside a submission, before and after the order left. Every run must
end with the same money moves, the same orders, the same ledger and the same inventory as the calm one. What may differ
is told in the tests named ``..._may_change``. By default a sample is run; ``-m soak`` runs all and many seeds.
"""

from __future__ import annotations

import functools
from pathlib import Path

import pytest
from support.chaos import ACTORS, MOMENTS, Course, CrashSometimes, course, messages_of, patient_config
from support.failing import CountedCrash, CrashingVenue

from neo.messages import OrderIntended, OrderSubmitted
from neo.messages.halts import HaltReason
from tools.proofs.faults import CrashAt

SEEDS = range(2)
SOAK_SEEDS = range(2, 205)


def differences(run: Course, calm: Course) -> list[str]:
    """In what a run differs from the calm one though it must not."""
    summary = run.summary
    same = {
        f"ended by {summary.halt_reason}: {summary.halt_detail}": summary.halt_reason is HaltReason.DURATION_ELAPSED,
        "fills, fees or capital": run.money == calm.money,
        "orders": run.intents == calm.intents,
        "XRP on the ledger": run.xrp_drops == calm.xrp_drops,
        "RLUSD on the ledger": run.rlusd == calm.rlusd,
        "offers on the ledger": run.offers == calm.offers == 0,
        "inventory": summary.inventory == calm.summary.inventory and summary.inventory.exact,
        f"failed rungs {summary.rungs_failed}": summary.rungs_failed == (),
    }
    return [what for what, held in same.items() if not held]


def sweep(folder: Path, actor: str, moment: str, numbers: list[int]) -> dict[int, list[str]]:
    """One run for each crash; the differences by the message's number."""
    # Back within the half second that a session has after its last ledger: no tick goes by without its actor.
    config = patient_config("0.25", restarts_max=3)
    calm = course(folder / "calm.sqlite3", config=config)
    found: dict[int, list[str]] = {}
    for number in numbers:
        crash = CountedCrash(actor, {number}, moment)
        run = course(folder / f"{number}.sqlite3", crash, config=config)
        assert crash.crashes == run.summary.restarts == 1
        if wrong := differences(run, calm):
            found[number] = wrong
    return found


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("actor", ACTORS)
def test_one_crash_changes_nothing_that_was_traded(actor: str, moment: str, tmp_path: Path) -> None:
    """A sample: an actor's first messages, one in the middle of trading, and one on the way down."""
    total = messages_of(actor, moment, tmp_path / "count.sqlite3")
    assert sweep(tmp_path, actor, moment, sorted({1, 2, total // 2, total - 1})) == {}


@pytest.mark.soak
@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.parametrize("actor", ACTORS)
def test_a_crash_at_any_message_changes_nothing_that_was_traded(actor: str, moment: str, tmp_path: Path) -> None:
    """Every message of every actor."""
    total = messages_of(actor, moment, tmp_path / "count.sqlite3")
    assert sweep(tmp_path, actor, moment, list(range(1, total + 1))) == {}


@pytest.mark.parametrize("sent", [False, True])
def test_a_crash_inside_a_submission_neither_loses_nor_doubles_the_order(sent: bool, tmp_path: Path) -> None:
    """The order is in the journal before it leaves; sent again with the same blob, it can't become a second one."""
    calm = course(tmp_path / "calm.sqlite3")
    for number in (1, 2, len(calm.intents) // 2, len(calm.intents)):
        broken = functools.partial(CrashingVenue, number=number, sent=sent)
        run = course(tmp_path / f"{number}.sqlite3", wrap=broken)
        assert run.summary.restarts == 1
        assert differences(run, calm) == [], f"submission {number}"


def test_what_a_crash_on_the_last_tick_may_change(tmp_path: Path) -> None:
    """An actor that isn't back before the session ends misses that tick: its quotes are not placed, that is all."""
    calm = course(tmp_path / "calm.sqlite3")
    last = messages_of("strategy", "before", tmp_path / "count.sqlite3")
    run = course(tmp_path / "crash.sqlite3", CrashAt("strategy", {last}, "before"))
    placed = [intent for intent in calm.records if isinstance(intent, OrderIntended) and intent.tick == last]
    assert run.summary.ticks == calm.summary.ticks - 1
    assert placed
    assert not any(isinstance(intent, OrderIntended) and intent.tick == last for intent in run.records)
    assert run.summary.inventory.exact
    assert (run.summary.rungs_failed, run.offers) == ((), 0)


def test_what_a_crash_inside_a_submission_may_change(tmp_path: Path) -> None:
    """A gateway that comes back sends again what has no outcome yet: the journal then holds its answer twice."""
    calm = course(tmp_path / "calm.sqlite3")
    middle = len(calm.intents) // 2
    run = course(tmp_path / "crash.sqlite3", wrap=lambda venue: CrashingVenue(venue, middle, sent=True))
    extra = [record for record in run.records if record not in calm.records]
    assert [type(record) for record in extra] == [OrderSubmitted]


def crash_at_random(folder: Path, seed: int) -> tuple[list[str], list[str]]:
    """Many crashes in one session: what crashed, and what differs from the calm session of the same seed."""
    config = patient_config()
    calm = course(folder / f"calm-{seed}.sqlite3", seed=seed, duration_s=120, config=config)
    crash = CrashSometimes(seed, one_in=60, crashes_max=12)
    run = course(folder / f"chaos-{seed}.sqlite3", crash, seed=seed, duration_s=120, config=config)
    assert run.summary.restarts == len(crash.told)
    return crash.told, differences(run, calm)


@pytest.mark.parametrize("seed", SEEDS)
def test_many_crashes_change_nothing_that_was_traded(seed: int, tmp_path: Path) -> None:
    """Any actor, at random, a dozen times in two minutes of market."""
    crashed, wrong = crash_at_random(tmp_path, seed)
    assert len(crashed) > 3
    assert wrong == [], f"seed {seed}: {crashed}"


@pytest.mark.soak
def test_many_crashes_over_many_seeds(tmp_path: Path) -> None:
    """The same over many seeds; a failure names its seeds."""
    failed = {seed: wrong for seed in SOAK_SEEDS if (wrong := crash_at_random(tmp_path, seed)[1])}
    assert failed == {}
