"""The list of halt reasons is a contract."""

from __future__ import annotations

from decimal import Decimal

import msgspec

from neo.messages import HaltRaised, HaltRequested, Record
from neo.messages.halts import HALT_FACTS, BrokenLimit, Halt, HaltReason, HaltRecord

CONTRACT = {
    "duration_elapsed",
    "engine_requested_halt",
    "risk_xrp_exposure",
    "risk_rlusd_exposure",
    "risk_rpc_failure",
    "risk_stale_ledger",
    "risk_gateway_unhealthy",
    "kill_switch",
    "reconciler_halt",
    "interrupted_sigint",
    "interrupted_sigterm",
    "interrupted_sigbreak",
    "interrupted_sighup",
    "interrupted_sigquit",
    "startup_failure",
    "actor_failure",
    "process_lost",
    "unexpected_halt",
}


def test_the_reasons_are_the_agreed_ones() -> None:
    """Dashboards parse these strings: none is missing, none is new, and each is described."""
    assert {str(reason) for reason in HaltReason} == CONTRACT
    assert set(HALT_FACTS) == set(HaltReason)


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
