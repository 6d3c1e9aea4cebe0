"""The list of halt reasons, with their exit codes, is a contract; a cause comes in once and is kept whole."""

from __future__ import annotations

import signal
from decimal import Decimal

import msgspec
import pytest

from neo.messages import HaltRaised, HaltRequested, Record
from neo.messages.halts import HALT_FACTS, INTERRUPTED, BrokenLimit, Halt, HaltReason, HaltRecord, facts_of

# Scripts and service managers act by the codes, dashboards by the words.
CONTRACT = {
    "duration_elapsed": 0,
    "engine_requested_halt": 10,
    "risk_xrp_exposure": 11,
    "risk_rlusd_exposure": 12,
    "risk_rpc_failure": 13,
    "risk_stale_ledger": 14,
    "risk_gateway_unhealthy": 15,
    "kill_switch": 20,
    "reconciler_halt": 21,
    "interrupted_sigint": 130,
    "interrupted_sigterm": 143,
    "interrupted_sigbreak": 149,
    "interrupted_sighup": 129,
    "interrupted_sigquit": 131,
    "startup_failure": 30,
    "actor_failure": 31,
    "process_lost": 32,
    "unexpected_halt": 70,
}


def test_the_reasons_are_the_agreed_ones() -> None:
    """None is missing, none is new, and each has the exit code that it always had."""
    assert set(HALT_FACTS) == set(HaltReason)
    assert {str(reason): facts.exit_code for reason, facts in HALT_FACTS.items()} == CONTRACT


def test_each_class_of_ending_has_its_own_exit_code() -> None:
    """0 is for normal completion alone; no code is given twice, none is a shell's own (1, 2, 126, 127)."""
    codes = [facts.exit_code for facts in HALT_FACTS.values()]
    assert len(set(codes)) == len(codes)
    assert [reason for reason, facts in HALT_FACTS.items() if facts.exit_code == 0] == [HaltReason.DURATION_ELAPSED]
    assert not {1, 2, 126, 127} & set(codes)


def test_the_first_cause_wins_and_later_ones_are_kept() -> None:
    """A kill switch during a risk halt doesn't change why the session ended."""
    record = HaltRecord()
    risk = Halt(HaltReason.RISK_XRP_EXPOSURE, "115.20 > 100.0", "risk")
    kill = Halt(HaltReason.KILL_SWITCH, "operator", "control")
    assert record.raise_halt(risk)
    assert not record.raise_halt(kill)
    assert (record.first, record.secondary) == (risk, (kill,))


def test_every_cause_is_told_as_it_comes_in_but_not_one_that_is_taken_over() -> None:
    """Whoever finds a cause, the log and the screen hear of it by the one door; what an earlier process told, no."""
    told: list[tuple[Halt, bool]] = []
    record = HaltRecord(lambda halt, first: told.append((halt, first)))
    lost = Halt(HaltReason.PROCESS_LOST, "the process was killed", "recovery")
    apart = Halt(HaltReason.RECONCILER_HALT, "1 drop", "reconciler")
    record.take_over(lost)
    assert told == []
    record.raise_halt(apart)
    assert told == [(apart, False)]
    assert record.first == lost


def test_a_journal_of_any_build_tells_its_causes_as_halts() -> None:
    """The record's stored form is flat and stays so: what an older build wrote is read, and written the same again."""
    body = b'{"type":"HaltRaised","reason":"kill_switch","detail":"neo kill: fire","source":"operator","first":true}'
    record = msgspec.json.decode(body, type=Record)
    assert isinstance(record, HaltRaised)
    assert record.halt == Halt(HaltReason.KILL_SWITCH, "neo kill: fire", "operator")
    assert record == HaltRaised.of(record.halt, first=True)
    assert msgspec.json.encode(record) == body


def test_a_broken_limits_numbers_travel_with_the_halt() -> None:
    """The session's summary tells them as the loss watch found them, so no shape on the way may drop them."""
    broken = BrokenLimit("risk.max_drawdown_rlusd", Decimal(5), Decimal("5.2"), Decimal("0.2"))
    halt = Halt(HaltReason.KILL_SWITCH, "5.20 > 5", "loss limit", broken)
    record = HaltRecord()
    record.raise_halt(HaltRequested(halt=halt).halt)
    assert record.first == halt


def test_an_ending_by_a_signal_has_the_shells_code_for_it() -> None:
    """128 and the signal's number, as if the process had died of it; a shell's script can't tell the difference."""
    numbers = {HaltReason(f"interrupted_{name.lower()}"): number for name, number in signal.Signals.__members__.items()
               if f"interrupted_{name.lower()}" in CONTRACT}  # fmt: skip
    assert {HaltReason.INTERRUPTED_SIGINT, HaltReason.INTERRUPTED_SIGTERM} <= set(numbers)
    assert {HALT_FACTS[reason].exit_code - number for reason, number in numbers.items()} == {128}
    assert {reason for reason in HaltReason if reason.startswith("interrupted_")} == INTERRUPTED


def test_codes_fit_into_a_processs_exit_status() -> None:
    """More than a byte would come out as another code; what no signal caused lies below the signals' codes."""
    for reason, facts in HALT_FACTS.items():
        assert 0 <= facts.exit_code < 256
        assert (facts.exit_code > 128) is (reason in INTERRUPTED)


@pytest.mark.parametrize("reason", list(HaltReason))
def test_what_a_stored_reason_means_is_found_by_its_word(reason: HaltReason) -> None:
    """A journal's word for its end is enough to tell its meaning and its exit code."""
    assert facts_of(str(reason)) == HALT_FACTS[reason]


@pytest.mark.parametrize("word", ["moon_phase", "", "Kill_Switch", "kill_switch "])
def test_a_reason_that_this_build_does_not_know_is_no_normal_ending(word: str) -> None:
    """A later build, or somebody else, wrote it: it is told as unknown, and nothing fails over it."""
    facts = facts_of(word)
    assert facts.exit_code == 70
    assert facts.meaning == "an ending that this build does not know"


# --- Later words -------------------------------------------------------------------------------------------------


def test_a_cause_is_told_in_more_words_once_they_are_known() -> None:
    """It keeps its place, its reason and its source; the others stay, and nobody is told of it as of a new one."""
    told: list[str] = []
    record = HaltRecord(lambda halt, _first: told.append(halt.detail))
    risk = Halt(HaltReason.RISK_XRP_EXPOSURE, "115.20 > 100.0", "risk")
    file = Halt(HaltReason.KILL_SWITCH, "kill file", "operator")
    record.raise_halt(file)
    record.raise_halt(risk)
    record.tell_more(file, "kill file: fire")
    assert record.first == Halt(HaltReason.KILL_SWITCH, "kill file: fire", "operator")
    assert record.secondary == (risk,)
    assert told == ["kill file", "115.20 > 100.0"]


def test_more_words_are_of_one_cause_and_not_of_another_one_like_it() -> None:
    """Two causes may look alike; it is the one that was meant."""
    first, second = (Halt(HaltReason.KILL_SWITCH, "kill file", "operator") for _ in range(2))
    record = HaltRecord()
    for halt in (first, second):
        record.raise_halt(halt)
    record.tell_more(second, "kill file: fire")
    assert [cause.detail for cause in (record.first, *record.secondary) if cause] == ["kill file", "kill file: fire"]


def test_more_words_for_a_cause_that_never_came_in_change_nothing() -> None:
    """An end is never made up from a remark about one."""
    record = HaltRecord()
    record.tell_more(Halt(HaltReason.KILL_SWITCH, "", "operator"), "fire")
    assert (record.first, record.secondary) == (None, ())


def test_a_session_that_runs_has_no_cause() -> None:
    """Nobody is told of an end before there is one."""
    assert (HaltRecord().first, HaltRecord().secondary) == (None, ())


def test_later_causes_are_kept_in_their_order() -> None:
    """The operator sees what ended the session first, and then all that it set off."""
    record = HaltRecord()
    causes = [Halt(reason, str(at), "session") for at, reason in enumerate(HaltReason)]
    assert [record.raise_halt(halt) for halt in causes] == [True] + [False] * (len(causes) - 1)
    assert (record.first, record.secondary) == (causes[0], tuple(causes[1:]))


# --- As rows keep them -------------------------------------------------------------------------------------------


def test_later_causes_that_an_older_build_kept_are_read() -> None:
    """A row has them as JSON; those of before the limits' numbers have none."""
    kept = b'[{"reason":"actor_failure","detail":"poison","source":"supervisor"}]'
    assert msgspec.json.decode(kept, type=tuple[Halt, ...]) == (
        Halt(HaltReason.ACTOR_FAILURE, "poison", "supervisor", None),
    )


def test_a_cause_that_is_kept_is_read_with_its_limits_numbers() -> None:
    """How far a loss went over its limit is known to the last digit long after the session."""
    broken = BrokenLimit("risk.max_session_loss_rlusd", Decimal("5.00"), Decimal("5.123456789012345"), Decimal("0.12"))
    halt = Halt(HaltReason.KILL_SWITCH, "5.12 > 5", "loss limit", broken)
    [again] = msgspec.json.decode(msgspec.json.encode((halt,)), type=tuple[Halt, ...])
    assert again == halt
    assert again.broken is not None
    assert str(again.broken.lost_rlusd) == "5.123456789012345"
